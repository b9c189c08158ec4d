/*
 * mneme status: the progress of projections, what is parked, the sizes of tables.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "cli/frame/values.h"
#include "cli/status/overview.h"
#include "common/base/choice.h"
#include "common/base/clock.h"

#define PARKED_SHOWN 20
#define RATE_MICROS 250000 /* how long the rate is measured when there is a lag */
#define HEALTH_TIMEOUT_MS 2000

static void reading_clean_up(struct mneme_overview_reading *reading) {
    mneme_projection_status_clean_up(reading->projections, reading->count);
    *reading = (struct mneme_overview_reading){0};
}

bool mneme_overview_is_named(const struct mneme_overview *overview, struct mneme_str projection) {
    const char *dot = memchr(projection.data, '.', projection.len);
    struct mneme_str group = {projection.data,
                              dot == NULL ? projection.len : (size_t)(dot - projection.data)};
    return overview->only == NULL || mneme_str_equal(projection, mneme_str_from(overview->only)) ||
           mneme_str_equal(group, mneme_str_from(overview->only));
}

/* Refuses a name that no projection has. */
static int check_name(const struct mneme_overview *overview, const struct mneme_overview_reading *reading,
                      struct mneme_error *error) {
    const char **names = calloc(reading->count + MNEME_PROJECTIONS + 1, sizeof *names);
    int status = MNEME_E_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; names != NULL && i < MNEME_PROJECTIONS; i++) {
        names[count++] = mneme_projections[i].name;
    }
    for (size_t i = 0; names != NULL && i < reading->count; i++) {
        names[count++] = reading->projections[i].projection;
    }
    if (names == NULL) {
        (void)mneme_error_set(error, status, "the status was not read: memory is exhausted; free some");
    } else {
        status = mneme_choice_check(mneme_str_from(overview->only), names, "the status", "projection", error);
    }
    free(names);
    return status;
}

static int read_status(struct mneme_overview_reading *out, struct mneme_overview *overview,
                       const struct mneme_overview_reading *before) {
    *out = (struct mneme_overview_reading){0};
    int status = mneme_projection_status_read(&out->projections, &out->count, overview->postgres,
                                              overview->log, overview->cli->config, before->projections,
                                              before->count, &out->log_error, &overview->error);
    return status == MNEME_OK && overview->only != NULL ? check_name(overview, out, &overview->error)
                                                        : status;
}

/* --- what is printed of one reading --- */

static enum mneme_exit print_projections_json(const struct mneme_overview *overview,
                                              const struct mneme_overview_reading *reading) {
    struct mneme_buffer line = {0};
    enum mneme_exit code = MNEME_EXIT_DONE;
    for (size_t i = 0; i < reading->count && code == MNEME_EXIT_DONE; i++) {
        struct mneme_json_writer json = {.out = &line};
        if (mneme_overview_is_named(overview, mneme_str_from(reading->projections[i].projection))) {
            mneme_projection_status_json(&reading->projections[i], &json);
            code = mneme_cli_put_line(&line);
        }
    }
    mneme_buffer_clean_up(&line);
    return code;
}

static void read_health(struct mneme_health *health, const struct mneme_overview *overview,
                        const struct mneme_overview_reading *reading) {
    const struct mneme_health_source source = {
        .config = overview->cli->config,
        .postgres = overview->postgres,
        .postgres_reason = overview->error.message,
        .log = overview->log,
        .pool = overview->pool,
        .timeout_ms = HEALTH_TIMEOUT_MS,
        .projections = reading->projections,
        .projection_count = reading->count,
        .with_measures = true,
    };
    mneme_health_read(health, &source);
}

