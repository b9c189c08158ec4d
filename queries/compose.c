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

void mneme_sql_compose_memories(struct mneme_buffer *out, const char *sql, const struct mneme_as_of *as_of,
                                const struct mneme_filter_node *filter, struct mneme_pg_params *params) {
    struct mneme_buffer condition = {0};
    struct mneme_buffer filter_accesses = {0};
    struct mneme_str accesses =
        as_of->is_set ? MNEME_STR_LIT("memory_access_as_of(m.tenant, m.stream_id, m.id, $2, $3, $4)")
                      : mneme_str_from(mneme_sql_memory_access_now);
    mneme_filter_sql(&condition, params, filter);
    if (mneme_filter_needs_access(filter)) {
        mneme_buffer_append_str(&filter_accesses, MNEME_STR_LIT("CROSS JOIN LATERAL "));
        mneme_buffer_append_str(&filter_accesses, accesses);
        mneme_buffer_append_str(&filter_accesses, MNEME_STR_LIT(" AS a"));
    }
    const struct mneme_sql_part parts[] = {
        {"memories", as_of->is_set ? MNEME_STR_LIT("memories_as_of($2, $3, $4)") : MNEME_STR_LIT("memories")},
        {"accesses", accesses},
        {"filter_accesses", mneme_buffer_str(&filter_accesses)},
        {"filter", mneme_buffer_str(&condition)},
    };
    mneme_sql_compose(out, sql, parts, sizeof parts / sizeof *parts);
    out->failed |= condition.failed || filter_accesses.failed;
    mneme_buffer_clean_up(&condition);
    mneme_buffer_clean_up(&filter_accesses);
}
