/*
 * Compiles a writer's schema and the descriptors of the newest schema to a plan, by the rules of Avro's
 * schema resolution. Avro C parses the schema and resolves its names; defaults come from the descriptors,
 * since Avro C does not support them.
 */
#include <avro.h>
#include <jansson.h>
#include <stdlib.h>

#include "schemas/decoder.h"

#define PAYLOAD "payload"
#define VERSION                                                                                              \
    "mneme.version" /* since version 2, an attribute of the record; a schema without it is version 1 */

#define NO_CONTAINER (-1)

/* Which written types fit a field; for containers, the type is that of the items. */
static const struct rule {
    enum mneme_field_kind kind;
    int container; /* AVRO_ARRAY, AVRO_MAP or NO_CONTAINER */
    enum avro_type_t written;
    enum mneme_decode_op op;
    enum mneme_wire wire; /* of numbers */
} rules[] = {
    {MNEME_FIELD_STRING, NO_CONTAINER, AVRO_STRING, MNEME_DECODE_STRING, 0},
    {MNEME_FIELD_STRING, NO_CONTAINER, AVRO_BYTES, MNEME_DECODE_STRING, 0},
    {MNEME_FIELD_UUID, NO_CONTAINER, AVRO_STRING, MNEME_DECODE_UUID, 0},
    {MNEME_FIELD_UUID, NO_CONTAINER, AVRO_BYTES, MNEME_DECODE_UUID, 0},
    {MNEME_FIELD_INT, NO_CONTAINER, AVRO_INT32, MNEME_DECODE_INT, 0},
    {MNEME_FIELD_LONG, NO_CONTAINER, AVRO_INT32, MNEME_DECODE_INT, 0},
    {MNEME_FIELD_LONG, NO_CONTAINER, AVRO_INT64, MNEME_DECODE_LONG, 0},
    {MNEME_FIELD_TIME, NO_CONTAINER, AVRO_INT32, MNEME_DECODE_INT, 0},
    {MNEME_FIELD_TIME, NO_CONTAINER, AVRO_INT64, MNEME_DECODE_LONG, 0},
    {MNEME_FIELD_DOUBLE, NO_CONTAINER, AVRO_INT32, MNEME_DECODE_DOUBLE, MNEME_WIRE_INT},
    {MNEME_FIELD_DOUBLE, NO_CONTAINER, AVRO_INT64, MNEME_DECODE_DOUBLE, MNEME_WIRE_LONG},
    {MNEME_FIELD_DOUBLE, NO_CONTAINER, AVRO_FLOAT, MNEME_DECODE_DOUBLE, MNEME_WIRE_FLOAT},
    {MNEME_FIELD_DOUBLE, NO_CONTAINER, AVRO_DOUBLE, MNEME_DECODE_DOUBLE, MNEME_WIRE_DOUBLE},
    {MNEME_FIELD_BOOL, NO_CONTAINER, AVRO_BOOLEAN, MNEME_DECODE_BOOL, 0},
    {MNEME_FIELD_VECTOR, NO_CONTAINER, AVRO_BYTES, MNEME_DECODE_STRING, 0},
    {MNEME_FIELD_STRING_ARRAY, AVRO_ARRAY, AVRO_STRING, MNEME_DECODE_STRING_ARRAY, 0},
    {MNEME_FIELD_STRING_ARRAY, AVRO_ARRAY, AVRO_BYTES, MNEME_DECODE_STRING_ARRAY, 0},
    {MNEME_FIELD_LONG_ARRAY, AVRO_ARRAY, AVRO_INT32, MNEME_DECODE_LONG_ARRAY, MNEME_WIRE_INT},
    {MNEME_FIELD_LONG_ARRAY, AVRO_ARRAY, AVRO_INT64, MNEME_DECODE_LONG_ARRAY, MNEME_WIRE_LONG},
    {MNEME_FIELD_DOUBLE_ARRAY, AVRO_ARRAY, AVRO_INT32, MNEME_DECODE_DOUBLE_ARRAY, MNEME_WIRE_INT},
    {MNEME_FIELD_DOUBLE_ARRAY, AVRO_ARRAY, AVRO_INT64, MNEME_DECODE_DOUBLE_ARRAY, MNEME_WIRE_LONG},
    {MNEME_FIELD_DOUBLE_ARRAY, AVRO_ARRAY, AVRO_FLOAT, MNEME_DECODE_DOUBLE_ARRAY, MNEME_WIRE_FLOAT},
    {MNEME_FIELD_DOUBLE_ARRAY, AVRO_ARRAY, AVRO_DOUBLE, MNEME_DECODE_DOUBLE_ARRAY, MNEME_WIRE_DOUBLE},
    {MNEME_FIELD_STRING_MAP, AVRO_MAP, AVRO_STRING, MNEME_DECODE_MAP, 0},
    {MNEME_FIELD_STRING_MAP, AVRO_MAP, AVRO_BYTES, MNEME_DECODE_MAP, 0},
};

