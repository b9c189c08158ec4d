/*
 * Reads one JSON object into an event, by the descriptors. The line is copied to the arena once and checked
 * once; every string of the event is then a slice of it, and JSON inside it keeps its digits and members as
 * given.
 */
#include "common/base/clock.h"
#include "common/base/nearest.h"
#include "common/base/uuid.h"
#include "common/json/read.h"
#include "schemas/event_input.h"

#define USER_MESSAGE "user_message"
#define MAX_SLOTS 64 /* more than the number of fields of any record; the generator makes sure */

/* One key that an object may have, and where its value goes. */
struct slot {
    const char *name;
    const struct mneme_field_info *field; /* NULL: not a field of the event; read by separate code */
    void *record;
    struct mneme_str value; /* as found, null when absent */
};

struct slots {
    struct slot items[MAX_SLOTS];
    size_t count;
};

static struct slot *add_slot(struct slots *slots, const char *name) {
    struct slot *slot = &slots->items[slots->count++];
    *slot = (struct slot){.name = name};
    return slot;
}

/* Adds a slot for each field; those of a nested record (the scope) are on the same level. */
static void add_fields(struct slots *slots, void *record, const struct mneme_record_info *info) {
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        if (field->kind == MNEME_FIELD_RECORD) {
            add_fields(slots, (char *)record + field->offset, field->record);
        } else {
            struct slot *slot = add_slot(slots, field->name);
            slot->field = field;
            slot->record = record;
        }
    }
}

static int unknown_key(const struct mneme_event_input *input, const struct slots *slots,
                       struct mneme_str quoted) {
    struct mneme_str key;
    if (!mneme_json_unquote(&key, input->arena, quoted)) {
        return mneme_event_input_out_of_memory(input);
    }
    struct mneme_nearest nearest = {0};
    for (size_t i = 0; i < slots->count; i++) {
        mneme_nearest_offer(&nearest, key, slots->items[i].name);
    }
    key.len = key.len < 60 ? key.len : 60;
    if (nearest.name != NULL) {
        return mneme_error_set(input->error, MNEME_E_INVALID,
                               "event refused: unknown key %s%.*s; did you mean %s%s?", input->prefix,
                               MNEME_STR_ARG(key), input->prefix, nearest.name);
    }
    return mneme_error_set(input->error, MNEME_E_INVALID,
                           "event refused: unknown key %s%.*s; leave it out or put it under metadata",
                           input->prefix, MNEME_STR_ARG(key));
}

/* Finds the values of an object's members; null is the same as absent. */
static int collect(const struct mneme_event_input *input, struct slots *slots, struct mneme_str object) {
    uint64_t seen = 0;
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        size_t i = 0;
        while (i < slots->count && !mneme_json_unquotes_to(key, mneme_str_from(slots->items[i].name))) {
            i++;
        }
        if (i == slots->count) {
            return unknown_key(input, slots, key);
        }
        if (seen & UINT64_C(1) << i) {
            return MNEME_EVENT_INPUT_REFUSE(input, slots->items[i].name, "is given twice; give it once");
        }
        seen |= UINT64_C(1) << i;
        if (mneme_json_kind_of(value) != MNEME_JSON_NULL) {
            slots->items[i].value = value;
        }
    }
    return MNEME_OK;
}

static int fill_absent(const struct mneme_event_input *input, const struct slot *slot) {
    const struct mneme_field_info *field = slot->field;
    void *at = (char *)slot->record + field->offset;
    if (field->is_nullable || field->has_default) {
        return MNEME_OK; /* mneme_event_prepare has done it */
    }
    if (field->absent == MNEME_ABSENT_UUID && field->kind == MNEME_FIELD_UUID) {
        return input->idempotency_key.data == NULL
                   ? mneme_uuid_v7(at, input->error)
                   : mneme_field_id_of_key(at, input->event->tenant, input->idempotency_key, field->name,
                                           input->error);
    }
    if (field->absent == MNEME_ABSENT_SCOPE &&
        mneme_event_scope_value(input->event, field->name).data != NULL) {
        *(struct mneme_str *)at = mneme_event_scope_value(input->event, field->name);
        return MNEME_OK;
    }
    if (field->kind == MNEME_FIELD_TIME) {
        *(int64_t *)at = input->event->occurred_at;
        return MNEME_OK;
    }
    return MNEME_EVENT_INPUT_REFUSE(input, field->name, "is missing; it is required");
}

