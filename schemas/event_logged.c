/*
 * Writes an event of the log as JSON, with the keys of `mneme events --json` and in their order.
 */
#include "schemas/event.h"

static void write_str(struct mneme_json_writer *json, struct mneme_str key, struct mneme_str value) {
    mneme_json_key(json, key);
    mneme_json_string(json, value);
}

static void write_map(struct mneme_json_writer *json, const struct mneme_str_map *map) {
    mneme_json_begin_object(json);
    for (size_t i = 0; i < map->count; i++) {
        write_str(json, map->items[i].key, map->items[i].value);
    }
    mneme_json_end_object(json);
}

void mneme_event_logged_json(const struct mneme_event *event, struct mneme_position position,
                             int64_t recorded_at, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    write_str(json, MNEME_STR_LIT("type"), mneme_str_from(mneme_event_type_text(event->type)));
    write_str(json, MNEME_STR_LIT("event_type"), mneme_event_type_name(event));
    mneme_json_key(json, MNEME_STR_LIT("event_id"));
    mneme_json_uuid(json, event->event_id);
    write_str(json, MNEME_STR_LIT("tenant"), event->tenant);
    write_str(json, MNEME_STR_LIT("stream_id"), event->stream_id);
    write_str(json, MNEME_STR_LIT("agent_id"), event->scope.agent_id);
    write_str(json, MNEME_STR_LIT("user_id"), event->scope.user_id);
    write_str(json, MNEME_STR_LIT("run_id"), event->scope.run_id);
    write_str(json, MNEME_STR_LIT("conversation_id"), event->scope.conversation_id);
    mneme_json_key(json, MNEME_STR_LIT("expected_version"));
    if (event->expected_version.is_set) {
        mneme_json_long(json, event->expected_version.value);
    } else {
        mneme_json_null(json);
    }
    mneme_json_key(json, MNEME_STR_LIT("occurred_at"));
    mneme_json_time(json, event->occurred_at);
    write_str(json, MNEME_STR_LIT("correlation_id"), event->correlation_id);
    write_str(json, MNEME_STR_LIT("causation_id"), event->causation_id);
    write_str(json, MNEME_STR_LIT("actor"), event->actor);
    mneme_json_key(json, MNEME_STR_LIT("metadata"));
    write_map(json, &event->metadata);
    mneme_json_key(json, MNEME_STR_LIT("payload"));
    mneme_event_payload_json(event, json);
    mneme_json_key(json, MNEME_STR_LIT("position"));
    mneme_json_position(json, position);
    mneme_json_key(json, MNEME_STR_LIT("sequence_id"));
    mneme_json_long(json, mneme_sequence_id(position));
    mneme_json_key(json, MNEME_STR_LIT("recorded_at"));
    mneme_json_time(json, recorded_at);
    mneme_json_end_object(json);
}
