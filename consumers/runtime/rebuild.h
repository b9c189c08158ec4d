/*
 * Rebuilding a projection from the log while its workers go on: everything is folded into a place apart, and
 * that then takes the place of the live one, all at once. The steps are the same for each projection; what a
 * step means is its table of operations.
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
    MNEME_REBUILD_ROW_MISSING,   /* by the log it should be there */
    MNEME_REBUILD_ROW_EXTRA,     /* by the log it should not */
    MNEME_REBUILD_ROW_DIFFERENT, /* it is there, with other values */
    MNEME_DIFFERENCES,
};

extern const char *const mneme_difference_names[MNEME_DIFFERENCES];

/* A live table against what the log makes of it. */
#define MNEME_DIFFERENCE_KEYS 5 /* so many are told of each kind */
struct mneme_rebuild_table_difference {
    const char *table;
    int64_t rows, log_rows; /* live, and by the log */
    int64_t left_out;       /* not judged: there was no room for all, or they are moving */
    bool is_definitions;    /* rows are columns, indexes, constraints and the like of all tables */
    int64_t counts[MNEME_DIFFERENCES];
    struct mneme_buffer keys[MNEME_DIFFERENCES]; /* the first ones, a line each, the columns by "/" */
};

struct mneme_verify_options {
    const struct mneme_config *config;
    unsigned jobs;       /* threads; 0: one for each processor */
    bool is_for_rebuild; /* also where the live projection does not fit the log: that is folded to its end
                            then */
    bool (*is_interrupted)(void *context);            /* asked by several threads at once */
    void (*on_phase)(void *context, int64_t total);   /* so many events are to be folded */
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
    struct mneme_verify_options
        verify; /* its visit is shown what is changed: MISSING is added, EXTRA removed */
    struct mneme_str tenant;
    struct mneme_str user, agent; /* one of them is null */
    bool is_dry_run;              /* nothing is changed */
};

struct mneme_subject_outcome {
    bool is_interrupted; /* nothing was changed */
    int64_t streams;
    int64_t events;  /* of the log that were looked at */
    int64_t changes; /* rows added and removed */
    double seconds;
};

/* What a projection offers to be rebuilt. All are called from one thread. Until `swap` has returned MNEME_OK
 * the live projection is as if nothing had happened, whatever fails and whenever the process is killed. */
struct mneme_rebuild_ops {
    /* What is recorded of the log; history->lost_until is the caller's to free. NULL: nothing is, and a loss
     * is accepted for each rebuild. */
    int (*history)(struct mneme_log_history *history, const struct mneme_config *config,
                   const struct mneme_rebuild_log *log, struct mneme_error *error);
    bool records_loss; /* a rebuild of it records a loss that is accepted, for all others */

    /* Whether the log is one to rebuild from at all; asked first. NULL: any is. */
    int (*check)(const struct mneme_config *config, struct mneme_error *error);

    /* Makes the place apart, or finds what an interrupted rebuild of this log has left (*is_resumed). Nobody
     * else can begin until `end`: MNEME_E_CONFLICT. */
    int (*begin)(void **rebuild, const struct mneme_config *config, const struct mneme_rebuild_log *log,
                 bool *is_resumed, struct mneme_error *error);

    /* Drops what was found and makes it anew. */
    int (*restart)(void *rebuild, const struct mneme_rebuild_log *log, struct mneme_error *error);

    /* The settings by which the projection's `open` leads to the place apart; they live until `end`. */
    const struct mneme_config *(*config)(void *rebuild);

    /* The bulk is folded: does what is cheaper afterwards than during the load, with up to `jobs` threads.
     * Not again what was done before an interruption. */
    int (*finish_load)(void *rebuild, unsigned jobs, struct mneme_error *error);

    /* From here on the live projection does not move, and waits. */
    int (*freeze)(void *rebuild, struct mneme_error *error);

    /* Puts the place apart, which is folded up to `next_offsets` (by partition), in the place of the live
     * one; workers of the live one claim anew. */
    int (*swap)(void *rebuild, const int64_t *next_offsets, int32_t partitions, struct mneme_error *error);

    /* Ends it; a freeze without swap is undone. What is there of the place apart stays for the next rebuild.
     */
    void (*end)(void *rebuild);

    /* Folds the log apart, exactly as far as the live projection is, and compares both; changes nothing live.
     * MNEME_E_UNSAFE when the log does not fit the live projection's progress. */
    int (*verify)(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                  struct mneme_error *error);

    /* NULL: one subject cannot be rebuilt alone. Makes one subject's rows anew, in one transaction.
     * MNEME_E_UNSAFE, and nothing is changed, when the ledger itself is not as the log says, so that all must
     * be rebuilt. */
    int (*rebuild_subject)(struct mneme_subject_outcome *outcome, const struct mneme_subject_options *options,
                           struct mneme_error *error);

    /* Drops what an interrupted rebuild has left; *was_there tells whether there was any. */
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
    bool
        accepts_loss; /* also when the log has lost its beginning, and with it what the tables hold of that */
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
 * when another rebuild is at work; errors of mneme_refold_run and of the operations. */
int mneme_rebuild_run(struct mneme_rebuild_outcome *outcome, const struct mneme_rebuild_options *options,
                      struct mneme_error *error);

#endif
