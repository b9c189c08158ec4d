/*
 * Walks the folders with fts, sorted by name.
 */
#include "cli/import/import_files.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

bool mneme_is_folder(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_json(const FTSENT *entry) {
    static const char *const endings[] = {".json", ".json.gz"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t len = strlen(endings[i]);
        if (entry->fts_namelen > len &&
            strcasecmp(entry->fts_name + entry->fts_namelen - len, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int visit_all(FTS *tree, const char *folder, bool (*visit)(void *context, const char *path),
                     void *context, struct mneme_error *error) {
    FTSENT *entry;
    bool is_found = false;
    bool may_continue = true;
    for (errno = 0; may_continue && (entry = fts_read(tree)) != NULL; errno = 0) {
        bool is_hidden = entry->fts_level > 0 && entry->fts_name[0] == '.';
        switch (entry->fts_info) {
        case FTS_DNR:
        case FTS_ERR:
            return mneme_error_set(error, MNEME_E_INVALID, "%s was not imported: %s; check its permissions",
                                   entry->fts_path, strerror(entry->fts_errno));
        case FTS_D:
            if (is_hidden) {
                fts_set(tree, entry, FTS_SKIP);
            }
            break;
        case FTS_F:
        case FTS_NS: /* a file that has since disappeared: the import reports it */
            if (!is_hidden && is_json(entry)) {
                is_found = true;
                may_continue = visit(context, entry->fts_path);
            }
            break;
        default:
            break;
        }
    }
    if (may_continue && errno != 0) {
        return mneme_error_set(error, MNEME_E_INVALID, "%s was not imported: %s; check the folder", folder,
                               strerror(errno));
    }
    if (!is_found) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "%s was not imported: this folder contains no *.json or *.json.gz; name the files", folder);
    }
    return MNEME_OK;
}

int mneme_import_visit_folder(const char *folder, bool (*visit)(void *context, const char *path),
                              void *context, struct mneme_error *error) {
    char name[4096];
    size_t len = strlen(folder);
    if (len >= sizeof name) {
        return mneme_error_set(error, MNEME_E_INVALID, "%.100s… was not imported: the name is too long",
                               folder);
    }
    memcpy(name, folder, len + 1);
    char *const roots[] = {name, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (tree == NULL) {
        return mneme_error_set(error, MNEME_E_INVALID, "%s was not imported: %s; check the folder", folder,
                               strerror(errno));
    }
    int status = visit_all(tree, folder, visit, context, error);
    fts_close(tree);
    return status;
}
