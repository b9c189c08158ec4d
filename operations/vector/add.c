/*
 * vector.add: adds one vector, or those in JSON lines. Checks the vector against what the store holds if the
 * store can be queried; the store checks again when the event reaches it.
 */
#include "common/base/floats.h"
#include "common/base/text_check.h"
#include "common/json/read.h"
#include "operations/events.h"
#include "operations/lines.h"
#include "operations/service.h"
#include "operations/vector/vector.h"
#include "stores/vectors/collection.h"

enum { ID, LINES, VECTOR, COLLECTION, METADATA, METRIC, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [ID] = {.name = "vector_id",
            .type = MNEME_OP_TEXT,
            .shown = "ID",
            .help = "The vector's id within its collection.",
            .flags = MNEME_OP_POSITIONAL},
    [LINES] = {.name = "lines",
               .type = MNEME_OP_LINES,
               .help =
                   "Vectors as JSON lines: {\"id\", \"vector\", \"collection\", \"metadata\", \"metric\"}.",
               .flags = MNEME_OP_POSITIONAL},
    [VECTOR] = {.name = "vector",
                .letter = 'v',
                .type = MNEME_OP_VALUE,
                .shown = "JSON",
                .help = "The vector, an array of numbers."},
    [COLLECTION] = {.name = "collection",
                    .letter = 'c',
                    .type = MNEME_OP_TEXT,
                    .shown = "NAME",
                    .fallback = "default",
                    .help = "The collection (default \"default\").",
                    .flags = MNEME_OP_TO_PAYLOAD},
    [METADATA] = {.name = "metadata",
                  .type = MNEME_OP_OBJECT,
                  .help = "Metadata to store with it, a JSON object.",
                  .flags = MNEME_OP_TO_PAYLOAD},
    [METRIC] = {.name = "metric",
                .type = MNEME_OP_TEXT,
                .shown = "METRIC",
                .help = "How vectors of the collection are compared: cosine (the default), euclidean or dot "
                        "(also dotproduct). The first vector decides."},
};

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    char vector[MNEME_OP_LABEL_BYTES], id[MNEME_OP_LABEL_BYTES];
    bool is_one = mneme_op_has(request, ID) && mneme_op_has(request, VECTOR);
    bool is_many = mneme_op_has(request, LINES);
    bool is_mixed = is_many && (mneme_op_has(request, ID) || mneme_op_has(request, VECTOR));
    return is_one != is_many && !is_mixed
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_USAGE,
                                 "no vector was added: give %s with %s, or JSON lines alone (%s)",
                                 mneme_op_label(vector, request, &fields[VECTOR]),
                                 mneme_op_label(id, request, &fields[ID]),
                                 request->spells_options ? "-" : fields[LINES].name);
}

/* A vector to be added; JSON is as it was given. */
struct input {
    struct mneme_str id, collection, vector, metadata, metric;
};

struct adding {
    struct mneme_op_call *call;
    struct mneme_vector_publisher *publisher;
    struct mneme_postgres *postgres; /* NULL: the store cannot be queried; it checks later */
    struct mneme_generation generation;
    struct mneme_arena arena; /* of one vector */
    /* The collection that was looked up last, as it will be after the vectors so far. */
    bool has_known;
    struct mneme_buffer known_name;
    struct mneme_vector_collection known;
};

static void connect_to_store(struct adding *adding) {
    struct mneme_error ignored = {0};
    bool has_parked;
    const struct mneme_op_call *call = adding->call;
    if (mneme_service_lend_postgres(&adding->postgres, &has_parked, call->service, call->cancel, &ignored) !=
            MNEME_OK ||
        mneme_generation_active(&adding->generation, adding->postgres, &ignored) != MNEME_OK) {
        mneme_service_return_postgres(call->service, adding->postgres);
        adding->postgres = NULL;
    }
}

