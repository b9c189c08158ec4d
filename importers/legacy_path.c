/*
 * A name consists of words with separators. Words that say nothing about the owner are removed from its end;
 * a word at its beginning may say what kind of id it is.
 */
#include "importers/legacy_path.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "common/base/uuid.h"

static bool is_separator(char byte) {
    return strchr("_-=. ()", byte) != NULL;
}

enum word { WORD_SAYS_SOMETHING, WORD_IS_NUMBER, WORD_SAYS_NOTHING };

/* Generic names, years and dates say nothing; a small number may distinguish bot-1 from bot-2. */
static enum word judge(struct mneme_str word) {
    static const char *const words[] = {
        "memories",  "memory", "mem",       "data",  "export", "exports", "exported", "backup",
        "backups",   "dump",   "index",     "json",  "legacy", "import",  "imports",  "all",
        "full",      "copy",   "agents",    "users", "store",  "tmp",     "home",     "desktop",
        "documents", "root",   "downloads", "get",   "search", "results", "mem0",
    };
    size_t digits = 0;
    while (digits < word.len && isdigit((unsigned char)word.data[digits]) != 0) {
        digits++;
    }
    if (digits == word.len) {
        return digits < 4 ? WORD_IS_NUMBER : WORD_SAYS_NOTHING;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (word.len == strlen(words[i]) && strncasecmp(word.data, words[i], word.len) == 0) {
            return WORD_SAYS_NOTHING;
        }
    }
    return WORD_SAYS_SOMETHING;
}

static size_t without_separators(const char *name, size_t len) {
    while (len > 0 && is_separator(name[len - 1])) {
        len--;
    }
    return len;
}

/* The name without meaningless words at its end; null when nothing is left. */
static struct mneme_str shorten(struct mneme_str name) {
    size_t kept = without_separators(name.data, name.len);
    bool says_something = false;
    for (size_t end = kept; end > 0 && !says_something;) {
        size_t begin = end;
        while (begin > 0 && !is_separator(name.data[begin - 1])) {
            begin--;
        }
        enum word word = judge((struct mneme_str){name.data + begin, end - begin});
        says_something = word == WORD_SAYS_SOMETHING;
        end = without_separators(name.data, begin);
        kept = word == WORD_SAYS_NOTHING ? end : kept;
    }
    return says_something ? (struct mneme_str){name.data, kept} : MNEME_STR_NULL;
}

/* Names of agents whose files are named after their task; any other name is that of its agent. */
static struct mneme_str agent_named(struct mneme_str name) {
    static const struct {
        const char *word, *agent;
    } agents[] = {
        {"neuroscientist", "neuroscientist"},
        {"nutritionist", "nutritionist"},
        {"training", "training_agent"},
        {"recovery", "recovery_agent"},
        {"sleep", "sleep_agent"},
        {"mental", "mental_health_agent"},
        {"coach", "training_agent"},
        {"diet", "nutritionist"},
    };
    for (size_t i = 0; i < sizeof agents / sizeof agents[0] && name.data != NULL; i++) {
        size_t len = strlen(agents[i].word);
        for (size_t at = 0; at + len <= name.len; at++) {
            bool begins = at == 0 || is_separator(name.data[at - 1]);
            bool ends = at + len == name.len || is_separator(name.data[at + len]);
            if (begins && ends && strncasecmp(name.data + at, agents[i].word, len) == 0) {
                return mneme_str_from(agents[i].agent);
            }
        }
    }
    return name;
}

static bool is_boundary(struct mneme_str name, size_t at) {
    return at == name.len || is_separator(name.data[at]);
}

/* The UUID in a name, or null. */
static struct mneme_str find_uuid(struct mneme_str name) {
    struct mneme_uuid unused;
    for (size_t at = 0; at + MNEME_UUID_TEXT_BYTES <= name.len; at++) {
        struct mneme_str text = {name.data + at, MNEME_UUID_TEXT_BYTES};
        if ((at == 0 || is_separator(name.data[at - 1])) && is_boundary(name, at + text.len) &&
            mneme_uuid_parse(&unused, text)) {
            return text;
        }
    }
    return MNEME_STR_NULL;
}

