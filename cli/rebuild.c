/*
 * mneme rebuild: builds a projection again from the log, while its workers keep running.
 */
#include "consumers/runtime/rebuild.h"

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "cli/frame/progress.h"
#include "cli/reembed.h"
#include "cli/verify.h"
#include "common/json/write.h"

static const struct {
    const char *label, *unit;
} phases[MNEME_REBUILD_PHASES] = {
    [MNEME_REBUILD_LOAD] = {"Folding the log", "events"},
    [MNEME_REBUILD_FINISH] = {"Building indexes", "indexes"},
    [MNEME_REBUILD_CATCH_UP] = {"Catching up", "events"},
    [MNEME_REBUILD_SWITCH] = {"Switching over", "events"},
};

struct view {
    const struct mneme_cli *cli;
    struct mneme_progress progress;
};

static void on_phase(void *context, enum mneme_rebuild_phase phase, int64_t total) {
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

static double sum(const struct mneme_rebuild_outcome *outcome) {
    double seconds = 0;
    for (int i = 0; i < MNEME_REBUILD_PHASES; i++) {
        seconds += outcome->seconds[i];
    }
    return seconds;
}

static enum mneme_exit put_json(const char *projection, const char *state,
                                const struct mneme_rebuild_outcome *outcome) {
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("projection"));
    mneme_json_string(&json, mneme_str_from(projection));
    mneme_json_key(&json, MNEME_STR_LIT("state"));
    mneme_json_string(&json, mneme_str_from(state));
    mneme_json_key(&json, MNEME_STR_LIT("resumed"));
    mneme_json_bool(&json, outcome->is_resumed);
    mneme_json_key(&json, MNEME_STR_LIT("events"));
    mneme_json_long(&json, outcome->events);
    mneme_json_key(&json, MNEME_STR_LIT("seconds"));
    mneme_json_double(&json, sum(outcome));
    mneme_json_key(&json, MNEME_STR_LIT("phases"));
    mneme_json_begin_object(&json);
    for (int i = 0; i < MNEME_REBUILD_PHASES; i++) {
        mneme_json_key(&json, mneme_str_from(mneme_rebuild_phase_names[i]));
        mneme_json_double(&json, outcome->seconds[i]);
    }
    mneme_json_end_object(&json);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&out);
    mneme_buffer_clean_up(&out);
    return code;
}

static enum mneme_exit put_result(const struct mneme_cli *cli, const char *projection,
                                  const struct mneme_rebuild_outcome *outcome) {
    const char *state = outcome->is_interrupted ? "interrupted" : "rebuilt";
    if (cli->json) {
        enum mneme_exit code = put_json(projection, state, outcome);
        return code == MNEME_EXIT_DONE && outcome->is_interrupted ? MNEME_EXIT_INTERRUPTED : code;
    }
    if (outcome->is_interrupted) {
        fprintf(stderr,
                "mneme: %s was not rebuilt: interrupted after %lld events; the tables are unchanged; run the "
                "same command to continue\n",
                projection, (long long)outcome->events);
        return MNEME_EXIT_INTERRUPTED;
    }
    double seconds = sum(outcome);
    printf("%s was rebuilt: %lld events folded in %.1f s (%.0f/s)%s\n", projection,
           (long long)outcome->events, seconds, seconds > 0 ? (double)outcome->events / seconds : 0,
           outcome->is_resumed ? ", continuing an earlier run" : "");
    return MNEME_EXIT_DONE;
}

