/*
 * The mapping from events to tables: the built-in one fits, and one that does not fit is refused by name.
 */
#include "consumers/postgres/fold/mappings.h"

#include <criterion/criterion.h>

static struct mneme_table_plan tables[MNEME_TABLE_COUNT];
static struct mneme_mapping_plan plan;
static struct mneme_error error;

static void set_up(void) {
    for (int i = 0; i < MNEME_TABLE_COUNT; i++) {
        cr_assert_eq(mneme_table_plan_init(&tables[i], &mneme_tables[i], &error), MNEME_OK, "%s",
                     error.message);
    }
}

static void tear_down(void) {
    mneme_mapping_plan_clean_up(&plan);
    for (int i = 0; i < MNEME_TABLE_COUNT; i++) {
        mneme_table_plan_clean_up(&tables[i]);
    }
}

TestSuite(mappings, .init = set_up, .fini = tear_down);

Test(mappings, the_built_in_ones_fit_events_and_tables) {
    int status = mneme_mapping_plan_init(&plan, mneme_actions, mneme_action_count, tables, &error);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    cr_assert_eq(plan.by_type[MNEME_EVENT_CONVERSATION_TURN].count, 2);
    cr_assert_eq(plan.by_type[MNEME_EVENT_CUSTOM].count, 0);
}

/* Refused, with these words in the sentence. */
static void check_refused(const struct mneme_action *actions, size_t count, const char *words) {
    cr_assert_eq(mneme_mapping_plan_init(&plan, actions, count, tables, &error), MNEME_E_INTERNAL);
    cr_assert_not_null(strstr(error.message, words), "%s", error.message);
}

static void check_source_refused(const struct mneme_source *source, const char *words) {
    const struct mneme_action action = {.type = MNEME_EVENT_MEMORY_UPDATED,
                                        .kind = MNEME_ACTION_CHANGE,
                                        .table = MNEME_TABLE_MEMORIES,
                                        .id = "memory_id",
                                        .changes = source,
                                        .change_count = 1};
    check_refused(&action, 1, words);
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
        .column = "priority", .kind = MNEME_SOURCE_PAYLOAD, .field = "importance"};
    check_source_refused(&source, "another kind of value belongs in the column priority");
}

Test(mappings, plain_text_in_a_json_column_is_refused) {
    const struct mneme_source source = {
        .column = "metadata", .kind = MNEME_SOURCE_PAYLOAD, .field = "reason"};
    check_source_refused(&source, "another kind of value belongs in the column metadata");
}

Test(mappings, arithmetic_on_a_column_that_is_not_read_is_refused) {
    const struct mneme_source source = {
        .column = "confidence", .kind = MNEME_SOURCE_PLUS, .number = 1, .maximum = 1};
    check_source_refused(&source, "another kind of value belongs in the column confidence");
}

Test(mappings, a_new_row_without_a_value_for_a_column_is_refused) {
    struct mneme_source sources[64];
    const struct mneme_action *action = mneme_actions;
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
    check_refused(&lacking, 1, "a new row has no value for the column tier");
}

Test(mappings, a_nullable_field_without_default_in_a_column_without_null_is_refused) {
    struct mneme_source sources[64];
    const struct mneme_action *action = mneme_actions;
    for (size_t i = 0; i < action->create_count; i++) {
        sources[i] = action->creates[i];
        sources[i].has_default = false;
    }
    struct mneme_action lacking = *action;
    lacking.creates = sources;
    check_refused(&lacking, 1, "a new row has no value for the column metadata");
}

Test(mappings, a_key_of_another_kind_is_refused) {
    struct mneme_action action = mneme_actions[0];
    action.id = "memory_type";
    check_refused(&action, 1, "the event has no such key field memory_type");
}

Test(mappings, the_whole_scope_is_no_key_of_a_table_with_texts_for_ids) {
    const struct mneme_action *action = mneme_actions;
    while (action->table != MNEME_TABLE_CONVERSATIONS) {
        action++;
    }
    struct mneme_action wrong = *action;
    wrong.id = "scope";
    check_refused(&wrong, 1, "the event has no such key field scope");
}

Test(mappings, a_field_that_may_be_null_replaces_no_column_without_null) {
    const struct mneme_source source = {
        .column = "importance", .kind = MNEME_SOURCE_REPLACE, .field = "importance"};
    check_source_refused(&source, "another kind of value belongs in the column importance");
}

Test(mappings, a_child_without_its_parent_is_refused) {
    const struct mneme_action *append = mneme_actions;
    while (append->kind != MNEME_ACTION_APPEND) {
        append++;
    }
    check_refused(append, 1, "no action before it is on conversations");
}

Test(mappings, a_row_that_its_parent_can_forget_needs_its_parent) {
    const struct mneme_action *put = mneme_actions;
    while (put->table != MNEME_TABLE_CONTEXT_KEYS) {
        put++;
    }
    check_refused(put, 1, "no action before it is on working_memory");
}

Test(mappings, a_table_that_forgets_by_a_column_that_is_not_read_is_refused) {
    struct mneme_table table = mneme_tables[MNEME_TABLE_CONTEXT_KEYS];
    struct mneme_table_plan wrong;
    table.forgotten = "cleared_sequence";
    cr_assert_eq(mneme_table_plan_init(&wrong, &table, &error), MNEME_E_INTERNAL);
    cr_assert_not_null(strstr(error.message, "what it forgets is not read"), "%s", error.message);
}

Test(mappings, entries_of_one_type_that_stand_apart_are_refused) {
    const struct mneme_action actions[] = {mneme_actions[1], mneme_actions[2], mneme_actions[1]};
    check_refused(actions, 3, "stand apart");
}

Test(mappings, a_table_with_a_wrong_name_is_refused) {
    struct mneme_table table = mneme_tables[MNEME_TABLE_MEMORIES];
    struct mneme_table_plan wrong;
    table.version = "revision";
    cr_assert_eq(mneme_table_plan_init(&wrong, &table, &error), MNEME_E_INTERNAL);
    cr_assert_not_null(strstr(error.message, "it has no column revision"), "%s", error.message);
}
