/*
 * Two folds one behind the other: the log through the projection embed onto the model's topic, that through
 * the projection vectors into a generation that is filling. Both keep their progress, so an interrupted run
 * can be continued.
 */
#include "consumers/reembed.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/embed/embed_projection.h"
#include "consumers/embeddable.h"
#include "consumers/runtime/refold.h"
#include "consumers/vectors/rebuild.h"
#include "consumers/vectors/vectors_projection.h"

#define OFFSETS_TIMEOUT_MS 30000

/* At most this many messages are folded while the live vectors wait. */
#define CLOSE_MESSAGES 500

/* After this many rounds the rest is folded while they wait, however much it is. */
#define MAX_ROUNDS 20

const char *const mneme_reembed_phase_names[MNEME_REEMBED_PHASES] = {
    [MNEME_REEMBED_EMBED] = "embed",   [MNEME_REEMBED_LOAD] = "load",
    [MNEME_REEMBED_FINISH] = "finish", [MNEME_REEMBED_CATCH_UP] = "catch_up",
    [MNEME_REEMBED_SWITCH] = "switch",
};

/* A fold that can be run again, to the end of its log as it is then. */
struct stage {
    struct mneme_refold *refold;
    int64_t *ends; /* by partition */
};

struct run {
    const struct mneme_reembed_options *options;
    struct mneme_reembed_outcome *outcome;
    struct mneme_config *config; /* pins the model */
    void *rebuild;               /* of mneme_vectors_rebuild */
    struct stage embed, vectors;
    struct mneme_log_history history; /* of the log, as the ledger knows it */
    enum mneme_reembed_phase phase;
    int64_t phase_micros, phase_done;
};

static bool is_interrupted(void *context) {
    const struct run *run = context;
    return run->options->is_interrupted != NULL && run->options->is_interrupted(run->options->context);
}

static void on_progress(void *context, int64_t done) {
    const struct run *run = context;
    if (run->options->on_progress != NULL) {
        run->options->on_progress(run->options->context, done - run->phase_done);
    }
}

static void begin_phase(struct run *run, enum mneme_reembed_phase phase, int64_t done, int64_t total) {
    int64_t now = mneme_clock_monotonic_micros();
    run->outcome->seconds[run->phase] += (double)(now - run->phase_micros) / 1e6;
    run->phase = phase;
    run->phase_micros = now;
    run->phase_done = done;
    mneme_log(MNEME_LOG_INFO, "reembed", MNEME_LOG_S("phase", mneme_reembed_phase_names[phase]),
              MNEME_LOG_I("messages", total));
    if (run->options->on_phase != NULL) {
        run->options->on_phase(run->options->context, phase, total);
    }
}

/* --- stages --- */

static int find_ends(struct stage *stage, struct mneme_error *error) {
    const struct mneme_log_point end = {.kind = MNEME_LOG_END};
    return mneme_log_reader_resolve(stage->ends, mneme_refold_reader(stage->refold), &end, OFFSETS_TIMEOUT_MS,
                                    error);
}

static int open_stage(struct stage *stage, struct run *run, const struct mneme_projection_ops *projection,
                      const struct mneme_config *config, unsigned jobs, struct mneme_error *error) {
    const struct mneme_refold_options options = {
        .projection = projection,
        .config = config,
        .jobs = jobs,
        .history = projection == &mneme_embed_projection ? &run->history : NULL,
        .is_interrupted = is_interrupted,
        .on_progress = on_progress,
        .context = run};
    int status = mneme_refold_open(&stage->refold, &options, error);
    if (status != MNEME_OK) {
        return status;
    }
    int32_t partitions = mneme_log_reader_partitions(mneme_refold_reader(stage->refold));
    stage->ends = calloc((size_t)partitions + 1, sizeof *stage->ends);
    return stage->ends == NULL
               ? mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was embedded: out of memory")
               : find_ends(stage, error);
}

static void close_stage(struct stage *stage) {
    mneme_refold_close(stage->refold);
    free(stage->ends);
    *stage = (struct stage){0};
}

static int64_t left(const struct stage *stage) {
    return mneme_refold_left(stage->refold, stage->ends);
}

static int run_to_end(struct stage *stage, struct mneme_error *error) {
    int status = find_ends(stage, error);
    return status == MNEME_OK ? mneme_refold_run(stage->refold, stage->ends, error) : status;
}

/* --- the run --- */

static int pin_model(struct mneme_config **out, const struct mneme_config *config, const char *model,
                     int64_t dimensions, struct mneme_error *error) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)dimensions);
    const struct {
        enum mneme_setting setting;
        const char *value;
    } values[] = {{MNEME_SETTING_EMBEDDING_MODEL, model},
                  {MNEME_SETTING_EMBEDDING_MODEL_PINNED, "true"},
                  {MNEME_SETTING_EMBEDDING_DIMENSIONS, text}};
    int status = mneme_config_copy(out, config, error);
    for (size_t i = 0; i < sizeof values / sizeof *values && status == MNEME_OK; i++) {
        status = mneme_config_set(*out, values[i].setting, values[i].value, MNEME_FROM_OPTION, error);
    }
    return status;
}

