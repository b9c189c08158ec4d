/* Events written by other versions: every released schema is read, and invented ones that differ as they may;
 * others are refused when the schema is met. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/codec.h"
#include "schemas/decoder.h"
#include "tests/support/avro_oracle.h"
#include "tests/support/sample_event.h"

static struct mneme_arena arena;
static struct mneme_buffer bytes;
static struct mneme_error error;
static json_t *schema; /* the newest, to be changed */

static void set_up(void) {
    mneme_arena_init(&arena, 0);
    schema = json_loads(mneme_event_schema_json, 0, NULL);
    cr_assert_not_null(schema);
}

static void tear_down(void) {
    json_decref(schema);
    mneme_buffer_clean_up(&bytes);
    mneme_arena_clean_up(&arena);
}

TestSuite(schema_evolution, .init = set_up, .fini = tear_down);

/* --- changing the schema --- */

static json_t *parse(const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    cr_assert_not_null(json, "%s", text);
    return json;
}

static json_t *field_of(const json_t *record, const char *name) {
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(record, "fields"), i, field) {
        if (strcmp(json_string_value(json_object_get(field, "name")), name) == 0) {
            return field;
        }
    }
    cr_assert_fail("no field %s", name);
    return NULL;
}

static json_t *payload_union(void) {
    return json_object_get(field_of(schema, "payload"), "type");
}

/* A record of the schema: Event, Scope or a payload. */
static json_t *record_of(const char *name) {
    size_t i;
    json_t *record;
    if (strcmp(name, "Event") == 0) {
        return schema;
    }
    if (strcmp(name, "Scope") == 0) {
        return json_object_get(field_of(schema, "scope"), "type");
    }
    json_array_foreach(payload_union(), i, record) {
        if (strcmp(json_string_value(json_object_get(record, "name")), name) == 0) {
            return record;
        }
    }
    cr_assert_fail("no record %s", name);
    return NULL;
}

static void set_type(const char *record, const char *field, const char *type) {
    cr_assert_eq(json_object_set_new(field_of(record_of(record), field), "type", parse(type)), 0);
}

static void remove_field(const char *record, const char *name) {
    size_t i;
    json_t *field;
    json_t *fields = json_object_get(record_of(record), "fields");
    json_array_foreach(fields, i, field) {
        if (strcmp(json_string_value(json_object_get(field, "name")), name) == 0) {
            cr_assert_eq(json_array_remove(fields, i), 0);
            return;
        }
    }
    cr_assert_fail("no field %s", name);
}

static void add_field(const char *record, const char *field) {
    json_t *fields = json_object_get(record_of(record), "fields");
    cr_assert_eq(json_array_insert_new(fields, 0, parse(field)), 0);
}

static void reverse(json_t *array) {
    json_t *copy = json_copy(array);
    for (size_t i = 0; i < json_array_size(copy); i++) {
        cr_assert_eq(json_array_set(array, json_array_size(copy) - 1 - i, json_array_get(copy, i)), 0);
    }
    json_decref(copy);
}

/* --- reading by it --- */

static struct mneme_decoder *compile(const char *text) {
    struct mneme_decoder *decoder = NULL;
    cr_assert_eq(mneme_decoder_compile(&decoder, text, &error), MNEME_OK, "%s", error.message);
    return decoder;
}

/* Writes the event by the schema with Avro C and reads it with ours into `back`. */
static int pass(struct mneme_event *back, const char *text, const struct mneme_event *event) {
    struct mneme_oracle oracle;
    struct mneme_decoder *decoder = compile(text);
    cr_assert(mneme_oracle_open(&oracle, text), "%s", avro_strerror());
    mneme_buffer_clear(&bytes);
    cr_assert(mneme_oracle_encode(&oracle, event, &bytes));
    memset(back, 0xAB, sizeof *back);
    int status = mneme_decoder_decode(decoder, back, &arena, mneme_buffer_str(&bytes), &error);
    mneme_oracle_close(&oracle);
    mneme_decoder_destroy(decoder);
    return status;
}

static void assert_same(const struct mneme_event *event, const struct mneme_event *back) {
    const char *differs = mneme_events_differ(event, back);
    cr_assert_null(differs, "%s of %s", differs, mneme_event_type_text(event->type));
}

