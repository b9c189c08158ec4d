/*
 * What happened lately, as the hot tier keeps it (WM1): the conversations of a user, the decisions of an
 * agent. From Redis if it is up to date, else from Postgres; both give the same answer.
 */
#ifndef MNEME_QUERIES_RECENT_H
#define MNEME_QUERIES_RECENT_H

#include "queries/question.h"
#include "stores/redis/reader.h"

/* A kind of recent thing. */
struct mneme_recent_kind {
    const char *what; /* for errors, such as "conversations were not listed" */
    const char *sql;  /* $1 tenant, $2 name, $3 since, $4 how many */
    enum mneme_hot_kind kind;
    struct mneme_str time, id; /* names of the members with its time and its id */
    size_t most;
};
extern const struct mneme_recent_kind mneme_recent_conversations; /* of a user */
extern const struct mneme_recent_kind mneme_recent_decisions;     /* of an agent */

/* An answer: rows as JSON objects, the latest first, in the arena. */
struct mneme_recent {
    struct mneme_str *objects;
    size_t count;
};

/* What the user or agent `name` did since the given time. False when the hot tier is not up to date; `hot`
 * may be NULL. */
bool mneme_recent_hot(struct mneme_recent *out, struct mneme_hot_reader *hot,
                      const struct mneme_recent_kind *kind, struct mneme_str tenant, struct mneme_str name,
                      int64_t since, struct mneme_arena *arena);

int mneme_recent_tables(struct mneme_recent *out, struct mneme_postgres *postgres,
                        const struct mneme_recent_kind *kind, struct mneme_str tenant, struct mneme_str name,
                        int64_t since, struct mneme_arena *arena, struct mneme_error *error);

#endif