struct compiling {
    struct mneme_decoder *decoder;
    struct mneme_error *error;
};

static int out_of_memory(const struct compiling *compiling) {
    return mneme_error_set(compiling->error, MNEME_E_NO_MEMORY,
                           "cannot read a schema: out of memory; free some memory");
}

static int cannot_read(const struct compiling *compiling, const char *record, const char *field,
                       const char *why) {
    return mneme_error_set(
        compiling->error, MNEME_E_UNKNOWN_SCHEMA,
        "schema cannot be read as an event: %s.%s %s; run the version that wrote it, or a newer one", record,
        field, why);
}

static avro_schema_t resolve(avro_schema_t schema) {
    return is_avro_link(schema) ? avro_schema_link_target(schema) : schema;
}

/* The written field of that name, NULL when there is none (Avro C's own look-up by name does not say so). */
static avro_schema_t written_field(avro_schema_t record, const char *name) {
    int index = avro_schema_record_field_get_index(record, name);
    return index < 0 ? NULL : resolve(avro_schema_record_field_get_by_index(record, index));
}

static const struct mneme_field_info *find_field(const struct mneme_record_info *info, const char *name) {
    for (size_t i = 0; i < info->field_count; i++) {
        if (strcmp(info->fields[i].name, name) == 0) {
            return &info->fields[i];
        }
    }
    return NULL;
}

/* Takes the null out of a union of null and one other type. */
static bool unwrap_union(struct mneme_decode_step *step, avro_schema_t *written) {
    step->null_branch = -1;
    if (!is_avro_union(*written)) {
        return true;
    }
    if (avro_schema_union_size(*written) != 2) {
        return false;
    }
    avro_schema_t first = resolve(avro_schema_union_branch(*written, 0));
    avro_schema_t second = resolve(avro_schema_union_branch(*written, 1));
    step->null_branch = is_avro_null(first) ? 0 : 1;
    *written = is_avro_null(first) ? second : first;
    return is_avro_null(first) != is_avro_null(second);
}

static bool apply_rule(struct mneme_decode_step *step, const struct mneme_field_info *field,
                       avro_schema_t written) {
    int container = NO_CONTAINER;
    if (is_avro_array(written)) {
        container = AVRO_ARRAY;
        written = resolve(avro_schema_array_items(written));
    } else if (is_avro_map(written)) {
        container = AVRO_MAP;
        written = resolve(avro_schema_map_values(written));
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];
        if (rule->kind == field->kind && rule->container == container &&
            rule->written == avro_typeof(written)) {
            step->op = (uint8_t)rule->op;
            step->wire = (uint8_t)rule->wire;
            return true;
        }
    }
    return false;
}

static int compile_record(const struct compiling *compiling, struct mneme_decode_plan *plan,
                          avro_schema_t written, const struct mneme_record_info *info, size_t record_offset);