/* Prints the health of all services, as far as it is known. */
static enum mneme_exit print_health(const struct mneme_overview *overview,
                                    const struct mneme_overview_reading *reading) {
    struct mneme_health health;
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    read_health(&health, overview, reading);
    if (!overview->cli->json) {
        mneme_overview_show_health(overview, &health);
        return MNEME_EXIT_DONE;
    }
    mneme_health_json(&health, &json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

/* Ends with the current error; unless it is wrong usage, still shows the services that answer. */
static enum mneme_exit fail(const struct mneme_overview *overview) {
    const struct mneme_overview_reading nothing = {0};
    bool is_slip = overview->error.code == MNEME_E_USAGE || overview->only != NULL;
    enum mneme_exit code = is_slip ? MNEME_EXIT_DONE : print_health(overview, &nothing);
    return code == MNEME_EXIT_DONE ? mneme_cli_fail(overview->cli, &overview->error) : code;
}

typedef enum mneme_exit list(struct mneme_overview *overview, const struct mneme_overview_reading *reading);

/* JSON has everything; a screen shows what fits. */
static enum mneme_exit print_reading(struct mneme_overview *overview,
                                     const struct mneme_overview_reading *reading) {
    const struct {
        list *print;
        bool is_left_out;
    } lists[] = {{mneme_overview_list_waits, false},
                 {mneme_overview_list_parked, false},
                 {mneme_overview_list_generations, false},
                 {mneme_overview_list_tables, !overview->cli->json && !overview->with_tables}};
    enum mneme_exit code = MNEME_EXIT_DONE;
    if (overview->cli->json) {
        code = print_projections_json(overview, reading);
    } else {
        mneme_overview_show_projections(overview, reading);
        code = overview->only == NULL ? print_health(overview, reading) : MNEME_EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists && code == MNEME_EXIT_DONE; i++) {
        code = lists[i].is_left_out ? MNEME_EXIT_DONE : lists[i].print(overview, reading);
    }
    if (code == MNEME_EXIT_DONE && overview->cli->json && overview->only == NULL) {
        code = print_health(overview, reading);
    }
    if (reading->log_error.code != MNEME_OK && code == MNEME_EXIT_DONE) {
        code = mneme_cli_fail(overview->cli, &reading->log_error);
    }
    return code;
}

/* --- once, or repeatedly --- */

static int64_t total_lag(const struct mneme_overview_reading *reading) {
    int64_t lag = 0;
    for (size_t i = 0; i < reading->count; i++) {
        lag += reading->projections[i].lag;
    }
    return lag;
}

/* Reads twice, since a rate needs two readings; without a lag there is no pause between them. */
static enum mneme_exit show_once(struct mneme_overview *overview) {
    struct mneme_overview_reading first;
    struct mneme_overview_reading second = {0};
    int64_t started = mneme_clock_monotonic_micros();
    int status = read_status(&first, overview, &second);
    if (status == MNEME_OK && first.log_error.code == MNEME_OK) {
        int64_t left = RATE_MICROS - (mneme_clock_monotonic_micros() - started);
        if (total_lag(&first) > 0 && left > 0) {
            mneme_clock_pause(left);
        }
        status = read_status(&second, overview, &first);
    }
    enum mneme_exit code;
    if (status != MNEME_OK) {
        code = fail(overview);
    } else {
        code = print_reading(overview, second.count > 0 ? &second : &first);
    }
    reading_clean_up(&first);
    reading_clean_up(&second);
    return code;
}

/* Repeats until interrupted; on a terminal it redraws the screen. */
static enum mneme_exit watch(struct mneme_overview *overview, int64_t interval_ms) {
    struct mneme_overview_reading before = {0};
    enum mneme_exit code = MNEME_EXIT_DONE;
    bool is_screen = overview->cli->stdout_is_terminal && !overview->cli->json;
    overview->says_there_is_more = !is_screen;
    while (!mneme_cli_interrupted() && !mneme_cli_output_is_lost()) {
        struct mneme_overview_reading now;
        if (read_status(&now, overview, &before) != MNEME_OK) {
            code = fail(overview);
            break;
        }
        if (is_screen) {
            mneme_cli_measure_terminal(overview->cli); /* it may have been resized */
            mneme_cli_output_page(overview->cli->terminal_rows);
        }
        code = print_reading(overview, &now);
        if (is_screen) {
            mneme_cli_output_page(0);
        }
        fflush(stdout);
        reading_clean_up(&before);
        before = now;
        if (code != MNEME_EXIT_DONE) {
            break;
        }
        mneme_clock_pause(interval_ms * 1000);
    }
    reading_clean_up(&before);
    return code == MNEME_EXIT_DONE && mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : code;
}

static int read_options(struct mneme_overview *overview, int64_t *interval_ms, struct mneme_error *error) {
    const struct mneme_cli *cli = overview->cli;
    overview->only = cli->arguments[0];
    overview->with_tables = mneme_cli_flag(cli, "tables") || overview->only != NULL;
    int status = mneme_cli_long(interval_ms, cli, "interval", 1000, 100, 3600000, error);
    return status == MNEME_OK ? mneme_cli_long(&overview->parked_shown, cli, "limit", PARKED_SHOWN, 1,
                                               MNEME_QUERY_MAX_LIMIT, error)
                              : status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    const struct mneme_pg_pool_options pool = {.purpose = "mneme-status", .is_read_only = true, .tries = 1};
    const struct mneme_pg_pool_wait no_wait = {.cancel = &mneme_cli_cancel};
    struct mneme_overview overview = {.cli = cli, .says_there_is_more = true};
    int64_t interval_ms;
    enum mneme_exit code;
    if (read_options(&overview, &interval_ms, &overview.error) != MNEME_OK ||
        mneme_pg_pool_open(&overview.pool, cli->config, &pool, &overview.error) != MNEME_OK ||
        mneme_log_probe_open(&overview.log, cli->config, &overview.error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &overview.error);
    } else if (mneme_query_borrow(&overview.postgres, overview.pool, &no_wait, &overview.error) != MNEME_OK) {
        code = fail(&overview);
    } else if (mneme_cli_flag(cli, "watch")) {
        code = watch(&overview, interval_ms);
    } else {
        code = show_once(&overview);
    }
    mneme_log_probe_close(overview.log);
    mneme_pg_pool_give_back(overview.pool, overview.postgres);
    mneme_pg_pool_close(overview.pool);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"watch", 'w', NULL, -1, "Repeat until interrupted."},
    {"tables", 0, NULL, -1, "Also show the tables with their rows and sizes."},
    {"limit", 'n', "N", -1, "Maximum number of keys with parked events (default 20)."},
    {"interval", 0, "MS", -1, "How often with --watch (default 1000)."},
    {0},
};

const struct mneme_command mneme_command_status = {
    .name = "status",
    .summary = "Progress, lag, rate, parked events, and the services.",
    .arguments = "[PROJECTION]",
    .max_arguments = 1,
    .details =
        "Covers all tenants. lag is the number of events in the log that a projection has not folded yet;\n"
        "events is how many it has folded; parked is how many of those wait because they, or an earlier "
        "event\n"
        "with the same key, cannot be applied; left is how long the lag will last at the present rate. With "
        "a\n"
        "projection, shows everything about it: its partitions, what it has parked, its tables. Rows of the\n"
        "ledger's schema are counted up to 10,000 and estimated beyond that; all others are estimated.\n"
        "lost says why what was folded does not match the topic as it is now, with the command that repairs "
        "it.\n"
        "For a partition that waits at a message of an unknown schema, it says what to do.\n"
        "--json prints five kinds of lines:\n"
        "  "
        "{\"projection\",\"group\",\"topic\",\"group_state\",\"workers\",\"is_worker_missing\",\"lag\","
        "\"events\",\n"
        "   \"rate_per_s\",\"parked\",\"lost\",\"refused\",\n"
        "   "
        "\"partitions\":[{\"partition\",\"next_offset\",\"first_offset\",\"end_offset\",\"lag\",\"owner\",\n"
        "   \"updated_at\"}]}, one for each projection;\n"
        "  "
        "{\"waits_at\",\"projection\",\"topic\",\"partition\",\"kafka_offset\",\"reason\",\"since\",\"looked_"
        "at\"}, one for\n"
        "   each partition that waits for a schema;\n"
        "  "
        "{\"parked_event\",\"projection\",\"topic\",\"partition\",\"kafka_offset\",\"key\",\"reason\","
        "\"waiting\",\n"
        "   \"parked_at\"}, one for each key that is stuck, up to --limit;\n"
        "  {\"generation\",\"state\",\"store\",\"model\",\"metric\",\"topic\",\"dimensions\"}, one for each "
        "set of vectors;\n"
        "  {\"schema\",\"table\",\"rows\",\"is_estimate\",\"bytes\"};\n"
        "and last, unless one projection is selected, the health of the whole, even when Postgres or Kafka "
        "is\n"
        "down:\n"
        "  {\"status\":\"healthy\"|\"degraded\"|\"unhealthy\",\"checks\":{\"kafka\",\"postgres\",\"redis\",\n"
        "   \"vectors\": "
        "{\"status\",\"response_time_ms\",\"detail\"}},\"pool_stats\":{\"size\",\"min_size\",\n"
        "   \"max_size\",\"idle_size\"},\"database_version\",\"active_connections\",\"response_time_ms\",\n"
        "   \"timestamp\",\"measures\":{…},\"alerts\":[{\"type\",\"severity\",\"message\",\"threshold\",\n"
        "   \"current_value\",\"timestamp\"}]}.\n"
        "Values that come from Kafka are null when it cannot be reached, and the exit code is 3.",
    .examples = "  mneme status\n"
                "  mneme status search\n"
                "  mneme status --watch\n"
                "  mneme status --json | jq -s 'map(.lag? // 0) | add'\n",
    .options = options,
    .run = run,
};
