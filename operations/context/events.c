/*
 * context.events: the events of a context, a page at a time.
 */
#include "operations/context/context.h"
#include "operations/fields.h"
#include "operations/working/place.h"
#include "operations/working/read.h"
#include "stores/redis/working_json.h"

enum { AFTER = MNEME_OP_CONTEXT_ID + 1, BEFORE, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [MNEME_OP_CONTEXT_ID] = MNEME_OP_CONTEXT_ID_FIELD,
    [AFTER] = {.name = "after",
               .type = MNEME_OP_INTEGER,
               .maximum = 9.2e18,
               .shown = "INDEX",
               .help = "The first events after this index."},
    [BEFORE] = {.name = "before",
                .type = MNEME_OP_INTEGER,
                .maximum = 9.2e18,
                .shown = "INDEX",
                .help = "Only events before this index."},
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("entry_index", MNEME_ROW_LONG, "INDEX"),
    MNEME_OP_SHOWN("created_at", MNEME_ROW_TIME, "TIME"),
    MNEME_OP_SHOWN("event", MNEME_ROW_JSON, "EVENT"),
    MNEME_OP_BESIDE("source_event_id", MNEME_ROW_UUID),
    {0},
};

/* The latest events are in working memory; older ones come from the tables. */
static struct mneme_working_question question_of(const struct mneme_op_request *request) {
    int64_t most = mneme_op_limit(request);
    return (struct mneme_working_question){
        .place = mneme_op_working_place(request),
        .most = most,
        .is_page =
            mneme_op_has(request, AFTER) || mneme_op_has(request, BEFORE) || most > MNEME_WORKING_EVENTS,
        .after = mneme_op_number(request, AFTER),
        .before = mneme_op_number(request, BEFORE),
    };
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_working_question question = question_of(call->request);
    const struct mneme_working_shape *shape = &mneme_working_shapes[MNEME_WORKING_EVENT];
    struct mneme_op_rows shown = {
        .call = call, .columns = shape->columns, .column_count = shape->column_count};
    struct mneme_loaded_working loaded = {0};
    PGresult *rows;
    int status = mneme_op_working_read(&loaded, &rows, call, &question, error);
    for (size_t i = 0; status == MNEME_OK && i < loaded.working.event_count &&
                       mneme_op_rows_visit(&loaded.working.events[i], &shown);
         i++) {
    }
    mneme_op_rows_clean_up(&shown);
    PQclear(rows);
    return status;
}

const struct mneme_operation mneme_op_context_events = {
    .name = "context.events",
    .summary = "The events of a context, a page at a time.",
    .details =
        "Oldest first: the latest 100 or --limit, or with --after the first ones after that index. Each "
        "event has an index: --before the first index of a page gives the page before it, --after the last "
        "one the page after it. Events from before the context was cleared are in `mneme events`.\n"
        "--json: one object per event: {\"entry_index\",\"event\",\"created_at\",\"source_event_id\"}.",
    .examples = "  mneme context events --user ada --conversation chat-1\n"
                "  mneme context events --user ada --conversation chat-1 --limit 500 --before 1200 --json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_LIMITED,
    .page = MNEME_WORKING_EVENTS,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "the context has no events",
    .check = mneme_op_working_check,
    .read = read,
};
