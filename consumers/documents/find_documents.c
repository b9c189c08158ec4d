/*
 * What a batch does not tell of its documents, from the ledger's tables: at most two statements, in one round
 * trip.
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

/* --- memories whose text is updated --- */

static bool ask_memories(struct mneme_documents *documents, struct mneme_pg_params *params,
                         const struct mneme_document_item **wanted, size_t count) {
    struct mneme_str *texts = mneme_arena_alloc(&documents->arena, 2 * count * sizeof *texts);
    struct mneme_uuid *ids = mneme_arena_alloc(&documents->arena, count * sizeof *ids);
    int64_t *sequences = mneme_arena_alloc(&documents->arena, count * sizeof *sequences);
    if (texts == NULL || ids == NULL || sequences == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_event *event = &wanted[i]->from->event;
        texts[i] = event->tenant;
        texts[count + i] = event->stream_id;
        ids[i] = event->payload.memory_updated.memory_id;
        sequences[i] = mneme_sequence_id(wanted[i]->from->position);
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str_array(params, texts, count);
    mneme_pg_param_str_array(params, texts + count, count);
    mneme_pg_param_uuid_array(params, ids, count);
    mneme_pg_param_long_array(params, sequences, count);
    return true;
}

static int read_memories(struct mneme_documents *documents, const struct mneme_document_item **wanted,
                         size_t count, const PGresult *answer, struct mneme_error *error) {
    for (int row = 0; row < PQntuples(answer); row++) {
        struct mneme_document_state *state = wanted[mneme_pg_get_long(answer, row, 0) - 1]->state;
        struct mneme_document_version *now = &state->now;
        struct mneme_str *const columns[] = {&now->user_id, &now->agent_id, &now->run_id,
                                             &now->conversation_id};
        for (int i = 0; i < 4; i++) {
            if (!get_text(columns[i], &documents->arena, answer, row, 1 + i)) {
                return no_memory(error);
            }
        }
        if (!get_text(&now->metadata, &documents->arena, answer, row, 6)) {
            return no_memory(error);
        }
        now->created_at = mneme_pg_get_long(answer, row, 5) + POSTGRES_EPOCH_MICROS;
        state->is_created = true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!wanted[i]->state->is_created) {
            struct mneme_position at = wanted[i]->from->position;
            return mneme_error_set(
                error, MNEME_E_UNAVAILABLE,
                "the batch was not folded: the tables do not have the memory that the event "
                "at %d:%lld updates; if that lasts, build them again with `mneme rebuild "
                "postgres`",
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

/* The row of the answer that has this sequence_id, or -1; the rows ascend by it. */
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

static int read_turns(struct mneme_documents *documents, const PGresult *answer, struct mneme_error *error) {
    for (size_t i = 0; i < documents->item_count; i++) {
        struct mneme_document_item *item = &documents->items[i];
        if (!item->wants_turn_index) {
            continue;
        }
        struct mneme_position at = item->from->position;
        int row = find_row(answer, mneme_sequence_id(at));
        if (row < 0) {
            return mneme_error_set(
                error, MNEME_E_UNAVAILABLE,
                "the batch was not folded: the tables do not have the turn of the event at "
                "%d:%lld; if that lasts, build them again with `mneme rebuild postgres`",
                at.partition, (long long)at.offset);
        }
        item->turn_index = mneme_pg_get_long(answer, row, 1);
    }
    return MNEME_OK;
}

int mneme_documents_look_up(struct mneme_documents *documents, struct mneme_postgres *postgres,
                            struct mneme_error *error) {
    const struct mneme_document_item **wanted =
        mneme_arena_alloc(&documents->arena, (documents->item_count + 1) * sizeof(void *));
    struct mneme_pg_call calls[2];
    PGresult *answers[2] = {NULL, NULL};
    size_t count = 0;
    size_t asked = 0;
    if (wanted == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < documents->item_count; i++) {
        if (documents->items[i].wants_memory) {
            wanted[count++] = &documents->items[i];
        }
    }
    if (count > 0) {
        if (!ask_memories(documents, &documents->params[asked], wanted, count)) {
            return no_memory(error);
        }
        calls[asked] = (struct mneme_pg_call){mneme_sql_documents_memories, &documents->params[asked]};
        asked++;
    }
    if (documents->conversation_count > 0) {
        if (!ask_turns(documents, &documents->params[asked])) {
            return no_memory(error);
        }
        calls[asked] = (struct mneme_pg_call){mneme_sql_documents_turns, &documents->params[asked]};
        asked++;
    }
    int status = asked == 0 ? MNEME_OK : mneme_pg_pipeline(answers, postgres, calls, asked, error);
    if (status == MNEME_OK && count > 0) {
        status = read_memories(documents, wanted, count, answers[0], error);
    }
    if (status == MNEME_OK && documents->conversation_count > 0) {
        status = read_turns(documents, answers[asked - 1], error);
    }
    for (size_t i = 0; i < asked; i++) {
        PQclear(answers[i]);
    }
    return status;
}
