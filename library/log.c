/*
 * The log for programs: "replay" and "follow", operations that are not in the catalogue and whose rows are
 * events.
 */
#include "library/log.h"

#include "common/base/moment.h"
#include "consumers/log/hand_parked.h"
#include "consumers/replay/replay.h"
#include "consumers/replay/when.h"

enum { FROM, TYPES, LIMIT, TO }; /* the last of a replay alone */

/* --- rows --- */

struct event_row {
    struct mneme_str type, event_type;
    struct mneme_uuid event_id;
    struct mneme_str tenant, stream_id, agent_id, user_id, run_id, conversation_id;
    struct mneme_opt_long expected_version;
    int64_t occurred_at;
    struct mneme_str correlation_id, causation_id, actor, metadata, payload;
    struct mneme_position position;
    int64_t sequence_id, recorded_at;
    struct mneme_str refusal;
};

#define COLUMN(name, kind)                                                                                   \
    { #name, kind, offsetof(struct event_row, name) }

/* As mneme_event_logged_json. */
static const struct mneme_row_column event_columns[] = {
    COLUMN(type, MNEME_ROW_STR),
    COLUMN(event_type, MNEME_ROW_STR),
    COLUMN(event_id, MNEME_ROW_UUID),
    COLUMN(tenant, MNEME_ROW_STR),
    COLUMN(stream_id, MNEME_ROW_STR),
    COLUMN(agent_id, MNEME_ROW_STR),
    COLUMN(user_id, MNEME_ROW_STR),
    COLUMN(run_id, MNEME_ROW_STR),
    COLUMN(conversation_id, MNEME_ROW_STR),
    COLUMN(expected_version, MNEME_ROW_OPT_LONG),
    COLUMN(occurred_at, MNEME_ROW_TIME),
    COLUMN(correlation_id, MNEME_ROW_STR),
    COLUMN(causation_id, MNEME_ROW_STR),
    COLUMN(actor, MNEME_ROW_STR),
    COLUMN(metadata, MNEME_ROW_JSON),
    COLUMN(payload, MNEME_ROW_JSON),
    COLUMN(position, MNEME_ROW_POSITION),
    COLUMN(sequence_id, MNEME_ROW_LONG),
    COLUMN(recorded_at, MNEME_ROW_TIME),
};

static const struct mneme_row_column refused_columns[] = {
    COLUMN(position, MNEME_ROW_POSITION),
    COLUMN(recorded_at, MNEME_ROW_TIME),
    COLUMN(refusal, MNEME_ROW_STR),
};

static struct mneme_op_row refused_row(struct event_row *cells, const struct mneme_batch_item *item) {
    *cells = (struct event_row){.position = item->position,
                                .recorded_at = item->recorded_at,
                                .refusal = mneme_str_from(item->park_reason)};
    return (struct mneme_op_row){.columns = refused_columns,
                                 .column_count = sizeof refused_columns / sizeof *refused_columns,
                                 .cells = cells};
}

static struct mneme_op_row event_row(struct event_row *cells, struct mneme_log_json *json,
                                     const struct mneme_batch_item *item) {
    const struct mneme_event *event = &item->event;
    struct mneme_json_writer metadata = {.out = &json->metadata};
    struct mneme_json_writer payload = {.out = &json->payload};
    mneme_buffer_clear(&json->metadata);
    mneme_buffer_clear(&json->payload);
    mneme_json_begin_object(&metadata);
    for (size_t i = 0; i < event->metadata.count; i++) {
        mneme_json_key(&metadata, event->metadata.items[i].key);
        mneme_json_string(&metadata, event->metadata.items[i].value);
    }
    mneme_json_end_object(&metadata);
    mneme_event_payload_json(event, &payload);
    *cells = (struct event_row){
        .type = mneme_str_from(mneme_event_type_text(event->type)),
        .event_type = mneme_event_type_name(event),
        .event_id = event->event_id,
        .tenant = event->tenant,
        .stream_id = event->stream_id,
        .agent_id = event->scope.agent_id,
        .user_id = event->scope.user_id,
        .run_id = event->scope.run_id,
        .conversation_id = event->scope.conversation_id,
        .expected_version = event->expected_version,
        .occurred_at = event->occurred_at,
        .correlation_id = event->correlation_id,
        .causation_id = event->causation_id,
        .actor = event->actor,
        .metadata = mneme_buffer_str(&json->metadata),
        .payload = mneme_buffer_str(&json->payload),
        .position = item->position,
        .sequence_id = mneme_sequence_id(item->position),
        .recorded_at = item->recorded_at,
    };
    return (struct mneme_op_row){.columns = event_columns,
                                 .column_count = sizeof event_columns / sizeof *event_columns,
                                 .cells = cells};
}

bool mneme_log_put(struct mneme_log_json *json, const struct mneme_batch_item *item,
                   const struct mneme_op_sink *sink) {
    struct event_row cells;
    const struct mneme_op_row row =
        item->park_reason != NULL ? refused_row(&cells, item) : event_row(&cells, json, item);
    json->has_failed = json->has_failed || json->metadata.failed || json->payload.failed;
    return !json->has_failed && sink->on_row(&row, sink->context);
}

int mneme_log_json_clean_up(struct mneme_log_json *json, struct mneme_error *error) {
    mneme_buffer_clean_up(&json->metadata);
    mneme_buffer_clean_up(&json->payload);
    return json->has_failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                              "the log was not read further: memory is exhausted; free some "
                                              "and begin after the last event")
                            : MNEME_OK;
}