/* Every type in both samples passes through the changed schema unharmed. */
static void assert_all_pass(void) {
    char *text = json_dumps(schema, 0);
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        for (int sample = MNEME_SAMPLE_REQUIRED; sample <= MNEME_SAMPLE_FULL; sample++) {
            struct mneme_event event;
            struct mneme_event back;
            mneme_sample_event(&event, &arena, (enum mneme_event_type)type, (enum mneme_sample)sample);
            cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s: %s", mneme_event_type_text(event.type),
                         error.message);
            assert_same(&event, &back);
        }
    }
    free(text);
}

static void assert_schema_refused(const char *says) {
    struct mneme_decoder *decoder = NULL;
    char *text = json_dumps(schema, JSON_ENCODE_ANY);
    error.message[0] = '\0';
    cr_assert_eq(mneme_decoder_compile(&decoder, text, &error), MNEME_E_UNKNOWN_SCHEMA,
                 "accepted; wanted: %s", says);
    cr_assert_not_null(strstr(error.message, says), "%s\n  not: %s", error.message, says);
    free(text);
}

/* --- released versions --- */

Test(schema_evolution, released_versions_are_kept_without_a_gap) {
    cr_assert_gt(mneme_released_schema_count, 0);
    for (size_t i = 0; i < mneme_released_schema_count; i++) {
        cr_assert_eq(mneme_released_schemas[i].version, (int)i + 1);
    }
    cr_assert_eq(mneme_released_schemas[mneme_released_schema_count - 1].json, mneme_event_schema_json);
    cr_assert_eq(MNEME_EVENT_SCHEMA_VERSION, (int)mneme_released_schema_count);
}

Test(schema_evolution, the_newest_is_backward_compatible_with_every_released_one) {
    for (size_t i = 0; i < mneme_released_schema_count; i++) {
        struct mneme_decoder *decoder = compile(mneme_released_schemas[i].json);
        for (size_t j = 0; j < decoder->branch_count; j++) {
            cr_assert_geq(decoder->branches[j].type, 0, "version %d has %s, the newest has not",
                          mneme_released_schemas[i].version, decoder->branches[j].name);
        }
        mneme_decoder_destroy(decoder);
    }
}

static bool is_written_whole(avro_schema_t written, const char *name) {
    avro_schema_t type = avro_schema_record_field_get(written, name);
    type = is_avro_union(type) ? avro_schema_union_branch(type, 1) : type;
    return is_avro_int32(type) || is_avro_int64(type);
}

/* What the old version does not have comes back as the default, never as what new events begin with; a number
 * that was whole there has no decimals. */
static void forget_unknown(void *record, const struct mneme_record_info *info, avro_schema_t written) {
    struct mneme_event blank;
    memset(&blank, 0, sizeof blank);
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        size_t end = i + 1 < info->field_count ? info->fields[i + 1].offset : info->size;
        if (field->has_default && !field->is_nullable) {
            mneme_field_set_default(&blank, field);
        }
        if (avro_schema_record_field_get_index(written, field->name) < 0) {
            memcpy((char *)record + field->offset, (char *)&blank + field->offset, end - field->offset);
        } else if (field->kind == MNEME_FIELD_DOUBLE && is_written_whole(written, field->name)) {
            double *number = (double *)(void *)((char *)record + field->offset);
            *number = trunc(*number);
        }
    }
}

Test(schema_evolution, every_released_version_is_read) {
    for (size_t i = 0; i < mneme_released_schema_count; i++) {
        struct mneme_oracle oracle;
        struct mneme_decoder *decoder = compile(mneme_released_schemas[i].json);
        cr_assert(mneme_oracle_open(&oracle, mneme_released_schemas[i].json));
        avro_schema_t payload = avro_schema_record_field_get(oracle.schema, "payload");
        for (int branch = 0; branch < (int)avro_schema_union_size(payload); branch++) {
            struct mneme_event event;
            struct mneme_event back;
            enum mneme_event_type type = (enum mneme_event_type)decoder->branches[branch].type;
            mneme_sample_event(&event, &arena, type, MNEME_SAMPLE_FULL);
            mneme_buffer_clear(&bytes);
            cr_assert(mneme_oracle_encode(&oracle, &event, &bytes));
            cr_assert_eq(mneme_decoder_decode(decoder, &back, &arena, mneme_buffer_str(&bytes), &error),
                         MNEME_OK, "%s", error.message);
            cr_assert_eq(back.schema_version, mneme_released_schemas[i].version);
            forget_unknown(&event.payload, &mneme_payload_info[type],
                           avro_schema_union_branch(payload, branch));
            assert_same(&event, &back);
        }
        mneme_oracle_close(&oracle);
        mneme_decoder_destroy(decoder);
    }
}