static int make_event_id(struct mneme_event_input *input, bool has_event_id) {
    if (input->idempotency_key.data == NULL) {
        return has_event_id ? MNEME_OK : mneme_uuid_v7(&input->event->event_id, input->error);
    }
    if (has_event_id) {
        return MNEME_EVENT_INPUT_REFUSE(input, "event_id",
                                        "and idempotency_key are both given; give one of them");
    }
    return mneme_event_id_of_key(&input->event->event_id, input->event->tenant, input->idempotency_key,
                                 input->error);
}

static int read_type(const struct mneme_event_input *input, enum mneme_event_type *out,
                     struct mneme_str value) {
    struct mneme_str name;
    if (value.data == NULL) {
        return MNEME_EVENT_INPUT_REFUSE(input, "type", "is missing; give one such as memory_created");
    }
    int status = mneme_event_input_read_string(input, "type", &name, value);
    if (status != MNEME_OK) {
        return status;
    }
    int type = mneme_event_type_by_name(name);
    if (type >= 0) {
        *out = (enum mneme_event_type)type;
        return MNEME_OK;
    }
    struct mneme_nearest nearest = {0};
    for (int i = 0; i < MNEME_EVENT_TYPE_COUNT; i++) {
        mneme_nearest_offer(&nearest, name, mneme_payload_info[i].event_type);
    }
    struct mneme_str shown = {name.data, name.len < 60 ? name.len : 60};
    return nearest.name != NULL
               ? MNEME_EVENT_INPUT_REFUSE(input, "type", "\"%.*s\" is unknown; did you mean %s?",
                                          MNEME_STR_ARG(shown), nearest.name)
               : MNEME_EVENT_INPUT_REFUSE(
                     input, "type",
                     "\"%.*s\" is unknown; a type of your own is {\"type\":\"custom\",\"payload\":"
                     "{\"type\":…,\"json\":…}}",
                     MNEME_STR_ARG(shown));
}

static int read_slots(const struct mneme_event_input *input, const struct slots *slots) {
    for (size_t i = 0; i < slots->count; i++) {
        const struct slot *slot = &slots->items[i];
        if (slot->field != NULL && slot->value.data != NULL) {
            int status = mneme_event_input_read_value(input, slot->field, slot->record, slot->value);
            if (status != MNEME_OK) {
                return status;
            }
        }
    }
    return MNEME_OK;
}

static struct slot *slot_of(struct slots *slots, const char *name) {
    size_t i = 0;
    while (strcmp(slots->items[i].name, name) != 0) {
        i++;
    }
    return &slots->items[i];
}

/* A value that another key implies: used if the field is absent. */
static int imply(const struct mneme_event_input *input, struct slot *slot, const char *by,
                 struct mneme_str json) {
    if (slot->value.data == NULL) {
        slot->value = json;
    }
    return mneme_str_equal(slot->value, json)
               ? MNEME_OK
               : MNEME_EVENT_INPUT_REFUSE(input, slot->name, "must be %.*s with %s", MNEME_STR_ARG(json), by);
}

/* What a user says and an agent answers, under keys that imply the roles: "user_message" is not a field. */
static int read_messages(const struct mneme_event_input *input, struct slots *slots) {
    struct slot *said = slot_of(slots, USER_MESSAGE);
    struct slot *content = slot_of(slots, "content");
    struct slot *role = slot_of(slots, "role");
    struct slot *answer = slot_of(slots, "agent_response");
    if (said->value.data != NULL) {
        if (content->value.data != NULL) {
            return MNEME_EVENT_INPUT_REFUSE(input, USER_MESSAGE,
                                            "and content are both given; give one of them");
        }
        content->value = said->value;
        return imply(input, role, USER_MESSAGE, MNEME_STR_LIT("\"user\""));
    }
    if (answer->value.data != NULL && content->value.data == NULL) { /* a turn by itself */
        content->value = answer->value;
        answer->value = MNEME_STR_NULL;
        return imply(input, role, answer->name, MNEME_STR_LIT("\"assistant\""));
    }
    return MNEME_OK;
}