/* The active generation; number 0 when there is none yet. */
static int find_active(struct mneme_generation *active, const struct mneme_config *config,
                       struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_error none = {0};
    *active = (struct mneme_generation){0};
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_VECTORS, "mneme reembed", error);
    if (status == MNEME_OK && mneme_generation_active(active, postgres, &none) == MNEME_E_NOT_FOUND) {
        *active = (struct mneme_generation){0};
    } else if (status == MNEME_OK && none.code != MNEME_OK) {
        status = mneme_error_set(error, none.code, "%s", none.message);
    }
    mneme_pg_close(postgres);
    return status;
}

/* The model to embed by: the requested one, or that of the vectors, or of the settings. */
static int pin(struct mneme_config **out, char model[MNEME_MODEL_BYTES],
               const struct mneme_generation *active, const struct mneme_config *config, const char *wanted,
               int64_t dimensions, struct mneme_error *error) {
    const char *name = wanted != NULL        ? wanted
                       : active->number != 0 ? active->model
                                             : mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL);
    int64_t own = mneme_config_long(config, MNEME_SETTING_EMBEDDING_DIMENSIONS);
    if (wanted == NULL) {
        dimensions = active->number != 0 ? active->dimensions : own;
    }
    if (strlen(name) >= MNEME_MODEL_BYTES) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was embedded: the name of the model is too long; shorten it");
    }
    memcpy(model, name, strlen(name) + 1);
    return pin_model(out, config, name, dimensions, error);
}

/* Whether there is nothing to do: of a change that is asked for again, since it was killed or cut off after
 * its switch, only the last events can be left. */
static int find_rest(struct run *run, struct mneme_error *error) {
    const struct mneme_reembed_options *options = run->options;
    struct mneme_reembed_outcome *outcome = run->outcome;
    struct mneme_generation active;
    int status = find_active(&active, options->config, error);
    if (status == MNEME_OK) {
        status = pin(&run->config, outcome->model, &active, options->config, options->model,
                     options->dimensions, error);
    }
    if (status == MNEME_OK) {
        outcome->was_active = options->model != NULL && strcmp(active.model, options->model) == 0;
        memcpy(outcome->former_topic, active.topic, sizeof active.topic);
    }
    return status;
}

static int begin(struct run *run, struct mneme_error *error) {
    int status = mneme_embeddable_log(&run->history, run->config, error);
    if (status != MNEME_OK) {
        return status;
    }
    return run->options->model == NULL
               ? mneme_vectors_begin_edition(&run->rebuild, run->config, &run->outcome->is_resumed, error)
               : mneme_vectors_rebuild.begin(&run->rebuild, run->config, NULL, &run->outcome->is_resumed,
                                             error);
}

/* One lane: the endpoint is the slow part, and the embedder sends it several requests at once. */
static int open_embed(struct run *run, struct mneme_error *error) {
    const struct mneme_generation *generation = mneme_vectors_rebuild_generation(run->rebuild);
    memcpy(run->outcome->topic, generation->topic, sizeof generation->topic);
    int status = open_stage(&run->embed, run, &mneme_embed_projection,
                            mneme_vectors_rebuild.config(run->rebuild), 1, error);
    if (status != MNEME_OK) {
        close_stage(&run->embed);
    }
    return status;
}

/* Begins a new edition if the log or the topic of earlier records no longer exists. */
static int embed(struct run *run, struct mneme_error *error) {
    int status = open_embed(run, error);
    if (status == MNEME_E_UNSAFE) {
        mneme_log(MNEME_LOG_WARN, "everything is embedded from the beginning",
                  MNEME_LOG_S("reason", error->message));
        *error = (struct mneme_error){0};
        run->outcome->is_resumed = false;
        status = mneme_vectors_renew_edition(run->rebuild, error);
        status = status == MNEME_OK ? open_embed(run, error) : status;
    }
    if (status == MNEME_OK) {
        begin_phase(run, MNEME_REEMBED_EMBED, 0, left(&run->embed));
        status = run_to_end(&run->embed, error);
    }
    return status;
}

static int load(struct run *run, struct mneme_error *error) {
    int status = open_stage(&run->vectors, run, &mneme_vectors_projection,
                            mneme_vectors_rebuild.config(run->rebuild), run->options->jobs, error);
    if (status == MNEME_OK) {
        begin_phase(run, MNEME_REEMBED_LOAD, 0, left(&run->vectors));
        status = run_to_end(&run->vectors, error);
    }
    if (status == MNEME_OK && !is_interrupted(run)) {
        begin_phase(run, MNEME_REEMBED_FINISH, 0, 0);
        status = mneme_vectors_rebuild.finish_load(run->rebuild, run->options->jobs, error);
    }
    return status;
}

static int run_both(struct run *run, struct mneme_error *error) {
    int status = run_to_end(&run->embed, error);
    return status == MNEME_OK && !is_interrupted(run) ? run_to_end(&run->vectors, error) : status;
}