Test(schema_evolution, a_schema_that_tells_no_version_is_of_the_first) {
    struct mneme_event event;
    struct mneme_event back;
    cr_assert_eq(json_object_del(schema, "mneme.version"), 0);
    char *text = json_dumps(schema, 0);
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);
    cr_assert_eq(back.schema_version, 1);
    free(text);
}

Test(schema_evolution, what_a_version_to_come_means_is_not_guessed) {
    cr_assert_eq(json_object_set_new(schema, "mneme.version", json_integer(MNEME_EVENT_SCHEMA_VERSION + 1)),
                 0);
    char words[80];
    snprintf(words, sizeof words,
             "its mneme.version is %d, but this program knows only 1 to %d; run a newer version",
             MNEME_EVENT_SCHEMA_VERSION + 1, MNEME_EVENT_SCHEMA_VERSION);
    assert_schema_refused(words);
    cr_assert_eq(json_object_set_new(schema, "mneme.version", json_string("2")), 0);
    assert_schema_refused("mneme.version");
}

/* --- schemas that may come --- */

Test(schema_evolution, fields_in_another_order_are_read_by_name) {
    size_t i;
    json_t *record;
    reverse(json_object_get(schema, "fields"));
    reverse(json_object_get(record_of("Scope"), "fields"));
    json_array_foreach(payload_union(), i, record) {
        reverse(json_object_get(record, "fields"));
    }
    assert_all_pass();
}

Test(schema_evolution, payload_types_in_another_order_are_read_by_name) {
    reverse(payload_union());
    assert_all_pass();
}

static const char recursive_record[] =
    "{\"type\":\"record\",\"name\":\"R%zu\",\"fields\":[{\"name\":\"x\",\"type\":\"string\"},"
    "{\"name\":\"y\",\"type\":{\"type\":\"array\",\"items\":\"R%zu\"}},"
    "{\"name\":\"z\",\"type\":[\"null\",\"R%zu\"]}]}";

Test(schema_evolution, unknown_fields_of_any_type_are_skipped) {
    static const char *const types[] = {
        "\"string\"",
        "\"bytes\"",
        "\"int\"",
        "\"long\"",
        "\"float\"",
        "\"double\"",
        "\"boolean\"",
        "\"null\"",
        "[\"null\",\"string\"]",
        "[\"null\",\"int\",{\"type\":\"array\",\"items\":\"string\"}]",
        "{\"type\":\"enum\",\"name\":\"E%zu\",\"symbols\":[\"A\",\"B\"]}",
        "{\"type\":\"fixed\",\"name\":\"F%zu\",\"size\":16}",
        "{\"type\":\"array\",\"items\":\"null\"}",
        "{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":[\"null\",\"double\"]}}",
        recursive_record,
        "\"Scope\"",
        "{\"type\":\"array\",\"items\":\"mneme.Scope\"}"};
    static const char *const records[] = {"Event", "Scope", "MemoryCreated", "ConversationTurn", "Custom"};
    for (size_t r = 0; r < sizeof records / sizeof records[0]; r++) {
        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
            struct mneme_buffer field = {0};
            size_t unique = r * 100 + t;
            bool refers_back = strstr(types[t], "Scope") != NULL;
            if (refers_back && r < 2) {
                continue; /* Scope is not known before its own definition */
            }
            mneme_buffer_printf(&field, "{\"name\":\"new_%zu\",\"type\":", t);
            for (const char *at = types[t]; *at != '\0'; at++) {
                if (strncmp(at, "%zu", 3) == 0) {
                    mneme_buffer_printf(&field, "%zu", unique);
                    at += 2;
                } else {
                    mneme_buffer_append(&field, at, 1);
                }
            }
            mneme_buffer_append(&field, "}", 2);
            add_field(records[r], field.data);
            mneme_buffer_clean_up(&field);
        }
    }
    assert_all_pass();
}

