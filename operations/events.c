/*
 * Turns a request into events. Nothing here knows an event type by name: the operation's table says which
 * fields go into a payload, and the schema's table where they go.
 */
#include "operations/events.h"

#include "producers/client.h"
#include "producers/publisher.h"

#define FIRST_CAPACITY 1

static struct mneme_event *next_event(struct mneme_op_events *out) {
    if (out->count == out->capacity) {
        size_t capacity = out->capacity == 0 ? FIRST_CAPACITY : 2 * out->capacity;
        struct mneme_event *items = mneme_arena_calloc(out->arena, capacity, sizeof *items);
        if (items == NULL) {
            return NULL;
        }
        if (out->count > 0) {
            memcpy(items, out->items, out->count * sizeof *items);
        }
        out->items = items;
        out->capacity = capacity;
    }
    return &out->items[out->count++];
}

/* --- the payload's fields --- */

static void set_fraction(void *at, const struct mneme_field_info *field, double value) {
    if (field->is_nullable) {
        *(struct mneme_opt_double *)at = (struct mneme_opt_double){value, true};
    } else {
        *(double *)at = value;
    }
}

static void set_number(void *at, const struct mneme_field_info *field, int64_t value) {
    if (field->kind == MNEME_FIELD_DOUBLE) {
        set_fraction(at, field, (double)value);
    } else if (field->is_nullable) {
        *(struct mneme_opt_long *)at = (struct mneme_opt_long){value, true};
    } else {
        *(int64_t *)at = value;
    }
}

static void set_truth(void *at, const struct mneme_field_info *field, bool value) {
    if (field->is_nullable) {
        *(struct mneme_opt_bool *)at = (struct mneme_opt_bool){value, true};
    } else {
        *(bool *)at = value;
    }
}

static void set_id(void *at, const struct mneme_field_info *field, struct mneme_uuid value) {
    if (field->is_nullable) {
        *(struct mneme_opt_uuid *)at = (struct mneme_opt_uuid){value, true};
    } else {
        *(struct mneme_uuid *)at = value;
    }
}

/* Sets one value in the payload; false if the two kinds do not fit, which a test rules out. */
static bool set_field(struct mneme_event *event, const struct mneme_field_info *field,
                      enum mneme_op_type type, const struct mneme_op_value *value) {
    void *at = (char *)&event->payload + field->offset;
    switch (type) {
    case MNEME_OP_TEXT:
    case MNEME_OP_LONG_TEXT:
    case MNEME_OP_TEXT_OR_OBJECT:
    case MNEME_OP_VALUE:
    case MNEME_OP_JSON:
    case MNEME_OP_OBJECT:
        *(struct mneme_str *)at = value->text;
        return field->kind == MNEME_FIELD_STRING;
    case MNEME_OP_LIST:
        *(struct mneme_str_array *)at = value->list;
        return field->kind == MNEME_FIELD_STRING_ARRAY;
    case MNEME_OP_ID:
        set_id(at, field, value->id);
        return field->kind == MNEME_FIELD_UUID;
    case MNEME_OP_INTEGER:
    case MNEME_OP_TIME:
    case MNEME_OP_DURATION:
        set_number(at, field, value->number);
        return true;
    case MNEME_OP_DECIMAL:
        set_fraction(at, field, value->fraction);
        return field->kind == MNEME_FIELD_DOUBLE;
    case MNEME_OP_FLAG:
    case MNEME_OP_BOOLEAN:
        set_truth(at, field, value->truth);
        return field->kind == MNEME_FIELD_BOOL;
    case MNEME_OP_IDS:
    case MNEME_OP_MOMENT:
    case MNEME_OP_POSITIONS:
    case MNEME_OP_FILTER:
    case MNEME_OP_CURSOR:
    case MNEME_OP_LINES:
        break;
    }
    return false;
}

static int fill_payload(struct mneme_event *event, const struct mneme_op_request *request,
                        struct mneme_error *error) {
    const struct mneme_op_field *fields = request->operation->fields;
    for (size_t i = 0; fields != NULL && fields[i].name != NULL; i++) {
        if ((fields[i].flags & MNEME_OP_TO_PAYLOAD) == 0 || !request->own[i].is_set) {
            continue;
        }
        const struct mneme_field_info *field =
            mneme_record_field(&mneme_payload_info[event->type], fields[i].name);
        if (field == NULL || !set_field(event, field, fields[i].type, &request->own[i])) {
            return mneme_error_set(
                error, MNEME_E_INTERNAL,
                "%s could not make an event: %s does not fit the payload of %s; report this bug",
                request->operation->name, fields[i].name, mneme_event_type_text(event->type));
        }
    }
    return MNEME_OK;
}

