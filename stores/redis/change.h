/*
 * Calls of the script that changes what one partition of the log leads to (hot/scripts/change): a guard,
 * then any number of changes, all of them done or none.
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

/* What the script answers. */
enum mneme_hot_verdict {
    MNEME_HOT_DONE,
    MNEME_HOT_ALREADY, /* the progress is there: it was done before */
    MNEME_HOT_LOST,    /* nothing is stored of the partition */
    MNEME_HOT_TAKEN,   /* another worker has claimed it */
    MNEME_HOT_MOVED,   /* another space is the live one */
    MNEME_HOT_BEHIND,  /* Redis has less than this worker has written */
    MNEME_HOT_FROZEN,  /* held up for a moment, by a rebuild or a verification */
    MNEME_HOT_NEWER,   /* what was read from Postgres may be older than what Redis was given since */
    MNEME_HOT_FULL,    /* Redis has no memory left for what a reader found */
};

/* A call under construction; zero-initialise, use again and again. Growth failure shows in `text.failed`. */
struct mneme_hot_call {
    struct mneme_buffer text;  /* the words, one behind the other */
    struct mneme_buffer words; /* where each lies in the text; struct mneme_str once the call is complete */
    size_t changes;
};
void mneme_hot_call_clean_up(struct mneme_hot_call *call);

void mneme_hot_call_begin(struct mneme_hot_call *call, const struct mneme_hot_space *space,
                          int32_t partition);

/* Words for another script of hot/scripts. */
void mneme_hot_call_put(struct mneme_hot_call *call, struct mneme_str word);
void mneme_hot_call_put_long(struct mneme_hot_call *call, int64_t value);

/* The command, once; valid until the call is begun anew. */
struct mneme_redis_command mneme_hot_call_of(struct mneme_hot_call *call,
                                             const struct mneme_redis_script *script);
struct mneme_redis_command mneme_hot_call_command(struct mneme_hot_call *call); /* of the script of changes */

/* From the script's answer; MNEME_HOT_LOST for one that it does not give. */
enum mneme_hot_verdict mneme_hot_verdict_of(const redisReply *reply);

/* --- guards --- */

struct mneme_hot_fold_guard {
    int64_t first_offset, end_offset; /* what of the log the changes are */
    int64_t epoch;
    struct mneme_str digest; /* of the event before end_offset, empty: not known */
    bool is_live_space;      /* the space must be the live one */
    struct mneme_str live;   /* what says that the partition may be read */
    int64_t live_ms;         /* and for how long; 0: it may not */
};
void mneme_hot_guard_fold(struct mneme_hot_call *call, const struct mneme_hot_space *space,
                          const struct mneme_hot_fold_guard *guard);

/* `ledger_offset`: the ledger's progress in the partition when Postgres was read. */
void mneme_hot_guard_fill(struct mneme_hot_call *call, int64_t ledger_offset);
void mneme_hot_guard_merge(struct mneme_hot_call *call);

/* --- changes --- */

/* How something is kept. */
struct mneme_hot_keeping {
    int64_t expires_ms;
    int64_t happened_at;      /* when it was last of interest, in microseconds */
    struct mneme_str user_id; /* whom it counts for; null: the stream */
    int64_t most_bytes;       /* that one owner may have: what is larger is not sent, and taken away */
};

/* The memory is kept until then unless Redis has a newer version; one that is deleted goes. `happened_at`:
 * when it was last of interest, in microseconds. */
void mneme_hot_change_memory(struct mneme_hot_call *call, const struct mneme_hot_memory *memory,
                             int64_t expires_ms, int64_t happened_at);
/* The numbers of accesses of a memory that Redis has. */
void mneme_hot_change_access(struct mneme_hot_call *call, const struct mneme_memory_row *row);
/* A value that is read whole, unless Redis has one of a later ledger; null JSON: there is none. `names`:
 * tenant, and two at least. */
void mneme_hot_change_value(struct mneme_hot_call *call, enum mneme_hot_kind kind,
                            const struct mneme_str *names, size_t count, int64_t ledger_offset,
                            const struct mneme_hot_keeping *keeping, struct mneme_str json);
/* The working memory of a conversation, whole, unless Redis has that of a later ledger. `names`: tenant,
 * stream, conversation. */
void mneme_hot_change_working(struct mneme_hot_call *call, const struct mneme_str names[3],
                              const struct mneme_hot_keeping *keeping,
                              const struct mneme_loaded_working *loaded);

#endif
