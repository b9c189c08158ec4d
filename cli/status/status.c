/*
 * mneme status: how the projections stand, what is parked, how large the tables are.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"
#include "common/base/clock.h"
#include "queries/status_health.h"
#include "stores/vectors/store.h"

#define PARKED_SHOWN 20
#define RATE_MICROS 250000 /* how long the rate is measured when there is something to fold */
#define HEALTH_TIMEOUT_MS 2000

/* One look at everything. */
struct reading {
    struct mneme_projection_status *projections;
    size_t count;
    struct mneme_error log_error; /* why Kafka could not be asked, or code MNEME_OK */
};

struct observer {
    struct mneme_cli *cli;
    struct mneme_pg_pool *pool;
    struct mneme_postgres *postgres; /* of the pool */
    struct mneme_log_probe *log;
    int64_t parked_shown;
    struct mneme_error error;
};

static void reading_clean_up(struct reading *reading) {
    mneme_projection_status_clean_up(reading->projections, reading->count);
    *reading = (struct reading){0};
}

static int read_status(struct reading *out, struct observer *observer, const struct reading *before) {
    *out = (struct reading){0};
    return mneme_projection_status_read(&out->projections, &out->count, observer->postgres, observer->log,
                                        observer->cli->config, before->projections, before->count,
                                        &out->log_error, &observer->error);
}

static void add_projection(struct mneme_table *table, const struct mneme_projection_status *item) {
    char text[64];
    mneme_table_cell(table, mneme_str_from(item->projection));
    mneme_table_cell(table, item->has_log ? mneme_str_from(item->group.state) : MNEME_STR_LIT("?"));
    if (item->has_log) {
        mneme_table_cell_long(table, item->group.workers);
        mneme_table_cell_long(table, item->lag);
    } else {
        mneme_table_cell(table, MNEME_STR_LIT("?"));
        mneme_table_cell(table, MNEME_STR_LIT("?"));
    }
    mneme_table_cell_long(table, item->events);
    snprintf(text, sizeof text, "%.0f/s", item->rate_per_s.value);
    mneme_table_cell(table, item->rate_per_s.is_set ? mneme_str_from(text) : MNEME_STR_LIT("?"));
    mneme_table_cell_long(table, item->parked);
    mneme_table_cell_long(table, item->partition_count);
}

/* Of a group that keeps several, the first speaks. */
static bool is_first_of_group(const struct reading *reading, size_t index) {
    return index == 0 || reading->projections[index].of != reading->projections[index - 1].of;
}

static void print_projections(const struct mneme_cli *cli, const struct reading *reading) {
    static const char *const headings[] = {"PROJECTION", "GROUP",  "WORKERS",    "LAG", "EVENTS",
                                           "RATE",       "PARKED", "PARTITIONS", NULL};
    struct mneme_table table;
    mneme_table_init(&table, headings);
    for (size_t i = 0; i < reading->count; i++) {
        add_projection(&table, &reading->projections[i]);
    }
    (void)mneme_listing_print(cli, &table); /* it has told what failed */
    mneme_table_clean_up(&table);
    for (size_t i = 0; i < reading->count; i++) {
        const char *group = reading->projections[i].of->name;
        if (is_first_of_group(reading, i) && mneme_projection_lacks_workers(&reading->projections[i])) {
            printf("No worker of group %s is there: start one with `mneme work %s`.\n", group, group);
        }
        if (reading->projections[i].lost[0] != '\0') {
            printf("%s: lost: %s.\n", reading->projections[i].projection, reading->projections[i].lost);
        }
        if (reading->projections[i].refused > 0) {
            printf(
                "%s: of %lld documents the endpoint has not taken the text, or a part of it; full text finds "
                "them, and the worker's log says which they are.\n",
                reading->projections[i].projection, (long long)reading->projections[i].refused);
        }
    }
}

