/*
 * mneme reembed: makes all vectors with another model, while the former one answers; also mneme rebuild
 * embed, which does so with the same model.
 */
#include "cli/reembed.h"

#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "cli/frame/progress.h"
#include "cli/frame/values.h"
#include "common/json/write.h"
#include "consumers/reembed.h"

static const struct {
    const char *label, *unit;
} phases[MNEME_REEMBED_PHASES] = {
    [MNEME_REEMBED_EMBED] = {"Embedding the log", "events"},
    [MNEME_REEMBED_LOAD] = {"Loading the vectors", "vectors"},
    [MNEME_REEMBED_FINISH] = {"Building indexes", "indexes"},
    [MNEME_REEMBED_CATCH_UP] = {"Catching up", "events"},
    [MNEME_REEMBED_SWITCH] = {"Switching over", "events"},
};

struct view {
    const struct mneme_cli *cli;
    struct mneme_progress progress;
};

static void on_phase(void *context, enum mneme_reembed_phase phase, int64_t total) {
    struct view *view = context;
    mneme_progress_end(&view->progress);
    mneme_progress_begin(&view->progress, phases[phase].label, phases[phase].unit, total,
                         view->cli->stderr_is_terminal && !view->cli->json);
    mneme_progress_update(&view->progress, 0);
}

static void on_progress(void *context, int64_t done) {
    struct view *view = context;
    mneme_progress_update(&view->progress, done);
}

static bool is_interrupted(void *context) {
    (void)context;
    return mneme_cli_interrupted();
}

static double sum(const struct mneme_reembed_outcome *outcome) {
    double seconds = 0;
    for (int i = 0; i < MNEME_REEMBED_PHASES; i++) {
        seconds += outcome->seconds[i];
    }
    return seconds;
}

static void put_number(struct mneme_json_writer *json, const char *key, int64_t value) {
    mneme_json_key(json, mneme_str_from(key));
    mneme_json_long(json, value);
}

static void put_text(struct mneme_json_writer *json, const char *key, const char *value) {
    mneme_json_key(json, mneme_str_from(key));
    mneme_json_string(json, mneme_str_from(value));
}

static void begin_line(struct mneme_json_writer *json, const char *model, const char *state) {
    mneme_json_begin_object(json);
    put_text(json, "model", model);
    put_text(json, "state", state);
}

static enum mneme_exit end_line(struct mneme_json_writer *json) {
    mneme_json_end_object(json);
    enum mneme_exit code = mneme_cli_put_line(json->out);
    mneme_buffer_clean_up(json->out);
    return code;
}

/* What the run did. */
static void put_work(struct mneme_json_writer *json, const struct mneme_reembed_outcome *outcome) {
    mneme_json_key(json, MNEME_STR_LIT("resumed"));
    mneme_json_bool(json, outcome->is_resumed);
    put_number(json, "events", outcome->events);
    put_number(json, "vectors", outcome->vectors);
    mneme_json_key(json, MNEME_STR_LIT("seconds"));
    mneme_json_double(json, sum(outcome));
    mneme_json_key(json, MNEME_STR_LIT("phases"));
    mneme_json_begin_object(json);
    for (int i = 0; i < MNEME_REEMBED_PHASES; i++) {
        mneme_json_key(json, mneme_str_from(mneme_reembed_phase_names[i]));
        mneme_json_double(json, outcome->seconds[i]);
    }
    mneme_json_end_object(json);
}

static enum mneme_exit put_json(const char *model, const struct mneme_reembed_outcome *outcome) {
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    begin_line(&json, model,
               outcome->was_active       ? "active already"
               : outcome->is_interrupted ? "interrupted"
                                         : "switched");
    put_work(&json, outcome);
    return end_line(&json);
}

