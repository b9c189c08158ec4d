/*
 * Calls of the script that changes the data of one partition of the log (scripts/change): a guard, then any
 * number of changes, all or none of which are applied.
 *
 *   mneme_hot_call_begin(&call, &space, partition);
 *   mneme_hot_guard_…(&call, …);
 *   mneme_hot_change_…(&call, …);  …
 *   command = mneme_hot_call_command(&call);
 */
#ifndef MNEME_STORES_REDIS_CHANGE_H
#define MNEME_STORES_REDIS_CHANGE_H

#include "common/redis/redis.h"
#include "stores/redis/keys.h"
#include "stores/redis/memory.h"
#include "stores/redis/working_load.h"

/* The script's answers. */
enum mneme_hot_verdict {
    MNEME_HOT_DONE,
    MNEME_HOT_ALREADY, /* the progress is past these changes: they were applied before */
    MNEME_HOT_LOST,    /* nothing is stored for the partition */
    MNEME_HOT_TAKEN,   /* another worker has claimed it */
    MNEME_HOT_MOVED,   /* another space is live */
    MNEME_HOT_BEHIND,  /* Redis has less than this worker has written */
    MNEME_HOT_FROZEN,  /* paused for a moment by a rebuild or a verification */
    MNEME_HOT_NEWER,   /* the rows from Postgres may be older than what was written to Redis since */
    MNEME_HOT_FULL,    /* Redis has no memory left for a reader's data */
};

/* A call under construction; zero-initialise; reusable. A failure to grow sets `text.failed`. */
struct mneme_hot_call {
    struct mneme_buffer text;  /* the words, one after the other */
    struct mneme_buffer words; /* position of each in the text; struct mneme_str once the call is complete */
    size_t changes;
};
void mneme_hot_call_clean_up(struct mneme_hot_call *call);

void mneme_hot_call_begin(struct mneme_hot_call *call, const struct mneme_hot_space *space,
                          int32_t partition);

/* Words for another script of this folder. */
void mneme_hot_call_put(struct mneme_hot_call *call, struct mneme_str word);
void mneme_hot_call_put_long(struct mneme_hot_call *call, int64_t value);

/* The command, once; valid until the next call begins. */
struct mneme_redis_command mneme_hot_call_of(struct mneme_hot_call *call,
                                             const struct mneme_redis_script *script);
struct mneme_redis_command mneme_hot_call_command(struct mneme_hot_call *call); /* of the script of changes */

/* Parses the script's answer; MNEME_HOT_LOST for an unknown one. */
enum mneme_hot_verdict mneme_hot_verdict_of(const redisReply *reply);

/* --- guards --- */

struct mneme_hot_fold_guard {
    int64_t first_offset, end_offset; /* the part of the log that the changes come from */
    int64_t epoch;
    struct mneme_str digest; /* of the event before end_offset; empty: unknown */
    bool is_live_space;      /* the space must be live */
    struct mneme_str live;   /* value of the key that allows reading the partition */
    int64_t live_ms;         /* and its duration; 0: reading is not allowed */
};
void mneme_hot_guard_fold(struct mneme_hot_call *call, const struct mneme_hot_space *space,
                          const struct mneme_hot_fold_guard *guard);

/* `ledger_offset`: the ledger's progress in the partition when Postgres was read. */
void mneme_hot_guard_fill(struct mneme_hot_call *call, int64_t ledger_offset);
void mneme_hot_guard_merge(struct mneme_hot_call *call);

/* --- changes --- */

/* How a value is kept. */
struct mneme_hot_keeping {
    int64_t expires_ms;
    int64_t happened_at;      /* time of last use, in microseconds */
    struct mneme_str user_id; /* whose share it counts against; null: the stream's */
    int64_t most_bytes;       /* maximum for one owner: a larger value is not sent, and is removed */
};

/* Keeps the memory until then unless Redis has a newer version; removes a deleted one. `happened_at`: time of
 * last use, in microseconds. */
void mneme_hot_change_memory(struct mneme_hot_call *call, const struct mneme_hot_memory *memory,
                             int64_t expires_ms, int64_t happened_at);
/* The access counts of a memory in Redis. */
void mneme_hot_change_access(struct mneme_hot_call *call, const struct mneme_memory_row *row);
/* A value that is read as a whole, unless Redis has one of a later ledger offset; null JSON: there is none.
 * `names`: tenant, and at least two. */
void mneme_hot_change_value(struct mneme_hot_call *call, enum mneme_hot_kind kind,
                            const struct mneme_str *names, size_t count, int64_t ledger_offset,
                            const struct mneme_hot_keeping *keeping, struct mneme_str json);
/* The whole working memory of a conversation, unless Redis has that of a later ledger offset. `names`:
 * tenant, stream, conversation. */
void mneme_hot_change_working(struct mneme_hot_call *call, const struct mneme_str names[3],
                              const struct mneme_hot_keeping *keeping,
                              const struct mneme_loaded_working *loaded);

#endif
