/*
 * mneme vector add: one vector, or those of a file of JSON lines.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "cli/vector/vector.h"
#include "common/base/text_check.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "common/postgres/schema.h"
#include "importers/lines.h"
#include "stores/vectors/collection.h"

/* What is to be added; JSON is as it was given. */
struct input {
    struct mneme_str id, collection, vector, metadata, metric;
};

struct adding {
    const struct mneme_cli *cli;
    struct mneme_vector_publisher *publisher;
    struct mneme_postgres *postgres; /* NULL: what the store holds cannot be asked, and is checked by it */
    struct mneme_generation generation;
    struct mneme_arena arena; /* of one vector */
    struct mneme_buffer payload;
    /* The collection that was looked up last, as it will be. */
    bool has_known;
    struct mneme_buffer known_name;
    struct mneme_vector_collection known;
};

/* What the store holds is looked at where it can be; the store checks again when the event reaches it. */
static void connect_to_store(struct adding *adding) {
    struct mneme_error ignored = {0};
    if (mneme_pg_connect_to(&adding->postgres, adding->cli->config, MNEME_PROJECTION_VECTORS, "mneme-cli",
                            &ignored) != MNEME_OK ||
        mneme_generation_active(&adding->generation, adding->postgres, &ignored) != MNEME_OK) {
        mneme_pg_close(adding->postgres);
        adding->postgres = NULL;
    }
}

