/*
 * Resolves the mapping: names of columns and fields become positions and offsets, and inconsistencies are
 * refused before the first event.
 */
#include "consumers/postgres/fold/mappings.h"
#include "schemas/left_memory.h"

struct resolver {
    struct mneme_mapping_plan *plan;
    const struct mneme_fold_table_plan *tables;
    struct mneme_error *error;
};

static int fail(const struct resolver *resolver, const struct mneme_action *action, const char *what,
                const char *name) {
    return mneme_error_set(resolver->error, MNEME_E_INTERNAL,
                           "the mapping of %s to %s cannot be used: %s %s; correct it in "
                           "consumers/postgres/subjects",
                           mneme_event_type_text(action->type), resolver->tables[action->table].name, what,
                           name);
}

static int no_memory(const struct resolver *resolver) {
    return mneme_error_set(resolver->error, MNEME_E_NO_MEMORY,
                           "the fold was not prepared: memory is exhausted");
}

/* A field of the envelope, or of its nested record after "scope."; *offset is from the event's start. */
static const struct mneme_field_info *find_envelope_field(const char *name, size_t *offset) {
    const char *dot = strchr(name, '.');
    if (dot == NULL) {
        const struct mneme_field_info *field = mneme_record_field(&mneme_envelope_info, name);
        *offset = field == NULL ? 0 : field->offset;
        return field;
    }
    for (size_t i = 0; i < mneme_envelope_info.field_count; i++) {
        const struct mneme_field_info *outer = &mneme_envelope_info.fields[i];
        if (outer->record != NULL && strlen(outer->name) == (size_t)(dot - name) &&
            strncmp(outer->name, name, (size_t)(dot - name)) == 0) {
            const struct mneme_field_info *field = mneme_record_field(outer->record, dot + 1);
            *offset = field == NULL ? 0 : outer->offset + field->offset;
            return field;
        }
    }
    return NULL;
}

/* Whether a field's value can stand in a column. */
static bool fits(const struct mneme_field_info *field, enum mneme_column_kind column) {
    bool holds_json = field->format == MNEME_FORMAT_CONTENT || field->format == MNEME_FORMAT_JSON ||
                      field->format == MNEME_FORMAT_JSON_OBJECT;
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        return column == (holds_json ? MNEME_COLUMN_JSONB : MNEME_COLUMN_TEXT);
    case MNEME_FIELD_UUID:
        return column == MNEME_COLUMN_UUID;
    case MNEME_FIELD_INT:
        return column == MNEME_COLUMN_INT || column == MNEME_COLUMN_LONG;
    case MNEME_FIELD_LONG:
        return column == MNEME_COLUMN_LONG;
    case MNEME_FIELD_TIME:
        return column == MNEME_COLUMN_TIME;
    case MNEME_FIELD_DOUBLE:
        return column == MNEME_COLUMN_DOUBLE;
    case MNEME_FIELD_BOOL:
        return column == MNEME_COLUMN_BOOL;
    case MNEME_FIELD_STRING_ARRAY:
        return column == MNEME_COLUMN_TEXT_ARRAY;
    case MNEME_FIELD_VECTOR:
    case MNEME_FIELD_LONG_ARRAY:
    case MNEME_FIELD_DOUBLE_ARRAY:
    case MNEME_FIELD_STRING_MAP:
    case MNEME_FIELD_RECORD:
        return false;
    }
    return false;
}

