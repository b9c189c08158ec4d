/*
 * Making events by hand: defaults, fresh ids, and ids that follow from a key. The schema's tables say which
 * fields take a fresh id.
 */
#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "producers/client.h"

static struct mneme_uuid *fresh_id(struct mneme_event *event, const struct mneme_field_info *field) {
    return field->absent == MNEME_ABSENT_UUID ? (void *)((char *)&event->payload + field->offset) : NULL;
}

int mneme_event_make(struct mneme_event *event, struct mneme_str tenant, enum mneme_event_type type,
                     struct mneme_error *error) {
    if ((int)type < 0 || type >= MNEME_EVENT_TYPE_COUNT) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot make an event: there is no type %d; use one of enum mneme_event_type",
                               (int)type);
    }
    mneme_event_prepare(event, type);
    event->tenant = tenant;
    event->occurred_at = mneme_clock_now_micros();
    int status = mneme_uuid_v7_at(&event->event_id, event->occurred_at, error);
    const struct mneme_record_info *payload = &mneme_payload_info[type];
    for (size_t i = 0; status == MNEME_OK && i < payload->field_count; i++) {
        struct mneme_uuid *id = fresh_id(event, &payload->fields[i]);
        if (id != NULL) {
            status = mneme_uuid_v7_at(id, event->occurred_at, error);
        }
    }
    return status;
}

int mneme_event_init(struct mneme_event *event, const struct mneme_client *client, enum mneme_event_type type,
                     struct mneme_error *error) {
    return mneme_event_make(event, mneme_str_from(mneme_config_string(client->config, MNEME_SETTING_TENANT)),
                            type, error);
}

int mneme_event_set_idempotency_key(struct mneme_event *event, struct mneme_str key,
                                    struct mneme_error *error) {
    int status = mneme_event_id_of_key(&event->event_id, event->tenant, key, error);
    const struct mneme_record_info *payload = &mneme_payload_info[event->type];
    for (size_t i = 0; status == MNEME_OK && i < payload->field_count; i++) {
        struct mneme_uuid *id = fresh_id(event, &payload->fields[i]);
        if (id != NULL) {
            status = mneme_field_id_of_key(id, event->tenant, key, payload->fields[i].name, error);
        }
    }
    return status;
}

int mneme_id_new(struct mneme_uuid *out, struct mneme_error *error) {
    return mneme_uuid_v7(out, error);
}

void mneme_id_text(char text[MNEME_ID_TEXT_BYTES], struct mneme_uuid id) {
    mneme_uuid_format(id, text);
    text[MNEME_UUID_TEXT_BYTES] = '\0';
}

int mneme_id_parse(struct mneme_uuid *out, struct mneme_str text, struct mneme_error *error) {
    if (!mneme_uuid_parse(out, text)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "not an id: \"%.*s\" is not a UUID of 36 characters; check it",
                               (int)(text.len < 100 ? text.len : 100), text.data == NULL ? "" : text.data);
    }
    return MNEME_OK;
}
