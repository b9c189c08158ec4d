/*
 * Rows in memory: found by key, read, and changed by the mapping's sources. A row that is created, changed
 * and deleted within one batch is written once, as what it has become.
 */
#include <math.h>

#include "common/clock.h"
#include "consumers/postgres/fold/fold.h"

#define SHA256_BYTES 32

static bool same_key(const struct mneme_fold_row *row, const struct mneme_fold_row *key) {
    if (row->table != key->table || row->stream != key->stream || row->index != key->index) {
        return false;
    }
    bool is_same = row->table->id_kind == MNEME_COLUMN_UUID
                       ? mneme_uuid_compare(row->id.uuid, key->id.uuid) == 0
                       : mneme_str_equal(row->id.text, key->id.text);
    return is_same && mneme_uuid_compare(row->second, key->second) == 0;
}

static uint64_t hash_key(const struct mneme_fold *fold, const struct mneme_fold_row *key) {
    uint64_t seed = mneme_hash_mix(fold->seed ^ (uint64_t)key->index, (uint64_t)(uintptr_t)key->stream);
    seed = mneme_hash_mix(seed, (uint64_t)(uintptr_t)key->table);
    if (key->table->second >= 0) {
        seed = mneme_hash_bytes(seed, key->second.bytes, sizeof key->second.bytes);
    }
    return key->table->id_kind == MNEME_COLUMN_UUID
               ? mneme_hash_bytes(seed, key->id.uuid.bytes, sizeof key->id.uuid.bytes)
               : mneme_hash_bytes(seed, key->id.text.data, key->id.text.len);
}