/* Whether the kind of source, with this field if it names one, makes sense for the column. */
static bool source_fits(const struct mneme_source *source, const struct mneme_field_info *field,
                        const struct mneme_column *column) {
    bool is_number = column->kind == MNEME_COLUMN_DOUBLE || column->kind == MNEME_COLUMN_INT ||
                     column->kind == MNEME_COLUMN_LONG;
    bool is_text = column->kind == MNEME_COLUMN_TEXT || column->kind == MNEME_COLUMN_JSONB;
    switch (source->kind) {
    case MNEME_SOURCE_REPLACE:
        return fits(field, column->kind) &&
               (column->is_nullable || !field->is_nullable || (source->has_default && source->text != NULL));
    case MNEME_SOURCE_PAYLOAD:
    case MNEME_SOURCE_ENVELOPE:
        return fits(field, column->kind) && (!source->has_default || (column->kind != MNEME_COLUMN_UUID &&
                                                                      (!is_text || source->text != NULL)));
    case MNEME_SOURCE_CONSTANT:
        return is_text ? source->text != NULL
                       : is_number || column->kind == MNEME_COLUMN_BOOL ||
                             (column->kind == MNEME_COLUMN_TEXT_ARRAY && source->text == NULL);
    case MNEME_SOURCE_NULL:
        return column->is_nullable;
    case MNEME_SOURCE_SHA256:
        return field->kind == MNEME_FIELD_STRING && column->kind == MNEME_COLUMN_BYTES;
    case MNEME_SOURCE_LATEST:
        return field->kind == MNEME_FIELD_TIME && !field->is_nullable && column->kind == MNEME_COLUMN_TIME;
    case MNEME_SOURCE_PLUS:
        return is_number;
    case MNEME_SOURCE_TIMES:
        return field->kind == MNEME_FIELD_DOUBLE && !field->is_nullable && is_number;
    case MNEME_SOURCE_TIME_OR_AFTER:
        return field->kind == MNEME_FIELD_TIME && field->is_nullable && column->kind == MNEME_COLUMN_TIME;
    case MNEME_SOURCE_EXPIRY:
        return field->kind == MNEME_FIELD_LONG && !field->is_nullable && column->kind == MNEME_COLUMN_TIME;
    case MNEME_SOURCE_SEQUENCE:
        return column->kind == MNEME_COLUMN_LONG;
    case MNEME_SOURCE_LEFT_CONTENT:
    case MNEME_SOURCE_LEFT_METADATA:
        return column->kind == MNEME_COLUMN_JSONB;
    }
    return false;
}

/* A constant or default as a cell of its column. */
static union mneme_cell constant_cell(const struct mneme_source *source, enum mneme_column_kind kind) {
    static const struct mneme_str_array empty = {.is_set = true};
    switch (kind) {
    case MNEME_COLUMN_TEXT:
    case MNEME_COLUMN_JSONB:
    case MNEME_COLUMN_BYTES:
        return (union mneme_cell){.text = mneme_str_from(source->text)};
    case MNEME_COLUMN_LONG:
    case MNEME_COLUMN_INT:
    case MNEME_COLUMN_TIME:
        return (union mneme_cell){.number = (int64_t)source->number};
    case MNEME_COLUMN_DOUBLE:
        return (union mneme_cell){.real = source->number};
    case MNEME_COLUMN_BOOL:
        return (union mneme_cell){.flag = source->number != 0};
    case MNEME_COLUMN_TEXT_ARRAY:
        return (union mneme_cell){.strings = &empty};
    case MNEME_COLUMN_UUID:
        break;
    }
    return (union mneme_cell){.number = 0};
}

/* Whether the kind takes its value from elsewhere than a field that it names. */
static bool names_no_field(enum mneme_source_kind kind) {
    return kind == MNEME_SOURCE_CONSTANT || kind == MNEME_SOURCE_NULL || kind == MNEME_SOURCE_PLUS ||
           kind == MNEME_SOURCE_SEQUENCE || kind == MNEME_SOURCE_LEFT_CONTENT ||
           kind == MNEME_SOURCE_LEFT_METADATA;
}

