/*
 * Statements with parts that depend on the question: {name} in a file of sql/queries stands for a part. Parts
 * are constants of this program or made by mneme_filter_sql, never text that a user wrote.
 */
#ifndef MNEME_QUERIES_COMPOSE_H
#define MNEME_QUERIES_COMPOSE_H

#include "queries/as_of.h"
#include "queries/filter/filter.h"

struct mneme_sql_part {
    const char *name;
    struct mneme_str text;
};

#define MNEME_SQL_GIVEN(name, is_given)                                                                      \
    { name, (is_given) ? MNEME_STR_LIT("") : MNEME_STR_NULL }

/* Appends the statement with its parts filled in, and a NUL. */
void mneme_sql_compose(struct mneme_buffer *out, const char *sql, const struct mneme_sql_part *parts,
                       size_t count);

#define MNEME_SQL_MAX_PARTS 16

/* What a statement is composed of. */
struct mneme_composed {
    const char *sql;
    const struct mneme_as_of *as_of;
    const struct mneme_filter_node *filter; /* may be NULL */
    const struct mneme_sql_part *parts;     /* further parts; at most MNEME_SQL_MAX_PARTS */
    size_t part_count;
};

/* The same with the parts {memories}, {conversations}, {conversation_turns}, {knowledge} and {profiles} for
 * the tables as of a moment, {accesses} for those of a memory `m`, and {filter} with {filter_accesses} for a
 * filter over `m` (NULL: none), whose values are added to `params`. Parameters 2 to 4 are those of
 * mneme_query_param_as_of. */
void mneme_sql_compose_as_of(struct mneme_buffer *out, const struct mneme_composed *composed,
                             struct mneme_pg_params *params);

/* Runs a question with a composed statement; the question's own statement is ignored. */
int mneme_query_run_composed(struct mneme_postgres *postgres, const struct mneme_question *question,
                             const struct mneme_composed *composed, struct mneme_pg_params *params,
                             mneme_row_visitor *visit, void *context, size_t *count,
                             struct mneme_error *error);

#endif
