/*
 * The statement's array parameters, and its rows: all parts have the same columns, but use them differently.
 */
#include "stores/redis/working_load.h"

#include "stores/redis/working_json.h"

/* A row of the statement. */
struct load_row {
    int64_t n, ledger_offset, part;
    struct mneme_str name, speaker, body, json;
    struct mneme_opt_long number, token_count;
    struct mneme_str model;
    struct mneme_opt_long at, expires_at;
    struct mneme_opt_uuid source_event_id;
    int64_t source_sequence;
};

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct load_row, column_name) }

static const struct mneme_row_column columns[] = {
    COLUMN(n, MNEME_ROW_LONG),
    {"next_offset", MNEME_ROW_LONG, offsetof(struct load_row, ledger_offset)},
    COLUMN(part, MNEME_ROW_LONG),
    COLUMN(name, MNEME_ROW_STR),
    COLUMN(speaker, MNEME_ROW_STR),
    COLUMN(body, MNEME_ROW_STR),
    COLUMN(json, MNEME_ROW_JSON),
    COLUMN(number, MNEME_ROW_OPT_LONG),
    COLUMN(token_count, MNEME_ROW_OPT_LONG),
    COLUMN(model, MNEME_ROW_STR),
    COLUMN(at, MNEME_ROW_OPT_TIME),
    COLUMN(expires_at, MNEME_ROW_OPT_TIME),
    COLUMN(source_event_id, MNEME_ROW_OPT_UUID),
    COLUMN(source_sequence, MNEME_ROW_LONG),
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot read working memory: out of memory; ask for fewer");
}

int mneme_working_params(struct mneme_pg_params *params, struct mneme_arena *arena, struct mneme_str topic,
                         const struct mneme_working_wanted *wanted, size_t count, int64_t now_micros,
                         struct mneme_error *error) {
    int64_t *partitions = mneme_arena_alloc(arena, (count + 1) * sizeof *partitions);
    struct mneme_str *texts = mneme_arena_alloc(arena, (3 * count + 1) * sizeof *texts);
    if (partitions == NULL || texts == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        partitions[i] = wanted[i].partition;
        texts[i] = wanted[i].tenant;
        texts[count + i] = wanted[i].stream_id;
        texts[2 * count + i] = wanted[i].conversation_id;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, topic);
    mneme_pg_param_long_array(params, partitions, count);
    mneme_pg_param_str_array(params, texts, count);
    mneme_pg_param_str_array(params, texts + count, count);
    mneme_pg_param_str_array(params, texts + 2 * count, count);
    mneme_pg_param_time(params, now_micros);
    mneme_pg_param_long(params, MNEME_WORKING_TURNS);
    mneme_pg_param_long(params, MNEME_WORKING_THOUGHTS);
    mneme_pg_param_long(params, MNEME_WORKING_EVENTS);
    return MNEME_OK;
}

/* Parts of the statement: the goal, then the kinds of elements. */
enum { PART_GOAL, PART_ELEMENTS };

static struct mneme_recent_turn turn_of(const struct load_row *row) {
    return (struct mneme_recent_turn){
        .turn_index = row->number.value,
        .role = row->name,
        .speaker = row->speaker,
        .content = row->body,
        .token_count = row->token_count,
        .model = row->model,
        .metadata = row->json,
        .created_at = row->at.value,
        .source_event_id = row->source_event_id.value,
        .source_sequence = row->source_sequence,
    };
}

static struct mneme_recent_thought thought_of(const struct load_row *row) {
    return (struct mneme_recent_thought){
        .thought = row->body,
        .metadata = row->json,
        .created_at = row->at.value,
        .source_event_id = row->source_event_id.value,
        .source_sequence = row->source_sequence,
    };
}

static struct mneme_context_key key_of(const struct load_row *row) {
    return (struct mneme_context_key){
        .key = row->name,
        .value = row->json,
        .ttl_s = row->number.value,
        .updated_at = row->at.value,
        .expires_at = row->expires_at.value,
        .source_event_id = row->source_event_id.value,
        .source_sequence = row->source_sequence,
    };
}

static struct mneme_context_event event_of(const struct load_row *row) {
    return (struct mneme_context_event){
        .entry_index = row->number.value,
        .event = row->json,
        .created_at = row->at.value,
        .source_event_id = row->source_event_id.value,
        .source_sequence = row->source_sequence,
    };
}

/* Rows of one part, as one list; false when memory is exhausted. */
static bool take_list(struct mneme_working *working, const struct load_row *rows, size_t count,
                      struct mneme_arena *arena) {
    enum mneme_working_part part = (enum mneme_working_part)(rows->part - PART_ELEMENTS);
    union {
        void *any;
        struct mneme_recent_turn *turns;
        struct mneme_recent_thought *thoughts;
        struct mneme_context_key *keys;
        struct mneme_context_event *events;
    } list = {mneme_arena_alloc(arena, count * mneme_working_shapes[part].bytes)};
    for (size_t i = 0; i < count && list.any != NULL; i++) {
        switch (part) {
        case MNEME_WORKING_TURN:
            list.turns[i] = turn_of(&rows[i]);
            working->turns = list.turns;
            working->turn_count = count;
            break;
        case MNEME_WORKING_THOUGHT:
            list.thoughts[i] = thought_of(&rows[i]);
            working->thoughts = list.thoughts;
            working->thought_count = count;
            break;
        case MNEME_WORKING_KEY:
            list.keys[i] = key_of(&rows[i]);
            working->keys = list.keys;
            working->key_count = count;
            break;
        case MNEME_WORKING_EVENT:
            list.events[i] = event_of(&rows[i]);
            working->events = list.events;
            working->event_count = count;
            break;
        case MNEME_WORKING_PART_COUNT:
            break;
        }
    }
    return list.any != NULL;
}

/* How many rows from the first on belong to the same list. */
static size_t list_length(const struct load_row *rows, size_t count) {
    size_t length = 1;
    while (length < count && rows[length].n == rows->n && rows[length].part == rows->part) {
        length++;
    }
    return length;
}

int mneme_working_read(struct mneme_loaded_working *loaded, size_t count, const PGresult *rows,
                       struct mneme_arena *arena, struct mneme_error *error) {
    size_t row_count = (size_t)PQntuples(rows);
    struct load_row *read = mneme_arena_alloc(arena, (row_count + 1) * sizeof *read);
    if (read == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < row_count; i++) {
        int status =
            mneme_row_read(&read[i], columns, sizeof columns / sizeof *columns, rows, (int)i, arena, error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    memset(loaded, 0, count * sizeof *loaded);
    for (size_t at = 0; at < row_count; at += list_length(&read[at], row_count - at)) {
        struct mneme_loaded_working *one = &loaded[read[at].n - 1];
        if (read[at].part == PART_GOAL) {
            one->ledger_offset = read[at].ledger_offset;
            one->working.goal = read[at].body;
            one->goal_id = read[at].name;
            one->goal_set_at = read[at].at;
        } else if (!take_list(&one->working, &read[at], list_length(&read[at], row_count - at), arena)) {
            return no_memory(error);
        }
    }
    return MNEME_OK;
}
