/*
 * Rows in memory: found by key, read, and changed by the mapping's actions. A row that is created, changed
 * and deleted within one batch is written once, as what it has become.
 */
#include "consumers/postgres/fold/fold.h"

static bool same_id(enum mneme_column_kind kind, union mneme_fold_id a, union mneme_fold_id b) {
    return kind == MNEME_COLUMN_UUID ? mneme_uuid_compare(a.uuid, b.uuid) == 0
                                     : mneme_str_equal(a.text, b.text);
}

static uint64_t hash_id(uint64_t seed, enum mneme_column_kind kind, const union mneme_fold_id *id) {
    return kind == MNEME_COLUMN_UUID ? mneme_hash_bytes(seed, id->uuid.bytes, sizeof id->uuid.bytes)
                                     : mneme_hash_bytes(seed, id->text.data, id->text.len);
}

/* An id of the kind, as an event holds it. */
static union mneme_fold_id load_id(enum mneme_column_kind kind, const char *at) {
    union mneme_fold_id id;
    if (kind == MNEME_COLUMN_UUID) {
        memcpy(&id.uuid, at, sizeof id.uuid);
    } else {
        memcpy(&id.text, at, sizeof id.text);
    }
    return id;
}

static bool same_key(const struct mneme_fold_row *row, const struct mneme_fold_row *key) {
    if (row->table != key->table || row->stream != key->stream || row->index != key->index) {
        return false;
    }
    return same_id(row->table->id_kind, row->id, key->id) &&
           (row->table->second < 0 || same_id(row->table->second_kind, row->second, key->second));
}

static uint64_t hash_key(const struct mneme_fold *fold, const struct mneme_fold_row *key) {
    uint64_t seed = mneme_hash_mix(fold->seed ^ (uint64_t)key->index, (uint64_t)(uintptr_t)key->stream);
    seed = mneme_hash_mix(seed, (uint64_t)(uintptr_t)key->table);
    if (key->table->second >= 0) {
        seed = hash_id(seed, key->table->second_kind, &key->second);
    }
    return hash_id(seed, key->table->id_kind, &key->id);
}

/* The key of a thing that exists once for each scope; false when memory is exhausted. */
static bool scope_id(struct mneme_fold *fold, struct mneme_uuid *id, const struct mneme_scope *scope) {
    const struct mneme_str parts[] = {scope->user_id, scope->agent_id, scope->run_id, scope->conversation_id};
    mneme_buffer_clear(&fold->scratch);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        mneme_buffer_append_str(&fold->scratch, parts[i]);
        mneme_buffer_append_byte(&fold->scratch, 0); /* which no part holds, and none is empty */
    }
    return !fold->scratch.failed &&
           mneme_uuid_v5(id, mneme_event_namespace, mneme_buffer_str(&fold->scratch), NULL) == MNEME_OK;
}

struct mneme_fold_row *mneme_fold_row_find(struct mneme_fold *fold, bool *is_new,
                                           const struct mneme_action_plan *action,
                                           struct mneme_fold_stream *stream, const struct mneme_event *event,
                                           int64_t index) {
    struct mneme_fold_row key = {.table = action->table, .stream = stream, .index = index};
    if (action->second_offset != SIZE_MAX) {
        key.second =
            load_id(key.table->second_kind, (const char *)mneme_event_payload(event) + action->second_offset);
    }
    if (action->id_offset == SIZE_MAX) {
        if (!scope_id(fold, &key.id.uuid, &event->scope)) {
            return NULL;
        }
    } else {
        key.id = load_id(key.table->id_kind, (const char *)event + action->id_offset);
    }
    uint64_t hash = hash_key(fold, &key);
    uint64_t cursor = hash;
    struct mneme_fold_row *row;
    *is_new = false;
    while ((row = mneme_hash_next(&fold->rows_by_key, hash, &cursor)) != NULL) {
        if (same_key(row, &key)) {
            return row;
        }
    }
    row = mneme_arena_alloc(&fold->arena, sizeof *row);
    if (row == NULL || !mneme_hash_add(&fold->rows_by_key, hash, row)) {
        return NULL;
    }
    *row = key;
    *is_new = true;
    enum mneme_fold_table_id table = action->action->table;
    *fold->last_row[table] = row;
    fold->last_row[table] = &row->next;
    return row;
}

