/*
 * The lists that mneme status shows of projections: waits for a schema, parked keys, sets of vectors, sizes
 * of tables.
 */
#include <stdio.h>

#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "cli/status/overview.h"
#include "stores/vectors/store.h"

/* --- workers that wait for a schema --- */

struct waits {
    const struct mneme_overview *overview;
    const struct mneme_overview_reading *reading;
    struct mneme_buffer line;
    int64_t count;
    enum mneme_exit code;
};

/* Whether a selected projection still waits at that message, as far as its progress is known. */
static bool is_shown(const struct waits *waits, const struct mneme_wait_row *row) {
    const struct mneme_overview_reading *reading = waits->reading;
    bool is_asked = waits->overview->only == NULL;
    bool is_passed = false;
    for (size_t i = 0; i < reading->count; i++) {
        const struct mneme_projection_status *item = &reading->projections[i];
        if (!mneme_str_equal(row->projection, mneme_str_from(item->of->name)) ||
            !mneme_str_equal(row->topic, mneme_str_from(item->topic))) {
            continue;
        }
        is_asked = is_asked || mneme_overview_is_named(waits->overview, mneme_str_from(item->projection));
        is_passed = is_passed || (row->partition < item->partition_count &&
                                  item->partitions[row->partition].next_offset > row->kafka_offset);
    }
    return is_asked && !is_passed;
}

static bool show_wait(const void *visited, void *context) {
    const struct mneme_wait_row *row = visited;
    struct waits *waits = context;
    if (!is_shown(waits, row)) {
        return true;
    }
    if (waits->overview->cli->json) {
        struct mneme_json_writer json = {.out = &waits->line};
        mneme_wait_row_json(row, &json);
        waits->code = mneme_cli_put_line(&waits->line);
        return waits->code == MNEME_EXIT_DONE;
    }
    printf("%s%.*s waits at %lld:%lld of %.*s: unknown schema: %.*s; upgrade this program, or skip the event "
           "with `mneme dead-letters park %lld:%lld`.\n",
           waits->count++ == 0 ? "\n" : "", MNEME_STR_ARG(row->projection), (long long)row->partition,
           (long long)row->kafka_offset, MNEME_STR_ARG(row->topic), MNEME_STR_ARG(row->reason),
           (long long)row->partition, (long long)row->kafka_offset);
    return true;
}

enum mneme_exit mneme_overview_list_waits(struct mneme_overview *overview,
                                          const struct mneme_overview_reading *reading) {
    struct waits waits = {.overview = overview, .reading = reading};
    bool is_there = false;
    int status = mneme_status_enter(&is_there, overview->postgres, overview->cli->config,
                                    &mneme_projections[MNEME_PROJECTION_POSTGRES], &overview->error);
    if (status == MNEME_OK && is_there) {
        status = mneme_status_waits(overview->postgres, show_wait, &waits, &overview->error);
    }
    mneme_buffer_clean_up(&waits.line);
    return status == MNEME_OK ? waits.code : mneme_cli_fail(overview->cli, &overview->error);
}

/* --- lists of each schema --- */

struct asking {
    struct mneme_overview *overview;
    struct mneme_listing listing;
};

typedef int ask_schema(struct asking *asking, const struct mneme_projection_facts *projection,
                       struct mneme_error *error);

/* Whether the schema keeps one of the selected projections. */
static bool is_of_asked(const struct mneme_overview *overview, const struct mneme_overview_reading *reading,
                        const struct mneme_projection_facts *kept) {
    bool is_asked = overview->only == NULL;
    for (size_t i = 0; i < reading->count && !is_asked; i++) {
        const struct mneme_projection_status *item = &reading->projections[i];
        is_asked = item->of == kept && mneme_overview_is_named(overview, mneme_str_from(item->projection));
    }
    return is_asked;
}