static enum mneme_exit print_projections_json(const struct reading *reading) {
    struct mneme_buffer line = {0};
    enum mneme_exit code = MNEME_EXIT_DONE;
    for (size_t i = 0; i < reading->count && code == MNEME_EXIT_DONE; i++) {
        struct mneme_json_writer json = {.out = &line};
        mneme_projection_status_json(&reading->projections[i], &json);
        code = mneme_cli_put_line(&line);
    }
    mneme_buffer_clean_up(&line);
    return code;
}

/* The document of the whole, whatever of it can be had. */
static enum mneme_exit print_health_json(const struct observer *observer, const struct reading *reading) {
    const struct mneme_health_source source = {
        .config = observer->cli->config,
        .postgres = observer->postgres,
        .postgres_reason = observer->error.message,
        .log = observer->log,
        .pool = observer->pool,
        .timeout_ms = HEALTH_TIMEOUT_MS,
        .projections = reading->projections,
        .projection_count = reading->count,
        .with_measures = true,
    };
    struct mneme_health health;
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_health_read(&health, &source);
    mneme_health_json(&health, &json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

/* Ends with the error at hand; JSON has the document all the same. */
static enum mneme_exit fail(const struct observer *observer) {
    const struct reading nothing = {0};
    enum mneme_exit code = observer->cli->json ? print_health_json(observer, &nothing) : MNEME_EXIT_DONE;
    return code == MNEME_EXIT_DONE ? mneme_cli_fail(observer->cli, &observer->error) : code;
}

static void add_parked(struct mneme_table *table, const void *row) {
    const struct mneme_parked_row *parked = row;
    mneme_table_cell(table, parked->projection);
    mneme_show_cell_position(table,
                             (struct mneme_position){(int32_t)parked->partition, parked->kafka_offset});
    mneme_table_cell_long(table, parked->waiting);
    mneme_table_cell(table, parked->key);
    mneme_table_cell(table, parked->reason);
}

static void parked_json(const void *row, struct mneme_json_writer *json) {
    mneme_parked_row_json(row, json);
}

/* --- workers that wait for a schema --- */

struct waits {
    const struct observer *observer;
    const struct reading *reading;
    struct mneme_buffer line;
    int64_t count;
    enum mneme_exit code;
};

/* Whether the projection still stands before that message, as far as its progress is known. */
static bool is_current(const struct reading *reading, const struct mneme_wait_row *row) {
    bool is_passed = false;
    for (size_t i = 0; i < reading->count; i++) {
        const struct mneme_projection_status *item = &reading->projections[i];
        is_passed = is_passed || (mneme_str_equal(row->projection, mneme_str_from(item->of->name)) &&
                                  mneme_str_equal(row->topic, mneme_str_from(item->topic)) &&
                                  row->partition < item->partition_count &&
                                  item->partitions[row->partition].next_offset > row->kafka_offset);
    }
    return !is_passed;
}

static bool show_wait(const void *visited, void *context) {
    const struct mneme_wait_row *row = visited;
    struct waits *waits = context;
    if (!is_current(waits->reading, row)) {
        return true;
    }
    if (waits->observer->cli->json) {
        struct mneme_json_writer json = {.out = &waits->line};
        mneme_wait_row_json(row, &json);
        waits->code = mneme_cli_put_line(&waits->line);
        return waits->code == MNEME_EXIT_DONE;
    }
    printf("%s%.*s waits at %lld:%lld of %.*s: unknown schema: %.*s; upgrade this program, or leave the "
           "event out with "
           "`mneme dead-letters park %lld:%lld`.\n",
           waits->count++ == 0 ? "\n" : "", MNEME_STR_ARG(row->projection), (long long)row->partition,
           (long long)row->kafka_offset, MNEME_STR_ARG(row->topic), MNEME_STR_ARG(row->reason),
           (long long)row->partition, (long long)row->kafka_offset);
    return true;
}

static enum mneme_exit print_waits(struct observer *observer, const struct reading *reading) {
    struct waits waits = {.observer = observer, .reading = reading};
    bool is_there = false;
    int status = mneme_status_enter(&is_there, observer->postgres, observer->cli->config,
                                    &mneme_projections[MNEME_PROJECTION_POSTGRES], &observer->error);
    if (status == MNEME_OK && is_there) {
        status = mneme_status_waits(observer->postgres, show_wait, &waits, &observer->error);
    }
    mneme_buffer_clean_up(&waits.line);
    return status == MNEME_OK ? waits.code : mneme_cli_fail(observer->cli, &observer->error);
}

static void add_generation(struct mneme_table *table, const void *row) {
    const struct mneme_generation *generation = row;
    mneme_table_cell_long(table, generation->number);
    mneme_table_cell(table, mneme_str_from(mneme_generation_state_names[generation->state]));
    mneme_table_cell(table, mneme_str_from(generation->store->name));
    mneme_table_cell(table, mneme_str_from(generation->model));
    if (generation->dimensions > 0) {
        mneme_table_cell_long(table, generation->dimensions);
    } else {
        mneme_table_cell(table, MNEME_STR_LIT("?"));
    }
    mneme_table_cell(table, mneme_str_from(mneme_metric_names[generation->metric]));
}

static void generation_json(const void *row, struct mneme_json_writer *json) {
    mneme_status_generation_json(row, json);
}

static int show_generation(void *context, const struct mneme_generation *generation) {
    mneme_listing_visit(generation, context);
    return MNEME_OK;
}

/* Empty ones would fill the screen. */
static void add_table(struct mneme_table *table, const void *row) {
    const struct mneme_status_table_row *size = row;
    char text[32];
    if (size->rows == 0) {
        return;
    }
    snprintf(text, sizeof text, "%s%lld", size->is_estimate ? "about " : "", (long long)size->rows);
    mneme_table_cell(table, size->schema);
    mneme_table_cell(table, size->table);
    mneme_table_cell(table, mneme_str_from(text));
    mneme_show_cell_bytes(table, size->bytes);
}

static void table_json(const void *row, struct mneme_json_writer *json) {
    mneme_status_table_row_json(row, json);
}

/* Asks each schema that is there, and shows what there is behind a blank line. */
static enum mneme_exit list(struct observer *observer, const struct mneme_listing_kind *kind, int64_t limit,
                            int (*ask)(struct mneme_postgres *postgres,
                                       const struct mneme_projection_facts *projection,
                                       struct mneme_listing *listing, struct mneme_error *error)) {
    struct mneme_listing listing;
    int status = MNEME_OK;
    mneme_listing_begin(&listing, observer->cli, kind, limit);
    for (size_t i = 0; i < MNEME_PROJECTIONS && status == MNEME_OK; i++) {
        const struct mneme_projection_facts *projection = &mneme_projections[i];
        bool is_there = false;
        if (projection->has_schema) {
            status = mneme_status_enter(&is_there, observer->postgres, observer->cli->config, projection,
                                        &observer->error);
        }
        if (status == MNEME_OK && is_there) {
            status = ask(observer->postgres, projection, &listing, &observer->error);
        }
    }
    if (listing.count > 0 && !observer->cli->json) {
        putchar('\n');
    }
    return status == MNEME_OK ? mneme_listing_end(&listing) : mneme_listing_fail(&listing, &observer->error);
}

static int ask_parked(struct mneme_postgres *postgres, const struct mneme_projection_facts *projection,
                      struct mneme_listing *listing, struct mneme_error *error) {
    (void)projection;
    return mneme_status_parked(postgres, listing->limit + 1, mneme_listing_visit, listing, error);
}

static int ask_generations(struct mneme_postgres *postgres, const struct mneme_projection_facts *projection,
                           struct mneme_listing *listing, struct mneme_error *error) {
    return projection->id == MNEME_PROJECTION_VECTORS
               ? mneme_generation_each(postgres, show_generation, listing, error)
               : MNEME_OK;
}

static int ask_tables(struct mneme_postgres *postgres, const struct mneme_projection_facts *projection,
                      struct mneme_listing *listing, struct mneme_error *error) {
    (void)projection;
    return mneme_status_tables(postgres, mneme_listing_visit, listing, error);
}

static enum mneme_exit print_parked(struct observer *observer) {
    static const char *const headings[] = {"PARKED BY", "POSITION", "EVENTS", "KEY", "REASON", NULL};
    static const struct mneme_listing_kind kind = {headings, add_parked, parked_json, NULL};
    return list(observer, &kind, observer->parked_shown, ask_parked);
}

static enum mneme_exit print_generations(struct observer *observer) {
    static const char *const headings[] = {"VECTORS",    "STATE",  "STORE", "MODEL",
                                           "DIMENSIONS", "METRIC", NULL};
    static const struct mneme_listing_kind kind = {headings, add_generation, generation_json, NULL};
    return list(observer, &kind, 0, ask_generations);
}

static enum mneme_exit print_tables(struct observer *observer) {
    static const char *const headings[] = {"SCHEMA", "TABLE", "ROWS", "SIZE", NULL};
    static const struct mneme_listing_kind kind = {headings, add_table, table_json, NULL};
    return list(observer, &kind, 0, ask_tables);
}

static enum mneme_exit print_reading(struct observer *observer, const struct reading *reading) {
    enum mneme_exit code = MNEME_EXIT_DONE;
    int64_t parked = 0;
    for (size_t i = 0; i < reading->count; i++) {
        parked += reading->projections[i].parked;
    }
    if (observer->cli->json) {
        code = print_projections_json(reading);
    } else {
        print_projections(observer->cli, reading);
    }
    if (code == MNEME_EXIT_DONE) {
        code = print_waits(observer, reading);
    }
    if (code == MNEME_EXIT_DONE && parked > 0) {
        code = print_parked(observer);
    }
    if (code == MNEME_EXIT_DONE) {
        code = print_generations(observer);
    }
    if (code == MNEME_EXIT_DONE) {
        code = print_tables(observer);
    }
    if (code == MNEME_EXIT_DONE && observer->cli->json) {
        code = print_health_json(observer, reading);
    }
    if (reading->log_error.code != MNEME_OK && code == MNEME_EXIT_DONE) {
        code = mneme_cli_fail(observer->cli, &reading->log_error);
    }
    return code;
}

static int64_t total_lag(const struct reading *reading) {
    int64_t lag = 0;
    for (size_t i = 0; i < reading->count; i++) {
        lag += reading->projections[i].lag;
    }
    return lag;
}

/* Two looks, since a rate needs two; no pause between them when nothing is to fold. */
static enum mneme_exit show_once(struct observer *observer) {
    struct reading first;
    struct reading second = {0};
    int64_t started = mneme_clock_monotonic_micros();
    int status = read_status(&first, observer, &second);
    if (status == MNEME_OK && first.log_error.code == MNEME_OK) {
        int64_t left = RATE_MICROS - (mneme_clock_monotonic_micros() - started);
        if (total_lag(&first) > 0 && left > 0) {
            mneme_clock_pause(left);
        }
        status = read_status(&second, observer, &first);
    }
    enum mneme_exit code;
    if (status != MNEME_OK) {
        code = fail(observer);
    } else {
        code = print_reading(observer, second.count > 0 ? &second : &first);
    }
    reading_clean_up(&first);
    reading_clean_up(&second);
    return code;
}

/* Again and again until interrupted, over the last picture on a terminal. */
static enum mneme_exit watch(struct observer *observer, int64_t interval_ms) {
    struct reading before = {0};
    enum mneme_exit code = MNEME_EXIT_DONE;
    bool is_screen = observer->cli->stdout_is_terminal && !observer->cli->json;
    while (!mneme_cli_interrupted() && !mneme_cli_output_is_lost()) {
        struct reading now;
        if (read_status(&now, observer, &before) != MNEME_OK) {
            code = fail(observer);
            break;
        }
        if (is_screen) {
            printf("\033[H\033[2J");
        }
        code = print_reading(observer, &now);
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

static enum mneme_exit run(struct mneme_cli *cli) {
    const struct mneme_pg_pool_options pool = {.purpose = "mneme-status", .is_read_only = true, .tries = 1};
    const struct mneme_pg_pool_wait no_wait = {0};
    struct observer observer = {.cli = cli};
    int64_t interval_ms;
    enum mneme_exit code;
    if (mneme_cli_long(&interval_ms, cli, "interval", 1000, 100, 3600000, &observer.error) != MNEME_OK ||
        mneme_cli_long(&observer.parked_shown, cli, "limit", PARKED_SHOWN, 1, MNEME_QUERY_MAX_LIMIT,
                       &observer.error) != MNEME_OK ||
        mneme_pg_pool_open(&observer.pool, cli->config, &pool, &observer.error) != MNEME_OK ||
        (mneme_query_borrow(&observer.postgres, observer.pool, &no_wait, &observer.error) != MNEME_OK &&
         !cli->json) ||
        mneme_log_probe_open(&observer.log, cli->config, &observer.error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &observer.error);
    } else if (observer.postgres == NULL) {
        code = fail(&observer);
    } else if (mneme_cli_flag(cli, "watch")) {
        code = watch(&observer, interval_ms);
    } else {
        code = show_once(&observer);
    }
    mneme_log_probe_close(observer.log);
    mneme_pg_pool_give_back(observer.pool, observer.postgres);
    mneme_pg_pool_close(observer.pool);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"watch", 'w', NULL, -1, "Go on until interrupted."},
    {"limit", 'n', "N", -1, "Maximum number of keys with parked events (default 20)."},
    {"interval", 0, "MS", -1, "How often with --watch (default 1000)."},
    {0},
};

const struct mneme_command mneme_command_status = {
    .name = "status",
    .summary = "Progress, lag, rate, parked events and sizes.",
    .arguments = "",
    .details =
        "Of all tenants. Lag is what the log holds and a projection has not folded yet; events is what it\n"
        "has folded; parked is how many of those wait because they, or one before them with the same\n"
        "key, cannot be applied. Rows of the ledger's schema are counted up to 10,000 and estimated beyond,\n"
        "all others are estimated.\n"
        "lost is why what was folded is not of the topic as it is now, with the command that mends it.\n"
        "A partition that waits before a message of an unknown schema is told with what to do.\n"
        "--json prints five kinds of lines:\n"
        "  "
        "{\"projection\",\"group\",\"topic\",\"group_state\",\"workers\",\"is_worker_missing\",\"lag\","
        "\"events\",\n   \"rate_per_s\",\"parked\",\"lost\",\"refused\","
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
        "set "
        "of vectors;\n"
        "  {\"schema\",\"table\",\"rows\",\"is_estimate\",\"bytes\"};\n"
        "and last the health of the whole, also where Postgres or Kafka is away:\n"
        "  {\"status\":\"healthy\"|\"degraded\"|\"unhealthy\",\"checks\":{\"kafka\",\"postgres\",\"redis\",\n"
        "   \"vectors\": "
        "{\"status\",\"response_time_ms\",\"detail\"}},\"pool_stats\":{\"size\",\"min_size\",\n"
        "   \"max_size\",\"idle_size\"},\"database_version\",\"active_connections\",\"response_time_ms\",\n"
        "   \"timestamp\",\"measures\":{…},\"alerts\":[{\"type\",\"severity\",\"message\",\"threshold\",\n"
        "   \"current_value\",\"timestamp\"}]}.\n"
        "What Kafka would tell is null when it cannot be reached, and the exit code is 3.",
    .examples = "  mneme status\n"
                "  mneme status --watch\n"
                "  mneme status --json | jq -s 'map(.lag? // 0) | add'\n",
    .options = options,
    .run = run,
};
