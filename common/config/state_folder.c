/*
 * Folders are created for this user alone. In a folder for temporary files, anybody may have created ours
 * first: a folder that belongs to another user, or that others may enter, is refused.
 */
#include "common/config/state_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log/log.h"

static int too_long(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_USAGE,
                           "cannot keep state between runs: the path of the folder is too long; set "
                           "MNEME_STATE_DIR to a shorter one");
}

/* The nearest existing ancestor decides. */
bool mneme_state_is_writable(const char *folder) {
    char path[MNEME_STATE_PATH_BYTES];
    struct stat found;
    if ((size_t)snprintf(path, sizeof path, "%s", folder) >= sizeof path) {
        return false;
    }
    while (stat(path, &found) != 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || slash == NULL) {
            return false;
        }
        slash[slash == path ? 1 : 0] = '\0'; /* the root stays */
    }
    return S_ISDIR(found.st_mode) && access(path, W_OK | X_OK) == 0;
}

static int put(char path[MNEME_STATE_PATH_BYTES], const char *folder, const char *below,
               struct mneme_error *error) {
    int len = snprintf(path, MNEME_STATE_PATH_BYTES, "%s%s", folder, below);
    return len < 0 || len >= MNEME_STATE_PATH_BYTES ? too_long(error) : MNEME_OK;
}

/* The folder of last resort. */
static int put_temporary(char path[MNEME_STATE_PATH_BYTES], struct mneme_error *error) {
    const char *folder = getenv("TMPDIR");
    char name[32];
    (void)snprintf(name, sizeof name, "/mneme-%lu", (unsigned long)geteuid());
    return put(path, folder != NULL && folder[0] == '/' ? folder : "/tmp", name, error);
}

/* MNEME_OK also if it does not exist yet. */
static int check_temporary(const char *folder, struct mneme_error *error) {
    struct stat found;
    const char *why = NULL;
    if (lstat(folder, &found) != 0) {
        return MNEME_OK;
    }
    if (!S_ISDIR(found.st_mode)) {
        why = "it is not a folder";
    } else if (found.st_uid != geteuid()) {
        why = "it belongs to another user";
    } else if ((found.st_mode & 077) != 0) {
        why = "other users may enter it";
    }
    return why == NULL ? MNEME_OK
                       : mneme_error_set(error, MNEME_E_USAGE,
                                         "cannot keep state in %s: %s; remove it, or set MNEME_STATE_DIR",
                                         folder, why);
}

/* The folder that the settings or the environment give, whether usable or not; "" if they give none. */
static int put_usual(char path[MNEME_STATE_PATH_BYTES], const struct mneme_config *config,
                     struct mneme_error *error) {
    const char *set = mneme_config_string(config, MNEME_SETTING_STATE_DIR);
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (set[0] != '\0') {
        return put(path, set, "", error);
    }
    if (state != NULL && state[0] == '/') {
        return put(path, state, "/mneme", error);
    }
    if (home != NULL && home[0] == '/') {
        return put(path, home, "/.local/state/mneme", error);
    }
    path[0] = '\0';
    return MNEME_OK;
}

int mneme_state_path(char path[MNEME_STATE_PATH_BYTES], const struct mneme_config *config, const char *name,
                     struct mneme_error *error) {
    char folder[MNEME_STATE_PATH_BYTES];
    bool is_set = mneme_config_string(config, MNEME_SETTING_STATE_DIR)[0] != '\0';
    int status = put_usual(folder, config, error);
    if (status == MNEME_OK && !is_set && (folder[0] == '\0' || !mneme_state_is_writable(folder))) {
        status = put_temporary(folder, error);
        if (status == MNEME_OK) {
            status = check_temporary(folder, error);
        }
    }
    if (status != MNEME_OK) {
        return status;
    }
    int len = snprintf(path, MNEME_STATE_PATH_BYTES, "%s/%s", folder, name);
    return len < 0 || len >= MNEME_STATE_PATH_BYTES ? too_long(error) : MNEME_OK;
}

static int make_folder(const char *folder, bool is_temporary, struct mneme_error *error) {
    if (mkdir(folder, 0700) == 0) {
        if (is_temporary) {
            mneme_log(MNEME_LOG_WARN, "state between runs is kept in a temporary folder",
                      MNEME_LOG_S("folder", folder),
                      MNEME_LOG_S("reason", "there is no writable home folder"),
                      MNEME_LOG_S("advice", "set MNEME_STATE_DIR to keep it for longer"));
        }
        return MNEME_OK;
    }
    if (errno != EEXIST) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "cannot make the folder %s: %s; check its permissions", folder,
                               strerror(errno));
    }
    return is_temporary ? check_temporary(folder, error) : MNEME_OK;
}

int mneme_state_make_folders(const char path[MNEME_STATE_PATH_BYTES], struct mneme_error *error) {
    char folder[MNEME_STATE_PATH_BYTES];
    char temporary[MNEME_STATE_PATH_BYTES];
    (void)snprintf(folder, sizeof folder, "%s", path);
    int status = put_temporary(temporary, error);
    for (char *slash = strchr(folder + 1, '/'); status == MNEME_OK && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_folder(folder, strcmp(folder, temporary) == 0, error);
        *slash = '/';
    }
    return status;
}
