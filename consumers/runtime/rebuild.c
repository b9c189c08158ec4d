/*
 * The order of a rebuild. Only the last steps, for a short rest of the log, hold up the live projection.
 */
#include "consumers/runtime/rebuild.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/runtime/refold.h"

#define OFFSETS_TIMEOUT_MS 30000

/* At most this many events are folded while the live projection waits. */
#define CLOSE_EVENTS 5000

/* After this many rounds the rest is folded while the workers wait, however much it is. */
#define MAX_ROUNDS 20

const char *const mneme_rebuild_phase_names[MNEME_REBUILD_PHASES] = {
    [MNEME_REBUILD_LOAD] = "load",
    [MNEME_REBUILD_FINISH] = "finish",
    [MNEME_REBUILD_CATCH_UP] = "catch_up",
    [MNEME_REBUILD_SWITCH] = "switch",
};

const char *const mneme_difference_names[MNEME_DIFFERENCES] = {
    [MNEME_REBUILD_ROW_MISSING] = "missing",
    [MNEME_REBUILD_ROW_EXTRA] = "extra",
    [MNEME_REBUILD_ROW_DIFFERENT] = "different",
};

struct run {
    const struct mneme_rebuild_options *options;
    const struct mneme_rebuild_ops *ops;
    struct mneme_rebuild_outcome *outcome;
    struct mneme_rebuild_log log;
    void *rebuild;
    struct mneme_refold *refold;
    struct mneme_log_history history;
    int64_t *starts, *ends; /* of the log, by partition */
    int64_t phase_micros, phase_done;
    enum mneme_rebuild_phase phase;
};

static bool is_interrupted(const struct run *run) {
    return run->options->is_interrupted != NULL && run->options->is_interrupted(run->options->context);
}

static void begin_phase(struct run *run, enum mneme_rebuild_phase phase) {
    int64_t now = mneme_clock_monotonic_micros();
    run->outcome->seconds[run->phase] += (double)(now - run->phase_micros) / 1e6;
    run->phase = phase;
    run->phase_micros = now;
    run->phase_done = run->refold == NULL ? 0 : mneme_refold_done(run->refold);
    int64_t total = run->refold == NULL ? 0 : mneme_refold_left(run->refold, run->ends);
    mneme_log(MNEME_LOG_INFO, "rebuild", MNEME_LOG_S("phase", mneme_rebuild_phase_names[phase]),
              MNEME_LOG_I("events", total));
    if (run->options->on_phase != NULL) {
        run->options->on_phase(run->options->context, phase, total);
    }
}

static void on_progress(void *context, int64_t done) {
    const struct run *run = context;
    if (run->options->on_progress != NULL) {
        run->options->on_progress(run->options->context, done - run->phase_done);
    }
}

static bool ask_interrupted(void *context) {
    return is_interrupted(context);
}

static int find_ends(struct run *run, struct mneme_error *error) {
    const struct mneme_log_point end = {.kind = MNEME_LOG_END};
    return mneme_log_reader_resolve(run->ends, mneme_refold_reader(run->refold), &end, OFFSETS_TIMEOUT_MS,
                                    error);
}

/* Events that the log has lost cannot be rebuilt, and would be lost with the tables. */
static int check_beginning(struct run *run, struct mneme_log_reader *reader, struct mneme_error *error) {
    const struct mneme_log_point beginning = {.kind = MNEME_LOG_BEGINNING};
    int status = mneme_log_reader_resolve(run->starts, reader, &beginning, OFFSETS_TIMEOUT_MS, error);
    if (status == MNEME_OK && run->ops->history != NULL) {
        status = run->ops->history(&run->history, run->options->config, &run->log, error);
    }
    bool may_accept = run->ops->history == NULL || run->ops->records_loss;
    for (int32_t p = 0; p < run->log.partitions && status == MNEME_OK; p++) {
        bool is_known = run->starts[p] <= mneme_log_history_lost(&run->history, p);
        if (is_known || (may_accept && run->options->accepts_loss)) {
            continue;
        }
        status = mneme_error_set(
            error, MNEME_E_UNSAFE,
            may_accept ? "nothing was rebuilt: partition %d of %s begins at offset %lld, and earlier events "
                         "would be lost from the tables; add --accept-loss to accept that"
                       : "nothing was rebuilt: partition %d of %s begins at offset %lld, and earlier events "
                         "would be lost; to accept that, run `mneme rebuild postgres --accept-loss`, which "
                         "records it for all projections, and then this again",
            (int)p, run->log.topic, (long long)run->starts[p]);
    }
    return status;
}

static int open_refold(struct run *run, struct mneme_error *error) {
    const struct mneme_refold_options options = {
        .projection = run->options->projection,
        .config = run->ops->config(run->rebuild),
        .jobs = run->options->jobs,
        .history = &run->history,
        .takes_over_loss = run->options->accepts_loss,
        .is_interrupted = ask_interrupted,
        .on_progress = on_progress,
        .context = run,
    };
    return mneme_refold_open(&run->refold, &options, error);
}

/* Makes or finds the separate place, and the lanes that fold into it. A place that does not match the log is
 * made again. */