bool mneme_fold_is_done(const struct mneme_action_plan *action, const struct mneme_event *event) {
    return action->only_with == NULL || !mneme_field_is_null(mneme_event_payload(event), action->only_with);
}

bool mneme_fold_names_row(const struct mneme_action_plan *action, const struct mneme_event *event) {
    const struct mneme_scope *scope = &event->scope;
    struct mneme_str text;
    if (action->id_offset == SIZE_MAX) {
        return scope->user_id.data != NULL || scope->agent_id.data != NULL || scope->run_id.data != NULL ||
               scope->conversation_id.data != NULL;
    }
    if (action->table->id_kind == MNEME_COLUMN_UUID) {
        return true; /* never null: checked when resolved */
    }
    memcpy(&text, (const char *)event + action->id_offset, sizeof text);
    return text.data != NULL;
}

void mneme_fold_row_adopt(struct mneme_fold_row *parent, struct mneme_fold_row *child) {
    if (child->parent == NULL) {
        child->parent = parent;
        child->next_sibling = parent->first_child;
        parent->first_child = child;
    }
}

/* Whether the parent says that rows of this age are as good as deleted. */
static bool is_forgotten(const struct mneme_fold_row *row) {
    const struct mneme_fold_row *parent = row->parent;
    return row->table->forgotten >= 0 && parent != NULL && parent->is_there &&
           row->cells[row->table->sequence].number <= parent->cells[row->table->forgotten].number;
}

bool mneme_fold_row_is_live(const struct mneme_fold_row *row) {
    if (!row->is_there || (row->parent != NULL && row->generation != row->parent->generation) ||
        is_forgotten(row)) {
        return false;
    }
    return row->table->deleted < 0 || !row->cells[row->table->deleted].flag;
}

int64_t mneme_fold_row_version(const struct mneme_fold_row *row) {
    return row->is_there && row->table->version >= 0 ? row->cells[row->table->version].number : 0;
}

bool mneme_fold_row_reserve(struct mneme_fold *fold, struct mneme_fold_row *row) {
    if (row->cells == NULL) {
        row->cells = mneme_arena_alloc(&fold->arena, row->table->column_count * sizeof *row->cells);
    }
    return row->cells != NULL;
}

void mneme_fold_row_set(struct mneme_fold_row *row, int column, union mneme_cell cell, bool is_null) {
    uint64_t bit = UINT64_C(1) << column;
    row->cells[column] = cell;
    row->known |= bit;
    row->changed |= bit;
    row->nulls = is_null ? row->nulls | bit : row->nulls & ~bit;
}

void mneme_fold_row_set_long(struct mneme_fold_row *row, int column, int64_t value) {
    mneme_fold_row_set(row, column, (union mneme_cell){.number = value}, false);
}

/* Ends the children of the row's former life; those in the table are moved by a statement. */
static bool end_children(struct mneme_fold *fold, struct mneme_fold_row *row,
                         const struct mneme_batch_item *item) {
    for (const struct mneme_fold_row *child = row->first_child; child != NULL; child = child->next_sibling) {
        bool is_of_batch = !child->is_in_store || child->changed != 0; /* the table knows the others */
        if (child->is_there && is_of_batch && child->generation == row->generation &&
            !mneme_fold_supersede(fold, child, item)) {
            return false;
        }
    }
    row->generation++; /* its former children have no parent now */
    if (row->is_in_store && !row->wipes_children) {
        row->wipes_children = true;
        row->wiped_by = item;
    }
    return true;
}

/* The event has made the row's version. */
static void stamp(struct mneme_fold_row *row, const struct mneme_batch_item *item) {
    mneme_fold_row_set_long(row, row->table->sequence, mneme_sequence_id(item->position));
    mneme_fold_row_set_long(row, row->table->valid_from, item->recorded_at);
}