Test(schema_evolution, fields_that_the_writer_lacks_take_their_defaults) {
    struct mneme_event event;
    struct mneme_event back;
    static const char *const gone[] = {"term",     "metadata", "tags",      "confidence",
                                       "priority", "tier",     "expires_at"};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        remove_field("MemoryCreated", gone[i]);
    }
    remove_field("Scope", "run_id");
    remove_field("Event", "metadata");
    remove_field("Event", "expected_version");
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    char *text = json_dumps(schema, 0);
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    free(text);
    struct mneme_memory_created *created = &event.payload.memory_created;
    created->term = created->metadata = event.scope.run_id = MNEME_STR_NULL;
    created->tags = (struct mneme_str_array){NULL, 0, false};
    created->confidence = 1.0;
    created->priority = 5;
    created->tier = MNEME_STR_LIT("warm");
    created->expires_at.is_set = false;
    event.metadata.count = 0;
    event.expected_version.is_set = false;
    assert_same(&event, &back);
}

Test(schema_evolution, narrower_numbers_and_bytes_are_promoted) {
    set_type("Event", "expected_version", "[\"null\",\"int\"]");
    set_type("Event", "metadata", "{\"type\":\"map\",\"values\":\"bytes\"}");
    set_type("MemoryCreated", "content", "\"bytes\"");
    set_type("MemoryCreated", "memory_id", "\"bytes\"");
    set_type("MemoryCreated", "tags", "[\"null\",{\"type\":\"array\",\"items\":\"bytes\"}]");
    set_type("ConversationTurn", "turn_index", "[\"null\",\"int\"]");
    set_type("MemoryCreated", "confidence", "\"float\"");
    set_type("MemoryCreated", "importance", "\"int\"");
    set_type("MemoryCreated", "priority", "\"int\"");
    set_type("MemoryPrioritized", "boost_factor", "\"long\"");
    set_type("MemoryUpdated", "confidence", "[\"null\",\"float\"]");
    char *text = json_dumps(schema, 0);
    struct mneme_event event;
    struct mneme_event back;

    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    event.payload.memory_created.confidence = 0.75;
    event.payload.memory_created.importance = 1;
    event.payload.memory_created.priority = 8;
    event.expected_version.value = -300;
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);

    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_UPDATED, MNEME_SAMPLE_FULL);
    event.payload.memory_updated.confidence.value = 0.25;
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);

    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_PRIORITIZED, MNEME_SAMPLE_FULL);
    event.payload.memory_prioritized.boost_factor = 7;
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);

    mneme_sample_event(&event, &arena, MNEME_EVENT_CONVERSATION_TURN, MNEME_SAMPLE_FULL);
    event.payload.conversation_turn.turn_index.value = 70000;
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);
    free(text);
}

Test(schema_evolution, items_of_arrays_are_promoted) {
    set_type("MemoryRetrieved", "scores", "{\"type\":\"array\",\"items\":\"float\"}");
    set_type("MemoryAccessed", "counts", "{\"type\":\"array\",\"items\":\"int\"}");
    char *text = json_dumps(schema, 0);
    struct mneme_event event;
    struct mneme_event back;
    static const double scores[] = {0.5, -2.25, 1024};
    static const int64_t counts[] = {1, -2, INT32_MAX};

    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_RETRIEVED, MNEME_SAMPLE_FULL);
    event.payload.memory_retrieved.scores.items = scores;
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);

    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_ACCESSED, MNEME_SAMPLE_FULL);
    event.payload.memory_accessed.counts.items = counts;
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);
    free(text);
}

Test(schema_evolution, a_union_may_have_null_last_and_a_value_may_lose_its_null) {
    set_type("MemoryDeleted", "reason", "[\"string\",\"null\"]");
    set_type("MemoryCreated", "expires_at", "[\"long\",\"null\"]");
    set_type("Scope", "user_id", "[\"string\",\"null\"]");
    assert_all_pass();
    set_type("MemoryDeleted", "reason", "\"string\"");
    set_type("MemoryDeleted", "expected_memory_version", "\"int\"");
    set_type("HypothesisValidated", "final_confidence", "\"double\"");
    char *text = json_dumps(schema, 0);
    struct mneme_event event;
    struct mneme_event back;
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_DELETED, MNEME_SAMPLE_FULL);
    event.payload.memory_deleted.expected_memory_version.value = 3;
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);
    mneme_sample_event(&event, &arena, MNEME_EVENT_HYPOTHESIS_VALIDATED, MNEME_SAMPLE_FULL);
    cr_assert_eq(pass(&back, text, &event), MNEME_OK, "%s", error.message);
    assert_same(&event, &back);
    free(text);
}

Test(schema_evolution, another_namespace_is_the_same_event) {
    cr_assert_eq(json_object_set_new(schema, "namespace", json_string("other.place")), 0);
    assert_all_pass();
}

