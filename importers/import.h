/*
 * Imports files: a format turns a file into lines in the form that `mneme publish` reads, or into events.
 * Most files are read twice: first everything is checked, and it is published only if all of it is valid.
 * Formats that are judged by entry are read once: invalid entries are refused individually, the rest is
 * published, and the progress is saved. Event ids are derived from the content, so that importing the same
 * file twice has the same effect as once, whatever its name.
 */
#ifndef MNEME_IMPORTERS_IMPORT_H
#define MNEME_IMPORTERS_IMPORT_H

#include "common/base/arena.h"
#include "common/base/cancel.h"
#include "common/config/config.h"
#include "importers/import_agents.h"
#include "producers/publisher.h"

/* What to read, and what applies to all of it. */
struct mneme_import_source {
    const char *path;
    int fd; /* set by mneme_import_file: the decompressed file, read from its beginning */
    /* For events that do not name one; null: none, or for LoCoMo conversations, a user id made from the
     * speakers' names. */
    struct mneme_str user_id, agent_id, run_id;
    const char *tenant; /* set by mneme_import_file */
    bool is_again;      /* ignore the saved progress of the file */
};

/* The kind of an export's file. */
enum mneme_import_holding {
    MNEME_IMPORT_HOLDS_ENTRIES,
    MNEME_IMPORT_HOLDS_NOTHING, /* an empty list: skipped */
    MNEME_IMPORT_HOLDS_OTHER,   /* data that is not imported: skipped */
};

/* The destination of what a format reads. */
struct mneme_import_sink {
    int (*put)(void *context, struct mneme_str line, struct mneme_error *error);
    void *context;
    int64_t skipped; /* counted by the format: places where there is nothing to import */
    char where[128]; /* set by the format before it puts or fails: "line 3", "session_2, turn D2:4" */

    /* For formats that are judged by entry, instead of `put` and `where`. An invalid event returns
     * MNEME_E_INVALID or MNEME_E_TOO_LARGE, with which the format refuses the entry. */
    int (*put_event)(void *context, const struct mneme_event *event, struct mneme_error *error);
    int (*refuse)(void *context, int64_t entry, const struct mneme_error *why, struct mneme_error *error);
    /* Reports a repair or a deviation from what is written, a clause; the entry is still imported. May be
     * NULL. */
    int (*warn)(void *context, int64_t entry, const char *why, struct mneme_error *error);
    size_t content_max_chars, max_event_bytes; /* the limits of one event */
    int64_t entry, line;   /* set before these calls: the entry's number from 1, and the line where it begins;
                              for the file itself, `refuse` gets 0 */
    int64_t bytes;         /* read so far */
    int64_t unknown_types; /* entries with an unknown type */
    int64_t left_out;      /* messages on branches of a conversation other than the current one */
    int64_t mended;        /* half characters replaced by U+FFFD */
    char ignored[200];     /* names of skipped members, "version, exported_at" */
    enum mneme_import_holding holding;
};

struct mneme_import_format {
    const char *name;
    const char *summary; /* for --help */
    const char *noun;    /* what events of a format that is judged by entry are called in reports */
    bool is_judged_by_entry;
    bool takes_folders; /* accepts a folder, for all *.json below it */
    bool passes_over;   /* skips files of an export without data, if others have data */
    /* Reads the whole file in order. Fails with MNEME_E_INVALID at malformed data, and with errors of `put`.
     */
    int (*read)(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                struct mneme_error *error);
};

extern const struct mneme_import_format mneme_import_locomo;
extern const struct mneme_import_format mneme_import_jsonl;
extern const struct mneme_import_format mneme_import_legacy_json;
extern const struct mneme_import_format mneme_import_chatgpt;
extern const struct mneme_import_format mneme_import_claude;
extern const struct mneme_import_format mneme_import_turns;

/* All formats; the last has a NULL name. */
extern const struct mneme_import_format *const mneme_import_formats[];

/* The format of that name, or NULL. */
const struct mneme_import_format *mneme_import_format_by_name(const char *name);

/* A place in a file. */
struct mneme_import_place {
    int64_t entry, line; /* for a format that is judged by entry; else 0 */
    const char *where;   /* a phrase, "entry 3 (line 12)", "session_2, turn 5" */
};

/* Callbacks of an import; each may be NULL. */
struct mneme_import_observer {
    void (*on_progress)(void *context, int64_t done, int64_t total); /* events; called often */
    const struct mneme_cancel *cancel;
    /* For formats that are judged by entry: an entry is refused, or with 0, the rest of the file. `why` is a
     * sentence. */
    int (*on_refused)(void *context, int64_t entry, int64_t line, const char *why, struct mneme_error *error);
    /* A repair, or a deviation from what is written; entry and line as above. */
    int (*on_warned)(void *context, int64_t entry, int64_t line, const char *why, struct mneme_error *error);
    /* A valid event of a file that is only checked; usable only during the call. */
    int (*on_event)(void *context, const struct mneme_event *event, const struct mneme_import_place *place,
                    struct mneme_error *error);
    /* Whether the log has that event at that position; if NULL, saved progress is not trusted. */
    bool (*is_in_log)(void *context, struct mneme_position position, struct mneme_uuid event_id);
    void *context;
};

/* Zero-initialise before use; mneme_import_report_clean_up frees its contents. */
struct mneme_import_report {
    int64_t events;       /* in the file */
    int64_t acknowledged; /* by the brokers */
    int64_t skipped;
    int64_t mended;   /* half characters replaced by U+FFFD */
    int64_t warnings; /* repairs and deviations from what is written */
    double seconds;   /* of publishing */

    /* For formats that are judged by entry. */
    int64_t entries;       /* events and refused entries */
    int64_t refused;       /* including errors of the file itself */
    int64_t already;       /* events that an earlier import of this file published */
    bool is_known;         /* the whole file was imported before, and was not read again */
    int64_t unknown_types; /* events whose type was kept in the metadata */
    int64_t left_out;      /* messages on branches other than the current one */
    char ignored[200];
    enum mneme_import_holding holding;
    struct mneme_import_agents agents;
};
void mneme_import_report_clean_up(struct mneme_import_report *report);

/*
 * Imports one file; without a client, only checks it. MNEME_E_INVALID: the file is malformed, and nothing was
 * published; refused entries are not an error. Other errors come from the brokers: some events may have been
 * published; importing again is safe. When cancelled, waits for the events sent so far, and acknowledged <
 * events; MNEME_E_TIMEOUT when that was before the first event.
 */
int mneme_import_file(struct mneme_import_report *out, struct mneme_client *client,
                      const struct mneme_config *config, const struct mneme_import_format *format,
                      const struct mneme_import_source *source, const struct mneme_import_observer *observer,
                      struct mneme_error *error);

/* An id (36 characters) derived from content, for idempotency keys. */
int mneme_import_content_id(char text[MNEME_ID_TEXT_BYTES], struct mneme_str content,
                            struct mneme_error *error);

#endif
