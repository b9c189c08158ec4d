/*
 * Putting parts into statements.
 */
#include "queries/compose.h"

#include "sql/embedded.h"

/* The part whose name stands behind the brace at `at`; NULL when that is no part's. */
static const struct mneme_sql_part *part_at(const char *at, const struct mneme_sql_part *parts,
                                            size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(parts[i].name);
        if (strncmp(at + 1, parts[i].name, len) == 0 && at[1 + len] == '}') {
            return &parts[i];
        }
    }
    return NULL;
}

void mneme_sql_compose(struct mneme_buffer *out, const char *sql, const struct mneme_sql_part *parts,
                       size_t count) {
    while (*sql != '\0') {
        size_t plain = strcspn(sql, "{");
        mneme_buffer_append(out, sql, plain);
        sql += plain;
        const struct mneme_sql_part *part = *sql == '{' ? part_at(sql, parts, count) : NULL;
        if (part != NULL) {
            mneme_buffer_append_str(out, part->text);
            sql += strlen(part->name) + 2;
        } else if (*sql == '{') {
            mneme_buffer_append_byte(out, '{');
            sql++;
        }
    }
    mneme_buffer_append_byte(out, '\0');
}

void mneme_sql_compose_as_of(struct mneme_buffer *out, const char *sql, const struct mneme_as_of *as_of,
                             const struct mneme_filter_node *filter, struct mneme_pg_params *params) {
    struct mneme_buffer condition = {0};
    struct mneme_buffer filter_accesses = {0};
    bool is_now = !as_of->is_set;
    struct mneme_str accesses =
        is_now ? mneme_str_from(mneme_sql_memory_access_now)
               : MNEME_STR_LIT("memory_access_as_of(m.tenant, m.stream_id, m.id, $2, $3, $4)");
    mneme_filter_sql(&condition, params, filter);
    if (mneme_filter_needs_access(filter)) {
        mneme_buffer_append_str(&filter_accesses, MNEME_STR_LIT("CROSS JOIN LATERAL "));
        mneme_buffer_append_str(&filter_accesses, accesses);
        mneme_buffer_append_str(&filter_accesses, MNEME_STR_LIT(" AS a"));
    }
#define TABLE(table_name)                                                                                    \
    { #table_name, is_now ? MNEME_STR_LIT(#table_name) : MNEME_STR_LIT(#table_name "_as_of($2, $3, $4)") }
    const struct mneme_sql_part parts[] = {
        TABLE(memories),
        TABLE(conversations),
        TABLE(conversation_turns),
        TABLE(knowledge),
        TABLE(profiles),
        {"accesses", accesses},
        {"filter_accesses", mneme_buffer_str(&filter_accesses)},
        {"filter", mneme_buffer_str(&condition)},
    };
    mneme_sql_compose(out, sql, parts, sizeof parts / sizeof *parts);
    out->failed |= condition.failed || filter_accesses.failed;
    mneme_buffer_clean_up(&condition);
    mneme_buffer_clean_up(&filter_accesses);
}

int mneme_query_run_as_of(struct mneme_postgres *postgres, const struct mneme_question *question,
                          const struct mneme_as_of *as_of, const struct mneme_filter_node *filter,
                          struct mneme_pg_params *params, mneme_row_visitor *visit, void *context,
                          size_t *count, struct mneme_error *error) {
    struct mneme_buffer sql = {0};
    struct mneme_question composed = *question;
    mneme_sql_compose_as_of(&sql, question->sql, as_of, filter, params);
    composed.sql = sql.data;
    int status = sql.failed ? mneme_error_set(error, MNEME_E_NO_MEMORY, "%s: memory is exhausted; free some",
                                              question->what)
                            : mneme_query_run(postgres, &composed, params, visit, context, count, error);
    mneme_buffer_clean_up(&sql);
    return status;
}
