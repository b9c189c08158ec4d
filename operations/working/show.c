/*
 * working.show: the working memory of a conversation.
 */
#include "operations/fields.h"
#include "operations/working/place.h"
#include "operations/working/read.h"
#include "operations/working/working.h"
#include "stores/redis/working_json.h"

enum { LIMIT, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [LIMIT] =
        {.name = "limit",
         .letter = 'n',
         .type = MNEME_OP_INTEGER,
         .minimum = 1,
         .maximum = MNEME_WORKING_EVENTS,
         .help =
             "Only the latest N turns, thoughts and events each; by default all that working memory holds."},
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    {"stream_id", MNEME_ROW_STR, NULL, "stream", NULL},
    {"conversation_id", MNEME_ROW_STR, NULL, "conversation", NULL},
    MNEME_OP_BESIDE("goal", MNEME_ROW_STR),
    {"active_goal", MNEME_ROW_JSON, NULL, "", NULL}, /* a person reads only its goal */
    MNEME_OP_BESIDE("turns", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("thoughts", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("context", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("events", MNEME_ROW_JSON),
    {0},
};

/* --- what a person sees of each --- */

static const struct mneme_op_column turns[] = {
    {"speaker", MNEME_ROW_STR, "SPEAKER", NULL, "role"},
    MNEME_OP_SHOWN("content", MNEME_ROW_STR, "TURN"),
    {0},
};

static const struct mneme_op_column thoughts[] = {
    MNEME_OP_SHOWN("thought", MNEME_ROW_STR, "THOUGHT"),
    {0},
};

static const struct mneme_op_column keys[] = {
    MNEME_OP_SHOWN("key", MNEME_ROW_STR, "KEY"),
    MNEME_OP_SHOWN("value", MNEME_ROW_JSON, "VALUE"),
    {0},
};

static const struct mneme_op_column events[] = {
    MNEME_OP_SHOWN("event", MNEME_ROW_JSON, "EVENT"),
    {0},
};

static const struct mneme_op_part parts[] = {
    {"turns", turns}, {"thoughts", thoughts}, {"context", keys}, {"events", events}, {0},
};

/* --- the row --- */

static void put_member(struct mneme_json_writer *json, const char *name, struct mneme_str value) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_string(json, value);
}

static int put(struct mneme_op_call *call, const struct mneme_working_place *place,
               const struct mneme_loaded_working *working, struct mneme_error *error) {
    struct mneme_op_rows rows = {.call = call};
    struct mneme_buffer object = {0};
    struct mneme_json_writer json = {.out = &object};
    bool goes_on;
    mneme_json_begin_object(&json);
    put_member(&json, "tenant", place->tenant);
    put_member(&json, "stream_id", place->stream_id);
    put_member(&json, "conversation_id", place->conversation_id);
    mneme_working_json(&json, working);
    mneme_json_end_object(&json);
    int status = object.failed
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                       "working memory was not read: memory is exhausted; ask for fewer")
                     : mneme_op_rows_put_object(&goes_on, &rows, mneme_buffer_str(&object), error);
    mneme_op_rows_clean_up(&rows);
    mneme_buffer_clean_up(&object);
    return status;
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_working_question question = {.place = mneme_op_working_place(call->request),
                                                    .most = mneme_op_number(call->request, LIMIT).value};
    struct mneme_loaded_working working;
    PGresult *rows;
    int status = mneme_op_working_read(&working, &rows, call, &question, error);
    if (status == MNEME_OK) {
        status = put(call, &question.place, &working, error);
    }
    PQclear(rows);
    return status;
}

const struct mneme_operation mneme_op_working_show = {
    .name = "working.show",
    .summary = "Show the working memory of a conversation.",
    .details =
        "The goal, the latest 50 turns, the latest 100 thoughts, the context's keys that have not expired\n"
        "and its latest 100 events. They come from Redis while a worker of group redis keeps it up to\n"
        "date, else from Postgres.\n"
        "--json: one object: {\"tenant\",\"stream_id\",\"conversation_id\",\"goal\",\"active_goal\","
        "\n\"turns\",\"thoughts\",\"context\",\"events\"}, the last four of which are lists of objects; "
        "active_goal is {\"id\",\"description\",\"set_at\"}, or null.",
    .examples = "  mneme working show --user ada --conversation chat-1\n"
                "  mneme working show --user ada --conversation chat-1 --at-least last --json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_DETAILS,
    .columns = columns,
    .parts = parts,
    .check = mneme_op_working_check,
    .read = read,
};
