/*
 * mneme verify: checks whether a projection matches the log.
 */
#include "cli/verify.h"

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "cli/frame/progress.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "common/json/write.h"
#include "consumers/projections.h"
#include "consumers/store/rebuild/definitions.h"

struct view {
    const struct mneme_cli *cli;
    struct mneme_progress progress;
    const char *const *words; /* for the differences */
    int64_t tables;
};

/* The words for a difference, when verifying and when planning a rebuild. */
static const char *const verify_words[MNEME_DIFFERENCES] = {"missing", "not in the log", "different"};
static const char *const dry_run_words[MNEME_DIFFERENCES] = {"to add", "to remove", "to change"};

/* A projection that has tables but cannot be rebuilt; NULL for others. */
static const struct mneme_projection_facts *find_schema_alone(const char *name) {
    const struct mneme_projection_ops *projection = mneme_projection_by_name(name);
    return projection != NULL && projection->facts->has_schema && projection->rebuild == NULL
               ? projection->facts
               : NULL;
}

const struct mneme_projection_ops *mneme_cli_rebuildable(const struct mneme_cli *cli, const char *action,
                                                         struct mneme_error *error) {
    const struct mneme_projection_ops *projection = mneme_projection_by_name(cli->arguments[0]);
    if (projection != NULL && projection->rebuild != NULL) {
        return projection;
    }
    mneme_error_set(
        error, MNEME_E_USAGE,
        "cannot %s \"%s\": it is filled from the vectors of embed, not from events; %s embed instead", action,
        cli->arguments[0], action);
    return NULL;
}

static void on_phase(void *context, int64_t total) {
    struct view *view = context;
    mneme_progress_begin(&view->progress, "Folding a copy of the log", "events", total,
                         view->cli->stderr_is_terminal && !view->cli->json);
}

static void on_progress(void *context, int64_t done) {
    struct view *view = context;
    mneme_progress_update(&view->progress, done);
}

static bool is_interrupted(void *context) {
    (void)context;
    return mneme_cli_interrupted();
}

static void put_keys(struct mneme_json_writer *json, const struct mneme_buffer *keys) {
    struct mneme_str left = mneme_buffer_str(keys);
    mneme_json_begin_array(json);
    while (left.len > 0) {
        const char *end = memchr(left.data, '\n', left.len);
        size_t len = end == NULL ? left.len : (size_t)(end - left.data);
        mneme_json_string(json, (struct mneme_str){left.data, len});
        size_t step = end == NULL ? len : len + 1;
        left = (struct mneme_str){left.data + step, left.len - step};
    }
    mneme_json_end_array(json);
}

static void put_table_json(const struct mneme_rebuild_table_difference *table) {
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("table"));
    mneme_json_string(&json, mneme_str_from(table->table));
    mneme_json_key(&json, MNEME_STR_LIT("rows"));
    mneme_json_long(&json, table->rows);
    mneme_json_key(&json, MNEME_STR_LIT("log_rows"));
    mneme_json_long(&json, table->log_rows);
    mneme_json_key(&json, MNEME_STR_LIT("left_out"));
    mneme_json_long(&json, table->left_out);
    for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
        mneme_json_key(&json, mneme_str_from(mneme_difference_names[kind]));
        mneme_json_long(&json, table->counts[kind]);
    }
    mneme_json_key(&json, MNEME_STR_LIT("first"));
    mneme_json_begin_object(&json);
    for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
        mneme_json_key(&json, mneme_str_from(mneme_difference_names[kind]));
        put_keys(&json, &table->keys[kind]);
    }
    mneme_json_end_object(&json);
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&out); /* a lost line changes nothing about the tables */
    mneme_buffer_clean_up(&out);
}

static void put_table_text(const struct view *view, const struct mneme_rebuild_table_difference *table) {
    int64_t sum = 0;
    for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
        sum += table->counts[kind];
    }
    printf("%-28s %10lld %s  ", table->table, (long long)table->rows,
           table->is_definitions ? "columns, indexes and the like" : "rows");
    if (sum == 0) {
        printf("%s\n", table->is_definitions ? "as the migrations make them" : "as in the log");
    }
    const char *separator = "";
    for (int kind = 0; sum > 0 && kind < MNEME_DIFFERENCES; kind++) {
        if (table->counts[kind] > 0) {
            printf("%s%lld %s", separator, (long long)table->counts[kind], view->words[kind]);
            separator = ", ";
        }
    }
    printf("%s", sum > 0 ? "\n" : "");
    if (table->left_out > 0) {
        printf("  %lld were not compared: there was no room for all, or they were changing\n",
               (long long)table->left_out);
    }
    for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
        struct mneme_str keys = mneme_buffer_str(&table->keys[kind]);
        for (size_t i = 0; i < keys.len; i++) {
            if (i == 0 || keys.data[i - 1] == '\n') {
                printf("  %s: ", view->words[kind]);
            }
            putchar(keys.data[i]);
        }
        printf("%s", keys.len > 0 ? "\n" : "");
    }
}