/* Folds what came meanwhile, until little is left. */
static int catch_up(struct run *run, struct mneme_error *error) {
    int status = find_ends(&run->embed, error);
    begin_phase(run, MNEME_REEMBED_CATCH_UP, mneme_refold_done(run->embed.refold), left(&run->embed));
    for (int round = 0; status == MNEME_OK && round < MAX_ROUNDS && !is_interrupted(run) &&
                        left(&run->embed) > CLOSE_MESSAGES;
         round++) {
        status = run_both(run, error);
        if (status == MNEME_OK) {
            status = find_ends(&run->embed, error);
        }
    }
    return status;
}

/* Events just before the switch were still embedded by the former model, and a worker would embed them only
 * when further events come. If a worker has taken over already, it does this. */
static void embed_last(struct run *run) {
    struct mneme_error error = {0};
    run->outcome->events += run->embed.refold == NULL ? 0 : mneme_refold_events(run->embed.refold);
    close_stage(&run->embed); /* its edition may be the one that counts now */
    int status = open_stage(&run->embed, run, &mneme_embed_projection, run->config, 1, &error);
    if (status == MNEME_OK) {
        status = run_to_end(&run->embed, &error);
    }
    if (status != MNEME_OK) {
        mneme_log(MNEME_LOG_DEBUG, "the last events are left to the workers",
                  MNEME_LOG_S("reason", error.message));
    }
}

/* Folds the rest, while the live vectors wait, and switches. */
static int switch_over(struct run *run, struct mneme_error *error) {
    begin_phase(run, MNEME_REEMBED_SWITCH, mneme_refold_done(run->embed.refold), left(&run->embed));
    int status = run_both(run, error);
    if (status == MNEME_OK && !is_interrupted(run)) {
        status = mneme_vectors_rebuild.freeze(run->rebuild, error);
    }
    if (status == MNEME_OK && !is_interrupted(run)) {
        status = run_both(run, error);
    }
    if (status == MNEME_OK && !is_interrupted(run)) {
        status = mneme_vectors_rebuild.swap(run->rebuild, run->vectors.ends, 0, error);
        run->outcome->is_interrupted = false;
        if (status == MNEME_OK) {
            embed_last(run);
        }
    }
    return status;
}

int mneme_reembed_run(struct mneme_reembed_outcome *outcome, const struct mneme_reembed_options *options,
                      struct mneme_error *error) {
    struct run run = {.options = options, .outcome = outcome};
    *outcome = (struct mneme_reembed_outcome){.is_interrupted = true}; /* until it is done */
    run.phase_micros = mneme_clock_monotonic_micros();
    int (*const steps[])(struct run *, struct mneme_error *) = {begin, embed, load, catch_up, switch_over};
    int status = find_rest(&run, error);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == MNEME_OK && !outcome->was_active &&
                       !is_interrupted(&run);
         i++) {
        status = steps[i](&run, error);
    }
    if (outcome->was_active) {
        outcome->is_interrupted = false;
        embed_last(&run);
    }
    outcome->events += run.embed.refold == NULL ? 0 : mneme_refold_events(run.embed.refold);
    outcome->vectors = run.vectors.refold == NULL ? 0 : mneme_refold_events(run.vectors.refold);
    outcome->seconds[run.phase] += (double)(mneme_clock_monotonic_micros() - run.phase_micros) / 1e6;
    close_stage(&run.embed);
    close_stage(&run.vectors);
    if (run.rebuild != NULL) {
        mneme_vectors_rebuild.end(run.rebuild);
    }
    bool was_there;
    if (status == MNEME_E_UNSAFE &&
        run.rebuild != NULL) { /* what does not match is of no use to the next run */
        (void)mneme_reembed_abandon(options->config, options->model, &was_there, NULL);
    }
    mneme_config_destroy(run.config);
    free(run.history.lost_until);
    return status;
}

int mneme_reembed_abandon(const struct mneme_config *config, const char *model, bool *was_there,
                          struct mneme_error *error) {
    struct mneme_config *pinned = NULL;
    struct mneme_generation active;
    char name[MNEME_MODEL_BYTES];
    bool was_fresh = false;
    *was_there = false;
    int status = find_active(&active, config, error);
    if (status == MNEME_OK) {
        status = pin(&pinned, name, &active, config, model, 0, error);
    }
    if (status == MNEME_OK && model != NULL) {
        status = mneme_vectors_rebuild.abandon(pinned, was_there, error);
    }
    if (status == MNEME_OK) { /* also of another model one that was begun from the beginning */
        status = mneme_vectors_abandon_edition(pinned, &was_fresh, error);
        *was_there = *was_there || was_fresh;
    }
    mneme_config_destroy(pinned);
    return status;
}

int mneme_reembed_drop(const struct mneme_config *config, size_t *dropped, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    *dropped = 0;
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_VECTORS, "mneme reembed", error);
    if (status == MNEME_OK) {
        status = mneme_vectors_drop_retired(dropped, true, config, postgres, error);
    }
    mneme_pg_close(postgres);
    return status;
}
