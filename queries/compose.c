/*
 * Puts parts into statements.
 */
#include "queries/compose.h"

#include "sql/embedded.h"

/* The part whose name follows the brace at `at`; NULL when no part has that name. */
static const struct mneme_sql_part *part_at(const char *at, const struct mneme_sql_part *parts,
                                            size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(parts[i].name);
        if (strncmp(at + 1, parts[i].name, len) == 0 && (at[1 + len] == '}' || at[1 + len] == '?')) {
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
        if (part == NULL && *sql == '{') {
            mneme_buffer_append_byte(out, '{');
            sql++;
        }
        if (part == NULL) {
            continue;
        }
        const char *behind = sql + 1 + strlen(part->name);
        size_t optional = *behind == '?' ? strcspn(behind + 1, "}") : 0;
        if (optional > 0 && part->text.data != NULL) {
            mneme_buffer_append(out, behind + 1, optional);
        } else if (optional == 0) {
            mneme_buffer_append_str(out, part->text);
        }
        sql = behind + (optional > 0 ? optional + 2 : 1);
    }
    mneme_buffer_append_byte(out, '\0');
}

void mneme_sql_compose_as_of(struct mneme_buffer *out, const struct mneme_composed *composed,
                             struct mneme_pg_params *params) {
    struct mneme_buffer condition = {0};
    struct mneme_buffer filter_accesses = {0};
    bool is_now = !composed->as_of->is_set;
    struct mneme_str accesses =
        is_now ? mneme_str_from(mneme_sql_memory_access_now)
               : MNEME_STR_LIT("memory_access_as_of(m.tenant, m.stream_id, m.id, $2, $3, $4)");
    if (strstr(composed->sql, "{filter}") != NULL) {
        mneme_filter_sql(&condition, params, composed->filter);
    }
    if (mneme_filter_needs_access(composed->filter)) {
        mneme_buffer_append_str(&filter_accesses, MNEME_STR_LIT("CROSS JOIN LATERAL "));
        mneme_buffer_append_str(&filter_accesses, accesses);
        mneme_buffer_append_str(&filter_accesses, MNEME_STR_LIT(" AS a"));
    }
#define TABLE(table_name)                                                                                    \
    { #table_name, is_now ? MNEME_STR_LIT(#table_name) : MNEME_STR_LIT(#table_name "_as_of($2, $3, $4)") }
    struct mneme_sql_part parts[8 + MNEME_SQL_MAX_PARTS] = {
        TABLE(memories),
        TABLE(conversations),
        TABLE(conversation_turns),
        TABLE(knowledge),
        TABLE(profiles),
        {"accesses", accesses},
        {"filter_accesses", mneme_buffer_str(&filter_accesses)},
        {"filter", mneme_buffer_str(&condition)},
    };
    for (size_t i = 0; i < composed->part_count; i++) {
        parts[8 + i] = composed->parts[i];
    }
    mneme_sql_compose(out, composed->sql, parts, 8 + composed->part_count);
    out->failed |= condition.failed || filter_accesses.failed;
    mneme_buffer_clean_up(&condition);
    mneme_buffer_clean_up(&filter_accesses);
}

int mneme_query_run_composed(struct mneme_postgres *postgres, const struct mneme_question *question,
                             const struct mneme_composed *composed, struct mneme_pg_params *params,
                             mneme_row_visitor *visit, void *context, size_t *count,
                             struct mneme_error *error) {
    struct mneme_buffer sql = {0};
    struct mneme_question asked = *question;
    mneme_sql_compose_as_of(&sql, composed, params);
    asked.sql = sql.data;
    int status = sql.failed ? mneme_error_set(error, MNEME_E_NO_MEMORY, "%s: memory is exhausted; free some",
                                              question->what)
                            : mneme_query_run(postgres, &asked, params, visit, context, count, error);
    mneme_buffer_clean_up(&sql);
    return status;
}
