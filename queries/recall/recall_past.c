/*
 * Vectors for questions about the past: they are made from the present texts, and count only for documents
 * whose text was the same then.
 */
#include <math.h>

#include "queries/recall/recall_state.h"
#include "sql/embedded.h"

struct sequence_row {
    struct mneme_str stream_id, kind, ref;
    int64_t source_sequence;
};

static const struct mneme_row_column sequence_columns[] = {
    {"stream_id", MNEME_ROW_STR, offsetof(struct sequence_row, stream_id)},
    {"kind", MNEME_ROW_STR, offsetof(struct sequence_row, kind)},
    {"ref", MNEME_ROW_STR, offsetof(struct sequence_row, ref)},
    {"source_sequence", MNEME_ROW_LONG, offsetof(struct sequence_row, source_sequence)},
};

static const struct mneme_question sequences = {
    "present texts were not looked up", mneme_sql_recall_sequences, sequence_columns,
    sizeof sequence_columns / sizeof *sequence_columns, sizeof(struct sequence_row)};

/* A vector belongs to the present text. */
static bool compare_text(const void *row, void *context) {
    const struct sequence_row *present = row;
    struct mneme_recalling *recalling = context;
    struct mneme_recall_hit *hit =
        mneme_recall_hit_of(recalling, present->stream_id, present->kind, present->ref);
    const struct mneme_candidates *candidates = &recalling->out->candidates;
    for (size_t i = 0; i < candidates->count && hit != NULL; i++) {
        const struct mneme_candidate *item = &candidates->items[i];
        bool is_it = mneme_str_equal(item->ref, present->ref) && mneme_str_equal(item->kind, present->kind) &&
                     mneme_str_equal(item->stream_id, present->stream_id);
        if (is_it && item->source_sequence != present->source_sequence) {
            hit->meaning = NAN;
            hit->topic = NAN;
            mneme_recall_degrade(recalling->out,
                                 "vectors are of the present texts; documents whose text has changed since "
                                 "the time asked about were found only by their words");
        }
    }
    return true;
}

int mneme_recall_drop_changed(struct mneme_recalling *recalling, struct mneme_error *error) {
    struct mneme_arena *arena = &recalling->out->arena;
    size_t count = recalling->hit_count;
    struct mneme_str *keys = mneme_arena_calloc(arena, 3 * count + 1, sizeof *keys);
    struct mneme_pg_params params = {0};
    if (!recalling->question->which.as_of.is_set || count == 0) {
        return MNEME_OK;
    }
    if (keys == NULL) {
        return mneme_recall_no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        keys[i] = recalling->hits[i].key.stream_id;
        keys[count + i] = recalling->hits[i].key.kind;
        keys[2 * count + i] = recalling->hits[i].key.ref;
    }
    mneme_pg_param_str(&params, recalling->question->which.scope.tenant);
    for (size_t column = 0; column < 3; column++) {
        mneme_pg_param_str_array(&params, keys + column * count, count);
    }
    int status = mneme_query_run(recalling->recall->postgres, &sequences, &params, compare_text, recalling,
                                 NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