static int resolve_source(const struct resolver *resolver, struct mneme_source_plan *out,
                          const struct mneme_action *action, const struct mneme_source *source,
                          bool is_new_row) {
    const struct mneme_fold_table_plan *table = &resolver->tables[action->table];
    const struct mneme_record_info *payload = &mneme_payload_info[action->type];
    *out = (struct mneme_source_plan){.source = source,
                                      .column = mneme_fold_table_column(table, source->column)};
    if (out->column < 0) {
        return fail(resolver, action, "there is no column", source->column);
    }
    out->column_kind = table->columns[out->column].kind;
    out->constant = constant_cell(source, out->column_kind);
    const struct mneme_field_info *field = NULL;
    if (source->field != NULL) {
        if (source->kind == MNEME_SOURCE_ENVELOPE || source->kind == MNEME_SOURCE_LATEST) {
            field = find_envelope_field(source->field, &out->offset);
        } else if ((field = mneme_record_field(payload, source->field)) != NULL) {
            out->offset = field->offset;
        }
        if (field == NULL) {
            return fail(resolver, action, "the event has no field", source->field);
        }
        out->field_kind = field->kind;
        out->is_nullable = field->is_nullable;
    } else if (!names_no_field(source->kind)) {
        return fail(resolver, action, "no field is named for the column", source->column);
    }
    if (source->kind == MNEME_SOURCE_TIME_OR_AFTER) {
        const struct mneme_field_info *when =
            source->when_field == NULL ? NULL : mneme_record_field(payload, source->when_field);
        if (when == NULL || when->kind != MNEME_FIELD_STRING || source->text == NULL) {
            return fail(resolver, action, "no text field says when to fill the column", source->column);
        }
        out->when_offset = when->offset;
    }
    if (source->clear_field != NULL) {
        out->clear = mneme_record_field(payload, source->clear_field);
        if (out->clear == NULL || !table->columns[out->column].is_nullable) {
            return fail(resolver, action, "no field can clear the column", source->column);
        }
    }
    if ((source->kind == MNEME_SOURCE_LEFT_CONTENT || source->kind == MNEME_SOURCE_LEFT_METADATA) &&
        !mneme_leaves_memory(action->type)) {
        return fail(resolver, action, "the event leaves no memory for the column", source->column);
    }
    if (mneme_source_needs_value(source->kind) && (is_new_row || table->columns[out->column].is_nullable)) {
        return fail(resolver, action, "there may be no former value to compute with in the column",
                    source->column);
    }
    if (!source_fits(source, field, &table->columns[out->column])) {
        return fail(resolver, action, "another kind of value belongs in the column", source->column);
    }
    return 0;
}

static int resolve_sources(const struct resolver *resolver, struct mneme_source_plan **out,
                           const struct mneme_action *action, const struct mneme_source *sources,
                           size_t count, bool is_new_row) {
    *out = mneme_arena_calloc(&resolver->plan->arena, count + 1, sizeof **out);
    if (*out == NULL) {
        return no_memory(resolver);
    }
    for (size_t i = 0; i < count; i++) {
        int status = resolve_source(resolver, &(*out)[i], action, &sources[i], is_new_row);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

/* A new row needs a value for each column that has no NULL. The fold itself fills keys, version and next
 * index. */
static int check_new_row(const struct resolver *resolver, const struct mneme_action_plan *plan) {
    const struct mneme_fold_table_plan *table = plan->table;
    const int kept[] = {table->tenant,  table->stream_id,  table->id,       table->second,    table->index,
                        table->version, table->next_index, table->sequence, table->valid_from};
    uint64_t covered = 0;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        covered |= kept[i] < 0 ? 0 : UINT64_C(1) << kept[i];
    }
    for (size_t i = 0; i < plan->action->create_count; i++) {
        const struct mneme_source_plan *source = &plan->creates[i];
        uint64_t bit = UINT64_C(1) << source->column;
        if (covered & bit) {
            return fail(resolver, plan->action, "there are two values for the column",
                        source->source->column);
        }
        const char *only_with = plan->action->only_with;
        bool is_certain =
            source->source->has_default || (only_with != NULL && source->source->field != NULL &&
                                            strcmp(only_with, source->source->field) == 0);
        bool may_be_null = source->source->kind == MNEME_SOURCE_NULL || (source->is_nullable && !is_certain);
        covered |= may_be_null && !table->columns[source->column].is_nullable ? 0 : bit;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_nullable && !(covered & UINT64_C(1) << i)) {
            return fail(resolver, plan->action, "a new row has no value for the column",
                        table->columns[i].name);
        }
    }
    return 0;
}