static void visit(void *context, const struct mneme_rebuild_table_difference *table) {
    struct view *view = context;
    mneme_progress_end(&view->progress);
    view->tables++;
    if (view->cli->json) {
        put_table_json(table);
    } else {
        put_table_text(view, table);
    }
}

static void put_sum(const struct view *view, const struct mneme_verify_outcome *outcome,
                    const char *projection, bool is_dry_run) {
    char mend[64] = "mneme migrate --mend";
    if (mneme_projection_by_name(projection)->rebuild != NULL) {
        snprintf(mend, sizeof mend, "mneme rebuild %s", projection);
    }
    if (view->cli->json) {
        struct mneme_buffer out = {0};
        struct mneme_json_writer json = {.out = &out};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("state"));
        mneme_json_string(&json,
                          outcome->differences == 0 ? MNEME_STR_LIT("equal") : MNEME_STR_LIT("different"));
        mneme_json_key(&json, MNEME_STR_LIT("tables"));
        mneme_json_long(&json, view->tables);
        mneme_json_key(&json, MNEME_STR_LIT("differences"));
        mneme_json_long(&json, outcome->differences);
        mneme_json_key(&json, MNEME_STR_LIT("events"));
        mneme_json_long(&json, outcome->events);
        mneme_json_key(&json, MNEME_STR_LIT("seconds"));
        mneme_json_double(&json, outcome->seconds);
        mneme_json_key(&json, MNEME_STR_LIT("lost"));
        mneme_json_long(&json, outcome->lost);
        if (outcome->differences > 0) {
            mneme_json_key(&json, MNEME_STR_LIT("mend"));
            mneme_json_string(&json, mneme_str_from(mend));
        }
        mneme_json_end_object(&json);
        (void)mneme_cli_put_line(&out);
        mneme_buffer_clean_up(&out);
        return;
    }
    printf("%lld events folded, %lld rows %s\n", (long long)outcome->events, (long long)outcome->differences,
           is_dry_run ? "would change" : "differ");
    if (outcome->lost > 0) {
        printf(
            "%lld offsets of the log are recorded as lost; `mneme audit verify` says who accepted the loss\n",
            (long long)outcome->lost);
    }
    if (outcome->differences > 0 && !is_dry_run) {
        printf("run `%s` to repair this\n", mend);
    }
}

enum mneme_exit mneme_cli_verify(struct mneme_cli *cli, const struct mneme_projection_ops *projection,
                                 unsigned jobs, bool is_dry_run) {
    struct mneme_error error = {0};
    struct view view = {.cli = cli, .words = is_dry_run ? dry_run_words : verify_words};
    const struct mneme_verify_options options = {.config = cli->config,
                                                 .jobs = jobs,
                                                 .is_for_rebuild = is_dry_run,
                                                 .is_interrupted = is_interrupted,
                                                 .on_phase = on_phase,
                                                 .on_progress = on_progress,
                                                 .visit = visit,
                                                 .context = &view};
    struct mneme_verify_outcome outcome;
    int status = projection->rebuild->verify(&outcome, &options, &error);
    mneme_progress_end(&view.progress);
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (outcome.is_interrupted) {
        fprintf(stderr, "mneme: %s was not compared: interrupted; run it again\n", projection->facts->name);
        return MNEME_EXIT_INTERRUPTED;
    }
    put_sum(&view, &outcome, projection->facts->name, is_dry_run);
    return is_dry_run || outcome.differences == 0 ? MNEME_EXIT_DONE : MNEME_EXIT_UNSAFE;
}

static void put_subject(const struct mneme_cli *cli, const struct mneme_subject_outcome *outcome,
                        bool is_dry_run) {
    if (!cli->json) {
        printf("%lld streams, %lld rows %s\n", (long long)outcome->streams, (long long)outcome->changes,
               is_dry_run ? "would be added or removed" : "added or removed");
        return;
    }
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("state"));
    mneme_json_string(&json, is_dry_run ? MNEME_STR_LIT("dry run") : MNEME_STR_LIT("rebuilt"));
    mneme_json_key(&json, MNEME_STR_LIT("streams"));
    mneme_json_long(&json, outcome->streams);
    mneme_json_key(&json, MNEME_STR_LIT("changes"));
    mneme_json_long(&json, outcome->changes);
    mneme_json_key(&json, MNEME_STR_LIT("events"));
    mneme_json_long(&json, outcome->events);
    mneme_json_key(&json, MNEME_STR_LIT("seconds"));
    mneme_json_double(&json, outcome->seconds);
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&out);
    mneme_buffer_clean_up(&out);
}