/* --- what is asked --- */

struct mneme_log_filter mneme_log_filter_of(const struct mneme_op_request *request) {
    return (struct mneme_log_filter){
        .tenant = mneme_op_tenant(request),
        .stream_id = mneme_op_common_text(request, MNEME_OP_STREAM),
        .user_id = mneme_op_common_text(request, MNEME_OP_USER),
        .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
        .run_id = mneme_op_common_text(request, MNEME_OP_RUN),
        .conversation_id = mneme_op_common_text(request, MNEME_OP_CONVERSATION),
        .all_scopes = request->common[MNEME_OP_ALL].is_set && request->common[MNEME_OP_ALL].truth,
        .types = mneme_op_list(request, TYPES),
    };
}

/* The place as NUL-terminated text in the arena; *out is NULL when the field is not set. */
static int read_place(const char **out, const struct mneme_op_request *request, int field,
                      struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_str text = mneme_op_text(request, field);
    *out = NULL;
    if (text.data == NULL) {
        return MNEME_OK;
    }
    char *copy = mneme_arena_alloc(arena, text.len + 1);
    if (copy == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the log was not read: memory is exhausted; free some");
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *out = copy;
    return mneme_when_is_valid(copy)
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_USAGE,
                                 "%s was not taken: '%s' is not a place in the log; give " MNEME_WHEN_FORMS,
                                 request->operation->fields[field].name, copy,
                                 mneme_moment_forms(MNEME_MOMENT_AGO));
}

int mneme_log_from(const char **out, const struct mneme_op_request *request, struct mneme_arena *arena,
                   struct mneme_error *error) {
    return read_place(out, request, FROM, arena, error);
}

int64_t mneme_log_limit(const struct mneme_op_request *request) {
    return mneme_op_has(request, LIMIT) ? mneme_op_number(request, LIMIT).value : 0;
}

/* --- running, by mneme_call --- */

struct running {
    struct mneme_op_call *call;
    struct mneme_log_json json;
    int64_t limit;
    bool is_over; /* the caller wants no more rows */
};

static bool take(void *context, const struct mneme_batch_item *item) {
    struct running *running = context;
    struct mneme_op_call *call = running->call;
    bool goes_on = mneme_log_put(&running->json, item, call->sink);
    call->outcome->rows++;
    running->is_over = !goes_on || call->outcome->rows == running->limit;
    return !running->is_over;
}

/* MNEME_E_TIMEOUT when the call's deadline ended it rather than the end of the range or the caller. */
static int finish(struct running *running, int status, bool has_end, struct mneme_error *error) {
    bool was_cut = status == MNEME_OK && !running->is_over && mneme_cancel_is_due(running->call->cancel);
    int failed = mneme_log_json_clean_up(&running->json, status == MNEME_OK ? error : NULL);
    if (was_cut && failed == MNEME_OK) {
        status = mneme_error_set(error, MNEME_E_TIMEOUT,
                                 has_end ? "the log was not read to the end: the call timed out after %lld "
                                           "events; begin after the last one, or give more time"
                                         : "the log is no longer followed: the call timed out after %lld "
                                           "events; begin after the last one, or give more time",
                                 (long long)running->call->outcome->rows);
    }
    return status == MNEME_OK ? failed : status;
}