Test(schema_evolution, an_event_of_a_type_yet_to_come_stops_the_reader_and_others_do_not) {
    json_t *future = parse(
        "{\"type\":\"record\",\"name\":\"DreamDreamt\",\"fields\":[{\"name\":\"d\",\"type\":\"string\"}]}");
    cr_assert_eq(json_array_insert_new(payload_union(), 0, future), 0);
    assert_all_pass();

    char *text = json_dumps(schema, 0);
    struct mneme_decoder *decoder = compile(text);
    struct mneme_event event;
    struct mneme_event back;
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_REQUIRED);
    mneme_buffer_clear(&bytes);
    mneme_event_encode(&event, &bytes);
    /* In the newest schema MemoryCreated is branch 0, which is the dream here. */
    cr_assert_eq(mneme_decoder_decode(decoder, &back, &arena, mneme_buffer_str(&bytes), &error),
                 MNEME_E_UNKNOWN_SCHEMA);
    cr_assert_not_null(strstr(error.message, "DreamDreamt"), "%s", error.message);
    mneme_decoder_destroy(decoder);
    free(text);
}

/* --- schemas that may not --- */

Test(schema_evolution, a_value_that_may_be_null_does_not_fit_one_that_may_not) {
    set_type("MemoryCreated", "content", "[\"null\",\"string\"]");
    assert_schema_refused("MemoryCreated.content may be null");
}

Test(schema_evolution, wider_numbers_do_not_fit) {
    set_type("RetentionSet", "max_age_days", "[\"null\",\"long\"]");
    assert_schema_refused("RetentionSet.max_age_days has another type");
}

Test(schema_evolution, doubles_do_not_fit_whole_numbers) {
    set_type("Event", "occurred_at", "\"double\"");
    assert_schema_refused("Event.occurred_at has another type");
}

Test(schema_evolution, other_shapes_do_not_fit) {
    set_type("MemoryCreated", "tags", "\"string\"");
    assert_schema_refused("MemoryCreated.tags has another type");
}

Test(schema_evolution, other_items_do_not_fit) {
    set_type("MemoryAccessed", "counts", "{\"type\":\"array\",\"items\":\"string\"}");
    assert_schema_refused("MemoryAccessed.counts has another type");
}

Test(schema_evolution, a_nested_record_must_be_one) {
    set_type("Event", "scope", "\"string\"");
    assert_schema_refused("Event.scope has another type");
}

Test(schema_evolution, unions_of_more_than_null_and_a_type_do_not_fit) {
    set_type("MemoryDeleted", "reason", "[\"null\",\"string\",\"int\"]");
    assert_schema_refused("MemoryDeleted.reason is a union");
}

Test(schema_evolution, a_required_field_may_not_be_missing) {
    remove_field("MemoryCreated", "content");
    assert_schema_refused("MemoryCreated.content is missing");
}

Test(schema_evolution, the_scope_may_not_be_missing) {
    remove_field("Event", "scope");
    assert_schema_refused("Event.scope is missing");
}

Test(schema_evolution, a_payload_must_be_a_union) {
    set_type("Event", "payload", "\"string\"");
    assert_schema_refused("Event.payload is not a union");
}

Test(schema_evolution, another_record_is_no_event) {
    cr_assert_eq(json_object_set_new(schema, "name", json_string("Order")), 0);
    assert_schema_refused("not a record Event");
}

Test(schema_evolution, what_is_no_schema_is_refused) {
    static const char *const bad[] = {"\"string\"",
                                      "7",
                                      "{}",
                                      "[]",
                                      "{\"type\":\"record\",\"name\":\"Event\"}",
                                      "{\"type\":\"record\",\"name\":\"Event\",\"fields\":[]}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_decref(schema);
        schema = parse(bad[i]);
        assert_schema_refused("schema cannot be read as an event");
    }
    struct mneme_decoder *decoder;
    cr_assert_eq(mneme_decoder_compile(&decoder, "{", &error), MNEME_E_UNKNOWN_SCHEMA);
}

Test(schema_evolution, types_nested_without_end_are_refused) {
    json_t *type = json_string("int");
    for (int i = 0; i < 100; i++) {
        type = json_pack("{s:s, s:o}", "type", "array", "items", type);
    }
    json_t *field = json_pack("{s:s, s:o}", "name", "deep", "type", type);
    cr_assert_eq(json_array_append_new(json_object_get(schema, "fields"), field), 0);
    assert_schema_refused("nested");
}