/* Asks each existing schema, and shows what it finds after a blank line. */
static enum mneme_exit list(struct mneme_overview *overview, const struct mneme_overview_reading *reading,
                            const struct mneme_listing_kind *kind, int64_t limit, ask_schema *ask) {
    struct asking asking = {.overview = overview};
    int status = MNEME_OK;
    mneme_listing_begin(&asking.listing, overview->cli, kind, limit);
    for (size_t i = 0; i < MNEME_PROJECTIONS && status == MNEME_OK; i++) {
        const struct mneme_projection_facts *projection = &mneme_projections[i];
        bool is_there = false;
        if (projection->has_schema && is_of_asked(overview, reading, projection)) {
            status = mneme_status_enter(&is_there, overview->postgres, overview->cli->config, projection,
                                        &overview->error);
        }
        if (status == MNEME_OK && is_there) {
            status = ask(&asking, projection, &overview->error);
        }
    }
    if (asking.listing.count > 0 && !overview->cli->json) {
        putchar('\n');
    }
    asking.listing.has_more = asking.listing.has_more && overview->says_there_is_more;
    return status == MNEME_OK ? mneme_listing_end(&asking.listing)
                              : mneme_listing_fail(&asking.listing, &overview->error);
}

/* --- parked keys --- */

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

/* A schema may keep several projections. */
static bool visit_parked(const void *row, void *context) {
    const struct mneme_parked_row *parked = row;
    struct asking *asking = context;
    return !mneme_overview_is_named(asking->overview, parked->projection) ||
           mneme_listing_visit(row, &asking->listing);
}

/* For a single projection, rows of others are dropped after the query, so its limit must not apply. */
static int ask_parked(struct asking *asking, const struct mneme_projection_facts *projection,
                      struct mneme_error *error) {
    (void)projection;
    return mneme_status_parked(asking->overview->postgres,
                               asking->overview->only == NULL ? asking->listing.limit + 1 : INT64_MAX,
                               visit_parked, asking, error);
}

enum mneme_exit mneme_overview_list_parked(struct mneme_overview *overview,
                                           const struct mneme_overview_reading *reading) {
    static const char *const headings[] = {"PARKED BY", "POSITION", "EVENTS", "KEY", "REASON", NULL};
    static const struct mneme_listing_kind kind = {headings, add_parked, parked_json, NULL};
    int64_t parked = 0;
    for (size_t i = 0; i < reading->count; i++) {
        parked += reading->projections[i].parked;
    }
    return parked > 0 ? list(overview, reading, &kind, overview->parked_shown, ask_parked) : MNEME_EXIT_DONE;
}

/* --- sets of vectors --- */

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

static int ask_generations(struct asking *asking, const struct mneme_projection_facts *projection,
                           struct mneme_error *error) {
    return projection->id == MNEME_PROJECTION_VECTORS
               ? mneme_generation_each(asking->overview->postgres, show_generation, &asking->listing, error)
               : MNEME_OK;
}

enum mneme_exit mneme_overview_list_generations(struct mneme_overview *overview,
                                                const struct mneme_overview_reading *reading) {
    static const char *const headings[] = {"VECTORS",    "STATE",  "STORE", "MODEL",
                                           "DIMENSIONS", "METRIC", NULL};
    static const struct mneme_listing_kind kind = {headings, add_generation, generation_json, NULL};
    return list(overview, reading, &kind, 0, ask_generations);
}

/* --- sizes --- */

/* Leaves out empty tables, which would fill the screen. */
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

static int ask_tables(struct asking *asking, const struct mneme_projection_facts *projection,
                      struct mneme_error *error) {
    (void)projection;
    return mneme_status_tables(asking->overview->postgres, mneme_listing_visit, &asking->listing, error);
}

enum mneme_exit mneme_overview_list_tables(struct mneme_overview *overview,
                                           const struct mneme_overview_reading *reading) {
    static const char *const headings[] = {"SCHEMA", "TABLE", "ROWS", "SIZE", NULL};
    static const struct mneme_listing_kind kind = {headings, add_table, table_json, NULL};
    return list(overview, reading, &kind, 0, ask_tables);
}
