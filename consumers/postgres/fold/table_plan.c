/*
 * Makes a table's plan from its shape and its declaration: finds the relevant columns, and refuses
 * inconsistencies before the first event.
 */
#include "consumers/postgres/fold/mappings.h"

#define BIT(column) (UINT64_C(1) << (column))
#define KIND(kind) (1u << (kind))
#define LONG KIND(MNEME_COLUMN_LONG)
#define ID (KIND(MNEME_COLUMN_TEXT) | KIND(MNEME_COLUMN_UUID))

static int refuse(struct mneme_error *error, const struct mneme_fold_table_plan *plan, const char *why,
                  const char *name) {
    return mneme_error_set(error, MNEME_E_INTERNAL,
                           "the fold cannot keep the table %s: %s %s; correct its migration, or its entry in "
                           "consumers/postgres/subjects",
                           plan->name, why, name);
}

int mneme_fold_table_column(const struct mneme_fold_table_plan *plan, const char *name) {
    for (size_t i = 0; i < plan->column_count; i++) {
        if (strcmp(plan->columns[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* Finds a column of one of the kinds that holds no NULL. */
static int find_column(int *column, const struct mneme_fold_table_plan *plan, const char *name,
                       unsigned kinds, struct mneme_error *error) {
    *column = mneme_fold_table_column(plan, name);
    if (*column < 0) {
        return refuse(error, plan, "it has no column", name);
    }
    const struct mneme_column *found = &plan->columns[*column];
    return (KIND(found->kind) & kinds) != 0 && !found->is_nullable
               ? MNEME_OK
               : refuse(error, plan, "another type, or NOT NULL, is needed for its column", name);
}

/* The columns that the fold knows by their names. */
static int find_known_columns(struct mneme_fold_table_plan *plan, struct mneme_error *error) {
    const struct {
        int *column;
        const char *name;
        unsigned kinds;
        bool is_needed;
    } known[] = {
        {&plan->tenant, "tenant", KIND(MNEME_COLUMN_TEXT), true},
        {&plan->stream_id, "stream_id", KIND(MNEME_COLUMN_TEXT), true},
        {&plan->sequence, "source_sequence", LONG, true},
        {&plan->valid_from, "valid_from", KIND(MNEME_COLUMN_TIME), true},
        {&plan->version, "version", LONG, false},
        {&plan->deleted, "is_deleted", KIND(MNEME_COLUMN_BOOL), false},
    };
    int status = MNEME_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known && status == MNEME_OK; i++) {
        *known[i].column = -1;
        if (known[i].is_needed || mneme_fold_table_column(plan, known[i].name) >= 0) {
            status = find_column(known[i].column, plan, known[i].name, known[i].kinds, error);
        }
    }
    plan->first = mneme_fold_table_column(plan, "first_sequence");
    if (status == MNEME_OK && plan->first >= 0 &&
        (plan->columns[plan->first].kind != MNEME_COLUMN_LONG || !plan->columns[plan->first].is_nullable)) {
        status = refuse(error, plan, "another type, or NULL, is needed for its column", "first_sequence");
    }
    return status;
}

/* Texts are long: those of corrected children are not looked up. */
static int check_reads(const struct mneme_fold_table_plan *plan, struct mneme_error *error) {
    const unsigned texts = KIND(MNEME_COLUMN_TEXT) | KIND(MNEME_COLUMN_JSONB) | KIND(MNEME_COLUMN_TEXT_ARRAY);
    for (int i = 0; i < plan->read_count && plan->index >= 0; i++) {
        if ((KIND(plan->columns[plan->read[i]].kind) & texts) != 0) {
            return refuse(error, plan, "a correction must set its column", plan->columns[plan->read[i]].name);
        }
    }
    return MNEME_OK;
}

/* The parts of the primary key besides tenant and stream. */
static int find_key(struct mneme_fold_table_plan *plan, const struct mneme_fold_shape *shape,
                    struct mneme_error *error) {
    const char *beside = plan->table->beside_key;
    plan->id = plan->second = plan->index = -1;
    plan->keys = BIT(plan->tenant) | BIT(plan->stream_id);
    for (size_t i = 0; i < shape->key_count; i++) {
        int column = shape->key[i];
        const char *name = plan->columns[column].name;
        if (column == plan->tenant || column == plan->stream_id ||
            (beside != NULL && strcmp(name, beside) == 0)) {
            continue;
        }
        int *part = plan->columns[column].kind == MNEME_COLUMN_LONG ? &plan->index
                    : plan->id < 0                                  ? &plan->id
                                                                    : &plan->second;
        int status = *part >= 0 ? refuse(error, plan, "its primary key has too many parts with", name)
                                : find_column(part, plan, name, part == &plan->index ? LONG : ID, error);
        if (status != MNEME_OK) {
            return status;
        }
        plan->keys |= BIT(column);
    }
    if (plan->id < 0) {
        return refuse(error, plan, "its primary key has no", "text or uuid");
    }
    const int rest[] = {plan->id, plan->second, plan->index};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (rest[i] >= 0) {
            plan->key_rest[plan->key_rest_count++] = rest[i];
        }
    }
    plan->id_kind = plan->columns[plan->id].kind;
    plan->second_kind = plan->second < 0 ? MNEME_COLUMN_UUID : plan->columns[plan->second].kind;
    return MNEME_OK;
}

/* Ties a table to that of its rows' parents; both have the columns that they know by themselves. */
static int find_parent(struct mneme_fold_table_plan *plan, struct mneme_fold_table_plan *plans,
                       struct mneme_error *error) {
    const struct mneme_fold_table *table = plan->table;
    struct mneme_fold_table_plan *parent = &plans[table->parent];
    plan->has_parent = plan->index >= 0 || table->forgotten != NULL;
    plan->parent = table->parent;
    if ((plan->index >= 0) != (table->next_index != NULL)) {
        return refuse(error, plan, "a bigint in its primary key and a parent's column for the next",
                      "belong together");
    }
    int status = MNEME_OK;
    if (table->next_index != NULL && parent->next_index >= 0) {
        status = refuse(error, plan, "another table has the children of", parent->name);
    } else if (table->next_index != NULL) {
        parent->child = (enum mneme_fold_table_id)(plan - plans);
        status = find_column(&parent->next_index, parent, table->next_index, LONG, error);
    }
    if (status == MNEME_OK && table->forgotten != NULL) {
        status = find_column(&plan->forgotten, parent, table->forgotten, LONG, error);
    }
    if (status == MNEME_OK && plan->has_parent && parent->id_kind != plan->id_kind) {
        status = refuse(error, plan, "its ids are of another type than those of", parent->name);
    }
    return status;
}

/* Arithmetic reads the columns that it changes. */
static void read_for_arithmetic(uint64_t reads[MNEME_FOLD_TABLE_COUNT],
                                const struct mneme_fold_table_plan *plans,
                                const struct mneme_action *action) {
    for (size_t i = 0; i < action->change_count; i++) {
        int column = mneme_fold_table_column(&plans[action->table], action->changes[i].column);
        if (mneme_source_needs_value(action->changes[i].kind) && column >= 0) {
            reads[action->table] |= BIT(column);
        }
    }
}

/* A child that may be corrected is known whole then: of what the correction leaves as it was, all is read. */
static void read_for_corrections(uint64_t reads[MNEME_FOLD_TABLE_COUNT],
                                 const struct mneme_fold_table_plan *plans,
                                 const struct mneme_action *action) {
    const struct mneme_fold_table_plan *plan = &plans[action->table];
    if (action->kind != MNEME_ACTION_APPEND || action->change_count == 0) {
        return;
    }
    uint64_t set = plan->keys | BIT(plan->valid_from);
    for (size_t i = 0; i < action->change_count; i++) {
        int column = mneme_fold_table_column(plan, action->changes[i].column);
        bool is_compared = action->changes[i].kind == MNEME_SOURCE_SHA256;
        set |= column < 0 || is_compared ? 0 : BIT(column);
    }
    reads[action->table] |= (BIT(plan->column_count) - 1) & ~set;
}

/* Which columns the look-ups fetch. */
static void find_reads(struct mneme_fold_table_plan *plans) {
    uint64_t reads[MNEME_FOLD_TABLE_COUNT] = {0};
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        const struct mneme_fold_table_plan *plan = &plans[i];
        const int own[] = {plan->version, plan->deleted, plan->next_index,
                           plan->forgotten < 0 ? -1 : plan->sequence};
        for (size_t k = 0; k < sizeof own / sizeof *own; k++) {
            reads[i] |= own[k] < 0 ? 0 : BIT(own[k]);
        }
        if (plan->forgotten >= 0) {
            reads[plan->parent] |= BIT(plan->forgotten);
        }
        for (size_t k = 0; k < plan->table->action_count; k++) {
            read_for_arithmetic(reads, plans, &plan->table->actions[k]);
            read_for_corrections(reads, plans, &plan->table->actions[k]);
        }
    }
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        for (uint64_t left = reads[i]; left != 0; left &= left - 1) {
            plans[i].read[plans[i].read_count++] = __builtin_ctzll(left);
        }
    }
}

int mneme_fold_table_plans_init(struct mneme_fold_table_plan plans[MNEME_FOLD_TABLE_COUNT],
                                const struct mneme_fold_shape shapes[MNEME_FOLD_TABLE_COUNT],
                                const struct mneme_fold_table *const tables[MNEME_FOLD_TABLE_COUNT],
                                struct mneme_error *error) {
    int status = MNEME_OK;
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        plans[i] = (struct mneme_fold_table_plan){.table = tables[i],
                                                  .name = shapes[i].name,
                                                  .columns = shapes[i].columns,
                                                  .column_count = shapes[i].column_count,
                                                  .has_history = shapes[i].has_history,
                                                  .next_index = -1,
                                                  .forgotten = -1};
    }
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT && status == MNEME_OK; i++) {
        status = find_known_columns(&plans[i], error);
        if (status == MNEME_OK) {
            status = find_key(&plans[i], &shapes[i], error);
        }
    }
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT && status == MNEME_OK; i++) {
        status = find_parent(&plans[i], plans, error);
    }
    if (status == MNEME_OK) {
        find_reads(plans);
    }
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT && status == MNEME_OK; i++) {
        status = check_reads(&plans[i], error);
        if (status == MNEME_OK) {
            status = mneme_fold_table_write_sql(&plans[i], error);
        }
    }
    return status;
}

void mneme_fold_table_plans_clean_up(struct mneme_fold_table_plan plans[MNEME_FOLD_TABLE_COUNT]) {
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        struct mneme_buffer *const all[] = {&plans[i].find_sql, &plans[i].copy_sql, &plans[i].history_sql,
                                            &plans[i].wipe_sql};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
            mneme_buffer_clean_up(all[k]);
        }
    }
}
