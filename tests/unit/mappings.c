/*
 * The mapping from events to tables: the built-in one fits, and one that does not fit is refused by name.
 */
#include "consumers/postgres/fold/mappings.h"

#include <criterion/criterion.h>

static struct mneme_fold_table_plan tables[MNEME_FOLD_TABLE_COUNT];
static struct mneme_mapping_plan plan;
static struct mneme_error error;

/* What the migrations and the subjects say; a test changes what it is about. */
static struct mneme_fold_shape shapes[MNEME_FOLD_TABLE_COUNT];
static struct mneme_fold_table declared[MNEME_FOLD_TABLE_COUNT];
static struct mneme_column columns[MNEME_FOLD_MAX_COLUMNS];

static int init_tables(void) {
    const struct mneme_fold_table *all[MNEME_FOLD_TABLE_COUNT];
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        all[i] = &declared[i];
    }
    return mneme_fold_table_plans_init(tables, shapes, all, &error);
}

static void set_up(void) {
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        shapes[i] = mneme_fold_shapes[i];
        declared[i] = *mneme_fold_tables[i];
    }
}

static void tear_down(void) {
    mneme_mapping_plan_clean_up(&plan);
    mneme_fold_table_plans_clean_up(tables);
}

TestSuite(mappings, .init = set_up, .fini = tear_down);

Test(mappings, the_built_in_ones_fit_events_and_tables) {
    cr_assert_eq(init_tables(), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_mapping_plan_init(&plan, tables, &error), MNEME_OK, "%s", error.message);
    for (int version = 0; version < MNEME_EVENT_SCHEMA_VERSION; version++) {
        cr_assert_eq(plan.by_version[version][MNEME_EVENT_CONVERSATION_TURN].count, version == 0 ? 2 : 3);
        cr_assert_eq(plan.by_version[version][MNEME_EVENT_CUSTOM].count, 0);
    }
}

/* --- tables --- */

static void check_table_refused(const char *words) {
    cr_assert_eq(init_tables(), MNEME_E_INTERNAL);
    cr_assert_not_null(strstr(error.message, words), "%s", error.message);
}

/* The column of the table, in a copy that may be changed. */
static struct mneme_column *change_column(enum mneme_fold_table_id table, const char *name) {
    struct mneme_column *found = NULL;
    memcpy(columns, shapes[table].columns, shapes[table].column_count * sizeof *columns);
    shapes[table].columns = columns;
    for (size_t i = 0; i < shapes[table].column_count; i++) {
        found = strcmp(columns[i].name, name) == 0 ? &columns[i] : found;
    }
    cr_assert_not_null(found);
    return found;
}

Test(mappings, a_table_without_a_column_that_all_have_is_refused) {
    change_column(MNEME_FOLD_TABLE_MEMORIES, "source_sequence")->name = "sequence";
    check_table_refused("the fold cannot keep the table memories: it has no column source_sequence");
}

Test(mappings, a_version_of_another_type_is_refused) {
    change_column(MNEME_FOLD_TABLE_MEMORIES, "version")->kind = MNEME_COLUMN_INT;
    check_table_refused("another type, or NOT NULL, is needed for its column version");
}

Test(mappings, a_key_with_more_parts_than_a_row_has_is_refused) {
    declared[MNEME_FOLD_TABLE_WORKING_ENTRIES].beside_key = NULL;
    declared[MNEME_FOLD_TABLE_CONTEXT_KEYS].beside_key = NULL;
    change_column(MNEME_FOLD_TABLE_WORKING_ENTRIES, "entry_index")->kind = MNEME_COLUMN_TEXT;
    check_table_refused("its primary key has too many parts with entry_index");
}

Test(mappings, a_table_with_an_index_and_no_parent_that_counts_is_refused) {
    declared[MNEME_FOLD_TABLE_CONVERSATION_TURNS].next_index = NULL;
    check_table_refused("a bigint in its primary key and a parent's column for the next belong together");
}

Test(mappings, a_column_that_the_parent_does_not_have_is_refused) {
    declared[MNEME_FOLD_TABLE_CONVERSATION_TURNS].next_index = "turns";
    check_table_refused("conversations: it has no column turns");
}

Test(mappings, two_tables_of_children_of_one_parent_are_refused) {
    declared[MNEME_FOLD_TABLE_WORKING_ENTRIES].parent = MNEME_FOLD_TABLE_CONVERSATIONS;
    check_table_refused("another table has the children of conversations");
}