/* Whether the vector fits its collection. */
static int check_fit(struct adding *adding, const struct input *input, size_t dimensions,
                     enum mneme_vector_metric metric, struct mneme_error *error) {
    int status = MNEME_OK;
    bool is_known =
        adding->has_known && mneme_str_equal(mneme_buffer_str(&adding->known_name), input->collection);
    if (!is_known) {
        adding->has_known = true;
        mneme_buffer_clear(&adding->known_name);
        mneme_buffer_append_str(&adding->known_name, input->collection);
        adding->known = (struct mneme_vector_collection){0};
        if (adding->postgres != NULL) {
            status =
                mneme_vector_collection_get(&adding->known, adding->postgres, &adding->generation,
                                            mneme_op_tenant(adding->call->request), input->collection, error);
        }
    }
    if (status == MNEME_OK && adding->known.dimensions == 0) { /* the first vector decides */
        adding->known = (struct mneme_vector_collection){
            (int32_t)dimensions, metric == MNEME_METRIC_ANY ? MNEME_METRIC_COSINE : metric};
    }
    return status == MNEME_OK
               ? mneme_vector_collection_check(&adding->known, input->collection, dimensions, metric, error)
               : status;
}

/* The numbers as the payload has them. */
static int encode(struct mneme_str *out, const float *floats, size_t dimensions, struct mneme_arena *arena,
                  struct mneme_error *error) {
    char *memory = mneme_arena_alloc(arena, (dimensions + 1) * sizeof *floats);
    if (memory == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the vector was not taken: memory is exhausted; free some");
    }
    struct mneme_buffer bytes = {.data = memory, .capacity = (dimensions + 1) * sizeof *floats};
    mneme_floats_put(&bytes, floats, dimensions);
    *out = mneme_buffer_str(&bytes);
    return MNEME_OK;
}

static int add(struct adding *adding, const struct input *input, struct mneme_error *error) {
    struct mneme_op_events events = {.request = adding->call->request, .arena = &adding->arena};
    struct mneme_event *event = NULL;
    struct mneme_str vector;
    float *floats;
    size_t dimensions;
    enum mneme_vector_metric metric;
    int status = mneme_vector_parse(&floats, &dimensions, input->vector, &adding->arena, error);
    if (status == MNEME_OK) {
        status = mneme_metric_parse(&metric, input->metric, error);
    }
    if (status == MNEME_OK) {
        status = check_fit(adding, input, dimensions, metric, error);
    }
    if (status == MNEME_OK) {
        status = encode(&vector, floats, dimensions, &adding->arena, error);
    }
    if (status == MNEME_OK) {
        status = mneme_op_events_add(&event, &events, MNEME_EVENT_VECTOR_INDEXED, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    event->payload.vector_indexed = (struct mneme_vector_indexed){
        .vector_id = input->id,
        .collection = input->collection,
        .vector = vector,
        /* By the metric's own name, whichever synonym was given. */
        .metric = metric == MNEME_METRIC_ANY ? MNEME_STR_NULL : mneme_str_from(mneme_metric_names[metric]),
        .metadata = input->metadata.data == NULL ? MNEME_STR_NULL : mneme_json_trim(input->metadata),
    };
    return mneme_vector_publisher_put(adding->publisher, event, input->id, input->collection, error);
}

/* --- a line of JSON --- */

static int take_member(struct input *input, struct mneme_str key, struct mneme_str value,
                       struct mneme_arena *arena, struct mneme_error *error) {
    const struct {
        const char *name;
        struct mneme_str *place;
        bool is_text;
    } members[] = {{"id", &input->id, true},
                   {"collection", &input->collection, true},
                   {"metric", &input->metric, true},
                   {"vector", &input->vector, false},
                   {"metadata", &input->metadata, false}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!mneme_json_unquotes_to(key, mneme_str_from(members[i].name))) {
            continue;
        }
        if (mneme_json_kind_of(value) == MNEME_JSON_NULL) {
            return MNEME_OK;
        }
        if (!members[i].is_text) {
            *members[i].place = value;
            return MNEME_OK;
        }
        if (mneme_json_kind_of(value) != MNEME_JSON_STRING) {
            break;
        }
        return mneme_json_unquote(members[i].place, arena, value)
                   ? MNEME_OK
                   : mneme_error_set(error, MNEME_E_NO_MEMORY, "memory is exhausted; free some");
    }
    return mneme_error_set(error, MNEME_E_INVALID,
                           "%.*s is not a member of a vector, or is not a text; give id, vector, collection, "
                           "metadata and metric",
                           MNEME_STR_ARG(key));
}

static int parse_line(struct input *input, struct mneme_str line, struct mneme_arena *arena,
                      struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason = "it is not an object";
    size_t at = 0;
    struct mneme_str key;
    struct mneme_str value;
    if (!mneme_json_check(line, &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        return mneme_error_set(error, MNEME_E_INVALID, "it is not a JSON object: %s at byte %zu", reason, at);
    }
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(line));
    int status = MNEME_OK;
    while (status == MNEME_OK && mneme_json_next(&reader, &key, &value)) {
        status = take_member(input, key, value, arena, error);
    }
    if (status == MNEME_OK && (input->id.data == NULL || input->vector.data == NULL)) {
        status = mneme_error_set(error, MNEME_E_INVALID, "it has no id or no vector; give both");
    }
    return status;
}

static int add_line(struct adding *adding, const struct mneme_op_line *line, struct input input,
                    struct mneme_error *error) {
    if (line->is_end || mneme_is_blank(line->text)) {
        return MNEME_OK;
    }
    mneme_arena_reset(&adding->arena, SIZE_MAX);
    int status = parse_line(&input, line->text, &adding->arena, error);
    return status == MNEME_OK ? add(adding, &input, error) : status;
}

/* Refused lines are noted, and the others are added. Fails if not all lines could be read. */
static int add_lines(struct adding *adding, const struct input *input, struct mneme_error *error) {
    struct mneme_op_lines_reader reader;
    struct mneme_op_line line = {0};
    mneme_op_lines_begin(&reader, adding->call->request, LINES);
    while (!line.is_end && !mneme_cancel_is_due(adding->call->cancel)) {
        struct mneme_error refusal = {0};
        int status = mneme_op_lines_next(&line, &reader, &refusal);
        if (status != MNEME_OK && line.is_end) {
            return mneme_error_set(error, (enum mneme_status)status, "%s", refusal.message);
        }
        if (status == MNEME_OK) {
            status = add_line(adding, &line, *input, &refusal);
        }
        if (status != MNEME_OK) {
            (void)mneme_error_set(&refusal, (enum mneme_status)status, "line %lld was not taken: %s",
                                  (long long)line.number, refusal.message);
            mneme_vector_publisher_refuse(adding->publisher, &refusal);
        }
    }
    return line.is_end
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_TIMEOUT,
                                 "lines after line %lld were not taken: the call ended; give them again",
                                 (long long)line.number);
}

