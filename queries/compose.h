/*
 * Statements with parts that depend on the question: {name} in a file of sql/queries stands for a part. Parts
 * are constants of this program or made by mneme_filter_sql, never what a user wrote.
 */
#ifndef MNEME_QUERIES_COMPOSE_H
#define MNEME_QUERIES_COMPOSE_H

#include "queries/as_of.h"
#include "queries/filter.h"

struct mneme_sql_part {
    const char *name;
    struct mneme_str text;
};

/* Appends the statement with its parts in their places, and a NUL. */
void mneme_sql_compose(struct mneme_buffer *out, const char *sql, const struct mneme_sql_part *parts,
                       size_t count);

/* A statement over memories `m` and their accesses `a`: {memories}, {accesses}, {filter_accesses} and
 * {filter} stand for the tables as of a moment, and for the filter (NULL: none), whose values are added to
 * `params`. */
void mneme_sql_compose_memories(struct mneme_buffer *out, const char *sql, const struct mneme_as_of *as_of,
                                const struct mneme_filter_node *filter, struct mneme_pg_params *params);

#endif