static enum mneme_exit abandon(const struct mneme_cli *cli, const struct mneme_projection_ops *projection) {
    struct mneme_error error = {0};
    bool was_there = false;
    if (projection->rebuild->abandon(cli->config, &was_there, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (cli->json) {
        return put_json(projection->facts->name, was_there ? "abandoned" : "nothing to abandon",
                        &(struct mneme_rebuild_outcome){0});
    }
    printf(was_there ? "the unfinished rebuild of %s was dropped\n"
                     : "there is no unfinished rebuild of %s\n",
           projection->facts->name);
    return MNEME_EXIT_DONE;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    int64_t jobs = 0;
    if (mneme_cli_long(&jobs, cli, "jobs", 0, 0, 64, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (strcmp(cli->arguments[0], mneme_projections[MNEME_PROJECTION_EMBED].name) == 0) {
        return mneme_cli_rebuild_embed(cli, (unsigned)jobs);
    }
    const struct mneme_projection_ops *projection = mneme_cli_rebuildable(cli, "rebuild", &error);
    if (projection == NULL) {
        return mneme_cli_fail(cli, &error);
    }
    if (mneme_cli_flag(cli, "abandon")) {
        return abandon(cli, projection);
    }
    bool has_user = mneme_cli_flag(cli, "user");
    if (has_user && mneme_cli_flag(cli, "agent")) {
        mneme_error_set(&error, MNEME_E_USAGE,
                        "cannot rebuild for a user and an agent at once; give either --user or --agent");
        return mneme_cli_fail(cli, &error);
    }
    if ((has_user || mneme_cli_flag(cli, "agent")) && projection->rebuild->rebuild_subject == NULL) {
        mneme_error_set(&error, MNEME_E_USAGE,
                        "cannot rebuild %s for one subject; leave out --user and --agent",
                        projection->facts->name);
        return mneme_cli_fail(cli, &error);
    }
    if (has_user || mneme_cli_flag(cli, "agent")) {
        return mneme_cli_rebuild_subject(cli, projection, (unsigned)jobs);
    }
    if (mneme_cli_flag(cli, "dry-run")) {
        return mneme_cli_verify(cli, projection, (unsigned)jobs, true);
    }
    struct view view = {.cli = cli};
    struct mneme_rebuild_options options = {.config = cli->config,
                                            .projection = projection,
                                            .jobs = (unsigned)jobs,
                                            .accepts_loss = mneme_cli_flag(cli, "accept-loss"),
                                            .is_interrupted = is_interrupted,
                                            .on_phase = on_phase,
                                            .on_progress = on_progress,
                                            .context = &view};
    struct mneme_rebuild_outcome outcome;
    int status = mneme_rebuild_run(&outcome, &options, &error);
    mneme_progress_end(&view.progress);
    return status == MNEME_OK ? put_result(cli, projection->facts->name, &outcome)
                              : mneme_cli_fail(cli, &error);
}

static const struct mneme_cli_option options[] = {
    {"jobs", 'j', "N", -1, "number of threads; default: one for each processor"},
    {"user", 0, "ID", -1, "rebuild only this user's rows: those of streams with events of the user"},
    {"agent", 0, "ID", -1, "rebuild only this agent's rows, in the same way"},
    {"accept-loss", 0, NULL, -1, "rebuild even if the log has lost its beginning, from what it still has"},
    {"dry-run", 0, NULL, -1, "change nothing; compare the tables with the log and print what would change"},
    {"abandon", 0, NULL, -1, "drop what an interrupted rebuild left, and rebuild nothing"},
    {0},
};

const struct mneme_command mneme_command_rebuild = {
    .name = "rebuild",
    .summary = "Build a projection again from the log, while its workers keep running.",
    .arguments = "PROJECTION",
    .details =
        "Folds the whole log into separate tables, builds their indexes, catches up, and replaces the live\n"
        "tables in one transaction: readers see either the old or the new ones, and workers switch by\n"
        "themselves. Until then the live tables are unchanged. If it is interrupted or killed, run the same\n"
        "command to continue, or drop the unfinished rebuild with --abandon. Keys in Redis are switched\n"
        "partition by partition; if that is interrupted, the next run finishes it.\n"
        "\n"
        "embed makes the vectors again: it embeds the texts of the whole log with the same model onto a new\n"
        "topic, fills a new generation of vectors from that, and switches to it; until then the former\n"
        "generation answers. Texts that the model has embedded before are not sent to it again. vectors "
        "fills\n"
        "the store again from the existing topic, and calls no model.\n"
        "\n"
        "A rebuild repairs tables that do not match the log: the topic was truncated or created again, even\n"
        "with another number of partitions. After partitions were added to a topic, a rebuild is refused "
        "(exit\n"
        "code 6): use `mneme topics repartition`, which copies the log into another topic. --accept-loss is\n"
        "needed once, for postgres: it records the loss for all projections and for `mneme audit verify`.",
    .examples = "  mneme rebuild postgres\n"
                "  mneme rebuild postgres --dry-run\n"
                "  mneme rebuild postgres --jobs 4 --json\n"
                "  mneme rebuild postgres --user ada\n"
                "  mneme rebuild postgres --abandon\n"
                "  mneme rebuild search\n"
                "  mneme rebuild redis\n"
                "  mneme rebuild vectors\n"
                "  mneme rebuild embed\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};