static enum mneme_exit put_result(const struct mneme_cli *cli, const char *model,
                                  const struct mneme_reembed_outcome *outcome) {
    if (cli->json) {
        enum mneme_exit code = put_json(model, outcome);
        return code == MNEME_EXIT_DONE && outcome->is_interrupted ? MNEME_EXIT_INTERRUPTED : code;
    }
    if (outcome->is_interrupted) {
        fprintf(stderr,
                "mneme: the model was not changed: interrupted after %lld events; the former model still "
                "answers; run the same command to continue\n",
                (long long)outcome->events);
        return MNEME_EXIT_INTERRUPTED;
    }
    if (outcome->was_active) {
        printf("the vectors are already made with %s: nothing to do\n", model);
        return MNEME_EXIT_DONE;
    }
    printf("the vectors are now made with %s: %lld events embedded, %lld vectors stored, in %.1f s%s\n",
           model, (long long)outcome->events, (long long)outcome->vectors, sum(outcome),
           outcome->is_resumed ? ", continuing an earlier run" : "");
    return MNEME_EXIT_DONE;
}

static enum mneme_exit abandon(const struct mneme_cli *cli, const char *model) {
    struct mneme_error error = {0};
    bool was_there = false;
    if (mneme_reembed_abandon(cli->config, model, &was_there, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (cli->json) {
        struct mneme_buffer out = {0};
        struct mneme_json_writer json = {.out = &out};
        begin_line(&json, model, was_there ? "abandoned" : "nothing to abandon");
        return end_line(&json);
    }
    printf(was_there ? "the unfinished change to %s was dropped\n" : "there is no unfinished change to %s\n",
           model);
    return MNEME_EXIT_DONE;
}

static enum mneme_exit drop(const struct mneme_cli *cli) {
    struct mneme_error error = {0};
    size_t dropped = 0;
    if (mneme_reembed_drop(cli->config, &dropped, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (cli->json) {
        struct mneme_buffer out = {0};
        struct mneme_json_writer json = {.out = &out};
        mneme_json_begin_object(&json);
        put_number(&json, "dropped", (int64_t)dropped);
        return end_line(&json);
    }
    printf("%zu retired generation%s of vectors dropped\n", dropped, dropped == 1 ? "" : "s");
    return MNEME_EXIT_DONE;
}

/* --- with the same model --- */

static void begin_rebuilt(struct mneme_json_writer *json, const char *state) {
    mneme_json_begin_object(json);
    put_text(json, "projection", "embed");
    put_text(json, "state", state);
}

static enum mneme_exit put_rebuilt_json(const struct mneme_reembed_outcome *outcome) {
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    begin_rebuilt(&json, outcome->is_interrupted ? "interrupted" : "rebuilt");
    put_text(&json, "model", outcome->model);
    put_text(&json, "topic", outcome->topic);
    put_text(&json, "former_topic", outcome->former_topic[0] == '\0' ? NULL : outcome->former_topic);
    put_work(&json, outcome);
    return end_line(&json);
}

static enum mneme_exit put_rebuilt(const struct mneme_cli *cli, const struct mneme_reembed_outcome *outcome) {
    if (cli->json) {
        enum mneme_exit code = put_rebuilt_json(outcome);
        return code == MNEME_EXIT_DONE && outcome->is_interrupted ? MNEME_EXIT_INTERRUPTED : code;
    }
    if (outcome->is_interrupted) {
        fprintf(stderr,
                "mneme: embed was not rebuilt: interrupted after %lld events; the vectors are unchanged; run "
                "the same command to continue\n",
                (long long)outcome->events);
        return MNEME_EXIT_INTERRUPTED;
    }
    printf("embed was rebuilt: %lld events embedded with %s, %lld vectors stored, in %.1f s%s\n",
           (long long)outcome->events, outcome->model, (long long)outcome->vectors, sum(outcome),
           outcome->is_resumed ? ", continuing an earlier run" : "");
    if (outcome->former_topic[0] != '\0') {
        printf("records are now on topic %s; nothing here reads %s any more, so you may delete it\n",
               outcome->topic, outcome->former_topic);
    }
    return MNEME_EXIT_DONE;
}

static enum mneme_exit abandon_rebuilt(const struct mneme_cli *cli) {
    struct mneme_error error = {0};
    bool was_there = false;
    if (mneme_reembed_abandon(cli->config, NULL, &was_there, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (cli->json) {
        struct mneme_buffer out = {0};
        struct mneme_json_writer json = {.out = &out};
        begin_rebuilt(&json, was_there ? "abandoned" : "nothing to abandon");
        return end_line(&json);
    }
    printf(was_there ? "the unfinished rebuild of embed was dropped\n"
                     : "there is no unfinished rebuild of embed\n");
    return MNEME_EXIT_DONE;
}

enum mneme_exit mneme_cli_rebuild_embed(struct mneme_cli *cli, unsigned jobs) {
    static const char *const refused[] = {"user", "agent", "dry-run", NULL};
    struct mneme_error error = {0};
    for (const char *const *flag = refused; *flag != NULL; flag++) {
        if (mneme_cli_flag(cli, *flag)) {
            mneme_error_set(&error, MNEME_E_USAGE,
                            "nothing was rebuilt: embed can only be rebuilt as a whole; leave out "
                            "--%s",
                            *flag);
            return mneme_cli_fail(cli, &error);
        }
    }
    if (mneme_cli_flag(cli, "abandon")) {
        return abandon_rebuilt(cli);
    }
    struct view view = {.cli = cli};
    const struct mneme_reembed_options options = {.config = cli->config,
                                                  .jobs = jobs,
                                                  .is_interrupted = is_interrupted,
                                                  .on_phase = on_phase,
                                                  .on_progress = on_progress,
                                                  .context = &view};
    struct mneme_reembed_outcome outcome;
    int status = mneme_reembed_run(&outcome, &options, &error);
    mneme_progress_end(&view.progress);
    return status == MNEME_OK ? put_rebuilt(cli, &outcome) : mneme_cli_fail(cli, &error);
}

/* --- with another model --- */

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    int64_t jobs = 0;
    int64_t dimensions = 0;
    const char *model = mneme_cli_value(cli, "model");
    if (mneme_cli_long(&jobs, cli, "jobs", 0, 0, 64, &error) != MNEME_OK ||
        mneme_cli_long(&dimensions, cli, "dimensions", 0, 0, 16000, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (mneme_cli_flag(cli, "drop") && model == NULL) {
        return drop(cli);
    }
    if (model == NULL || mneme_cli_flag(cli, "drop")) {
        mneme_error_set(&error, MNEME_E_USAGE,
                        "nothing was embedded: it takes either --model or --drop; give one of them");
        return mneme_cli_fail(cli, &error);
    }
    if (mneme_cli_flag(cli, "abandon")) {
        return abandon(cli, model);
    }
    struct view view = {.cli = cli};
    const struct mneme_reembed_options options = {.config = cli->config,
                                                  .model = model,
                                                  .dimensions = dimensions,
                                                  .jobs = (unsigned)jobs,
                                                  .is_interrupted = is_interrupted,
                                                  .on_phase = on_phase,
                                                  .on_progress = on_progress,
                                                  .context = &view};
    struct mneme_reembed_outcome outcome;
    int status = mneme_reembed_run(&outcome, &options, &error);
    mneme_progress_end(&view.progress);
    return status == MNEME_OK ? put_result(cli, model, &outcome) : mneme_cli_fail(cli, &error);
}

static const struct mneme_cli_option options[] = {
    {"model", 'm', "NAME", -1, "the model to use from now on, by its name at the endpoint"},
    {"dimensions", 0, "N", -1, "dimensions to ask the endpoint for; default: those of the model"},
    {"jobs", 'j', "N", -1, "threads that fill the store; default: one for each processor"},
    {"abandon", 0, NULL, -1, "drop what an interrupted change to that model left, and change nothing"},
    {"drop", 0, NULL, -1, "drop the vectors of former models now, before MNEME_VECTOR_RETIRED_S is over"},
    {0},
};

const struct mneme_command mneme_command_reembed = {
    .name = "reembed",
    .summary = "Embed everything again with another model, while the former one answers.",
    .arguments = "",
    .details =
        "Embeds the texts of the whole log with the model, fills a new generation of vectors, builds its\n"
        "indexes, catches up, and switches to it in one transaction; workers of embed and vectors follow by\n"
        "themselves. Until then the former model answers, and the new one can be asked by name (--model of\n"
        "search and recall). If it is interrupted or killed, run the same command to continue. The former\n"
        "vectors are kept for MNEME_VECTOR_RETIRED_S seconds.",
    .examples = "  mneme reembed --model all-minilm-l6-v2\n"
                "  mneme reembed --model text-embedding-3-large --dimensions 1024 --json\n"
                "  mneme reembed --model all-minilm-l6-v2 --abandon\n"
                "  mneme reembed --drop\n",
    .options = options,
    .run = run,
};
