/*
 * Rebuilding a projection from the log while its workers go on: everything is folded into a separate place,
 * which then replaces the live one in one step. The steps are the same for each projection; its table of
 * operations implements them.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_REBUILD_H
#define MNEME_CONSUMERS_RUNTIME_REBUILD_H

#include "common/base/buffer.h"
#include "consumers/log/history.h"
#include "consumers/runtime/projection.h"

/* The log that is folded. */
struct mneme_rebuild_log {
    const char *topic;
    int32_t partitions;
    const int64_t *starts; /* its first offsets, by partition, when it was opened */
};

enum mneme_difference {
    MNEME_REBUILD_ROW_MISSING,   /* it should exist by the log */
    MNEME_REBUILD_ROW_EXTRA,     /* it should not exist by the log */
    MNEME_REBUILD_ROW_DIFFERENT, /* it exists with other values */
    MNEME_DIFFERENCES,
};

extern const char *const mneme_difference_names[MNEME_DIFFERENCES];

/* A live table compared with the log's. */
#define MNEME_DIFFERENCE_KEYS 5 /* reported for each kind */
struct mneme_rebuild_table_difference {
    const char *table;
    int64_t rows, log_rows; /* live, and by the log */
    int64_t left_out;       /* not judged: there was no room for them, or they keep changing */
    bool is_definitions;    /* rows are columns, indexes, constraints and the like of all tables */
    int64_t counts[MNEME_DIFFERENCES];
    struct mneme_buffer keys[MNEME_DIFFERENCES]; /* the first ones, a line each, columns separated by "/" */
};

struct mneme_verify_options {
    const struct mneme_config *config;
    unsigned jobs;       /* threads; 0: one for each processor */
    bool is_for_rebuild; /* also if the live projection does not match the log, which is then folded to its
                            end */
    bool (*is_interrupted)(void *context);            /* asked by several threads at once */
    void (*on_phase)(void *context, int64_t total);   /* `total` events are to be folded */
    void (*on_progress)(void *context, int64_t done); /* about ten times a second */
    void (*visit)(void *context,
                  const struct mneme_rebuild_table_difference *table); /* each table, also equal ones */
    void *context;
};

struct mneme_verify_outcome {
    bool is_interrupted; /* nothing was compared */
    int64_t events;      /* that were folded */
    int64_t differences; /* rows */
    int64_t lost;        /* offsets of the log that are recorded as lost */
    double seconds;
};

/* One subject's share of a projection: the streams that hold events of that user or agent. */
struct mneme_subject_options {
    struct mneme_verify_options verify; /* its visit gets the changes: MISSING is added, EXTRA removed */
    struct mneme_str tenant;
    struct mneme_str user, agent; /* one of them is null */
    bool is_dry_run;              /* nothing is changed */
};

struct mneme_subject_outcome {
    bool is_interrupted; /* nothing was changed */
    int64_t streams;
    int64_t events;  /* of the log that were read */
    int64_t changes; /* rows added and removed */
    double seconds;
};

/* The operations by which a projection is rebuilt. All are called from one thread. Until `swap` has returned
 * MNEME_OK the live projection is unchanged, whatever fails and whenever the process is killed. */
struct mneme_rebuild_ops {
    /* Reads what is recorded of the log; history->lost_until is the caller's to free. NULL: nothing is
     * recorded, and a loss is accepted for each rebuild. */
    int (*history)(struct mneme_log_history *history, const struct mneme_config *config,
                   const struct mneme_rebuild_log *log, struct mneme_error *error);
    bool records_loss; /* its rebuild records an accepted loss for all others */

    /* Checks that the log can be rebuilt from; called first. NULL: any can. */
    int (*check)(const struct mneme_config *config, struct mneme_error *error);

    /* Makes the separate place, or finds what an interrupted rebuild of this log has left (*is_resumed).
     * Nobody else can begin until `end`: MNEME_E_CONFLICT. */
    int (*begin)(void **rebuild, const struct mneme_config *config, const struct mneme_rebuild_log *log,
                 bool *is_resumed, struct mneme_error *error);

    /* Drops what was found and makes it again. */
    int (*restart)(void *rebuild, const struct mneme_rebuild_log *log, struct mneme_error *error);

    /* The settings with which the projection's `open` uses the separate place; valid until `end`. */
    const struct mneme_config *(*config)(void *rebuild);

    /* Called after the bulk is folded: does what is cheaper afterwards than during the load, with up to
     * `jobs` threads, except what was done before an interruption. */
    int (*finish_load)(void *rebuild, unsigned jobs, struct mneme_error *error);

    /* From here on the live projection waits. */
    int (*freeze)(void *rebuild, struct mneme_error *error);

    /* Replaces the live place by the separate one, which is folded up to `next_offsets` (by partition);
     * workers of the live one claim again. */
    int (*swap)(void *rebuild, const int64_t *next_offsets, int32_t partitions, struct mneme_error *error);

    /* Ends it; a freeze without swap is undone. The separate place stays for the next rebuild. */
    void (*end)(void *rebuild);

    /* Folds the log into a separate place, exactly as far as the live projection, and compares both; changes
     * nothing live. MNEME_E_UNSAFE when the log does not fit the live projection's progress. */
    int (*verify)(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                  struct mneme_error *error);

    /* Makes one subject's rows again, in one transaction; NULL: one subject cannot be rebuilt alone.
     * MNEME_E_UNSAFE, and nothing is changed, when the ledger itself differs from the log, so that all must
     * be rebuilt. */
    int (*rebuild_subject)(struct mneme_subject_outcome *outcome, const struct mneme_subject_options *options,
                           struct mneme_error *error);

    /* Drops what an interrupted rebuild has left; *was_there: there was something. */
    int (*abandon)(const struct mneme_config *config, bool *was_there, struct mneme_error *error);
};

enum mneme_rebuild_phase {
    MNEME_REBUILD_LOAD,     /* up to the end of the log at the beginning */
    MNEME_REBUILD_FINISH,   /* indexes and the like */
    MNEME_REBUILD_CATCH_UP, /* what came meanwhile */
    MNEME_REBUILD_SWITCH,   /* the live projection waits */
    MNEME_REBUILD_PHASES,
};

extern const char *const mneme_rebuild_phase_names[MNEME_REBUILD_PHASES];

struct mneme_rebuild_options {
    const struct mneme_config *config;
    const struct mneme_projection_ops *projection; /* has rebuild operations */
    unsigned jobs;                                 /* threads; 0: one for each processor */
    bool accepts_loss; /* also rebuild when the log has lost its beginning, which the tables then lose, too */
    bool (*is_interrupted)(void *context); /* asked by several threads at once */
    /* On the caller's thread: a phase begins, with `total` events to fold (0: unknown) … */
    void (*on_phase)(void *context, enum mneme_rebuild_phase phase, int64_t total);
    /* … and has folded `done` of them, about ten times a second. */
    void (*on_progress)(void *context, int64_t done);
    void *context;
};

struct mneme_rebuild_outcome {
    bool is_resumed;     /* it went on with what an interrupted one had left */
    bool is_interrupted; /* the live projection is untouched; the next rebuild goes on here */
    int64_t events;      /* folded by this run */
    double seconds[MNEME_REBUILD_PHASES];
};

/* Rebuilds. MNEME_E_UNSAFE when the log has lost its beginning and that is not accepted; MNEME_E_CONFLICT
 * when another rebuild is running; errors of mneme_refold_run and of the operations. */
int mneme_rebuild_run(struct mneme_rebuild_outcome *outcome, const struct mneme_rebuild_options *options,
                      struct mneme_error *error);

#endif
