/*
 * The memories as lists of fields: one entry for each event type and range of schema versions.
 */
#include "schemas/left_memory.h"

#include "common/json/check.h"

struct member {
    const char *name;      /* in the object; NULL ends a list */
    const char *field;     /* the payload's field; NULL: always `otherwise` */
    const char *otherwise; /* JSON to use if the field is null; NULL: the member is left out */
};

/* --- version 1 --- */

static const struct member decision_content_1[] = {{"text", "decision", NULL},
                                                   {"category", "category", NULL},
                                                   {"urgency", "urgency", NULL},
                                                   {"context", "context", NULL},
                                                   {"insights_used", "insights_used", NULL},
                                                   {"triggering_events", "triggering_events", NULL},
                                                   {0}};

static const struct member handoff_content_1[] = {
    {"text", "topic", NULL},      {"from_agent", "from_agent", NULL}, {"to_agent", "to_agent", NULL},
    {"context", "context", NULL}, {"reason", "reason", NULL},         {0}};

/* --- since version 2 --- */

static const struct member decision_content[] = {{"text", "decision", NULL}, {0}};

static const struct member decision_metadata[] = {
    {"decision_context", "context", NULL},
    {"context_summary", "context_summary", NULL},
    {"category", "category", "\"general\""},
    {"urgency", "urgency", "\"normal\""},
    {"insights_used", "insights_used", NULL},
    {"triggering_events", "triggering_events", NULL},
    {"cross_agent_collaboration", "cross_agent_collaboration", NULL},
    {0}};

static const struct member handoff_content[] = {{"handoff_received", NULL, "true"},
                                                {"from_agent", "from_agent", NULL},
                                                {"topic", "topic", NULL},
                                                {"context", "context", NULL},
                                                {0}};

static const struct member handoff_metadata[] = {
    {"handoff_id", "handoff_id", NULL}, {"requires_response", "requires_response", "true"}, {0}};

static const struct left {
    enum mneme_event_type type;
    int since, until;   /* versions of the schema; until 0: up to the newest */
    const char *object; /* the field that becomes the whole content if it is an object, or NULL */
    const struct member *content, *metadata; /* metadata NULL: only the caller's */
    const char *base; /* the field with the caller's metadata, or NULL; the members above override it */
} lefts[] = {
    {MNEME_EVENT_AGENT_DECISION, 1, 1, NULL, decision_content_1, NULL, "metadata"},
    {MNEME_EVENT_AGENT_DECISION, 2, 0, "decision", decision_content, decision_metadata, "metadata"},
    {MNEME_EVENT_AGENT_HANDOFF, 1, 1, NULL, handoff_content_1, NULL, NULL},
    {MNEME_EVENT_AGENT_HANDOFF, 2, 0, NULL, handoff_content, handoff_metadata, NULL},
};
#define LEFT_COUNT (sizeof lefts / sizeof *lefts)

bool mneme_leaves_memory(enum mneme_event_type type) {
    size_t i = 0;
    while (i < LEFT_COUNT && lefts[i].type != type) {
        i++;
    }
    return i < LEFT_COUNT;
}

/* NULL for an event that creates no memory. */
static const struct left *left_of(const struct mneme_event *event) {
    for (size_t i = 0; i < LEFT_COUNT; i++) {
        const struct left *left = &lefts[i];
        if (left->type == event->type && event->schema_version >= left->since &&
            (left->until == 0 || event->schema_version <= left->until)) {
            return left;
        }
    }
    return NULL;
}

/* A text of the payload, null where it is null. */
static struct mneme_str text_of(const struct mneme_event *event, const char *name) {
    const struct mneme_field_info *field =
        name == NULL ? NULL : mneme_record_field(&mneme_payload_info[event->type], name);
    const char *payload = mneme_event_payload(event);
    return field == NULL ? MNEME_STR_NULL
                         : *(const struct mneme_str *)(const void *)(payload + field->offset);
}

static void write_members(const struct mneme_event *event, const struct member *member,
                          struct mneme_json_writer *json) {
    const char *payload = mneme_event_payload(event);
    for (; member != NULL && member->name != NULL; member++) {
        const struct mneme_field_info *field =
            member->field == NULL ? NULL
                                  : mneme_record_field(&mneme_payload_info[event->type], member->field);
        bool is_there = field != NULL && !mneme_field_is_null(payload, field);
        if (is_there || member->otherwise != NULL) {
            mneme_json_key(json, mneme_str_from(member->name));
        }
        if (is_there) {
            mneme_field_json(json, field, payload + field->offset, event->schema_version);
        } else if (member->otherwise != NULL) {
            mneme_json_raw(json, mneme_str_from(member->otherwise));
        }
    }
}

void mneme_left_memory_content(const struct mneme_event *event, struct mneme_json_writer *json) {
    const struct left *left = left_of(event);
    struct mneme_str object = left == NULL ? MNEME_STR_NULL : text_of(event, left->object);
    if (object.data != NULL && mneme_json_is_object(object)) {
        mneme_json_raw(json, object);
        return;
    }
    mneme_json_begin_object(json);
    write_members(event, left == NULL ? NULL : left->content, json);
    mneme_json_end_object(json);
}

void mneme_left_memory_metadata(const struct mneme_event *event, struct mneme_json_writer *json) {
    const struct left *left = left_of(event);
    struct mneme_str base = left == NULL ? MNEME_STR_NULL : text_of(event, left->base);
    mneme_json_begin_object(json);
    if (base.data != NULL) {
        mneme_json_members(json, base);
    }
    write_members(event, left == NULL ? NULL : left->metadata, json);
    mneme_json_end_object(json);
}
