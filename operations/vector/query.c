/*
 * vector.query: finds the vectors of a collection that are nearest to a given one.
 */
#include <math.h>

#include "operations/fields.h"
#include "operations/vector/vector.h"
#include "stores/vectors/vectors.h"

enum { VECTOR, COLLECTION, LIMIT, FILTER, METRIC, MIN_SIMILARITY, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [VECTOR] = {.name = "vector",
                .letter = 'v',
                .type = MNEME_OP_VALUE,
                .shown = "JSON",
                .help = "The vector, an array of numbers.",
                .flags = MNEME_OP_REQUIRED},
    [COLLECTION] = {.name = "collection",
                    .letter = 'c',
                    .type = MNEME_OP_TEXT,
                    .shown = "NAME",
                    .fallback = "default",
                    .help = "The collection (default \"default\")."},
    [LIMIT] = {.name = "limit",
               .letter = 'n',
               .type = MNEME_OP_INTEGER,
               .minimum = 1,
               .maximum = MNEME_VECTORS_MAX_K,
               .fallback = "10",
               .help = "Maximum number of results (default 10)."},
    [FILTER] = {.name = "filter",
                .type = MNEME_OP_VALUE,
                .shown = "JSON",
                .help = "Only vectors with these members in their metadata, an object of plain values."},
    [METRIC] = {.name = "metric",
                .type = MNEME_OP_TEXT,
                .shown = "METRIC",
                .help = "The metric; refused unless it is that of the collection."},
    [MIN_SIMILARITY] = {.name = "min_similarity",
                        .type = MNEME_OP_DECIMAL,
                        .help = "Only vectors that are at least this similar."},
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("similarity", MNEME_ROW_DOUBLE, "SIMILARITY"),
    MNEME_OP_SHOWN("id", MNEME_ROW_STR, "ID"),
    MNEME_OP_SHOWN("metadata", MNEME_ROW_JSON, "METADATA"),
    {0},
};

static int read_question(struct mneme_raw_question *question, const struct mneme_op_call *call,
                         struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_opt_double least = mneme_op_fraction(request, MIN_SIMILARITY);
    float *floats;
    int status = mneme_metric_parse(&question->metric, mneme_op_text(request, METRIC), error);
    if (status == MNEME_OK) {
        status = mneme_vector_parse(&floats, &question->dimensions, mneme_op_text(request, VECTOR),
                                    call->arena, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    question->tenant = mneme_op_tenant(request);
    question->collection = mneme_op_text(request, COLLECTION);
    question->vector = floats;
    question->k = (size_t)mneme_op_number(request, LIMIT).value;
    question->filter_json = mneme_op_text(request, FILTER);
    question->min_similarity = least.is_set ? least.value : -INFINITY;
    return MNEME_OK;
}

static void put_rows(struct mneme_op_call *call, const struct mneme_raw_matches *matches) {
    static const struct mneme_row_column row_columns[] = {
        {"id", MNEME_ROW_STR, offsetof(struct mneme_raw_match, id)},
        {"similarity", MNEME_ROW_DOUBLE, offsetof(struct mneme_raw_match, similarity)},
        {"metadata", MNEME_ROW_JSON, offsetof(struct mneme_raw_match, metadata_json)},
    };
    struct mneme_op_rows rows = {.call = call, .columns = row_columns, .column_count = 3};
    for (size_t i = 0; i < matches->count && mneme_op_rows_visit(&matches->items[i], &rows); i++) {
    }
    mneme_op_rows_clean_up(&rows);
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_raw_question question = {0};
    struct mneme_raw_matches matches = {0};
    struct mneme_postgres *postgres;
    struct mneme_vectors *vectors = NULL;
    int status = read_question(&question, call, error);
    if (status == MNEME_OK) {
        status = mneme_op_call_postgres(&postgres, call, MNEME_OP_VECTORS, error);
    }
    if (status == MNEME_OK) {
        status = mneme_vectors_open(&vectors, call->config, postgres, NULL, error);
    }
    if (status == MNEME_OK) {
        status = mneme_vectors_query_raw(&matches, vectors, &question, error);
    }
    if (status == MNEME_OK) {
        put_rows(call, &matches);
    }
    mneme_vectors_close(vectors);
    mneme_raw_matches_clean_up(&matches);
    return status;
}

const struct mneme_operation mneme_op_vector_query = {
    .name = "vector.query",
    .summary = "Find the vectors of a collection that are nearest to a given one.",
    .details = "Similarity is the cosine, 1 / (1 + Euclidean distance), or the inner product, depending on "
               "the collection's metric; the most similar vectors come first.\n"
               "--json: {\"id\",\"similarity\",\"metadata\"}.",
    .examples = "  mneme vector query --vector '[0.9, 0.1, 0]' --limit 3\n"
                "  mneme vector query --vector '[1, 0, 0]' --filter '{\"warm\": true}' --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no vector of the collection is near it",
    .read = read,
};