/* Ends the row's version and begins the next, unlike it in nothing yet. */
static bool begin_version(struct mneme_fold *fold, struct mneme_fold_row *row,
                          const struct mneme_batch_item *item) {
    if (row->table->has_history && !mneme_fold_supersede(fold, row, item)) {
        return false;
    }
    mneme_fold_row_set_long(row, row->table->version, mneme_fold_row_version(row) + 1);
    stamp(row, item);
    return true;
}

/* Begins the row again: all its columns are known, NULL unless a source sets them. */
static bool create(struct mneme_fold *fold, struct mneme_fold_row *row,
                   const struct mneme_action_plan *action, const struct mneme_batch_item *item) {
    const struct mneme_fold_table_plan *table = row->table;
    int64_t version = mneme_fold_row_version(row) + 1;
    bool is_over = row->is_there && table->version >= 0 && table->has_history;
    if (!mneme_fold_row_reserve(fold, row) || (is_over && !mneme_fold_supersede(fold, row, item)) ||
        (row->is_there && table->next_index >= 0 && !end_children(fold, row, item))) {
        return false;
    }
    row->known = row->nulls = row->changed = mneme_fold_all_columns(table);
    row->is_there = true;
    stamp(row, item);
    if (table->version >= 0) {
        mneme_fold_row_set_long(row, table->version, version);
    }
    if (table->next_index >= 0) {
        mneme_fold_row_set_long(row, table->next_index, 0);
    }
    return mneme_fold_apply_sources(fold, row, action->creates, action->action->create_count, item, true);
}

/* Corrects the child's text. Its first place in the log is kept. */
static bool correct(struct mneme_fold *fold, struct mneme_fold_row *row,
                    const struct mneme_action_plan *action, const struct mneme_batch_item *item) {
    int first = row->table->first;
    if (!mneme_fold_supersede(fold, row, item)) {
        return false;
    }
    if (first >= 0 && (row->nulls & UINT64_C(1) << first) != 0) {
        mneme_fold_row_set_long(row, first, row->cells[row->table->sequence].number);
    }
    stamp(row, item);
    return mneme_fold_apply_sources(fold, row, action->changes, action->action->change_count, item, false);
}

/* A child row, and with it its parent's next index. */
static bool append(struct mneme_fold *fold, struct mneme_fold_row *row,
                   const struct mneme_action_plan *action, const struct mneme_batch_item *item) {
    struct mneme_fold_row *parent = row->parent;
    int next_column = parent->table->next_index;
    row->generation = parent->generation;
    row->is_in_store = false; /* if the table has one at this index, it goes with the parent's former life */
    if (parent->cells[next_column].number <= row->index) {
        mneme_fold_row_set_long(parent, next_column, row->index + 1);
    }
    return create(fold, row, action, item);
}

bool mneme_fold_row_apply(struct mneme_fold *fold, struct mneme_fold_row *row,
                          const struct mneme_action_plan *action, const struct mneme_batch_item *item) {
    const struct mneme_action *what = action->action;
    bool is_done = true;
    if (row == NULL) {
        return true; /* the event names none */
    }
    switch (what->kind) {
    case MNEME_ACTION_REQUIRE:
        return true;
    case MNEME_ACTION_CREATE:
        return create(fold, row, action, item);
    case MNEME_ACTION_APPEND:
        return mneme_fold_row_is_live(row) ? correct(fold, row, action, item)
                                           : append(fold, row, action, item);
    case MNEME_ACTION_ENSURE:
        is_done = row->is_there || create(fold, row, action, item);
        break;
    case MNEME_ACTION_PUT:
        if (!row->is_there) {
            return create(fold, row, action, item);
        }
        is_done = begin_version(fold, row, item);
        break;
    case MNEME_ACTION_TOUCH:
        if (!row->is_there) {
            return true;
        }
        is_done = begin_version(fold, row, item);
        break;
    case MNEME_ACTION_CHANGE:
    case MNEME_ACTION_RESTORE:
        is_done = begin_version(fold, row, item);
        break;
    }
    return is_done && mneme_fold_apply_sources(fold, row, action->changes, what->change_count, item, false);
}