static struct mneme_str first_word(struct mneme_str name) {
    size_t len = 0;
    while (len < name.len && !is_separator(name.data[len])) {
        len++;
    }
    return (struct mneme_str){name.data, len};
}

static const struct {
    const char *label;
    enum mneme_legacy_role role;
} labels[] = {
    {"agent", MNEME_LEGACY_AGENT},
    {"user", MNEME_LEGACY_USER},
    {"run", MNEME_LEGACY_RUN},
    {"conversation", MNEME_LEGACY_CONVERSATION},
    {"session", MNEME_LEGACY_CONVERSATION},
};

/* The field for an id with that label; NULL: not a label. */
static struct mneme_str *labelled_id(struct mneme_legacy_ids *ids, struct mneme_str label) {
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (label.len == strlen(labels[i].label) &&
            strncasecmp(label.data, labels[i].label, label.len) == 0) {
            return mneme_legacy_id(ids, labels[i].role);
        }
    }
    return NULL;
}

/* An id after a word that says its kind: user_ada, user_42. */
static bool read_labelled(struct mneme_legacy_ids *ids, struct mneme_str name) {
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        size_t len = strlen(labels[i].label);
        if (name.len > len + 1 && strncasecmp(name.data, labels[i].label, len) == 0 &&
            strchr("_-=", name.data[len]) != NULL) {
            struct mneme_str rest = {name.data + len + 1, name.len - len - 1};
            struct mneme_str kept = shorten(rest);
            struct mneme_str *id = mneme_legacy_id(ids, labels[i].role);
            if (id->data == NULL) {
                *id = kept.data != NULL ? kept : first_word(rest);
            }
            return true;
        }
    }
    return false;
}

/* Reads a name: an id after a label, a UUID, which is the user unless a label says otherwise, or else the
 * agent. `rest` has room for the name; results are in the name or in `rest`. */
static void read_name(struct mneme_legacy_ids *ids, char rest[MNEME_LEGACY_NAME_BYTES],
                      struct mneme_str name) {
    struct mneme_str uuid = find_uuid(name);
    if (uuid.data != NULL && name.len < MNEME_LEGACY_NAME_BYTES) {
        size_t at = (size_t)(uuid.data - name.data);
        struct mneme_str label = {name.data, without_separators(name.data, at)};
        struct mneme_str *id = labelled_id(ids, label);
        bool is_labelled = id != NULL;
        id = is_labelled ? id : &ids->user;
        *id = id->data == NULL ? uuid : *id;
        if (is_labelled) {
            return;
        }
        memcpy(rest, name.data, at);
        memcpy(rest + at, uuid.data + uuid.len, name.len - at - uuid.len);
        name = (struct mneme_str){rest, name.len - uuid.len};
    }
    if (!read_labelled(ids, name) && ids->agent.data == NULL) {
        ids->agent = agent_named(shorten(name));
    }
}

static struct mneme_str without_ending(struct mneme_str name) {
    const char *dot = memrchr(name.data, '.', name.len);
    return dot != NULL && dot != name.data ? (struct mneme_str){name.data, (size_t)(dot - name.data)} : name;
}

int mneme_legacy_path_read(struct mneme_legacy_path *out, const char *path, struct mneme_error *error) {
    out->ids = (struct mneme_legacy_ids){0};
    if (realpath(path, out->text) == NULL) {
        return mneme_error_set(error, errno == ENOENT ? MNEME_E_NOT_FOUND : MNEME_E_INVALID,
                               "%s was not imported: %s; check the name", path, strerror(errno));
    }
    char *name = strrchr(out->text, '/') + 1;
    char *folder_end = name - 1;
    *folder_end = '\0';
    char *slash = strrchr(out->text, '/');
    struct mneme_str folder = mneme_str_from(slash == NULL ? "" : slash + 1);
    struct mneme_str stem = mneme_str_from(name);
    stem = without_ending(stem.len > 3 && strcasecmp(name + stem.len - 3, ".gz") == 0 ? without_ending(stem)
                                                                                      : stem);
    read_name(&out->ids, out->rest_of_file, stem);
    read_name(&out->ids, out->rest_of_folder, folder);
    return MNEME_OK;
}
