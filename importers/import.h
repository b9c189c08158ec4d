/*
 * Importing files: a format turns a file into lines in the form that `mneme publish` reads, or into events.
 * Most files are read twice: first everything is checked, and only if all of it is fine, it is published.
 * Formats that are judged by entry are read once: what is wrong is refused by itself, the rest is published,
 * and how far that has come is remembered. Event ids come from the content, so that the same file twice has
 * one effect, whatever it is called.
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
    int fd; /* set by mneme_import_file: what the file holds, inflated; read from its beginning */
    /* Of events that name none themselves; null: none, or for conversations a user made of the speakers'
     * names. */
    struct mneme_str user_id, agent_id, run_id;
    const char *tenant; /* set by mneme_import_file */
    bool is_again;      /* what is remembered of the file is not looked at */
};

/* What a file of an export is. */
enum mneme_import_holding {
    MNEME_IMPORT_HOLDS_ENTRIES,
    MNEME_IMPORT_HOLDS_NOTHING, /* an empty list: passed over */
    MNEME_IMPORT_HOLDS_OTHER,   /* of something that is not imported: passed over */
};

/* Where a format puts what it reads. */
struct mneme_import_sink {
    int (*put)(void *context, struct mneme_str line, struct mneme_error *error);
    void *context;
    int64_t skipped; /* counted by the format: places where there is nothing to import */
    char where[128]; /* set by the format before it puts or fails: "line 3", "session_2, turn D2:4" */

    /* Of formats that are judged by entry, instead of `put` and `where`. An event that is wrong gives
     * MNEME_E_INVALID or MNEME_E_TOO_LARGE, for the format to refuse the entry with it. */
    int (*put_event)(void *context, const struct mneme_event *event, struct mneme_error *error);
    int (*refuse)(void *context, int64_t entry, const struct mneme_error *why, struct mneme_error *error);
    /* Says what was mended or taken otherwise than it is written, a clause; it is imported all the same.
     * NULL: nobody asks. */
    int (*warn)(void *context, int64_t entry, const char *why, struct mneme_error *error);
    size_t content_max_chars, max_event_bytes; /* what one event may hold */
    int64_t entry, line;   /* set before these are called: the entry's number from 1, and where it begins;
                            * `refuse` is given 0 for what concerns the file itself */
    int64_t bytes;         /* read so far */
    int64_t unknown_types; /* entries whose type is none that is known */
    int64_t left_out;      /* messages on branches of a conversation that are not the current one */
    int64_t mended;        /* half characters that U+FFFD stands for now */
    char ignored[200];     /* names of members that were passed over, "version, exported_at" */
    enum mneme_import_holding holding;
};

struct mneme_import_format {
    const char *name;
    const char *summary; /* for --help */
    const char *noun;    /* what the events of a format that is judged by entry are, for reports */
    bool is_judged_by_entry;
    bool takes_folders; /* all *.json below a folder are meant when it is named */
    bool passes_over;   /* files of an export that hold nothing of it are no error beside those that do */
    /* Reads the whole file in its order. Fails with MNEME_E_INVALID at what is malformed, and with what put
     * gives. */
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

/* Where something of a file is. */
struct mneme_import_place {
    int64_t entry, line; /* of a format that is judged by entry; else 0 */
    const char *where;   /* a phrase, "entry 3 (line 12)", "session_2, turn 5" */
};

/* What the caller wants to know while it runs, and is asked; each function may be NULL. */
struct mneme_import_observer {
    void (*on_progress)(void *context, int64_t done, int64_t total); /* events; called often */
    const struct mneme_cancel *cancel;
    /* Of formats that are judged by entry: one is refused, or with 0 the file from there on. `why` is a
     * sentence. */
    int (*on_refused)(void *context, int64_t entry, int64_t line, const char *why, struct mneme_error *error);
    /* Something was mended or taken otherwise than it is written; entry and line as above. */
    int (*on_warned)(void *context, int64_t entry, int64_t line, const char *why, struct mneme_error *error);
    /* An event that is fine, of a file that is only checked; it is valid during the call. */
    int (*on_event)(void *context, const struct mneme_event *event, const struct mneme_import_place *place,
                    struct mneme_error *error);
    /* Whether the log has that event at that position; without it nothing remembered is believed. */
    bool (*is_in_log)(void *context, struct mneme_position position, struct mneme_uuid event_id);
    void *context;
};

/* Zero-initialise to start with; mneme_import_report_clean_up frees what is in it. */
struct mneme_import_report {
    int64_t events;       /* in the file */
    int64_t acknowledged; /* by the brokers */
    int64_t skipped;
    int64_t mended;   /* half characters that U+FFFD stands for now */
    int64_t warnings; /* things that were mended or taken otherwise than they are written */
    double seconds;   /* of publishing */

    /* Of formats that are judged by entry. */
    int64_t entries;       /* events and refused */
    int64_t refused;       /* also what is wrong with the file itself */
    int64_t already;       /* events that an earlier import of this file has published */
    bool is_known;         /* all of it was imported before: it was not even read */
    int64_t unknown_types; /* events whose type was kept in the metadata */
    int64_t left_out;      /* messages on branches that are not the current one */
    char ignored[200];
    enum mneme_import_holding holding;
    struct mneme_import_agents agents;
};
void mneme_import_report_clean_up(struct mneme_import_report *report);

/*
 * Imports one file. Without a client it is only checked. MNEME_E_INVALID: the file is malformed, and nothing
 * of it was published; what is refused by entry is not an error. Other errors come from the brokers: some of
 * it may be published; importing it again is safe. When it is cancelled, the events sent so far are waited
 * for, and acknowledged < events; MNEME_E_TIMEOUT when that was before the first of them.
 */
int mneme_import_file(struct mneme_import_report *out, struct mneme_client *client,
                      const struct mneme_config *config, const struct mneme_import_format *format,
                      const struct mneme_import_source *source, const struct mneme_import_observer *observer,
                      struct mneme_error *error);

/* The id (36 characters) that stands for some content, for idempotency keys. */
int mneme_import_content_id(char text[MNEME_ID_TEXT_BYTES], struct mneme_str content,
                            struct mneme_error *error);

#endif