Test(mappings, the_look_up_reads_what_verdicts_and_arithmetic_need_and_nothing_else) {
    cr_assert_eq(init_tables(), MNEME_OK, "%s", error.message);
    const struct {
        enum mneme_fold_table_id table;
        const char *read;
    } looked_up[] = {
        {MNEME_FOLD_TABLE_MEMORIES, "SELECT w.n, t.importance, t.priority, t.is_deleted, t.version FROM"},
        {MNEME_FOLD_TABLE_CONVERSATIONS,
         "SELECT w.n, t.is_deleted, t.turn_count, t.last_activity_at, t.version FROM"},
        {MNEME_FOLD_TABLE_CONVERSATION_TURNS,
         "SELECT w.n, t.content_hash, t.created_at, t.source_sequence, t.first_sequence FROM"},
        {MNEME_FOLD_TABLE_WORKING_MEMORY,
         "SELECT w.n, t.context_cleared_sequence, t.entry_count, t.version FROM"},
        {MNEME_FOLD_TABLE_CONTEXT_KEYS, "SELECT w.n, t.is_deleted, t.version, t.source_sequence FROM"},
    };
    for (size_t i = 0; i < sizeof looked_up / sizeof *looked_up; i++) {
        const char *sql = tables[looked_up[i].table].find_sql.data;
        cr_assert_eq(strncmp(sql, looked_up[i].read, strlen(looked_up[i].read)), 0, "%s", sql);
    }
}

/* --- actions --- */

/* The action of that kind on the table, as it is declared. */
static const struct mneme_action *action_on(enum mneme_fold_table_id table, enum mneme_action_kind kind) {
    const struct mneme_action *action = mneme_fold_tables[table]->actions;
    const struct mneme_action *end = action + mneme_fold_tables[table]->action_count;
    while (action < end && (action->table != table || action->kind != kind)) {
        action++;
    }
    cr_assert_lt(action, end, "the table has no such action");
    return action;
}

/* Refused in the place of all actions of a table, with these words in the sentence. */
static void check_refused(enum mneme_fold_table_id table, const struct mneme_action *actions, size_t count,
                          const char *words) {
    declared[table].actions = actions;
    declared[table].action_count = count;
    cr_assert_eq(init_tables(), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_mapping_plan_init(&plan, tables, &error), MNEME_E_INTERNAL);
    cr_assert_not_null(strstr(error.message, words), "%s", error.message);
}

static void check_memory_refused(const struct mneme_action *action, const char *words) {
    check_refused(MNEME_FOLD_TABLE_MEMORIES, action, 1, words);
}

static void check_source_refused(const struct mneme_source *source, const char *words) {
    const struct mneme_action action = {.type = MNEME_EVENT_MEMORY_UPDATED,
                                        .kind = MNEME_ACTION_CHANGE,
                                        .table = MNEME_FOLD_TABLE_MEMORIES,
                                        .id = "memory_id",
                                        .changes = source,
                                        .change_count = 1};
    check_memory_refused(&action, words);
}

Test(mappings, an_unknown_column_is_refused) {
    const struct mneme_source source = {
        .column = "contents", .kind = MNEME_SOURCE_PAYLOAD, .field = "content"};
    check_source_refused(&source, "memory_updated to memories cannot be used: there is no column contents");
}

Test(mappings, an_unknown_payload_field_is_refused) {
    const struct mneme_source source = {.column = "content", .kind = MNEME_SOURCE_PAYLOAD, .field = "text"};
    check_source_refused(&source, "the event has no field text");
}

Test(mappings, an_unknown_envelope_field_is_refused) {
    const struct mneme_source source = {
        .column = "user_id", .kind = MNEME_SOURCE_ENVELOPE, .field = "scope.user"};
    check_source_refused(&source, "the event has no field scope.user");
}

Test(mappings, a_value_of_another_kind_is_refused) {
    const struct mneme_source source = {
        .column = "tier", .kind = MNEME_SOURCE_PAYLOAD, .field = "importance"};
    check_source_refused(&source, "another kind of value belongs in the column tier");
}

Test(mappings, plain_text_in_a_json_column_is_refused) {
    const struct mneme_source source = {
        .column = "metadata", .kind = MNEME_SOURCE_PAYLOAD, .field = "reason"};
    check_source_refused(&source, "another kind of value belongs in the column metadata");
}