enum mneme_exit mneme_cli_rebuild_subject(struct mneme_cli *cli,
                                          const struct mneme_projection_ops *projection, unsigned jobs) {
    struct mneme_error error = {0};
    struct view view = {.cli = cli, .words = dry_run_words};
    const struct mneme_subject_options options = {
        .verify = {.config = cli->config,
                   .jobs = jobs,
                   .is_interrupted = is_interrupted,
                   .on_phase = on_phase,
                   .on_progress = on_progress,
                   .visit = visit,
                   .context = &view},
        .tenant = mneme_session_tenant(cli),
        .user = mneme_cli_opt_str(cli, "user"),
        .agent = mneme_cli_opt_str(cli, "agent"),
        .is_dry_run = mneme_cli_flag(cli, "dry-run"),
    };
    struct mneme_subject_outcome outcome;
    int status = projection->rebuild->rebuild_subject(&outcome, &options, &error);
    mneme_progress_end(&view.progress);
    if (status == MNEME_OK && outcome.is_interrupted) {
        fprintf(stderr, "mneme: %s was not rebuilt: interrupted; nothing was changed\n",
                projection->facts->name);
        return MNEME_EXIT_INTERRUPTED;
    }
    if (status == MNEME_OK && outcome.streams == 0) {
        mneme_error_set(&error, MNEME_E_NOT_FOUND,
                        "nothing was rebuilt: neither the log nor the tables have anything of that %s; check "
                        "its name and --tenant",
                        options.user.data != NULL ? "user" : "agent");
        status = MNEME_E_NOT_FOUND;
    }
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    put_subject(cli, &outcome, options.is_dry_run);
    return MNEME_EXIT_DONE;
}

/* For a projection whose rows do not follow from the log: only its tables can be compared. */
static enum mneme_exit verify_definitions(struct mneme_cli *cli,
                                          const struct mneme_projection_facts *projection) {
    struct mneme_error error = {0};
    struct view view = {.cli = cli, .words = verify_words};
    const struct mneme_verify_options options = {.config = cli->config, .visit = visit, .context = &view};
    const struct mneme_definitions definitions = {.schema = projection->id,
                                                  .migrations = mneme_projection_migrations[projection->id]};
    struct mneme_verify_outcome outcome = {0};
    bool has_all_columns = false;
    if (mneme_definitions_verify(&outcome, &has_all_columns, &definitions, &options, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    put_sum(&view, &outcome, projection->name, false);
    return outcome.differences == 0 ? MNEME_EXIT_DONE : MNEME_EXIT_UNSAFE;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    int64_t jobs = 0;
    const struct mneme_projection_facts *alone = find_schema_alone(cli->arguments[0]);
    if (alone != NULL) {
        return verify_definitions(cli, alone);
    }
    const struct mneme_projection_ops *projection = mneme_cli_rebuildable(cli, "verify", &error);
    if (projection == NULL || mneme_cli_long(&jobs, cli, "jobs", 0, 0, 64, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    return mneme_cli_verify(cli, projection, (unsigned)jobs, false);
}

static const struct mneme_cli_option options[] = {
    {"jobs", 'j', "N", -1, "number of threads; default: one for each processor"},
    {0},
};

const struct mneme_command mneme_command_verify = {
    .name = "verify",
    .summary = "Compare a projection, row by row, with what the log says.",
    .arguments = "PROJECTION",
    .details =
        "First compares the columns, indexes and constraints of the live tables with those that the "
        "migrations\n"
        "create, and names what is missing or different. Then folds the log separately, exactly as far as "
        "the\n"
        "live tables, and compares the hashes of all rows: it counts rows that are missing, that the log "
        "does\n"
        "not have, and that differ, with their first keys. For embed, whose rows do not follow from the "
        "log,\n"
        "only the tables are compared. Workers keep running, and nothing live is changed. Exit code 0 when\n"
        "everything is equal, 6 when not; then the command that repairs it is named.",
    .examples = "  mneme verify postgres\n"
                "  mneme verify postgres --json | jq 'select(.different > 0)'\n"
                "  mneme verify redis\n"
                "  mneme verify embed\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .run = run,
};