static int check(struct adding *adding, const struct input *input, struct mneme_error *error) {
    float *floats;
    size_t dimensions;
    enum mneme_vector_metric metric;
    int status = mneme_vector_parse(&floats, &dimensions, input->vector, &adding->arena, error);
    if (status == MNEME_OK) {
        status = mneme_metric_parse(&metric, input->metric, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    bool is_known =
        adding->has_known && mneme_str_equal(mneme_buffer_str(&adding->known_name), input->collection);
    if (!is_known) {
        adding->has_known = true;
        mneme_buffer_clear(&adding->known_name);
        mneme_buffer_append_str(&adding->known_name, input->collection);
        adding->known = (struct mneme_vector_collection){0};
        if (adding->postgres != NULL) {
            status = mneme_vector_collection_get(&adding->known, adding->postgres, &adding->generation,
                                                 mneme_session_tenant(adding->cli), input->collection, error);
        }
    }
    if (status == MNEME_OK && adding->known.dimensions == 0) { /* the first one decides */
        adding->known = (struct mneme_vector_collection){
            (int32_t)dimensions, metric == MNEME_METRIC_ANY ? MNEME_METRIC_COSINE : metric};
    }
    return status == MNEME_OK
               ? mneme_vector_collection_check(&adding->known, input->collection, dimensions, metric, error)
               : status;
}

static void put_text(struct mneme_json_writer *json, const char *key, struct mneme_str text) {
    if (text.data != NULL) {
        mneme_json_key(json, mneme_str_from(key));
        mneme_json_string(json, text);
    }
}

static int add(struct adding *adding, const struct input *input, struct mneme_error *error) {
    int status = check(adding, input, error);
    struct mneme_json_writer json = {.out = &adding->payload};
    enum mneme_vector_metric metric;
    if (status != MNEME_OK) {
        return status;
    }
    mneme_buffer_clear(&adding->payload);
    mneme_json_begin_object(&json);
    put_text(&json, "vector_id", input->id);
    put_text(&json, "collection", input->collection);
    /* By its own name, whatever word was given; the check has parsed it already. */
    if (mneme_metric_parse(&metric, input->metric, NULL) == MNEME_OK && metric != MNEME_METRIC_ANY) {
        put_text(&json, "metric", mneme_str_from(mneme_metric_names[metric]));
    }
    mneme_json_key(&json, MNEME_STR_LIT("vector"));
    mneme_json_raw(&json, mneme_json_trim(input->vector));
    if (input->metadata.data != NULL) {
        mneme_json_key(&json, MNEME_STR_LIT("metadata"));
        mneme_json_raw(&json, mneme_json_trim(input->metadata));
    }
    mneme_json_end_object(&json);
    return mneme_vector_publisher_put(adding->publisher, "vector_indexed", input->id, input->collection,
                                      mneme_buffer_str(&adding->payload), error);
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
                   : mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory");
    }
    return mneme_error_set(error, MNEME_E_INVALID,
                           "%.*s is no member of a vector, or no text; give id, vector, collection, metadata "
                           "and metric",
                           MNEME_STR_ARG(key));
}

static int parse_line(struct input *input, struct mneme_str line, struct mneme_arena *arena,
                      struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason = "it is no object";
    size_t at = 0;
    struct mneme_str key;
    struct mneme_str value;
    if (!mneme_json_check(line, &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        return mneme_error_set(error, MNEME_E_INVALID, "it is no JSON object: %s at byte %zu", reason, at);
    }
    int status = MNEME_OK;
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(line));
    while (status == MNEME_OK && mneme_json_next(&reader, &key, &value)) {
        status = take_member(input, key, value, arena, error);
    }
    if (status == MNEME_OK && (input->id.data == NULL || input->vector.data == NULL)) {
        status = mneme_error_set(error, MNEME_E_INVALID, "it has no id or no vector; give both");
    }
    return status;
}

/* Refused lines are told, and the rest is done. */
static enum mneme_exit add_line(struct adding *adding, struct mneme_str line, int64_t number,
                                struct mneme_str collection) {
    struct mneme_error error = {0};
    struct mneme_error told = {0};
    struct input input = {.collection = collection};
    mneme_arena_reset(&adding->arena, SIZE_MAX);
    int status = mneme_is_blank(line) ? MNEME_OK : parse_line(&input, line, &adding->arena, &error);
    if (status == MNEME_OK && !mneme_is_blank(line)) {
        status = add(adding, &input, &error);
    }
    if (status == MNEME_OK) {
        return MNEME_EXIT_DONE;
    }
    mneme_error_set(&told, (enum mneme_status)status, "line %lld was not taken: %s", (long long)number,
                    error.message);
    return mneme_cli_fail(adding->cli, &told);
}

static enum mneme_exit add_lines(struct adding *adding, struct mneme_str collection) {
    struct mneme_error error = {0};
    struct mneme_lines lines;
    enum mneme_exit code = MNEME_EXIT_DONE;
    bool is_open = true;
    mneme_lines_init(&lines, STDIN_FILENO);
    while (is_open && !mneme_cli_interrupted()) {
        struct mneme_str line;
        enum mneme_exit one = MNEME_EXIT_DONE;
        switch (mneme_lines_next(&line, &lines)) {
        case MNEME_LINE_READY:
            one = add_line(adding, line, lines.number, collection);
            break;
        case MNEME_LINE_TOO_LONG:
            mneme_error_set(&error, MNEME_E_INVALID, "line %lld was not taken: it is too long; shorten it",
                            (long long)lines.number);
            one = mneme_cli_fail(adding->cli, &error);
            break;
        case MNEME_LINE_NONE:
            one = mneme_lines_fill(&lines, &error) == MNEME_OK ? MNEME_EXIT_DONE
                                                               : mneme_cli_fail(adding->cli, &error);
            is_open = one == MNEME_EXIT_DONE;
            break;
        case MNEME_LINE_END:
            is_open = false;
            break;
        }
        code = one > code ? one : code;
    }
    mneme_lines_clean_up(&lines);
    return mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct adding adding = {.cli = cli};
    struct mneme_str collection = mneme_cli_opt_str(cli, "collection");
    bool is_batch = strcmp(cli->arguments[0], "-") == 0;
    enum mneme_exit code = MNEME_EXIT_DONE;
    struct input input = {.id = mneme_str_from(cli->arguments[0]),
                          .vector = mneme_cli_opt_str(cli, "vector"),
                          .metadata = mneme_cli_opt_str(cli, "metadata"),
                          .metric = mneme_cli_opt_str(cli, "metric")};
    input.collection = collection.data == NULL ? MNEME_STR_LIT(MNEME_VECTOR_COLLECTION) : collection;
    if (is_batch == (input.vector.data != NULL)) {
        mneme_error_set(&error, MNEME_E_USAGE,
                        "no vector was added: give --vector with an id, or - alone for JSON lines");
        return mneme_cli_fail(cli, &error);
    }
    mneme_arena_init(&adding.arena, 0);
    if (mneme_vector_publisher_open(&adding.publisher, cli, &error) != MNEME_OK) {
        mneme_arena_clean_up(&adding.arena);
        return mneme_cli_fail(cli, &error);
    }
    connect_to_store(&adding);
    if (is_batch) {
        code = add_lines(&adding, input.collection);
    } else if (add(&adding, &input, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    }
    enum mneme_exit settled = mneme_vector_publisher_settle(adding.publisher);
    mneme_vector_publisher_close(adding.publisher);
    mneme_pg_close(adding.postgres);
    mneme_arena_clean_up(&adding.arena);
    mneme_buffer_clean_up(&adding.payload);
    mneme_buffer_clean_up(&adding.known_name);
    return settled > code ? settled : code;
}

static const struct mneme_cli_option options[] = {
    {"vector", 'v', "JSON", -1, "The vector, an array of numbers."},
    {"collection", 'c', "NAME", -1, "Where it lies; \"default\" unless it is given."},
    {"metadata", 0, "JSON", -1, "What is kept beside it, an object."},
    {"metric", 0, "NAME", -1,
     "How vectors of the collection are compared: cosine (the default), euclidean or dot (also dotproduct). "
     "The first "
     "decides."},
    {0},
};

const struct mneme_command mneme_command_vector_add = {
    .name = "add",
    .summary = "Keep a vector, in the place of one with the same id.",
    .arguments = "ID|-",
    .details = "Publishes a vector_indexed event; workers of embed and vectors bring it into the store. All\n"
               "vectors of a collection have as many numbers, and are compared the same way: another one\n"
               "is refused. `-` reads JSON lines from standard input: {\"id\", \"vector\", \"collection\",\n"
               "\"metadata\", \"metric\"}; a line that is refused is told, and the rest is done.\n"
               "--json: {\"id\",\"collection\",\"event_id\",\"position\"}.",
    .examples = "  mneme vector add red --vector '[1, 0, 0]' --metadata '{\"warm\": true}'\n"
                "  mneme vector add - --collection colors < vectors.jsonl\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};
