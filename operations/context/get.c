/*
 * context.get: the value of a key of a context, or of all keys.
 */
#include "common/json/read.h"
#include "operations/context/context.h"
#include "operations/fields.h"
#include "operations/working/place.h"
#include "operations/working/read.h"
#include "stores/redis/working_json.h"

enum { KEY = MNEME_OP_CONTEXT_ID + 1, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [MNEME_OP_CONTEXT_ID] = MNEME_OP_CONTEXT_ID_FIELD,
    [KEY] = {.name = "key",
             .type = MNEME_OP_TEXT,
             .shown = "KEY",
             .help = "The key; all keys by default.",
             .flags = MNEME_OP_POSITIONAL},
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("key", MNEME_ROW_STR, "KEY"),
    MNEME_OP_SHOWN("expires_at", MNEME_ROW_TIME, "EXPIRES"),
    MNEME_OP_SHOWN("value", MNEME_ROW_JSON, "VALUE"),
    MNEME_OP_BESIDE("ttl_s", MNEME_ROW_LONG),
    MNEME_OP_BESIDE("updated_at", MNEME_ROW_TIME),
    MNEME_OP_BESIDE("source_event_id", MNEME_ROW_UUID),
    {0},
};

static void put_all(struct mneme_op_call *call, const struct mneme_working *working) {
    const struct mneme_working_shape *shape = &mneme_working_shapes[MNEME_WORKING_KEY];
    struct mneme_op_rows rows = {
        .call = call, .columns = shape->columns, .column_count = shape->column_count};
    for (size_t i = 0; i < working->key_count && mneme_op_rows_visit(&working->keys[i], &rows); i++) {
    }
    mneme_op_rows_clean_up(&rows);
}

/* A person sees a text as it was given, and other values as JSON. */
static int put_one(struct mneme_op_call *call, const struct mneme_context_key *key,
                   struct mneme_error *error) {
    const struct mneme_working_shape *shape = &mneme_working_shapes[MNEME_WORKING_KEY];
    struct mneme_op_row row = {
        .columns = shape->columns, .column_count = shape->column_count, .cells = key, .sentence = key->value};
    if (mneme_json_kind_of(key->value) == MNEME_JSON_STRING &&
        !mneme_json_unquote(&row.sentence, call->arena, key->value)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the context was not read: memory is exhausted; free some");
    }
    call->outcome->rows++;
    (void)call->sink->on_row(&row, call->sink->context);
    return MNEME_OK;
}

static int put(struct mneme_op_call *call, const struct mneme_working_place *place,
               const struct mneme_working *working, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_str name = mneme_op_text(request, KEY);
    char label[MNEME_OP_LABEL_BYTES];
    if (name.data == NULL) {
        put_all(call, working);
        return MNEME_OK;
    }
    const struct mneme_context_key *key = mneme_working_find_key(working, name);
    return key != NULL
               ? put_one(call, key, error)
               : mneme_error_set(error, MNEME_E_NOT_FOUND,
                                 "the context %.*s in stream %.*s has no key %.*s, or no longer has it; "
                                 "%s waits for a write",
                                 MNEME_STR_ARG(mneme_working_id(place)), MNEME_STR_ARG(place->stream_id),
                                 MNEME_STR_ARG(name),
                                 mneme_op_label(label, request, mneme_op_common_field(MNEME_OP_AT_LEAST)));
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_working_question question = {.place = mneme_op_working_place(call->request)};
    struct mneme_loaded_working loaded;
    PGresult *rows;
    int status = mneme_op_working_read(&loaded, &rows, call, &question, error);
    if (status == MNEME_OK) {
        status = put(call, &question.place, &loaded.working, error);
    }
    PQclear(rows);
    return status;
}

const struct mneme_operation mneme_op_context_get = {
    .name = "context.get",
    .summary = "The value of a key of a conversation's context, or of all keys.",
    .details = "Without --json a text is printed as it is, other values as JSON.\n"
               "--json: one object per key: {\"key\",\"value\",\"ttl_s\",\"updated_at\",\"expires_at\","
               "\"source_event_id\"}.\n"
               "Exit code 5 when there is no such key, or not yet: --at-least waits for a write.",
    .examples = "  mneme context get intent --user ada --conversation chat-1\n"
                "  mneme context get --user ada --conversation chat-1 --at-least last --json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "the context has no keys",
    .check = mneme_op_working_check,
    .read = read,
};