/* The key of what there is one of for each scope; false when memory is exhausted. */
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
        memcpy(&key.second, (const char *)mneme_event_payload(event) + action->second_offset,
               sizeof key.second);
    }
    if (action->id_offset == SIZE_MAX) {
        if (!scope_id(fold, &key.id.uuid, &event->scope)) {
            return NULL;
        }
    } else if (key.table->id_kind == MNEME_COLUMN_UUID) {
        memcpy(&key.id.uuid, (const char *)event + action->id_offset, sizeof key.id.uuid);
    } else {
        memcpy(&key.id.text, (const char *)event + action->id_offset, sizeof key.id.text);
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
    enum mneme_table_id table = action->action->table;
    *fold->last_row[table] = row;
    fold->last_row[table] = &row->next;
    return row;
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

bool mneme_fold_row_is_live(const struct mneme_fold_row *row) {
    if (!row->is_there || (row->parent != NULL && row->generation != row->parent->generation)) {
        return false;
    }
    return row->table->deleted < 0 || !row->cells[row->table->deleted].flag;
}

int64_t mneme_fold_row_version(const struct mneme_fold_row *row) {
    return row->is_there && row->table->version >= 0 ? row->cells[row->table->version].number : 0;
}

bool mneme_fold_row_reserve(struct mneme_fold *fold, struct mneme_fold_row *row) {
    if (row->cells == NULL) {
        row->cells = mneme_arena_alloc(&fold->arena, row->table->table->column_count * sizeof *row->cells);
    }
    return row->cells != NULL;
}

static void set_cell(struct mneme_fold_row *row, int column, union mneme_cell cell, bool is_null) {
    uint64_t bit = UINT64_C(1) << column;
    row->cells[column] = cell;
    row->known |= bit;
    row->changed |= bit;
    row->nulls = is_null ? row->nulls | bit : row->nulls & ~bit;
}

void mneme_fold_row_set_long(struct mneme_fold_row *row, int column, int64_t value) {
    set_cell(row, column, (union mneme_cell){.number = value}, false);
}

/* A field's value as a cell; false when it is null. */
static bool load(union mneme_cell *cell, const struct mneme_source_plan *source, const char *at) {
    struct mneme_opt_long number;
    struct mneme_opt_double real;
    struct mneme_opt_bool flag;
    struct mneme_opt_uuid uuid;
    switch (source->field_kind) {
    case MNEME_FIELD_STRING:
        memcpy(&cell->text, at, sizeof cell->text);
        return cell->text.data != NULL;
    case MNEME_FIELD_UUID:
        if (!source->is_nullable) {
            memcpy(&cell->uuid, at, sizeof cell->uuid);
            return true;
        }
        memcpy(&uuid, at, sizeof uuid);
        cell->uuid = uuid.value;
        return uuid.is_set;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        if (!source->is_nullable) {
            memcpy(&cell->number, at, sizeof cell->number);
            return true;
        }
        memcpy(&number, at, sizeof number);
        cell->number = number.value;
        return number.is_set;
    case MNEME_FIELD_DOUBLE:
        if (!source->is_nullable) {
            memcpy(&cell->real, at, sizeof cell->real);
            return true;
        }
        memcpy(&real, at, sizeof real);
        cell->real = real.value;
        return real.is_set;
    case MNEME_FIELD_BOOL:
        if (!source->is_nullable) {
            memcpy(&cell->flag, at, sizeof cell->flag);
            return true;
        }
        memcpy(&flag, at, sizeof flag);
        cell->flag = flag.value;
        return flag.is_set;
    case MNEME_FIELD_STRING_ARRAY:
        cell->strings = (const struct mneme_str_array *)(const void *)at;
        return cell->strings->is_set;
    case MNEME_FIELD_VECTOR:
    case MNEME_FIELD_LONG_ARRAY:
    case MNEME_FIELD_DOUBLE_ARRAY:
    case MNEME_FIELD_STRING_MAP:
    case MNEME_FIELD_RECORD:
        break; /* refused when the mapping was resolved */
    }
    return false;
}

static bool hash_text(struct mneme_fold *fold, union mneme_cell *cell) {
    unsigned char *digest = mneme_arena_alloc(&fold->arena, SHA256_BYTES);
    unsigned len = 0;
    if (digest == NULL || EVP_DigestInit_ex(fold->sha256_context, fold->sha256, NULL) != 1 ||
        EVP_DigestUpdate(fold->sha256_context, cell->text.data, cell->text.len) != 1 ||
        EVP_DigestFinal_ex(fold->sha256_context, digest, &len) != 1) {
        return false;
    }
    cell->text = (struct mneme_str){(const char *)digest, len};
    return true;
}

/* The object's text lies in the arena. */
static bool make_object(struct mneme_fold *fold, union mneme_cell *cell,
                        const struct mneme_source_plan *source, const char *payload) {
    struct mneme_buffer *out = &fold->scratch;
    struct mneme_json_writer json = {.out = out};
    mneme_buffer_clear(out);
    mneme_json_begin_object(&json);
    for (size_t i = 0; source->members[i] != NULL; i++) {
        if (!mneme_field_is_null(payload, source->members[i])) {
            mneme_json_key(&json, mneme_str_from(source->source->members[i].name));
            mneme_field_json(&json, source->members[i], payload + source->members[i]->offset);
        }
    }
    mneme_json_end_object(&json);
    cell->text = out->failed ? MNEME_STR_NULL : mneme_arena_copy(&fold->arena, mneme_buffer_str(out));
    return cell->text.data != NULL;
}

static double within(double value, const struct mneme_source *bounds) {
    return value < bounds->minimum ? bounds->minimum : value > bounds->maximum ? bounds->maximum : value;
}

/* Arithmetic on what is there: a floating column as it is, a whole one rounded half up. */
static union mneme_cell calculate(const struct mneme_fold_row *row, const struct mneme_source_plan *source,
                                  double operand) {
    union mneme_cell cell = row->cells[source->column];
    bool is_real = source->column_kind == MNEME_COLUMN_DOUBLE;
    double before = is_real ? cell.real : (double)cell.number;
    double after = source->source->kind == MNEME_SOURCE_PLUS ? before + operand : before * operand;
    if (is_real) {
        cell.real = within(after, source->source);
    } else {
        cell.number = (int64_t)within(floor(after + 0.5), source->source);
    }
    return cell;
}

/* Gives one column its value; false when memory is exhausted. */
static bool apply_source(struct mneme_fold *fold, struct mneme_fold_row *row,
                         const struct mneme_source_plan *source, const struct mneme_batch_item *item,
                         const char *payload, bool is_new_row) {
    const struct mneme_event *event = &item->event;
    union mneme_cell cell = source->constant;
    struct mneme_str when;
    bool is_set = true;
    bool is_done = true;
    switch (source->source->kind) {
    case MNEME_SOURCE_PAYLOAD:
        is_set = load(&cell, source, payload + source->offset);
        if (!is_set && !is_new_row) {
            return true;
        }
        if (!is_set && source->source->has_default) {
            cell = source->constant;
            is_set = true;
        }
        break;
    case MNEME_SOURCE_REPLACE:
        is_set = load(&cell, source, payload + source->offset);
        break;
    case MNEME_SOURCE_ENVELOPE:
        is_set = load(&cell, source, (const char *)event + source->offset);
        break;
    case MNEME_SOURCE_CONSTANT:
        break;
    case MNEME_SOURCE_NULL:
        is_set = false;
        break;
    case MNEME_SOURCE_SHA256:
        is_set = load(&cell, source, payload + source->offset);
        is_done = !is_set || hash_text(fold, &cell);
        break;
    case MNEME_SOURCE_LATEST:
        (void)load(&cell, source,
                   (const char *)event + source->offset); /* never null: checked when resolved */
        if (row->known & UINT64_C(1) << source->column && row->cells[source->column].number >= cell.number) {
            return true;
        }
        break;
    case MNEME_SOURCE_PLUS:
        cell = calculate(row, source, source->source->number);
        break;
    case MNEME_SOURCE_TIMES:
        (void)load(&cell, source, payload + source->offset); /* never null: checked when resolved */
        cell = calculate(row, source, cell.real);
        break;
    case MNEME_SOURCE_OBJECT:
        is_done = make_object(fold, &cell, source, payload);
        break;
    case MNEME_SOURCE_TIME_OR_AFTER:
        is_set = load(&cell, source, payload + source->offset);
        memcpy(&when, payload + source->when_offset, sizeof when);
        if (!is_set && mneme_str_equal(when, mneme_str_from(source->source->text))) {
            cell.number = event->occurred_at + (int64_t)source->source->number;
            if (cell.number > MNEME_MAX_MICROS) {
                cell.number = MNEME_MAX_MICROS; /* the last time that can be told */
            }
            is_set = true;
        }
        break;
    }
    set_cell(row, source->column, cell, !is_set);
    return is_done;
}

static bool apply_sources(struct mneme_fold *fold, struct mneme_fold_row *row,
                          const struct mneme_source_plan *sources, size_t count,
                          const struct mneme_batch_item *item, bool is_new_row) {
    const char *payload = mneme_event_payload(&item->event);
    for (size_t i = 0; i < count; i++) {
        if (!apply_source(fold, row, &sources[i], item, payload, is_new_row)) {
            return false;
        }
    }
    return true;
}

/* The children of the row's life until now are over; those that the table has are moved by it. */
static bool end_children(struct mneme_fold *fold, struct mneme_fold_row *row,
                         const struct mneme_batch_item *item) {
    for (const struct mneme_fold_row *child = row->first_child; child != NULL; child = child->next_sibling) {
        if (child->is_there && !child->is_in_store && child->generation == row->generation &&
            !mneme_fold_supersede(fold, child, item)) {
            return false;
        }
    }
    row->generation++; /* what belonged to it before belongs to nothing now */
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
    if (row->table->table->has_history && !mneme_fold_supersede(fold, row, item)) {
        return false;
    }
    mneme_fold_row_set_long(row, row->table->version, mneme_fold_row_version(row) + 1);
    stamp(row, item);
    return true;
}

/* Begins the row anew: all its columns are known, NULL unless a source says otherwise. */
static bool create(struct mneme_fold *fold, struct mneme_fold_row *row,
                   const struct mneme_action_plan *action, const struct mneme_batch_item *item) {
    const struct mneme_table_plan *table = row->table;
    int64_t version = mneme_fold_row_version(row) + 1;
    bool is_over = row->is_there && table->version >= 0 && table->table->has_history;
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
    return apply_sources(fold, row, action->creates, action->action->create_count, item, true);
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
        return append(fold, row, action, item);
    case MNEME_ACTION_ENSURE:
        is_done = row->is_there || create(fold, row, action, item);
        break;
    case MNEME_ACTION_PUT:
        if (!row->is_there) {
            return create(fold, row, action, item);
        }
        is_done = begin_version(fold, row, item);
        break;
    case MNEME_ACTION_CHANGE:
        is_done = begin_version(fold, row, item);
        break;
    }
    return is_done && apply_sources(fold, row, action->changes, what->change_count, item, false);
}
