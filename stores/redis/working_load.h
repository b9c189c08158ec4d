/*
 * Loads working memory of any number of conversations from the ledger's tables with one statement. Used by
 * workers that fold, and by readers for which the hot tier has no data.
 *
 *   mneme_working_params(&params, &arena, topic, wanted, count, now_micros, error);
 *   mneme_pg_query(&rows, postgres, mneme_sql_hot_working, &params, true, error);
 *   mneme_working_read(loaded, count, rows, &arena, error);
 */
#ifndef MNEME_STORES_REDIS_WORKING_LOAD_H
#define MNEME_STORES_REDIS_WORKING_LOAD_H

#include "common/base/arena.h"
#include "common/postgres/postgres.h"
#include "stores/redis/working.h"

/* One to load. */
struct mneme_working_wanted {
    int32_t partition; /* of the log: the stream's */
    struct mneme_str tenant, stream_id, conversation_id;
    struct mneme_str user_id; /* whose share in Redis it counts against; null: the stream's */
};

struct mneme_loaded_working {
    int64_t ledger_offset; /* the ledger's progress in the partition when this was read; 0 from Redis */
    struct mneme_working working;
    struct mneme_str goal_id;          /* null if there is no goal, or it is older than goal ids */
    struct mneme_opt_long goal_set_at; /* the same */
};

/* The statement's parameters; keys that have expired by `now_micros` are left out. `params` are cleared
 * first; the arena is needed only during the call. */
int mneme_working_params(struct mneme_pg_params *params, struct mneme_arena *arena, struct mneme_str topic,
                         const struct mneme_working_wanted *wanted, size_t count, int64_t now_micros,
                         struct mneme_error *error);

/* Reads the statement's binary result: one entry of `loaded` for each that was requested, empty if there is
 * no data. Strings point into `rows`, arrays are in the arena. */
int mneme_working_read(struct mneme_loaded_working *loaded, size_t count, const PGresult *rows,
                       struct mneme_arena *arena, struct mneme_error *error);

#endif
