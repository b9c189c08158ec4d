/*
 * Importing files: a format turns a file into lines in the form that `mneme publish` reads. Every file is
 * read twice: first everything is checked, and only if all of it is fine, it is published. Idempotency keys
 * come from the content, so that the same file twice has one effect, whatever it is called.
 */
#ifndef MNEME_PRODUCERS_IMPORT_H
#define MNEME_PRODUCERS_IMPORT_H

#include "common/arena.h"
#include "common/config.h"
#include "producers/publisher.h"

/* What to read, and what applies to all of it. */
struct mneme_import_source {
    const char *path;
    /* Of events that name none themselves; null: none, or for conversations a user made of the speakers'
     * names. */
    struct mneme_str user_id, agent_id, run_id;
};

/* Where a format puts what it reads. */
struct mneme_import_sink {
    int (*put)(void *context, struct mneme_str line, struct mneme_error *error);
    void *context;
    int64_t skipped; /* counted by the format: places where there is nothing to import */
    char where[128]; /* set by the format before it puts or fails: "line 3", "session_2, turn D2:4" */
};

struct mneme_import_format {
    const char *name;
    const char *summary; /* for --help */
    /* Reads the whole file in its order. Fails with MNEME_E_INVALID at what is malformed, and with what put
     * gives. */
    int (*read)(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                struct mneme_error *error);
};

extern const struct mneme_import_format mneme_import_locomo;
extern const struct mneme_import_format mneme_import_jsonl;

/* All formats; the last has a NULL name. */
extern const struct mneme_import_format *const mneme_import_formats[];

/* The format of that name, or NULL. */
const struct mneme_import_format *mneme_import_format_by_name(const char *name);

/* What the caller wants to know while it runs. */
struct mneme_import_observer {
    void (*on_progress)(void *context, int64_t done, int64_t total); /* events; called often; may be NULL */
    bool (*is_cancelled)(void);                                      /* may be NULL */
    void *context;
};

struct mneme_import_report {
    int64_t events;       /* in the file */
    int64_t acknowledged; /* by the brokers */
    int64_t skipped;
    double seconds; /* of publishing */
};

/*
 * Imports one file. Without a client it is only checked. MNEME_E_INVALID: the file is malformed, and nothing
 * of it was published. Other errors come from the brokers: some of it may be published; importing it again is
 * safe. When it is cancelled, the events sent so far are waited for, and acknowledged < events.
 */
int mneme_import_file(struct mneme_import_report *out, struct mneme_client *client,
                      const struct mneme_config *config, const struct mneme_import_format *format,
                      const struct mneme_import_source *source, const struct mneme_import_observer *observer,
                      struct mneme_error *error);

/* The id (36 characters) that stands for some content, for idempotency keys. */
int mneme_import_content_id(char text[MNEME_ID_TEXT_BYTES], struct mneme_str content,
                            struct mneme_error *error);

#endif