Test(mappings, arithmetic_on_a_text_is_refused) {
    const struct mneme_source source = {
        .column = "tier", .kind = MNEME_SOURCE_PLUS, .number = 1, .maximum = 1};
    check_source_refused(&source, "another kind of value belongs in the column tier");
}

Test(mappings, a_new_row_without_a_value_for_a_column_is_refused) {
    struct mneme_source sources[64];
    const struct mneme_action *action = action_on(MNEME_FOLD_TABLE_MEMORIES, MNEME_ACTION_CREATE);
    size_t kept = 0;
    for (size_t i = 0; i < action->create_count; i++) {
        if (strcmp(action->creates[i].column, "tier") != 0) {
            sources[kept++] = action->creates[i];
        }
    }
    cr_assert_eq(kept, action->create_count - 1);
    struct mneme_action lacking = *action;
    lacking.creates = sources;
    lacking.create_count = kept;
    check_memory_refused(&lacking, "a new row has no value for the column tier");
}

Test(mappings, a_nullable_field_without_default_in_a_column_without_null_is_refused) {
    struct mneme_source sources[64];
    const struct mneme_action *action = action_on(MNEME_FOLD_TABLE_MEMORIES, MNEME_ACTION_CREATE);
    for (size_t i = 0; i < action->create_count; i++) {
        sources[i] = action->creates[i];
        sources[i].has_default = false;
    }
    struct mneme_action lacking = *action;
    lacking.creates = sources;
    check_memory_refused(&lacking, "a new row has no value for the column metadata");
}

Test(mappings, a_key_of_another_kind_is_refused) {
    struct mneme_action action = *action_on(MNEME_FOLD_TABLE_MEMORIES, MNEME_ACTION_CREATE);
    action.id = "memory_type";
    check_memory_refused(&action, "the event has no such key field memory_type");
}

Test(mappings, the_whole_scope_is_no_key_of_a_table_with_texts_for_ids) {
    struct mneme_action wrong = *action_on(MNEME_FOLD_TABLE_CONVERSATIONS, MNEME_ACTION_CREATE);
    wrong.id = "scope";
    check_refused(MNEME_FOLD_TABLE_CONVERSATIONS, &wrong, 1, "the event has no such key field scope");
}

Test(mappings, a_field_that_may_be_null_replaces_no_column_without_null) {
    const struct mneme_source source = {
        .column = "importance", .kind = MNEME_SOURCE_REPLACE, .field = "importance"};
    check_source_refused(&source, "another kind of value belongs in the column importance");
}

Test(mappings, a_child_without_its_parent_is_refused) {
    check_refused(MNEME_FOLD_TABLE_CONVERSATION_TURNS,
                  action_on(MNEME_FOLD_TABLE_CONVERSATION_TURNS, MNEME_ACTION_APPEND), 1,
                  "no action before it is on conversations");
}

Test(mappings, a_row_that_its_parent_can_forget_needs_its_parent) {
    check_refused(MNEME_FOLD_TABLE_CONTEXT_KEYS, action_on(MNEME_FOLD_TABLE_CONTEXT_KEYS, MNEME_ACTION_PUT),
                  1, "no action before it is on working_memory");
}

Test(mappings, a_parent_that_can_be_created_again_needs_a_history_of_its_children) {
    shapes[MNEME_FOLD_TABLE_CONVERSATION_TURNS].has_history = false;
    cr_assert_eq(init_tables(), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_mapping_plan_init(&plan, tables, &error), MNEME_E_INTERNAL);
    cr_assert_not_null(strstr(error.message, "its children need a history: conversation_turns"), "%s",
                       error.message);
}

Test(mappings, entries_of_one_type_that_stand_apart_are_refused) {
    const struct mneme_action *actions = mneme_fold_table_memories.actions;
    const struct mneme_action apart[] = {actions[1], actions[2], actions[1]};
    check_refused(MNEME_FOLD_TABLE_MEMORIES, apart, 3, "not adjacent");
}

Test(mappings, entries_of_one_type_in_the_lists_of_two_tables_are_refused) {
    check_refused(MNEME_FOLD_TABLE_KNOWLEDGE, mneme_fold_table_memories.actions, 1, "not adjacent");
}
