/*
 * Functions for events of any type: names, subject, key, defaults and derived ids.
 */
#include "schemas/event.h"

#include "common/base/text_check.h"
#include "common/base/uuid.h"

struct mneme_str mneme_event_type_name(const struct mneme_event *event) {
    if (event->type == MNEME_EVENT_CUSTOM) {
        return event->payload.custom.type;
    }
    return mneme_str_from(mneme_event_type_text(event->type));
}

int mneme_event_type_by_name(struct mneme_str name) {
    for (int type = 0; type < MNEME_EVENT_TYPE_COUNT; type++) {
        if (mneme_str_equal(name, mneme_str_from(mneme_payload_info[type].event_type))) {
            return type;
        }
    }
    return -1;
}

const void *mneme_event_payload(const struct mneme_event *event) {
    return &event->payload;
}

struct mneme_str mneme_event_subject(const struct mneme_event *event) {
    return event->scope.user_id.data != NULL ? event->scope.user_id : event->scope.agent_id;
}

/* The offset in an event of the scope's field with that name; SIZE_MAX when there is none. */
static size_t scope_offset(const char *name) {
    const struct mneme_field_info *fields = mneme_envelope_info.fields;
    for (size_t i = 0; i < mneme_envelope_info.field_count; i++) {
        const struct mneme_record_info *scope = fields[i].record;
        for (size_t j = 0; scope != NULL && j < scope->field_count; j++) {
            if (strcmp(scope->fields[j].name, name) == 0) {
                return fields[i].offset + scope->fields[j].offset;
            }
        }
    }
    return SIZE_MAX;
}

struct mneme_str mneme_event_scope_value(const struct mneme_event *event, const char *name) {
    size_t offset = scope_offset(name);
    return offset == SIZE_MAX ? MNEME_STR_NULL
                              : *(const struct mneme_str *)(const void *)((const char *)event + offset);
}

void mneme_event_set_scope_value(struct mneme_event *event, const char *name, struct mneme_str value) {
    size_t offset = scope_offset(name);
    if (offset != SIZE_MAX) {
        *(struct mneme_str *)(void *)((char *)event + offset) = value;
    }
}

void mneme_event_key(const struct mneme_event *event, struct mneme_buffer *out) {
    mneme_buffer_append_str(out, event->tenant);
    mneme_buffer_append_byte(out, '/');
    mneme_buffer_append_str(out, event->stream_id);
}

void mneme_event_prepare(struct mneme_event *event, enum mneme_event_type type) {
    memset(event, 0, sizeof *event);
    event->type = type;
    event->schema_version = MNEME_EVENT_SCHEMA_VERSION;
    mneme_record_set_defaults(event, &mneme_envelope_info);
    mneme_record_set_defaults(&event->payload, &mneme_payload_info[type]);
}

static int check_key(struct mneme_str key, struct mneme_error *error) {
    const char *reason;
    size_t at;
    if (key.len == 0) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "event refused: idempotency_key is empty; leave it out");
    }
    if (key.len > MNEME_IDEMPOTENCY_KEY_MAX_BYTES) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "event refused: idempotency_key has %zu bytes; at most %d are allowed",
                               key.len, MNEME_IDEMPOTENCY_KEY_MAX_BYTES);
    }
    if (!mneme_utf8_check(key, NULL, &reason, &at)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "event refused: idempotency_key holds %s at byte %zu; send UTF-8", reason, at);
    }
    if (mneme_has_control(key)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "event refused: idempotency_key holds a control character; remove it");
    }
    return MNEME_OK;
}

static int derive(struct mneme_uuid *out, struct mneme_str tenant, struct mneme_str key, const char *field,
                  struct mneme_error *error) {
    int status = check_key(key, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_buffer name = {0};
    mneme_buffer_append_str(&name, tenant);
    mneme_buffer_append_byte(&name, '/');
    mneme_buffer_append_str(&name, key);
    if (field != NULL) {
        mneme_buffer_append_byte(&name, '\n');
        mneme_buffer_append_str(&name, mneme_str_from(field));
    }
    if (name.failed) {
        status =
            mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot derive an id: out of memory; free some memory");
    } else {
        status = mneme_uuid_v5(out, mneme_event_namespace, mneme_buffer_str(&name), error);
    }
    mneme_buffer_clean_up(&name);
    return status;
}

int mneme_event_id_of_key(struct mneme_uuid *out, struct mneme_str tenant, struct mneme_str idempotency_key,
                          struct mneme_error *error) {
    return derive(out, tenant, idempotency_key, NULL, error);
}

int mneme_field_id_of_key(struct mneme_uuid *out, struct mneme_str tenant, struct mneme_str idempotency_key,
                          const char *field, struct mneme_error *error) {
    return derive(out, tenant, idempotency_key, field, error);
}
