/*
 * The contents as lists of fields.
 */
#include "schemas/left_memory.h"

const struct mneme_left_memory_member mneme_decision_content[] = {{"text", "decision"},
                                                                  {"category", "category"},
                                                                  {"urgency", "urgency"},
                                                                  {"context", "context"},
                                                                  {"insights_used", "insights_used"},
                                                                  {"triggering_events", "triggering_events"},
                                                                  {0}};

const struct mneme_left_memory_member mneme_handoff_content[] = {
    {"text", "topic"},      {"from_agent", "from_agent"}, {"to_agent", "to_agent"},
    {"context", "context"}, {"reason", "reason"},         {0}};

void mneme_left_memory_content(const struct mneme_event *event,
                               const struct mneme_left_memory_member *members,
                               struct mneme_json_writer *json) {
    const char *payload = mneme_event_payload(event);
    mneme_json_begin_object(json);
    for (; members->name != NULL; members++) {
        const struct mneme_field_info *field =
            mneme_record_field(&mneme_payload_info[event->type], members->field);
        if (field != NULL && !mneme_field_is_null(payload, field)) {
            mneme_json_key(json, mneme_str_from(members->name));
            mneme_field_json(json, field, payload + field->offset, event->schema_version);
        }
    }
    mneme_json_end_object(json);
}
