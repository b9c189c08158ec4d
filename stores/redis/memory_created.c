/*
 * The values of a new row, as in the mapping of memory_created (consumers/postgres/fold/mappings.c); a test
 * compares the two.
 */
#include "stores/redis/memory_created.h"

#include "common/base/clock.h"

#define SHORT_TERM MNEME_STR_LIT("short_term")
#define SHORT_TERM_MICROS (INT64_C(7) * 86400 * 1000000)

/* JSON in the form in which Postgres returns it; `when_null` if the event has none. */
static bool put_json(struct mneme_str *out, struct mneme_str json, struct mneme_str when_null,
                     struct mneme_arena *arena, struct mneme_buffer *text, struct mneme_json_normal *normal) {
    if (json.data == NULL) {
        *out = when_null;
        return true;
    }
    mneme_buffer_clear(text);
    mneme_json_normalise(text, normal, json);
    *out = mneme_arena_copy(arena, mneme_buffer_str(text));
    return out->data != NULL && !text->failed;
}

static struct mneme_opt_long expires_at(const struct mneme_event *event) {
    const struct mneme_memory_created *created = &event->payload.memory_created;
    if (created->expires_at.is_set || created->term.data == NULL ||
        !mneme_str_equal(created->term, SHORT_TERM)) {
        return created->expires_at;
    }
    bool is_beyond = event->occurred_at > MNEME_MAX_MICROS - SHORT_TERM_MICROS;
    return (struct mneme_opt_long){
        .is_set = true, .value = is_beyond ? MNEME_MAX_MICROS : event->occurred_at + SHORT_TERM_MICROS};
}

static struct mneme_str_array or_empty(struct mneme_str_array items) {
    items.is_set = true;
    return items;
}

int mneme_hot_memory_create(struct mneme_hot_memory *out, const struct mneme_event *event, int64_t sequence,
                            struct mneme_arena *arena, struct mneme_buffer *text,
                            struct mneme_json_normal *normal, struct mneme_error *error) {
    const struct mneme_memory_created *created = &event->payload.memory_created;
    *out = (struct mneme_hot_memory){
        .source_sequence = sequence,
        .row =
            {
                .id = created->memory_id,
                .tenant = event->tenant,
                .stream_id = event->stream_id,
                .agent_id = event->scope.agent_id,
                .user_id = event->scope.user_id,
                .run_id = event->scope.run_id,
                .conversation_id = event->scope.conversation_id,
                .memory_type = created->memory_type,
                .term = created->term,
                .tags = or_empty(created->tags),
                .entities = or_empty(created->entities),
                .confidence = created->confidence,
                .importance = created->importance,
                .priority = created->priority,
                .created_at = event->occurred_at,
                .updated_at = event->occurred_at,
                .expires_at = expires_at(event),
                .tier = created->tier,
                .version = 1,
                .source_event_id = event->event_id,
            },
    };
    if (!put_json(&out->row.content, created->content, MNEME_STR_NULL, arena, text, normal) ||
        !put_json(&out->row.metadata, created->metadata, MNEME_STR_LIT("{}"), arena, text, normal)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot fold the batch: out of memory");
    }
    return MNEME_OK;
}
