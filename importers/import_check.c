/*
 * The limits of the schema and of the topic.
 */
#include "importers/import_check.h"

void mneme_import_check_init(struct mneme_import_check *check, const struct mneme_client *client,
                             const struct mneme_config *config) {
    *check = (struct mneme_import_check){
        .content_max_chars = (size_t)mneme_config_long(config, MNEME_SETTING_CONTENT_MAX_CHARS),
        .max_event_bytes = client != NULL
                               ? client->max_event_bytes
                               : (size_t)mneme_kafka_max_event_bytes(MNEME_KAFKA_USUAL_MAX_MESSAGE_BYTES),
    };
}

void mneme_import_check_clean_up(struct mneme_import_check *check) {
    mneme_buffer_clean_up(&check->encoded);
}

int mneme_import_check_event(struct mneme_import_check *check, const struct mneme_event *event,
                             struct mneme_error *error) {
    int status = mneme_event_validate(event, check->content_max_chars, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_buffer_clear(&check->encoded);
    mneme_event_encode(event, &check->encoded);
    mneme_event_key(event, &check->encoded);
    if (check->encoded.len > check->max_event_bytes) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "event refused: it has %zu bytes; the topic takes at most %zu, since projections add to it; make "
            "it smaller, or raise the topic's max.message.bytes",
            check->encoded.len, check->max_event_bytes);
    }
    return MNEME_OK;
}