/* How long to wait for the brokers' first answer; 0: the call has no bound. */
static int left_ms(const struct mneme_cancel *cancel) {
    int64_t left = mneme_cancel_left_micros(cancel, INT32_MAX) / 1000;
    return cancel == NULL || cancel->deadline_micros == 0 ? 0 : left > 0 ? (int)left : 1;
}

static int run_replay(struct mneme_op_call *call, struct mneme_error *error) {
    struct running running = {.call = call, .limit = mneme_log_limit(call->request)};
    struct mneme_log_replay_counts counts;
    struct mneme_log_replay replay = {
        .config = call->config,
        .filter = mneme_log_filter_of(call->request),
        .open_timeout_ms = left_ms(call->cancel),
        .read_marks = mneme_hand_parked_read,
        .on_event = take,
        .on_refused = take,
        .cancel = call->cancel,
        .context = &running,
    };
    int status = mneme_log_from(&replay.from, call->request, call->arena, error);
    if (status == MNEME_OK) {
        status = read_place(&replay.to, call->request, TO, call->arena, error);
    }
    if (status == MNEME_OK) {
        status = mneme_log_replay(&counts, &replay, error);
    }
    return finish(&running, status, true, error);
}

static int run_follow(struct mneme_op_call *call, struct mneme_error *error) {
    struct running running = {.call = call, .limit = mneme_log_limit(call->request)};
    struct mneme_log_follower *follower = NULL;
    struct mneme_log_follow follow = {
        .config = call->config,
        .filter = mneme_log_filter_of(call->request),
        .open_timeout_ms = left_ms(call->cancel),
        .read_marks = mneme_hand_parked_read,
        .on_item = take,
        .cancel = call->cancel,
        .context = &running,
    };
    int status = mneme_log_from(&follow.from, call->request, call->arena, error);
    if (status == MNEME_OK) {
        status = mneme_log_follower_new(&follower, &follow, error);
    }
    if (status == MNEME_OK) {
        status = mneme_log_follower_run(follower, error);
    }
    mneme_log_follower_destroy(follower);
    return finish(&running, status, false, error);
}

/* --- the operations --- */

#define FROM_FIELD(where)                                                                                    \
    { .name = "from", .type = MNEME_OP_TEXT, .flags = MNEME_OP_NOT_EMPTY, .help = "Begin here (" where ")." }
#define TYPES_FIELD                                                                                          \
    { .name = "types", .option = "type", .type = MNEME_OP_LIST, .help = "Any of these types of events." }
#define LIMIT_FIELD                                                                                          \
    {                                                                                                        \
        .name = "limit", .type = MNEME_OP_INTEGER, .minimum = 1, .maximum = 9e18,                            \
        .help = "Maximum number of events."                                                                  \
    }

static const struct mneme_op_field replay_fields[] = {
    [FROM] = FROM_FIELD("default: beginning"),
    [TYPES] = TYPES_FIELD,
    [LIMIT] = LIMIT_FIELD,
    [TO] = {.name = "to",
            .type = MNEME_OP_TEXT,
            .flags = MNEME_OP_NOT_EMPTY,
            .help = "End here (default: end, as of now)."},
    {0},
};
static const struct mneme_op_field follow_fields[] = {
    [FROM] = FROM_FIELD("default: end, as of now"),
    [TYPES] = TYPES_FIELD,
    [LIMIT] = LIMIT_FIELD,
    {0},
};

static const char *const scopes[] = {"stream_id", "user_id", "agent_id", "run_id", "conversation_id", NULL};

static const struct mneme_operation replay_operation = {
    .name = "replay",
    .summary = "Read the log's events again, in one order.",
    .fields = replay_fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_OF_STREAM | MNEME_OP_READS_A_SCOPE,
    .scopes = scopes,
    .read = run_replay,
};
static const struct mneme_operation follow_operation = {
    .name = "follow",
    .summary = "Read the log's events as they come.",
    .fields = follow_fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_OF_STREAM | MNEME_OP_READS_A_SCOPE,
    .scopes = scopes,
    .read = run_follow,
};

const char *const mneme_log_operation_names[] = {"replay", "follow", NULL};

const struct mneme_operation *mneme_log_operation(const char *name) {
    return strcmp(name, replay_operation.name) == 0   ? &replay_operation
           : strcmp(name, follow_operation.name) == 0 ? &follow_operation
                                                      : NULL;
}

bool mneme_log_is_follow(const struct mneme_op_request *request) {
    return request->operation == &follow_operation;
}