/* The step for one written field; those of a nested record, one for each of its fields. */
static int compile_field(const struct compiling *compiling, struct mneme_decode_plan *plan,
                         avro_schema_t written, const struct mneme_record_info *info, const char *name,
                         size_t record_offset) {
    const struct mneme_field_info *field = find_field(info, name);
    if (field != NULL && field->kind == MNEME_FIELD_RECORD) {
        bool is_same = is_avro_record(written) && strcmp(avro_schema_name(written), field->record->name) == 0;
        return is_same
                   ? compile_record(compiling, plan, written, field->record, record_offset + field->offset)
                   : cannot_read(compiling, info->name, name, "has another type than in this program");
    }
    struct mneme_decode_step *step = &plan->steps[plan->step_count++];
    if (info == &mneme_envelope_info && strcmp(name, PAYLOAD) == 0) {
        *step = (struct mneme_decode_step){.op = MNEME_DECODE_PAYLOAD, .null_branch = -1, .name = PAYLOAD};
        return MNEME_OK;
    }
    if (field == NULL) {
        const char *kept = mneme_arena_copy(&compiling->decoder->memory, mneme_str_from(name)).data;
        *step = (struct mneme_decode_step){.op = MNEME_DECODE_SKIP, .null_branch = -1, .name = kept};
        return kept == NULL ? out_of_memory(compiling)
                            : mneme_decode_skip_compile(&step->skip_node, compiling->decoder, written,
                                                        compiling->error);
    }
    *step = (struct mneme_decode_step){.is_nullable = field->is_nullable,
                                       .offset = (uint32_t)(record_offset + field->offset),
                                       .max_items = field->max_items,
                                       .name = field->name};
    if (!unwrap_union(step, &written)) {
        return cannot_read(compiling, info->name, name, "is a union of other than null and one type");
    }
    if (step->null_branch >= 0 && !field->is_nullable) {
        return cannot_read(compiling, info->name, name, "may be null, where this program needs a value");
    }
    return apply_rule(step, field, written)
               ? MNEME_OK
               : cannot_read(compiling, info->name, name, "has another type than in this program");
}

static int add_default(const struct compiling *compiling, struct mneme_decode_plan *plan,
                       const struct mneme_record_info *info, const struct mneme_field_info *field,
                       size_t record_offset) {
    if (!field->has_default) {
        return cannot_read(compiling, info->name, field->name, "is missing and has no default");
    }
    if (!field->is_nullable) {
        plan->defaults[plan->default_count++] =
            (struct mneme_decode_default){.field = field, .record_offset = (uint32_t)record_offset};
    }
    return MNEME_OK;
}

static int compile_record(const struct compiling *compiling, struct mneme_decode_plan *plan,
                          avro_schema_t written, const struct mneme_record_info *info, size_t record_offset) {
    int status = MNEME_OK;
    int written_count = (int)avro_schema_record_size(written);
    for (int i = 0; status == MNEME_OK && i < written_count; i++) {
        avro_schema_t type = resolve(avro_schema_record_field_get_by_index(written, i));
        status = compile_field(compiling, plan, type, info, avro_schema_record_field_name(written, i),
                               record_offset);
    }
    for (size_t i = 0; status == MNEME_OK && i < info->field_count; i++) {
        if (written_field(written, info->fields[i].name) == NULL) {
            status = add_default(compiling, plan, info, &info->fields[i], record_offset);
        }
    }
    return status;
}

/* One for each written field, including those of nested records. */
static size_t count_steps(avro_schema_t written, const struct mneme_record_info *info) {
    size_t count = avro_schema_record_size(written);
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        avro_schema_t type = written_field(written, field->name);
        if (field->record != NULL && is_avro_record(type)) {
            count += count_steps(type, field->record);
        }
    }
    return count;
}

static size_t count_fields(const struct mneme_record_info *info) {
    size_t count = info->field_count;
    for (size_t i = 0; i < info->field_count; i++) {
        count += info->fields[i].record == NULL ? 0 : count_fields(info->fields[i].record);
    }
    return count;
}

static int compile_plan(const struct compiling *compiling, struct mneme_decode_plan *plan,
                        avro_schema_t written, const struct mneme_record_info *info) {
    struct mneme_arena *memory = &compiling->decoder->memory;
    plan->steps = mneme_arena_calloc(memory, count_steps(written, info) + 1, sizeof *plan->steps);
    plan->defaults = mneme_arena_calloc(memory, count_fields(info) + 1, sizeof *plan->defaults);
    if (plan->steps == NULL || plan->defaults == NULL) {
        return out_of_memory(compiling);
    }
    return compile_record(compiling, plan, written, info, 0);
}

