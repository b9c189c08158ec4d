/*
 * Reads what a batch does not contain of its documents from the ledger's tables: at most three statements, in
 * one round trip.
 */
#include "common/postgres/row.h"
#include "consumers/documents/documents_fold.h"
#include "sql/embedded.h"

/* 2000-01-01, where Postgres counts from. */
#define POSTGRES_EPOCH_MICROS INT64_C(946684800000000)

/* A copy in the arena; null stays null. */
static bool get_text(struct mneme_str *out, struct mneme_arena *arena, const PGresult *answer, int row,
                     int column) {
    *out = MNEME_STR_NULL;
    if (PQgetisnull(answer, row, column)) {
        return true;
    }
    *out = mneme_arena_copy(
        arena, (struct mneme_str){PQgetvalue(answer, row, column), (size_t)PQgetlength(answer, row, column)});
    return out->data != NULL;
}

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}

/* --- memories with an updated or restored text --- */

/* The memory that an event of either kind is about. */
static struct mneme_uuid memory_of(const struct mneme_event *event) {
    return event->type == MNEME_EVENT_MEMORY_RESTORED ? event->payload.memory_restored.memory_id
                                                      : event->payload.memory_updated.memory_id;
}

static bool ask_memories(struct mneme_documents *documents, struct mneme_pg_params *params,
                         struct mneme_document_item **wanted, size_t count) {
    struct mneme_str *texts = mneme_arena_alloc(&documents->arena, 2 * count * sizeof *texts);
    struct mneme_uuid *ids = mneme_arena_alloc(&documents->arena, count * sizeof *ids);
    int64_t *numbers = mneme_arena_alloc(&documents->arena, 2 * count * sizeof *numbers);
    if (texts == NULL || ids == NULL || numbers == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_event *event = &wanted[i]->from->event;
        texts[i] = event->tenant;
        texts[count + i] = event->stream_id;
        ids[i] = memory_of(event);
        numbers[i] = mneme_sequence_id(wanted[i]->from->position);
        numbers[count + i] = event->type == MNEME_EVENT_MEMORY_RESTORED;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str_array(params, texts, count);
    mneme_pg_param_str_array(params, texts + count, count);
    mneme_pg_param_uuid_array(params, ids, count);
    mneme_pg_param_long_array(params, numbers, count);
    mneme_pg_param_long_array(params, numbers + count, count);
    return true;
}

static int read_memories(struct mneme_documents *documents, struct mneme_document_item **wanted, size_t count,
                         const PGresult *answer, struct mneme_error *error) {
    for (int row = 0; row < PQntuples(answer); row++) {
        struct mneme_document_memory *memory = mneme_arena_calloc(&documents->arena, 1, sizeof *memory);
        if (memory == NULL) {
            return no_memory(error);
        }
        struct mneme_str *const columns[] = {&memory->user_id, &memory->agent_id, &memory->run_id,
                                             &memory->conversation_id};
        for (int i = 0; i < 4; i++) {
            if (!get_text(columns[i], &documents->arena, answer, row, 1 + i)) {
                return no_memory(error);
            }
        }
        if (!get_text(&memory->metadata, &documents->arena, answer, row, 6) ||
            !get_text(&memory->content, &documents->arena, answer, row, 7)) {
            return no_memory(error);
        }
        memory->created_at = mneme_pg_get_long(answer, row, 5) + POSTGRES_EPOCH_MICROS;
        wanted[mneme_pg_get_long(answer, row, 0) - 1]->memory = memory;
    }
    for (size_t i = 0; i < count; i++) {
        if (wanted[i]->memory == NULL) {
            struct mneme_position at = wanted[i]->from->position;
            return mneme_error_set(
                error, MNEME_E_UNAVAILABLE,
                "the batch was not folded: the tables do not have the memory that the event "
                "at %d:%lld changes; if that persists, rebuild them with `mneme rebuild postgres`",
                at.partition, (long long)at.offset);
        }
    }
    return MNEME_OK;
}

/* --- turns that were appended --- */

static bool ask_turns(struct mneme_documents *documents, struct mneme_pg_params *params) {
    size_t count = documents->conversation_count;
    struct mneme_str *texts = mneme_arena_alloc(&documents->arena, 3 * count * sizeof *texts);
    int64_t *bounds = mneme_arena_alloc(&documents->arena, 2 * count * sizeof *bounds);
    if (texts == NULL || bounds == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_document_conversation *conversation = documents->conversations[i];
        texts[i] = conversation->tenant;
        texts[count + i] = conversation->stream_id;
        texts[2 * count + i] = conversation->conversation_id;
        bounds[i] = conversation->first_sequence;
        bounds[count + i] = conversation->last_sequence;
    }
    mneme_pg_params_clear(params);
    for (size_t i = 0; i < 3; i++) {
        mneme_pg_param_str_array(params, texts + i * count, count);
    }
    mneme_pg_param_long_array(params, bounds, count);
    mneme_pg_param_long_array(params, bounds + count, count);
    return true;
}

/* The first row of the answer that has this sequence_id, or -1; the rows ascend by it. */
static int find_row(const PGresult *answer, int64_t sequence) {
    int low = 0;
    int high = PQntuples(answer);
    while (low < high) {
        int middle = (low + high) / 2;
        if (mneme_pg_get_long(answer, middle, 0) < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < PQntuples(answer) && mneme_pg_get_long(answer, low, 0) == sequence ? low : -1;
}

static int lacks_turn(const struct mneme_document_item *item, struct mneme_error *error) {
    struct mneme_position at = item->from->position;
    return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                           "the batch was not folded: the tables do not have the turn of the event at "
                           "%d:%lld; if that persists, rebuild them with `mneme rebuild postgres`",
                           at.partition, (long long)at.offset);
}

static int read_turns(struct mneme_documents *documents, const PGresult *answer, struct mneme_error *error) {
    for (size_t i = 0; i < documents->item_count; i++) {
        struct mneme_document_item *item = &documents->items[i];
        if (!item->wants_turn_index) {
            continue;
        }
        int row = find_row(answer, mneme_sequence_id(item->from->position));
        if (row < 0) {
            return lacks_turn(item, error);
        }
        item->turn_index = mneme_pg_get_long(answer, row, 1);
    }
    return MNEME_OK;
}

/* --- turns that may be corrections --- */

static bool ask_turns_at(struct mneme_documents *documents, struct mneme_pg_params *params,
                         struct mneme_document_turn **turns, size_t count) {
    struct mneme_str *texts = mneme_arena_alloc(&documents->arena, 3 * count * sizeof *texts);
    int64_t *numbers = mneme_arena_alloc(&documents->arena, 2 * count * sizeof *numbers);
    size_t at = 0;
    if (texts == NULL || numbers == NULL) {
        return false;
    }
    for (size_t i = 0; i < documents->item_count; i++) {
        struct mneme_document_item *item = &documents->items[i];
        size_t turn_count = item->wants_turns ? mneme_document_turn_count(item) : 0;
        for (size_t k = 0; k < turn_count; k++) {
            texts[at] = item->from->event.tenant;
            texts[count + at] = item->from->event.stream_id;
            texts[2 * count + at] = item->conversation->conversation_id;
            numbers[at] = item->turn_index + (int64_t)k;
            numbers[count + at] = mneme_sequence_id(item->from->position);
            turns[at++] = &item->turns[k];
        }
    }
    mneme_pg_params_clear(params);
    for (size_t i = 0; i < 3; i++) {
        mneme_pg_param_str_array(params, texts + i * count, count);
    }
    mneme_pg_param_long_array(params, numbers, count);
    mneme_pg_param_long_array(params, numbers + count, count);
    return true;
}

static int read_turns_at(const struct mneme_documents *documents, struct mneme_document_turn **turns,
                         const PGresult *answer, struct mneme_error *error) {
    for (int row = 0; row < PQntuples(answer); row++) {
        *turns[mneme_pg_get_long(answer, row, 0) - 1] = (struct mneme_document_turn){
            .is_there = true,
            .created_at = mneme_pg_get_long(answer, row, 1) + POSTGRES_EPOCH_MICROS,
            .is_first = mneme_pg_get_long(answer, row, 2) != 0,
        };
    }
    for (size_t i = 0; i < documents->item_count; i++) {
        const struct mneme_document_item *item = &documents->items[i];
        if (item->wants_turns && !item->turns[0].is_there && !item->turns[1].is_there) {
            return lacks_turn(item, error);
        }
    }
    return MNEME_OK;
}

/* --- all of it --- */

/* What the batch needs to look up. */
struct lookups {
    struct mneme_document_item **memories;
    size_t memory_count;
    struct mneme_document_turn **turns; /* filled when they are asked for */
    size_t turn_count;
};

static bool collect_lookups(struct mneme_documents *documents, struct lookups *lookups) {
    struct mneme_arena *arena = &documents->arena;
    lookups->memories = mneme_arena_alloc(arena, (documents->item_count + 1) * sizeof(void *));
    for (size_t i = 0; i < documents->item_count && lookups->memories != NULL; i++) {
        struct mneme_document_item *item = &documents->items[i];
        if (item->wants_memory) {
            lookups->memories[lookups->memory_count++] = item;
        }
        lookups->turn_count += item->wants_turns ? mneme_document_turn_count(item) : 0;
    }
    lookups->turns = mneme_arena_alloc(arena, (lookups->turn_count + 1) * sizeof(void *));
    return lookups->memories != NULL && lookups->turns != NULL;
}

int mneme_documents_look_up(struct mneme_documents *documents, struct mneme_postgres *postgres,
                            struct mneme_error *error) {
    struct lookups lookups = {0};
    struct mneme_pg_call calls[3];
    PGresult *answers[3] = {NULL, NULL, NULL};
    size_t asked = 0;
    size_t heard = 0;
    bool is_asked = collect_lookups(documents, &lookups);
    if (is_asked && lookups.memory_count > 0) {
        is_asked = ask_memories(documents, &documents->params[asked], lookups.memories, lookups.memory_count);
        calls[asked] = (struct mneme_pg_call){mneme_sql_documents_memories, &documents->params[asked]};
        asked++;
    }
    if (is_asked && documents->conversation_count > 0) {
        is_asked = ask_turns(documents, &documents->params[asked]);
        calls[asked] = (struct mneme_pg_call){mneme_sql_documents_turns, &documents->params[asked]};
        asked++;
    }
    if (is_asked && lookups.turn_count > 0) {
        is_asked = ask_turns_at(documents, &documents->params[asked], lookups.turns, lookups.turn_count);
        calls[asked] = (struct mneme_pg_call){mneme_sql_documents_turns_at, &documents->params[asked]};
        asked++;
    }
    if (!is_asked) {
        return no_memory(error);
    }
    int status = asked == 0 ? MNEME_OK : mneme_pg_pipeline(answers, postgres, calls, asked, error);
    if (status == MNEME_OK && lookups.memory_count > 0) {
        status = read_memories(documents, lookups.memories, lookups.memory_count, answers[heard++], error);
    }
    if (status == MNEME_OK && documents->conversation_count > 0) {
        status = read_turns(documents, answers[heard++], error);
    }
    if (status == MNEME_OK && lookups.turn_count > 0) {
        status = read_turns_at(documents, lookups.turns, answers[heard], error);
    }
    for (size_t i = 0; i < asked; i++) {
        PQclear(answers[i]);
    }
    return status;
}