static int read_payload(struct mneme_event_input *input, struct mneme_str value) {
    struct slots slots = {.count = 0};
    int status = MNEME_OK;
    if (value.data != NULL && mneme_json_kind_of(value) != MNEME_JSON_OBJECT) {
        return mneme_event_input_wrong_kind(input, "payload", "an object", value);
    }
    input->prefix = "payload.";
    add_fields(&slots, &input->event->payload, &mneme_payload_info[input->event->type]);
    bool is_turn = input->event->type == MNEME_EVENT_CONVERSATION_TURN;
    if (is_turn) {
        add_slot(&slots, USER_MESSAGE);
    }
    if (value.data != NULL) {
        status = collect(input, &slots, value);
    }
    if (status == MNEME_OK && is_turn) {
        status = read_messages(input, &slots);
    }
    if (status == MNEME_OK) {
        status = read_slots(input, &slots);
    }
    for (size_t i = 0; status == MNEME_OK && i < slots.count; i++) {
        if (slots.items[i].field != NULL && slots.items[i].value.data == NULL) {
            status = fill_absent(input, &slots.items[i]);
        }
    }
    if (status == MNEME_OK && input->event->type == MNEME_EVENT_CUSTOM &&
        mneme_event_type_by_name(input->event->payload.custom.type) >= 0) {
        status = MNEME_EVENT_INPUT_REFUSE(input, "type", "is a type of Mneme's own; choose another name");
    }
    return status;
}

static int read_event(struct mneme_event_input *input, struct mneme_str object, const char *default_tenant) {
    struct mneme_event *event = input->event;
    struct slots slots = {.count = 0};
    struct slot *type_slot = add_slot(&slots, "type");
    struct slot *key_slot = add_slot(&slots, "idempotency_key");
    struct slot *payload_slot = add_slot(&slots, "payload");
    add_fields(&slots, event, &mneme_envelope_info);

    enum mneme_event_type type = MNEME_EVENT_CUSTOM;
    int status = collect(input, &slots, object);
    if (status == MNEME_OK) {
        status = read_type(input, &type, type_slot->value);
    }
    if (status == MNEME_OK && key_slot->value.data != NULL) {
        status =
            mneme_event_input_read_string(input, key_slot->name, &input->idempotency_key, key_slot->value);
    }
    if (status != MNEME_OK) {
        return status;
    }
    mneme_event_prepare(event, type);
    event->occurred_at = mneme_clock_now_micros();
    event->tenant = mneme_str_from(default_tenant);
    status = read_slots(input, &slots);
    if (status != MNEME_OK) {
        return status;
    }
    if (event->stream_id.data == NULL) {
        event->stream_id = mneme_event_subject(event);
    }
    static const struct mneme_uuid nil;
    status = make_event_id(input, mneme_uuid_compare(event->event_id, nil) != 0);
    return status == MNEME_OK ? read_payload(input, payload_slot->value) : status;
}

int mneme_event_from_json(struct mneme_event *event, struct mneme_arena *arena, struct mneme_str line,
                          const char *default_tenant, struct mneme_error *error) {
    struct mneme_event_input input = {.event = event, .arena = arena, .prefix = "", .error = error};
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(line, &kind, &reason, &at)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "event refused: it is not valid JSON: %s at byte %zu; give one JSON object",
                               reason, at);
    }
    if (kind != MNEME_JSON_OBJECT) {
        return mneme_error_set(error, MNEME_E_INVALID, "event refused: it is %s; give one JSON object",
                               mneme_json_kind_phrase(kind));
    }
    struct mneme_str copy = mneme_arena_copy(arena, line);
    struct mneme_str tenant = mneme_arena_copy(arena, mneme_str_from(default_tenant));
    if (copy.data == NULL || (default_tenant != NULL && tenant.data == NULL)) {
        return mneme_event_input_out_of_memory(&input);
    }
    return read_event(&input, mneme_json_trim(copy), tenant.data);
}