static enum mneme_field_kind key_field_kind(enum mneme_column_kind column) {
    return column == MNEME_COLUMN_UUID ? MNEME_FIELD_UUID : MNEME_FIELD_STRING;
}

/* The offset of a payload field of the kind, or SIZE_MAX when `name` is NULL. */
static int resolve_key(const struct resolver *resolver, size_t *offset, const struct mneme_action *action,
                       const char *name, enum mneme_field_kind kind, bool is_nullable) {
    *offset = SIZE_MAX;
    if (name == NULL) {
        return 0;
    }
    const struct mneme_field_info *field = mneme_record_field(&mneme_payload_info[action->type], name);
    if (field == NULL || field->kind != kind || field->is_nullable != is_nullable) {
        return fail(resolver, action, "the event has no such key field", name);
    }
    *offset = field->offset;
    return 0;
}

/* The key's id, of the payload or of the scope. */
static int resolve_id(const struct resolver *resolver, struct mneme_action_plan *out,
                      const struct mneme_action *action, enum mneme_field_kind kind) {
    if (strcmp(action->id, "scope") == 0 && kind == MNEME_FIELD_UUID) {
        out->id_offset = SIZE_MAX;
        return 0;
    }
    if (strchr(action->id, '.') == NULL) {
        int status = resolve_key(resolver, &out->id_offset, action, action->id, kind, false);
        out->id_offset += offsetof(struct mneme_event, payload);
        return status;
    }
    const struct mneme_field_info *field = find_envelope_field(action->id, &out->id_offset);
    return field != NULL && field->kind == kind
               ? 0
               : fail(resolver, action, "the event has no such key field", action->id);
}

/* When the action is done, and by what a child that is there already is known again. */
static int resolve_terms(const struct resolver *resolver, struct mneme_action_plan *out) {
    const struct mneme_action *action = out->action;
    if (action->only_with != NULL) {
        out->only_with = mneme_record_field(&mneme_payload_info[action->type], action->only_with);
        if (out->only_with == NULL) {
            return fail(resolver, action, "the event has no field", action->only_with);
        }
    }
    if (action->kind != MNEME_ACTION_APPEND || action->change_count == 0) {
        return 0;
    }
    for (size_t i = 0; i < action->create_count; i++) {
        if (action->creates[i].kind == MNEME_SOURCE_SHA256) {
            out->sameness = &out->creates[i];
        }
    }
    return out->sameness != NULL && out->table->has_history
               ? 0
               : fail(resolver, action, "corrections need a SHA-256 and a history in", out->table->name);
}

