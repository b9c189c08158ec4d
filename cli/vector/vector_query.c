/*
 * mneme vector query: the vectors of a collection that are nearest to one.
 */
#include <math.h>
#include <stdio.h>

#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "cli/vector/vector.h"
#include "common/json/write.h"
#include "common/postgres/schema.h"
#include "stores/vectors/vectors.h"

#define DEFAULT_TOP_K 10

static void add_match(struct mneme_table *table, const void *row) {
    const struct mneme_raw_match *match = row;
    char similarity[32];
    snprintf(similarity, sizeof similarity, "%.5f", match->similarity);
    mneme_table_cell_of(table, MNEME_TABLE_NUMBER, mneme_str_from(similarity));
    mneme_table_cell(table, match->id);
    mneme_table_cell(table, match->metadata_json);
}

static void write_match(const void *row, struct mneme_json_writer *json) {
    const struct mneme_raw_match *match = row;
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("id"));
    mneme_json_string(json, match->id);
    mneme_json_key(json, MNEME_STR_LIT("similarity"));
    mneme_json_double(json, match->similarity);
    mneme_json_key(json, MNEME_STR_LIT("metadata"));
    mneme_json_raw(json, match->metadata_json);
    mneme_json_end_object(json);
}

static const char *const headings[] = {"SIMILARITY", "ID", "METADATA", NULL};
static const struct mneme_listing_kind kind = {headings, add_match, write_match, NULL};

static enum mneme_exit show(const struct mneme_cli *cli, const struct mneme_raw_matches *matches,
                            struct mneme_str collection) {
    struct mneme_listing listing;
    mneme_listing_begin(&listing, cli, &kind, 0);
    for (size_t i = 0; i < matches->count && mneme_listing_visit(&matches->items[i], &listing); i++) {
    }
    enum mneme_exit code = mneme_listing_end(&listing);
    if (matches->count == 0 && !cli->json && code == MNEME_EXIT_DONE) {
        mneme_cli_say("nothing near it in the collection %.*s", MNEME_STR_ARG(collection));
    }
    return code;
}

static int read_question(struct mneme_raw_question *question, const struct mneme_cli *cli,
                         struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_opt_double least;
    int64_t top_k;
    float *floats;
    struct mneme_str vector = mneme_cli_opt_str(cli, "vector");
    struct mneme_str collection = mneme_cli_opt_str(cli, "collection");
    if (vector.data == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "no vectors were asked for: near to which is not said; give --vector");
    }
    int status = mneme_cli_long(&top_k, cli, "limit", DEFAULT_TOP_K, 1, MNEME_VECTORS_MAX_K, error);
    if (status == MNEME_OK) {
        status = mneme_cli_opt_double(&least, cli, "min-similarity", -INFINITY, INFINITY, error);
    }
    if (status == MNEME_OK) {
        status = mneme_metric_parse(&question->metric, mneme_cli_opt_str(cli, "metric"), error);
    }
    if (status == MNEME_OK) {
        status = mneme_vector_parse(&floats, &question->dimensions, vector, arena, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    question->tenant = mneme_session_tenant(cli);
    question->collection = collection.data == NULL ? MNEME_STR_LIT(MNEME_VECTOR_COLLECTION) : collection;
    question->vector = floats;
    question->k = (size_t)top_k;
    question->filter_json = mneme_cli_opt_str(cli, "filter");
    question->min_similarity = least.is_set ? least.value : -INFINITY;
    return MNEME_OK;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_raw_question question = {0};
    struct mneme_raw_matches matches = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_vectors *vectors = NULL;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (read_question(&question, cli, &arena, &error) != MNEME_OK ||
        mneme_pg_connect_to_all(&postgres, cli->config, "mneme-cli", &error) != MNEME_OK ||
        mneme_vectors_open(&vectors, cli->config, postgres, NULL, &error) != MNEME_OK ||
        mneme_vectors_query_raw(&matches, vectors, &question, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        code = show(cli, &matches, question.collection);
    }
    mneme_vectors_close(vectors);
    mneme_raw_matches_clean_up(&matches);
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"vector", 'v', "JSON", -1, "The vector, an array of numbers."},
    {"collection", 'c', "NAME", -1, "Where to look; \"default\" unless it is given."},
    {"limit", 'n', "N", -1, "Maximum number of results (default 10)."},
    {"filter", 0, "JSON", -1, "Only those whose metadata has these members, an object of plain values."},
    {"metric", 0, "METRIC", -1, "How they are compared; refused unless it is the collection's way."},
    {"min-similarity", 0, "N", -1, "Only those that are at least so similar."},
    {0},
};

const struct mneme_command mneme_command_vector_query = {
    .name = "query",
    .summary = "The vectors of a collection that are nearest to one.",
    .arguments = "",
    .details =
        "Similarity is the cosine, 1 / (1 + Euclidean distance), or the inner product, by the metric of\n"
        "the collection; the most similar come first.\n"
        "--json: {\"id\",\"similarity\",\"metadata\"}.",
    .examples = "  mneme vector query --vector '[0.9, 0.1, 0]' --limit 3\n"
                "  mneme vector query --vector '[1, 0, 0]' --filter '{\"warm\": true}' --json\n",
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_TABLE,
    .run = run,
};
