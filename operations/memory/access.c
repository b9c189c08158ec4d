/*
 * memory.access: records that memories were read. Memories of one stream go into one event, in the stream
 * <stream>#access, so that reading never invalidates a writer's expected version.
 */
#include <stdio.h>

#include "common/base/uuid.h"
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"
#include "operations/write.h"
#include "schemas/access_stream.h"

#define MAX_IDS 1000 /* of one event */

enum { IDS, COUNT, AT, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [IDS] = MNEME_MEMORY_REQUIRED_IDS_FIELD,
    [COUNT] = {.name = "count",
               .type = MNEME_OP_INTEGER,
               .minimum = 1,
               .maximum = 1000000,
               .fallback = "1",
               .help = "How often each was read (default 1)."},
    [AT] = {.name = "at", .type = MNEME_OP_TIME, .help = "When it was read last (default: now)."},
};

/* The memories of one event. */
struct batch {
    struct mneme_op_place place;
    struct mneme_str ids[MAX_IDS];
    int64_t counts[MAX_IDS];
    size_t count;
    struct batch *next;
};

/* The stream's batch that already has the id, or else one that has room for it; NULL when memory is
 * exhausted. */
static struct batch *batch_for(struct batch **batches, const struct mneme_op_place *place,
                               struct mneme_str id, struct mneme_arena *arena) {
    struct batch *with_room = NULL;
    struct batch **end = batches;
    for (; *end != NULL; end = &(*end)->next) {
        struct batch *batch = *end;
        if (!mneme_str_equal(batch->place.stream_id, place->stream_id)) {
            continue;
        }
        for (size_t i = 0; i < batch->count; i++) {
            if (mneme_str_equal(batch->ids[i], id)) {
                return batch;
            }
        }
        with_room = batch->count < MAX_IDS ? batch : with_room;
    }
    if (with_room == NULL) {
        *end = with_room = mneme_arena_calloc(arena, 1, sizeof **end);
        if (with_room != NULL) {
            with_room->place = *place;
        }
    }
    return with_room;
}

static int add(struct batch **batches, const struct mneme_op_place *place, struct mneme_uuid id,
               int64_t times, struct mneme_arena *arena, struct mneme_error *error) {
    char text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(id, text);
    struct mneme_str copy = mneme_arena_copy(arena, (struct mneme_str){text, sizeof text});
    struct batch *batch = copy.data == NULL ? NULL : batch_for(batches, place, copy, arena);
    if (batch == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "nothing was published: memory is exhausted; free some");
    }
    size_t at = 0;
    while (at < batch->count && !mneme_str_equal(batch->ids[at], copy)) {
        at++;
    }
    batch->ids[at] = copy;
    batch->counts[at] += times;
    batch->count += at == batch->count;
    return MNEME_OK;
}

struct report_row {
    struct mneme_uuid event_id;
    struct mneme_position position;
    struct mneme_str stream_id;
    int64_t memories;
};

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct report_row, column_name) }

static bool report(struct mneme_op_call *call, const struct report_row *row) {
    static const struct mneme_row_column columns[] = {
        COLUMN(event_id, MNEME_ROW_UUID),
        COLUMN(position, MNEME_ROW_POSITION),
        COLUMN(stream_id, MNEME_ROW_STR),
        COLUMN(memories, MNEME_ROW_LONG),
    };
    struct mneme_buffer text = {0};
    mneme_buffer_printf(&text, "%lld memories accessed: %.*s %d:%lld", (long long)row->memories,
                        MNEME_STR_ARG(row->stream_id), (int)row->position.partition,
                        (long long)row->position.offset);
    const struct mneme_op_row shown = {.columns = columns,
                                       .column_count = sizeof columns / sizeof *columns,
                                       .cells = row,
                                       .sentence = mneme_buffer_str(&text)};
    bool goes_on = call->sink->on_row(&shown, call->sink->context);
    mneme_buffer_clean_up(&text);
    return goes_on;
}

static int publish(struct mneme_op_call *call, const struct batch *batch, int64_t at,
                   struct mneme_error *error) {
    struct mneme_op_events events = {.request = call->request, .arena = call->arena};
    struct mneme_receipt receipt;
    struct mneme_event *event;
    struct mneme_buffer stream = {0};
    int status = mneme_op_events_add(&event, &events, MNEME_EVENT_MEMORY_ACCESSED, error);
    if (status == MNEME_OK) {
        mneme_access_stream_append(&stream, batch->place.stream_id);
        event->stream_id = mneme_buffer_str(&stream);
        event->scope.user_id = batch->place.user_id;
        event->scope.agent_id = batch->place.agent_id;
        event->payload.memory_accessed = (struct mneme_memory_accessed){
            .memory_ids = {.items = batch->ids, .count = batch->count, .is_set = true},
            .counts = {.items = batch->counts, .count = batch->count, .is_set = true},
            .last_accessed_at = at,
        };
        status = mneme_op_call_publish_now(&receipt, call, event, error);
    }
    if (status == MNEME_OK) {
        (void)report(call, &(struct report_row){receipt.event_id, receipt.position, mneme_buffer_str(&stream),
                                                (int64_t)batch->count});
    }
    mneme_buffer_clean_up(&stream);
    return status;
}

/* All ids are looked up before anything is published. */
static int run(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    const struct mneme_op_value *ids = mneme_op_own(request, IDS);
    struct mneme_opt_long at = mneme_op_number(request, AT);
    struct mneme_op_place *places;
    struct batch *batches = NULL;
    int status = mneme_op_find_places(&places, call, IDS, error);
    for (size_t i = 0; i < ids->ids.count && status == MNEME_OK; i++) {
        status = add(&batches, &places[i], ids->ids.items[i], mneme_op_number(request, COUNT).value,
                     call->arena, error);
    }
    for (const struct batch *batch = batches; batch != NULL && status == MNEME_OK; batch = batch->next) {
        status = publish(call, batch, at.is_set ? at.value : mneme_clock_now_micros(), error);
    }
    return status;
}

const struct mneme_operation mneme_op_memory_access = {
    .name = "memory.access",
    .summary = "Record that memories were read: counts, last access, importance.",
    .details = "Publishes memory_accessed into the stream <stream>#access, one event for all memories of a\n"
               "stream (up to 1,000). Each access adds 0.01 to the displayed importance, up to 1.\n"
               "Nothing is published when one of the memories is not found (5).\n"
               "--json: {\"event_id\",\"position\",\"stream_id\",\"memories\"} for each event.",
    .examples = "  mneme memory access 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory list --user ada --json | jq -r .id | xargs mneme memory access --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_UP_TO_DATE | MNEME_OP_OF_STREAM | MNEME_OP_TRACED,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .procedure = run,
};