static int run(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct adding adding = {.call = call};
    const struct input input = {.id = mneme_op_text(request, ID),
                                .collection = mneme_op_text(request, COLLECTION),
                                .vector = mneme_op_text(request, VECTOR),
                                .metadata = mneme_op_text(request, METADATA),
                                .metric = mneme_op_text(request, METRIC)};
    int status = mneme_vector_publisher_new(&adding.publisher, call, mneme_op_has(request, LINES), error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_arena_init(&adding.arena, 0);
    connect_to_store(&adding);
    status = mneme_op_has(request, LINES) ? add_lines(&adding, &input, error) : add(&adding, &input, error);
    /* Rows for what was queued before are put in any case. */
    struct mneme_error refusal = {0};
    if (mneme_vector_publisher_end(adding.publisher, &refusal) != MNEME_OK && status == MNEME_OK) {
        status = mneme_error_set(error, refusal.code, "%s", refusal.message);
    }
    mneme_vector_publisher_destroy(adding.publisher);
    mneme_service_return_postgres(call->service, adding.postgres);
    mneme_arena_clean_up(&adding.arena);
    mneme_buffer_clean_up(&adding.known_name);
    return status;
}

const struct mneme_operation mneme_op_vector_add = {
    .name = "vector.add",
    .summary = "Store a vector, replacing one with the same id.",
    .details = "Publishes a vector_indexed event; workers of embed and vectors bring it into the store. All "
               "vectors of a collection have the same number of dimensions and the same metric; others are "
               "refused. `-` reads JSON lines from standard input: {\"id\", \"vector\", \"collection\",\n"
               "\"metadata\", \"metric\"}, of which the last three default to the options; refused lines are "
               "reported, and the others are added.\n"
               "--json: {\"id\",\"collection\",\"event_id\",\"position\"}.",
    .examples = "  mneme vector add red --vector '[1, 0, 0]' --metadata '{\"warm\": true}'\n"
                "  mneme vector add - --collection colors < vectors.jsonl\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_TRACED,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .columns = mneme_vector_receipt_columns,
    .check = check,
    .procedure = run,
    .event_type = MNEME_EVENT_VECTOR_INDEXED,
};
