/*
 * Verdicts, in this order for each event: duplicate, rejected by the stream's version, exists, not_found or
 * rejected by the row's version, accepted. Everything they need is in memory by now; nothing is queried here.
 */
#include "consumers/postgres/fold/fold.h"

const char *const mneme_fold_verdict_names[] = {
    [MNEME_FOLD_ACCEPTED] = "accepted",   [MNEME_FOLD_REJECTED] = "rejected",
    [MNEME_FOLD_DUPLICATE] = "duplicate", [MNEME_FOLD_NOT_FOUND] = "not_found",
    [MNEME_FOLD_EXISTS] = "exists",
};

/* The child's row, at the index that the event gives, or that is behind the child before it, or that its
 * parent gives next. */
static struct mneme_fold_row *child_row(struct mneme_fold *fold, struct mneme_fold_item *item,
                                        const struct mneme_action_plan *action,
                                        const struct mneme_event *event,
                                        const struct mneme_fold_row *before) {
    struct mneme_fold_row *parent = item->rows[action->parent_action];
    struct mneme_opt_long index = mneme_fold_opt_long(mneme_event_payload(event), action->index_offset);
    if (action->action->is_behind && before != NULL) {
        index = (struct mneme_opt_long){before->index + 1, true};
    }
    if (!index.is_set) {
        index.value = parent->is_there ? parent->cells[parent->table->next_index].number : 0;
    }
    bool is_new;
    struct mneme_fold_row *row = mneme_fold_row_find(fold, &is_new, action, item->stream, event, index.value);
    if (row != NULL) {
        mneme_fold_row_adopt(parent, row);
    }
    return row;
}

static struct mneme_fold_decision judged(enum mneme_fold_verdict verdict, int64_t actual) {
    return (struct mneme_fold_decision){.verdict = verdict, .actual = {actual, true}};
}

/* False when memory is exhausted. An existing child that may be corrected does not prevent an event. */
static bool judge_child(struct mneme_fold *fold, struct mneme_fold_decision *decision,
                        struct mneme_fold_item *item, size_t number, const struct mneme_action_plan *action) {
    const struct mneme_fold_row *row = item->rows[number];
    item->has_children = true;
    if (!mneme_fold_row_is_live(row)) {
        item->has_new_children = true;
        return true;
    }
    if (action->sameness == NULL) {
        *decision = judged(MNEME_FOLD_EXISTS, mneme_fold_row_version(row->parent));
        return true;
    }
    return mneme_fold_is_same_text(fold, &item->is_same[number], row, action, &item->from->event);
}

/* Whether the event would change nothing. */
static bool is_unchanged(const struct mneme_fold_item *item, const struct mneme_fold_type_plan *does) {
    bool is_new = item->has_new_children || !item->has_children;
    for (size_t i = 0; i < does->count; i++) {
        bool is_child = does->actions[i].action->kind == MNEME_ACTION_APPEND && item->rows[i] != NULL;
        is_new |= is_child && !item->is_same[i];
    }
    return !is_new;
}

static struct mneme_fold_decision judge_action(const struct mneme_fold_row *row,
                                               const struct mneme_action_plan *action, const void *payload) {
    const struct mneme_fold_decision accepted = {.verdict = MNEME_FOLD_ACCEPTED};
    if (row == NULL) {
        return accepted; /* the event names none */
    }
    bool is_live = mneme_fold_row_is_live(row);
    int64_t version = mneme_fold_row_version(row);
    struct mneme_opt_long expected;
    switch (action->action->kind) {
    case MNEME_ACTION_CREATE:
        return is_live ? judged(MNEME_FOLD_EXISTS, version) : accepted;
    case MNEME_ACTION_APPEND: /* judge_child */
    case MNEME_ACTION_PUT:
    case MNEME_ACTION_TOUCH:
        return accepted;
    case MNEME_ACTION_REQUIRE:
        return is_live ? accepted : judged(MNEME_FOLD_NOT_FOUND, version);
    case MNEME_ACTION_ENSURE:
        return row->is_there && !is_live ? judged(MNEME_FOLD_NOT_FOUND, version) : accepted;
    case MNEME_ACTION_CHANGE:
    case MNEME_ACTION_RESTORE:
        if (action->action->kind == MNEME_ACTION_RESTORE ? !row->is_there : !is_live) {
            return judged(MNEME_FOLD_NOT_FOUND, version);
        }
        if (action->action->kind == MNEME_ACTION_RESTORE && is_live) {
            return judged(MNEME_FOLD_EXISTS, version);
        }
        expected = mneme_fold_opt_long(payload, action->expected_offset);
        return expected.is_set && expected.value != version ? judged(MNEME_FOLD_REJECTED, version) : accepted;
    }
    return accepted;
}

