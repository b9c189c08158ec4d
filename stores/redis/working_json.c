/*
 * Elements of working memory, column by column.
 */
#include "stores/redis/working_json.h"

#define COLUMN(type, column_name, column_kind)                                                               \
    { #column_name, column_kind, offsetof(struct type, column_name) }

static const struct mneme_row_column turn_columns[] = {
    COLUMN(mneme_recent_turn, turn_index, MNEME_ROW_LONG),
    COLUMN(mneme_recent_turn, role, MNEME_ROW_STR),
    COLUMN(mneme_recent_turn, speaker, MNEME_ROW_STR),
    COLUMN(mneme_recent_turn, content, MNEME_ROW_STR),
    COLUMN(mneme_recent_turn, token_count, MNEME_ROW_OPT_LONG),
    COLUMN(mneme_recent_turn, model, MNEME_ROW_STR),
    COLUMN(mneme_recent_turn, metadata, MNEME_ROW_JSON),
    COLUMN(mneme_recent_turn, created_at, MNEME_ROW_TIME),
    COLUMN(mneme_recent_turn, source_event_id, MNEME_ROW_UUID),
};

static const struct mneme_row_column thought_columns[] = {
    COLUMN(mneme_recent_thought, thought, MNEME_ROW_STR),
    COLUMN(mneme_recent_thought, metadata, MNEME_ROW_JSON),
    COLUMN(mneme_recent_thought, created_at, MNEME_ROW_TIME),
    COLUMN(mneme_recent_thought, source_event_id, MNEME_ROW_UUID),
};

static const struct mneme_row_column key_columns[] = {
    COLUMN(mneme_context_key, key, MNEME_ROW_STR),
    COLUMN(mneme_context_key, value, MNEME_ROW_JSON),
    COLUMN(mneme_context_key, ttl_s, MNEME_ROW_LONG),
    COLUMN(mneme_context_key, updated_at, MNEME_ROW_TIME),
    COLUMN(mneme_context_key, expires_at, MNEME_ROW_TIME),
    COLUMN(mneme_context_key, source_event_id, MNEME_ROW_UUID),
};

static const struct mneme_row_column event_columns[] = {
    COLUMN(mneme_context_event, entry_index, MNEME_ROW_LONG),
    COLUMN(mneme_context_event, event, MNEME_ROW_JSON),
    COLUMN(mneme_context_event, created_at, MNEME_ROW_TIME),
    COLUMN(mneme_context_event, source_event_id, MNEME_ROW_UUID),
};

#define SHAPE(list_name, array, type)                                                                        \
    { list_name, array, sizeof(array) / sizeof *(array), sizeof(struct type) }

const struct mneme_working_shape mneme_working_shapes[MNEME_WORKING_PART_COUNT] = {
    [MNEME_WORKING_TURN] = SHAPE("turns", turn_columns, mneme_recent_turn),
    [MNEME_WORKING_THOUGHT] = SHAPE("thoughts", thought_columns, mneme_recent_thought),
    [MNEME_WORKING_KEY] = SHAPE("context", key_columns, mneme_context_key),
    [MNEME_WORKING_EVENT] = SHAPE("events", event_columns, mneme_context_event),
};

void mneme_working_element_json(struct mneme_json_writer *json, enum mneme_working_part part,
                                const void *element) {
    mneme_json_begin_object(json);
    mneme_row_json(element, mneme_working_shapes[part].columns, mneme_working_shapes[part].column_count,
                   json);
    mneme_json_end_object(json);
}

bool mneme_working_element_parse(void *element, enum mneme_working_part part, struct mneme_str json,
                                 struct mneme_arena *arena) {
    memset(element, 0, mneme_working_shapes[part].bytes);
    return mneme_row_parse(element, mneme_working_shapes[part].columns,
                           mneme_working_shapes[part].column_count, json, arena);
}

const void *mneme_working_elements(const struct mneme_working *working, enum mneme_working_part part,
                                   size_t *count) {
    const struct {
        const void *elements;
        size_t count;
    } lists[MNEME_WORKING_PART_COUNT] = {
        [MNEME_WORKING_TURN] = {working->turns, working->turn_count},
        [MNEME_WORKING_THOUGHT] = {working->thoughts, working->thought_count},
        [MNEME_WORKING_KEY] = {working->keys, working->key_count},
        [MNEME_WORKING_EVENT] = {working->events, working->event_count},
    };
    *count = lists[part].count;
    return lists[part].elements;
}

#define ELEMENT_BYTES 200 /* names of columns, times, ids */

int64_t mneme_working_bytes(const struct mneme_loaded_working *loaded) {
    const struct mneme_working *working = &loaded->working;
    size_t bytes = working->goal.len + loaded->goal_id.len;
    for (size_t i = 0; i < working->turn_count; i++) {
        const struct mneme_recent_turn *turn = &working->turns[i];
        bytes +=
            turn->role.len + turn->speaker.len + turn->content.len + turn->model.len + turn->metadata.len;
    }
    for (size_t i = 0; i < working->thought_count; i++) {
        bytes += working->thoughts[i].thought.len + working->thoughts[i].metadata.len;
    }
    for (size_t i = 0; i < working->key_count; i++) {
        bytes += 2 * working->keys[i].key.len + working->keys[i].value.len;
    }
    for (size_t i = 0; i < working->event_count; i++) {
        bytes += working->events[i].event.len;
    }
    return (int64_t)(bytes + ELEMENT_BYTES * (working->turn_count + working->thought_count +
                                              working->key_count + working->event_count));
}

/* The goal as an object; null where there is none. */
static void write_goal(struct mneme_json_writer *json, const struct mneme_loaded_working *loaded) {
    static const struct mneme_row_column goal_columns[] = {
        {"id", MNEME_ROW_STR, offsetof(struct mneme_loaded_working, goal_id)},
        {"description", MNEME_ROW_STR, offsetof(struct mneme_loaded_working, working.goal)},
        {"set_at", MNEME_ROW_OPT_TIME, offsetof(struct mneme_loaded_working, goal_set_at)},
    };
    if (loaded->working.goal.data == NULL) {
        mneme_json_null(json);
        return;
    }
    mneme_json_begin_object(json);
    mneme_row_json(loaded, goal_columns, sizeof goal_columns / sizeof *goal_columns, json);
    mneme_json_end_object(json);
}

void mneme_working_json(struct mneme_json_writer *json, const struct mneme_loaded_working *loaded) {
    mneme_json_key(json, MNEME_STR_LIT("goal"));
    mneme_json_string(json, loaded->working.goal);
    mneme_json_key(json, MNEME_STR_LIT("active_goal"));
    write_goal(json, loaded);
    for (int part = 0; part < MNEME_WORKING_PART_COUNT; part++) {
        size_t count;
        const char *elements =
            mneme_working_elements(&loaded->working, (enum mneme_working_part)part, &count);
        mneme_json_key(json, mneme_str_from(mneme_working_shapes[part].name));
        mneme_json_begin_array(json);
        for (size_t i = 0; i < count; i++) {
            mneme_working_element_json(json, (enum mneme_working_part)part,
                                       elements + i * mneme_working_shapes[part].bytes);
        }
        mneme_json_end_array(json);
    }
}
