/*
 * The catalogue says of each statement which columns its rows have: what a face documents is what comes.
 */
#include <criterion/criterion.h>

#include "operations/catalogue.h"
#include "queries/compose.h"
#include "queries/question.h"
#include "tests/support/fold_case.h"

static struct mneme_fold_case fold;
static struct mneme_postgres *asking;
static struct mneme_arena arena;
static struct mneme_error error;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
    mneme_arena_init(&arena, 0);
    cr_assert_eq(mneme_query_connect(&asking, fold.fixture.config, "test", &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_pg_close(asking);
    mneme_arena_clean_up(&arena);
    mneme_fold_case_tear_down(&fold);
}

TestSuite(operations_columns, .init = set_up, .fini = tear_down, .timeout = 120);

/* Asks the statement with all its inputs, and so many limits, unset. */
static PGresult *ask(const struct mneme_op_statement *statement, int limits) {
    const struct mneme_as_of now = {0};
    struct mneme_pg_params params = {0};
    struct mneme_buffer sql = {0};
    PGresult *result = NULL;
    mneme_pg_param_str(&params, MNEME_STR_LIT("default"));
    mneme_query_param_as_of(&params, &now);
    for (const int *input = statement->inputs; input != NULL && *input != MNEME_OP_END; input++) {
        mneme_pg_param_str(&params, MNEME_STR_NULL);
    }
    for (int i = 0; i < limits; i++) {
        mneme_pg_param_str(&params, MNEME_STR_NULL);
    }
    mneme_sql_compose_as_of(&sql, &(struct mneme_composed){.sql = statement->sql, .as_of = &now}, &params);
    int status = mneme_query_rows(&result, asking, statement->what, sql.data, &params, &error);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    mneme_buffer_clean_up(&sql);
    mneme_pg_params_clean_up(&params);
    return result;
}

static const struct mneme_op_column *find(const struct mneme_op_column *columns, const char *name) {
    for (; columns->name != NULL; columns++) {
        if (strcmp(columns->name, name) == 0) {
            return columns;
        }
    }
    return NULL;
}

static void check(const struct mneme_operation *operation, const struct mneme_op_statement *statement) {
    const struct mneme_op_column *columns =
        statement->columns != NULL ? statement->columns : operation->columns;
    bool is_paged = (operation->groups & MNEME_OP_PAGED) != 0; /* by limit and offset */
    bool is_limited = (operation->groups & MNEME_OP_LIMITED) != 0;
    PGresult *result = ask(statement, is_paged ? 2 : is_limited ? 1 : 0);
    const struct mneme_row_column *found = mneme_row_columns_of(result, &arena);
    size_t count = 0;
    cr_assert(found != NULL);
    for (int i = 0; i < PQnfields(result); i++) {
        const struct mneme_op_column *column = find(columns, found[i].name);
        cr_expect(column != NULL, "%s does not say that it has a column %s", operation->name, found[i].name);
        cr_expect(column == NULL || column->kind == found[i].kind, "%s says another kind of %s than comes",
                  operation->name, found[i].name);
    }
    while (columns[count].name != NULL) {
        count++;
    }
    cr_expect_eq(count, (size_t)PQnfields(result), "%s says that it has columns that do not come",
                 operation->name);
    PQclear(result);
}

Test(operations_columns, of_statements_are_what_the_catalogue_says) {
    size_t checked = 0;
    for (const struct mneme_op_noun *noun = mneme_op_catalogue; noun->name != NULL; noun++) {
        for (size_t i = 0; noun->operations[i] != NULL; i++) {
            const struct mneme_op_statement *statement = noun->operations[i]->statements;
            for (; statement != NULL && statement->sql != NULL; statement++, checked++) {
                check(noun->operations[i], statement);
            }
        }
    }
    cr_assert_gt(checked, 10);
}