/* Whether the event was seen before. From here on it was, also where the same id comes again in the batch. */
static bool is_duplicate(struct mneme_fold *fold, struct mneme_fold_item *item, struct mneme_uuid event_id) {
    struct mneme_fold_suspect *suspect = item->suspect;
    if (suspect == NULL && fold->suspects_by_id.count > 0) {
        uint64_t hash = mneme_hash_bytes(fold->seed, event_id.bytes, sizeof event_id.bytes);
        uint64_t cursor = hash;
        while ((suspect = mneme_hash_next(&fold->suspects_by_id, hash, &cursor)) != NULL &&
               (suspect->stream != item->stream || mneme_uuid_compare(suspect->event_id, event_id) != 0)) {
        }
        if (suspect != NULL) {
            suspect->is_seen = true;
        }
        return false;
    }
    if (suspect == NULL) {
        return false;
    }
    bool was_seen = suspect->is_seen;
    suspect->is_seen = true;
    return was_seen;
}

static bool judge(struct mneme_fold *fold, struct mneme_fold_decision *decision, struct mneme_fold_item *item,
                  const struct mneme_event *event) {
    struct mneme_stream_state *state = &item->stream->state;
    if (is_duplicate(fold, item, event->event_id)) {
        *decision = judged(MNEME_FOLD_DUPLICATE, state->version);
        return true;
    }
    if (event->expected_version.is_set && event->expected_version.value != state->version) {
        *decision = judged(MNEME_FOLD_REJECTED, state->version);
        return true;
    }
    const void *payload = mneme_event_payload(event);
    const struct mneme_fold_type_plan *does = mneme_mapping_of(fold->mappings, event);
    *decision = (struct mneme_fold_decision){.verdict = MNEME_FOLD_ACCEPTED};
    for (size_t i = 0; i < does->count && decision->verdict == MNEME_FOLD_ACCEPTED; i++) {
        const struct mneme_action_plan *action = &does->actions[i];
        if (action->action->kind != MNEME_ACTION_APPEND) {
            *decision = judge_action(item->rows[i], action, payload);
        } else if (mneme_fold_is_done(action, event)) {
            item->rows[i] = child_row(fold, item, action, event, i == 0 ? NULL : item->rows[i - 1]);
            if (item->rows[i] == NULL || !judge_child(fold, decision, item, i, action)) {
                return false;
            }
        }
    }
    if (decision->verdict == MNEME_FOLD_ACCEPTED && is_unchanged(item, does)) {
        *decision = judged(MNEME_FOLD_DUPLICATE, state->version);
    }
    return true;
}

static bool note_exception(struct mneme_fold *fold, const struct mneme_fold_decision *decision,
                           struct mneme_position position) {
    struct mneme_fold_exception *exception = mneme_arena_alloc(&fold->arena, sizeof *exception);
    if (exception == NULL) {
        return false;
    }
    *exception = (struct mneme_fold_exception){position, decision->verdict, decision->actual.value, NULL};
    *fold->last_exception = exception;
    fold->last_exception = &exception->next;
    return true;
}

static bool carry_out(struct mneme_fold *fold, const struct mneme_fold_item *item) {
    const struct mneme_fold_type_plan *does = mneme_mapping_of(fold->mappings, &item->from->event);
    bool corrects = item->has_children && !item->has_new_children;
    for (size_t i = 0; i < does->count; i++) {
        bool is_idle = item->is_same[i] || (corrects && does->actions[i].action->kind == MNEME_ACTION_ENSURE);
        if (!is_idle && !mneme_fold_row_apply(fold, item->rows[i], &does->actions[i], item->from)) {
            return false;
        }
    }
    return mneme_fold_count_accesses(fold, item);
}

int mneme_fold_decide(struct mneme_fold *fold, struct mneme_fold_decision *decision,
                      struct mneme_fold_item *item, struct mneme_error *error) {
    item->stream->is_touched = true;
    item->stream->last_recorded_at = item->from->recorded_at;
    bool is_done = judge(fold, decision, item, &item->from->event);
    if (is_done && decision->verdict == MNEME_FOLD_ACCEPTED) {
        decision->version = (struct mneme_opt_long){++item->stream->state.version, true};
        is_done = carry_out(fold, item);
    } else if (is_done) {
        is_done = note_exception(fold, decision, item->from->position);
    }
    return is_done ? MNEME_OK : mneme_fold_no_memory(error);
}
