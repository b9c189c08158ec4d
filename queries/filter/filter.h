/*
 * The filter language of memories (ME5): one tree, read from a text for people or from JSON for programs,
 * compiled to a condition whose values are parameters.
 *
 *   confidence >= 0.7 AND (tags contains tea OR metadata.source = "email") AND NOT memory_type in (fact,
 * insight)
 *   {"confidence":{"gte":0.7},"OR":[{"tags":{"contains":"tea"}},{"metadata.source":"email"}],
 *    "NOT":{"memory_type":{"in":["fact","insight"]}}}
 *
 * A missing value (NULL, a path that does not exist, a JSON null) equals nothing and is neither greater nor
 * less than anything: eq, in, gt, gte, lt, lte and contains are false for it. ne, nin and NOT are true
 * whenever what they negate is not, so also for a missing value. `eq null` asks whether a value is missing,
 * `ne null` whether it exists. =, !=, >, >=, < and <= are other ways to write eq, ne, gt, gte, lt and lte.
 */
#ifndef MNEME_QUERIES_FILTER_H
#define MNEME_QUERIES_FILTER_H

#include "common/postgres/postgres.h"
#include "queries/filter/filter_tree.h"

#define MNEME_FILTER_MAX_BYTES 65536
#define MNEME_FILTER_MAX_DEPTH 32   /* of parentheses, NOT, and JSON */
#define MNEME_FILTER_MAX_TESTS 32   /* comparisons */
#define MNEME_FILTER_MAX_ITEMS 1000 /* of one list */
#define MNEME_FILTER_MAX_PATH 16    /* keys of a path */

/* Reads a filter; a text that begins with { is JSON. The tree is in the arena and borrows from `text`. For a
 * null text *out is NULL: no filter. MNEME_E_USAGE with a sentence that names the character (from 1). */
int mneme_filter_parse(const struct mneme_filter_node **out, struct mneme_str text, struct mneme_arena *arena,
                       struct mneme_error *error);

/* Appends the condition over the row `m` of memories and its accesses `a`, and its values to `params`. The
 * condition contains nothing of the filter's text. NULL appends "true". */
void mneme_filter_sql(struct mneme_buffer *sql, struct mneme_pg_params *params,
                      const struct mneme_filter_node *filter);

/* Whether the filter uses columns of memory_access, so that `a` is needed. */
bool mneme_filter_needs_access(const struct mneme_filter_node *filter);

#endif