static int begin(struct run *run, struct mneme_log_reader *reader, struct mneme_error *error) {
    size_t count = (size_t)mneme_log_reader_partitions(reader);
    run->starts = calloc(count + 1, sizeof *run->starts);
    run->ends = calloc(count + 1, sizeof *run->ends);
    run->log = (struct mneme_rebuild_log){
        .topic = mneme_log_reader_topic(reader), .partitions = (int32_t)count, .starts = run->starts};
    if (run->starts == NULL || run->ends == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was rebuilt: out of memory");
    }
    int status = check_beginning(run, reader, error);
    if (status == MNEME_OK) {
        status =
            run->ops->begin(&run->rebuild, run->options->config, &run->log, &run->outcome->is_resumed, error);
    }
    if (status == MNEME_OK) {
        status = open_refold(run, error);
    }
    if (status == MNEME_E_UNSAFE && run->rebuild != NULL && run->outcome->is_resumed) {
        mneme_log(MNEME_LOG_WARN, "rebuild begins anew", MNEME_LOG_S("reason", error->message));
        run->outcome->is_resumed = false;
        *error = (struct mneme_error){0};
        status = run->ops->restart(run->rebuild, &run->log, error);
        status = status == MNEME_OK ? open_refold(run, error) : status;
    }
    return status;
}

static int load(struct run *run, struct mneme_error *error) {
    int status = find_ends(run, error);
    if (status == MNEME_OK) {
        begin_phase(run, MNEME_REBUILD_LOAD);
        status = mneme_refold_run(run->refold, run->ends, error);
    }
    if (status == MNEME_OK && !is_interrupted(run)) {
        begin_phase(run, MNEME_REBUILD_FINISH);
        status = run->ops->finish_load(run->rebuild, run->options->jobs, error);
    }
    return status;
}

/* Folds what came meanwhile, until little is left. */
static int catch_up(struct run *run, struct mneme_error *error) {
    int status = find_ends(run, error);
    begin_phase(run, MNEME_REBUILD_CATCH_UP);
    for (int round = 0; status == MNEME_OK && round < MAX_ROUNDS && !is_interrupted(run) &&
                        mneme_refold_left(run->refold, run->ends) > CLOSE_EVENTS;
         round++) {
        status = mneme_refold_run(run->refold, run->ends, error);
        if (status == MNEME_OK) {
            status = find_ends(run, error);
        }
    }
    return status;
}

/* Folds the rest, while the live projection waits, and switches. */
static int switch_over(struct run *run, struct mneme_error *error) {
    begin_phase(run, MNEME_REBUILD_SWITCH);
    int status = run->ops->freeze(run->rebuild, error);
    if (status == MNEME_OK) {
        status = find_ends(run, error);
    }
    if (status == MNEME_OK) {
        status = mneme_refold_run(run->refold, run->ends, error);
    }
    if (status == MNEME_OK && !is_interrupted(run)) {
        run->outcome->events = mneme_refold_events(run->refold);
        /* Its sessions must not hold locks on what is about to be renamed. */
        mneme_refold_close(run->refold);
        run->refold = NULL;
        status = run->ops->swap(run->rebuild, run->ends, run->log.partitions, error);
        run->outcome->is_interrupted = false;
    }
    return status;
}

static int open_log(struct mneme_log_reader **reader, const struct mneme_rebuild_options *options,
                    struct mneme_error *error) {
    struct mneme_log_source source;
    int status = mneme_projection_source(&source, options->projection, options->config, error);
    return status == MNEME_OK
               ? mneme_log_reader_open_source(reader, options->config, &source, "rebuild", error)
               : status;
}

int mneme_rebuild_run(struct mneme_rebuild_outcome *outcome, const struct mneme_rebuild_options *options,
                      struct mneme_error *error) {
    *outcome = (struct mneme_rebuild_outcome){0};
    struct run run = {.options = options, .ops = options->projection->rebuild, .outcome = outcome};
    run.phase_micros = mneme_clock_monotonic_micros();
    struct mneme_log_reader *reader = NULL;
    int status = run.ops->check != NULL ? run.ops->check(options->config, error) : MNEME_OK;
    if (status == MNEME_OK) {
        status = open_log(&reader, options, error);
    }
    if (status == MNEME_OK) {
        status = begin(&run, reader, error);
    }
    outcome->is_interrupted = true; /* until it is done */
    if (status == MNEME_OK) {
        status = load(&run, error);
    }
    if (status == MNEME_OK && !is_interrupted(&run)) {
        status = catch_up(&run, error);
    }
    if (status == MNEME_OK && !is_interrupted(&run)) {
        status = switch_over(&run, error);
    }
    if (run.refold != NULL) {
        outcome->events = mneme_refold_events(run.refold);
        mneme_refold_close(run.refold);
    }
    outcome->seconds[run.phase] += (double)(mneme_clock_monotonic_micros() - run.phase_micros) / 1e6;
    if (run.rebuild != NULL) {
        run.ops->end(run.rebuild);
    }
    bool was_there;
    if (status == MNEME_E_UNSAFE &&
        run.rebuild != NULL) { /* a place that does not match is of no use to the next run */
        (void)run.ops->abandon(options->config, &was_there, NULL);
    }
    mneme_log_reader_close(reader);
    free(run.history.lost_until);
    free(run.starts);
    free(run.ends);
    return status;
}
