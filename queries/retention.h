/*
 * Retention policies (ME8): the latest one for each scope.
 */
#ifndef MNEME_QUERIES_RETENTION_H
#define MNEME_QUERIES_RETENTION_H

#include "queries/question.h"

struct mneme_retention_scope {
    struct mneme_str tenant;                                     /* required */
    struct mneme_str user_id, agent_id, run_id, conversation_id; /* null: any */
};

/* A policy; a null id means any. Unset conditions are ignored. */
struct mneme_retention_row {
    struct mneme_str user_id, agent_id, run_id, conversation_id;
    struct mneme_opt_double min_priority;
    struct mneme_opt_long max_age_days;
    struct mneme_opt_double score_threshold;
};

/* The policies of the scope and of scopes within it, in the arena, sorted by their ids. */
int mneme_retention_policies(struct mneme_retention_row **out, size_t *count, struct mneme_postgres *postgres,
                             const struct mneme_retention_scope *scope, struct mneme_arena *arena,
                             struct mneme_error *error);

#endif