/* A branch that this program does not know is not an error yet: only an event of that type is. */
static int compile_branch(const struct compiling *compiling, struct mneme_decode_branch *branch,
                          avro_schema_t written) {
    branch->type = -1;
    branch->name =
        mneme_arena_copy(&compiling->decoder->memory, mneme_str_from(avro_schema_type_name(written))).data;
    if (branch->name == NULL) {
        return out_of_memory(compiling);
    }
    for (int type = 0; is_avro_record(written) && type < MNEME_EVENT_TYPE_COUNT; type++) {
        if (strcmp(mneme_payload_info[type].name, branch->name) == 0) {
            branch->type = type;
            return compile_plan(compiling, &branch->plan, written, &mneme_payload_info[type]);
        }
    }
    return MNEME_OK;
}

static int compile_branches(const struct compiling *compiling, avro_schema_t event) {
    struct mneme_decoder *decoder = compiling->decoder;
    avro_schema_t payload = written_field(event, PAYLOAD);
    if (!is_avro_union(payload)) {
        return cannot_read(compiling, mneme_envelope_info.name, PAYLOAD, "is not a union");
    }
    decoder->branch_count = avro_schema_union_size(payload);
    decoder->branches =
        mneme_arena_calloc(&decoder->memory, decoder->branch_count + 1, sizeof *decoder->branches);
    if (decoder->branches == NULL) {
        return out_of_memory(compiling);
    }
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < decoder->branch_count; i++) {
        status = compile_branch(compiling, &decoder->branches[i],
                                resolve(avro_schema_union_branch(payload, (int)i)));
    }
    return status;
}

/* An event of a newer version may have effects that this program does not know. */
static int read_version(const struct compiling *compiling, const char *writer_schema_json) {
    json_t *schema = json_loads(writer_schema_json, 0, NULL);
    json_t *version = json_object_get(schema, VERSION);
    json_int_t number = version == NULL ? 1 : json_integer_value(version); /* 0 if it is not a whole number */
    json_decref(schema);
    if (number < 1 || number > MNEME_EVENT_SCHEMA_VERSION) {
        return mneme_error_set(compiling->error, MNEME_E_UNKNOWN_SCHEMA,
                               "schema cannot be read as an event: its " VERSION
                               " is %lld, but this program knows only 1 to %d; run a newer version",
                               (long long)number, MNEME_EVENT_SCHEMA_VERSION);
    }
    compiling->decoder->schema_version = (int)number;
    return MNEME_OK;
}

static int compile(const struct compiling *compiling, const char *writer_schema_json) {
    avro_schema_t event = NULL;
    if (avro_schema_from_json_length(writer_schema_json, strlen(writer_schema_json), &event) != 0) {
        return mneme_error_set(compiling->error, MNEME_E_UNKNOWN_SCHEMA,
                               "schema cannot be read as an event: %s; see who registered it",
                               avro_strerror());
    }
    int status = MNEME_OK;
    if (!is_avro_record(event) || strcmp(avro_schema_name(event), mneme_envelope_info.name) != 0) {
        status = mneme_error_set(
            compiling->error, MNEME_E_UNKNOWN_SCHEMA,
            "schema cannot be read as an event: it is %s, not a record %s; see who registered it",
            avro_schema_type_name(event), mneme_envelope_info.name);
    }
    if (status == MNEME_OK) {
        status = read_version(compiling, writer_schema_json);
    }
    if (status == MNEME_OK) {
        status = compile_branches(compiling, event);
    }
    if (status == MNEME_OK) {
        status = compile_plan(compiling, &compiling->decoder->envelope, event, &mneme_envelope_info);
    }
    avro_schema_decref(event);
    return status;
}

int mneme_decoder_compile(struct mneme_decoder **out, const char *writer_schema_json,
                          struct mneme_error *error) {
    struct compiling compiling = {.decoder = calloc(1, sizeof *compiling.decoder), .error = error};
    if (compiling.decoder == NULL) {
        return out_of_memory(&compiling);
    }
    mneme_arena_init(&compiling.decoder->memory, 0);
    int status = compile(&compiling, writer_schema_json);
    if (status != MNEME_OK) {
        mneme_decoder_destroy(compiling.decoder);
        return status;
    }
    *out = compiling.decoder;
    return MNEME_OK;
}

void mneme_decoder_destroy(struct mneme_decoder *decoder) {
    if (decoder != NULL) {
        free(decoder->skip_nodes);
        mneme_arena_clean_up(&decoder->memory);
        free(decoder);
    }
}