static int resolve_action(const struct resolver *resolver, struct mneme_action_plan *out,
                          const struct mneme_action *action) {
    const struct mneme_fold_table_plan *table = &resolver->tables[action->table];
    *out = (struct mneme_action_plan){.action = action, .table = table, .parent_action = -1};
    int status = resolve_id(resolver, out, action, key_field_kind(table->id_kind));
    if (status == 0) {
        status = resolve_key(resolver, &out->second_offset, action, action->second,
                             key_field_kind(table->second_kind), false);
    }
    if (status == 0) {
        status = resolve_key(resolver, &out->index_offset, action, action->index, MNEME_FIELD_LONG, true);
    }
    if (status == 0) {
        status = resolve_key(resolver, &out->expected_offset, action, action->expected_version,
                             MNEME_FIELD_LONG, true);
    }
    if (status == 0) {
        status =
            resolve_sources(resolver, &out->creates, action, action->creates, action->create_count, true);
    }
    if (status == 0) {
        status =
            resolve_sources(resolver, &out->changes, action, action->changes, action->change_count, false);
    }
    if (status == 0) {
        status = resolve_terms(resolver, out);
    }
    bool makes_rows = action->kind != MNEME_ACTION_CHANGE && action->kind != MNEME_ACTION_TOUCH &&
                      action->kind != MNEME_ACTION_REQUIRE && action->kind != MNEME_ACTION_RESTORE;
    if (status == 0 && makes_rows) {
        status = check_new_row(resolver, out);
    }
    if (status == 0 && ((action->kind == MNEME_ACTION_APPEND) != (table->index >= 0) ||
                        (action->second != NULL) != (table->second >= 0) ||
                        (action->kind != MNEME_ACTION_APPEND && table->version < 0))) {
        status = fail(resolver, action, "the action does not fit the table", table->name);
    }
    if (status == 0 && action->kind == MNEME_ACTION_CREATE && table->next_index >= 0 &&
        !resolver->tables[table->child].has_history) {
        status = fail(resolver, action, "a row can be created again, so its children need a history:",
                      resolver->tables[table->child].name);
    }
    return status;
}

/* Adds the action to those of its type and version, behind the one that was added before. */
static int add_action(const struct resolver *resolver, struct mneme_action_plan *out,
                      const struct mneme_action *action, int version) {
    int status = resolve_action(resolver, out, action);
    if (status != 0) {
        return status;
    }
    struct mneme_fold_type_plan *same = &resolver->plan->by_version[version - 1][action->type];
    if (same->count == 0) {
        same->actions = out;
    } else if (same->actions + same->count != out || same->count == MNEME_FOLD_MAX_ACTIONS) {
        return fail(resolver, action, "its entries are not adjacent, or are too many, for",
                    mneme_event_type_text(action->type));
    }
    for (size_t i = 0; i < same->count && out->table->has_parent; i++) {
        if (same->actions[i].action->table == out->table->parent) {
            out->parent_action = (int)i;
        }
    }
    if (action->is_behind && (same->count == 0 || out[-1].action->kind != MNEME_ACTION_APPEND)) {
        return fail(resolver, action, "no action before it appends a child to", out->table->name);
    }
    if (out->table->has_parent && out->parent_action < 0) {
        return fail(resolver, action, "no action before it is on", resolver->tables[out->table->parent].name);
    }
    same->count++;
    return MNEME_OK;
}

/* Resolves the actions of events of that version. `plans` has room for all actions. */
static int resolve_version(const struct resolver *resolver, int version, struct mneme_action_plan *plans) {
    int status = MNEME_OK;
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        const struct mneme_fold_table *table = resolver->tables[i].table;
        for (size_t k = 0; k < table->action_count && status == MNEME_OK; k++) {
            const struct mneme_action *action = &table->actions[k];
            if (version >= action->since && (action->until == 0 || version <= action->until)) {
                status = add_action(resolver, plans++, action, version);
            }
        }
    }
    return status;
}

int mneme_mapping_plan_init(struct mneme_mapping_plan *plan,
                            const struct mneme_fold_table_plan tables[MNEME_FOLD_TABLE_COUNT],
                            struct mneme_error *error) {
    *plan = (struct mneme_mapping_plan){0};
    mneme_arena_init(&plan->arena, 0);
    const struct resolver resolver = {plan, tables, error};
    size_t count = 0;
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        count += tables[i].table->action_count;
    }
    int status = MNEME_OK;
    for (int version = 1; version <= MNEME_EVENT_SCHEMA_VERSION && status == MNEME_OK; version++) {
        struct mneme_action_plan *plans = mneme_arena_calloc(&plan->arena, count + 1, sizeof *plans);
        status = plans == NULL ? no_memory(&resolver) : resolve_version(&resolver, version, plans);
    }
    return status;
}

void mneme_mapping_plan_clean_up(struct mneme_mapping_plan *plan) {
    mneme_arena_clean_up(&plan->arena);
}
