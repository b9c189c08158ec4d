#include "operations/retrieved.h"

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "operations/service.h"

#define TIMEOUT_MS 1000
#define FIRST_CAPACITY 64

void mneme_op_record(const struct mneme_op_call *call, const struct mneme_retrieval *retrieval,
                     const char *what, const char *without) {
    struct mneme_client *client = NULL;
    struct mneme_error error = {0};
    int status = mneme_service_recorder(&client, call->service, TIMEOUT_MS, &error);
    if (status == MNEME_OK) {
        status = mneme_publish_retrieved(client, retrieval, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_flush(client, TIMEOUT_MS, &error);
    }
    if (status != MNEME_OK) {
        struct mneme_buffer text = {0};
        mneme_buffer_printf(&text, "%s is not recorded: %s (%s does without)", what, error.message, without);
        mneme_op_note(call, MNEME_OP_NOTE_WARNING, mneme_buffer_str(&text));
        mneme_buffer_clean_up(&text);
    }
}

/* --- the memories of the rows --- */

static struct mneme_str text_cell(const struct mneme_op_row *row, const char *column,
                                  struct mneme_arena *arena) {
    enum mneme_row_kind kind;
    const void *value;
    return mneme_op_row_cell(row, column, &kind, &value) && kind == MNEME_ROW_STR
               ? mneme_arena_copy(arena, *(const struct mneme_str *)value)
               : MNEME_STR_NULL;
}

/* Ids come as text and as UUIDs; rows that are not memories have none. */
static struct mneme_str id_cell(const struct mneme_op_row *row, struct mneme_arena *arena) {
    char text[MNEME_UUID_TEXT_BYTES];
    enum mneme_row_kind kind;
    const void *value;
    if (!mneme_op_row_cell(row, "id", &kind, &value)) {
        return MNEME_STR_NULL;
    }
    if (kind != MNEME_ROW_UUID && kind != MNEME_ROW_OPT_UUID) {
        return text_cell(row, "id", arena);
    }
    mneme_uuid_format(*(const struct mneme_uuid *)value,
                      text); /* an optional value begins with the value itself */
    return mneme_arena_copy(arena, (struct mneme_str){text, sizeof text});
}

static bool make_room(struct mneme_op_retrieved *retrieved) {
    if (retrieved->count < retrieved->capacity) {
        return true;
    }
    size_t capacity = retrieved->capacity == 0 ? FIRST_CAPACITY : retrieved->capacity * 2;
    struct mneme_retrieved_memory *memories =
        mneme_arena_calloc(retrieved->call->arena, capacity, sizeof *memories);
    if (memories == NULL) {
        return false;
    }
    if (retrieved->count > 0) {
        memcpy(memories, retrieved->memories, retrieved->count * sizeof *memories);
    }
    retrieved->memories = memories;
    retrieved->capacity = capacity;
    return true;
}

static bool pass_row(const struct mneme_op_row *row, void *context) {
    struct mneme_op_retrieved *retrieved = context;
    struct mneme_arena *arena = retrieved->call->arena;
    struct mneme_str id = id_cell(row, arena);
    enum mneme_row_kind kind;
    const void *value;
    if (id.data != NULL && !retrieved->is_incomplete) {
        retrieved->is_incomplete = !make_room(retrieved);
    }
    if (id.data != NULL && !retrieved->is_incomplete) {
        retrieved->memories[retrieved->count++] = (struct mneme_retrieved_memory){
            .stream_id = text_cell(row, "stream_id", arena),
            .user_id = text_cell(row, "user_id", arena),
            .agent_id = text_cell(row, "agent_id", arena),
            .memory_id = id,
            .score = mneme_op_row_cell(row, "score", &kind, &value) && kind == MNEME_ROW_DOUBLE
                         ? *(const double *)value
                         : 0,
        };
    }
    return retrieved->sink->on_row(row, retrieved->sink->context);
}

static void pass_note(const struct mneme_op_note *note, void *context) {
    const struct mneme_op_retrieved *retrieved = context;
    if (retrieved->sink->on_note != NULL) {
        retrieved->sink->on_note(note, retrieved->sink->context);
    }
}

/* The value of the field of that name, if the operation has it. */
static const struct mneme_op_value *value_of(const struct mneme_op_request *request, const char *name) {
    const struct mneme_op_field *fields = request->operation->fields;
    for (int i = 0; fields != NULL && fields[i].name != NULL; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return &request->own[i];
        }
    }
    return NULL;
}

/* Whether the request asks for memories. */
static bool is_retrieval(const struct mneme_op_request *request) {
    const struct mneme_operation *operation = request->operation;
    return operation->retrieves != NULL &&
           (operation->retrieves_with == NULL || value_of(request, operation->retrieves_with)->is_set);
}

void mneme_op_retrieved_begin(struct mneme_op_retrieved *retrieved, struct mneme_op_call *call) {
    double share = mneme_config_double(call->config, MNEME_SETTING_READ_RECORD);
    *retrieved = (struct mneme_op_retrieved){.call = call, .started_micros = mneme_clock_monotonic_micros()};
    if (is_retrieval(call->request) && mneme_retrieved_is_sampled(share)) {
        retrieved->sink = call->sink;
        retrieved->ours =
            (struct mneme_op_sink){.on_row = pass_row, .on_note = pass_note, .context = retrieved};
        call->sink = &retrieved->ours;
    }
}

static struct mneme_str text_of(const struct mneme_op_request *request, const char *name) {
    const struct mneme_op_value *value = value_of(request, name);
    return value != NULL && value->is_set ? value->text : MNEME_STR_NULL;
}

static struct mneme_opt_long number_of(const struct mneme_op_request *request, const char *name,
                                       int64_t usual) {
    const struct mneme_op_value *value = value_of(request, name);
    return (struct mneme_opt_long){value != NULL && value->is_set ? value->number : usual, true};
}

void mneme_op_retrieved_end(struct mneme_op_retrieved *retrieved, bool is_whole) {
    struct mneme_op_call *call = retrieved->call;
    const struct mneme_op_request *request = call->request;
    if (retrieved->sink == NULL) {
        return;
    }
    call->sink = retrieved->sink;
    if (!is_whole || retrieved->is_incomplete) {
        return;
    }
    struct mneme_retrieval retrieval = {
        .tenant = mneme_op_tenant(request),
        .user_id = mneme_op_common_text(request, MNEME_OP_USER),
        .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
        .operation = mneme_str_from(request->operation->retrieves),
        .query = text_of(request, "text"),
        .memory_type = text_of(request, "memory_types"),
        .latency_micros = mneme_clock_monotonic_micros() - retrieved->started_micros,
        .results = {(int64_t)retrieved->count, true},
        .memories = retrieved->memories,
        .count = retrieved->count,
    };
    retrieval.has_scores = retrieval.query.data != NULL;
    bool is_limited =
        value_of(request, "limit") != NULL || mneme_op_takes(request->operation, MNEME_OP_LIMIT);
    if (is_limited && request->operation->retrieves_with == NULL) { /* else the limit is that of other rows */
        retrieval.limit = number_of(request, "limit", mneme_op_limit(request));
        retrieval.offset = number_of(request, "offset", mneme_op_offset(request));
    }
    mneme_op_record(call, &retrieval, "this read", "MNEME_READ_RECORD=0");
}