/* Fields that both the payload and the scope have: either is filled from the other. */
static void fill_from_scope(struct mneme_event *event) {
    const struct mneme_record_info *payload = &mneme_payload_info[event->type];
    for (size_t i = 0; i < payload->field_count; i++) {
        const struct mneme_field_info *field = &payload->fields[i];
        struct mneme_str *at = (void *)((char *)&event->payload + field->offset);
        if (field->absent != MNEME_ABSENT_SCOPE) {
            continue;
        }
        struct mneme_str said = mneme_event_scope_value(event, field->name);
        if (at->data == NULL) {
            *at = said;
        } else if (said.data == NULL) {
            mneme_event_set_scope_value(event, field->name, *at);
        }
    }
}

/* --- events --- */

static void fill_envelope(struct mneme_event *event, const struct mneme_op_request *request) {
    event->scope.user_id = mneme_op_common_text(request, MNEME_OP_USER);
    event->scope.agent_id = mneme_op_common_text(request, MNEME_OP_AGENT);
    event->scope.run_id = mneme_op_common_text(request, MNEME_OP_RUN);
    event->scope.conversation_id = mneme_op_common_text(request, MNEME_OP_CONVERSATION);
    event->stream_id = mneme_op_common_text(request, MNEME_OP_STREAM);
    event->correlation_id = mneme_op_common_text(request, MNEME_OP_CORRELATION);
    event->causation_id = mneme_op_common_text(request, MNEME_OP_CAUSATION);
    event->actor = mneme_op_common_text(request, MNEME_OP_ACTOR);
}

int mneme_op_events_add(struct mneme_event **event, struct mneme_op_events *out, enum mneme_event_type type,
                        struct mneme_error *error) {
    const struct mneme_op_request *request = out->request;
    struct mneme_str key = mneme_op_common_text(request, MNEME_OP_IDEMPOTENCY_KEY);
    *event = next_event(out);
    if (*event == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "%s could not make an event: memory is exhausted; free some",
                               request->operation->name);
    }
    int status = mneme_event_make(*event, mneme_op_tenant(request), type, error);
    if (status == MNEME_OK && key.data != NULL) {
        status = mneme_event_set_idempotency_key(*event, key, error);
    }
    fill_envelope(*event, request);
    if (status == MNEME_OK) {
        status = fill_payload(*event, request, error);
    }
    fill_from_scope(*event);
    return status;
}

void mneme_op_events_address(struct mneme_event *event, const struct mneme_op_request *request,
                             size_t index) {
    if (request->places != NULL && request->places[index].stream_id.data != NULL) {
        event->stream_id = request->places[index].stream_id;
        event->scope.user_id = request->places[index].user_id;
        event->scope.agent_id = request->places[index].agent_id;
    }
}

int mneme_op_events_of_each(struct mneme_op_events *out, const struct mneme_op_request *request,
                            struct mneme_error *error) {
    const struct mneme_operation *operation = request->operation;
    const struct mneme_op_value *value = mneme_op_own(request, operation->finds - 1);
    const struct mneme_field_info *field =
        mneme_record_field(&mneme_payload_info[operation->event_type], operation->id);
    int status = MNEME_OK;
    for (size_t i = 0; i < value->ids.count && status == MNEME_OK; i++) {
        struct mneme_event *event;
        status = mneme_op_events_add(&event, out, operation->event_type, error);
        if (status == MNEME_OK) {
            mneme_op_events_address(event, request, i);
            set_id((char *)&event->payload + field->offset, field, value->ids.items[i]);
        }
    }
    return status;
}

int mneme_op_events_make(struct mneme_op_events *out, struct mneme_op_request *request,
                         struct mneme_error *error) {
    struct mneme_event *event;
    *out = (struct mneme_op_events){.request = request, .arena = &request->arena};
    if (request->operation->write != NULL) {
        return request->operation->write(out, request, error);
    }
    int status = mneme_op_events_add(&event, out, request->operation->event_type, error);
    if (status == MNEME_OK) {
        mneme_op_events_address(event, request, 0);
    }
    return status;
}
