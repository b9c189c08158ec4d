/*
 * Reading the hot tier. Whether it may be believed is told by the key `live` of a partition, which is read
 * together with what is wanted: a worker keeps the partition up to date. Where it is not there, where Redis
 * is away, slow or has nothing, the answer is "not here", never an error: whoever asks turns to Postgres. A
 * server that failed is left alone for a while, so that it costs a short wait now and then.
 *
 * For one thread at a time.
 */
#ifndef MNEME_STORES_REDIS_READER_H
#define MNEME_STORES_REDIS_READER_H

#include "common/base/arena.h"
#include "common/base/cancel.h"
#include "common/redis/redis.h"
#include "stores/redis/keys.h"
#include "stores/redis/memory_load.h"

struct mneme_hot_reader;

/* Connects to nothing yet. MNEME_E_USAGE for settings that cannot be, MNEME_E_NO_MEMORY. */
int mneme_hot_reader_open(struct mneme_hot_reader **out, const struct mneme_config *config,
                          struct mneme_error *error);
void mneme_hot_reader_close(struct mneme_hot_reader *reader); /* may be NULL */

/* --- memories --- */

struct mneme_hot_memory_id {
    struct mneme_str tenant, stream_id;
    struct mneme_uuid id;
};

/* The memories of these keys in one round trip, and into `found` whether the hot tier has each. Returns how
 * many it has. Strings lie in the arena. */
size_t mneme_hot_reader_memories(struct mneme_hot_memory *out, bool *found, struct mneme_hot_reader *reader,
                                 const struct mneme_hot_memory_id *keys, size_t count,
                                 struct mneme_arena *arena);

/* Puts what was read from Postgres where a look found nothing, unless Redis may know more by now. From now on
 * it is kept as if it had just been written. */
void mneme_hot_reader_fill(struct mneme_hot_reader *reader, const struct mneme_hot_loaded_memory *memories,
                           size_t count);

/* The memories of an agent (MNEME_HOT_AGENT: tenant, agent), or of a user and agent (MNEME_HOT_USER_AGENT),
 * that are kept: in no order, the `most` of each partition that will stay longest. Their rows may have
 * expired. False when a partition is not to be believed. The arrays lie in the arena, tenants are the
 * caller's. */
bool mneme_hot_reader_list(struct mneme_hot_memory_id **out, size_t *count, struct mneme_hot_reader *reader,
                           enum mneme_hot_kind kind, const struct mneme_str *names, size_t name_count,
                           size_t most, struct mneme_arena *arena);

/* --- values that are kept whole --- */

/* The JSON of a conversation (MNEME_HOT_CONVERSATION: tenant, stream, conversation); null when it is not
 * here. It lies in the arena. */
struct mneme_str mneme_hot_reader_value(struct mneme_hot_reader *reader, enum mneme_hot_kind kind,
                                        const struct mneme_str *names, size_t count,
                                        struct mneme_arena *arena);

/* The same of all partitions, for what each keeps its own part of (MNEME_HOT_RECENT_CONVERSATIONS: tenant,
 * user; MNEME_HOT_RECENT_DECISIONS: tenant, agent); those that have none are left out. False when a partition
 * is not to be believed. */
bool mneme_hot_reader_values(struct mneme_str **out, size_t *count, struct mneme_hot_reader *reader,
                             enum mneme_hot_kind kind, const struct mneme_str *names, size_t name_count,
                             struct mneme_arena *arena);

/* --- read your writes --- */

/* Whether the hot tier has everything up to and with the positions: it is waited for as long as its workers
 * are there, at most `timeout_ms` and until the cancel (may be NULL) is due. */
bool mneme_hot_reader_wait(struct mneme_hot_reader *reader, const struct mneme_position *positions,
                           size_t count, int64_t timeout_ms, const struct mneme_cancel *cancel);

/* --- for readers of other kinds of keys --- */

/* Partitions of the log; 0 when the hot tier is not to be had now. */
int32_t mneme_hot_reader_partitions(struct mneme_hot_reader *reader);

/* The partition of a stream; -1 when the hot tier is not to be had now. */
int32_t mneme_hot_reader_partition_of(struct mneme_hot_reader *reader, struct mneme_str tenant,
                                      struct mneme_str stream_id);

/* The topic whose events are in it; lives as long as the reader. */
struct mneme_str mneme_hot_reader_topic(const struct mneme_hot_reader *reader);

/* Where keys are looked for; what mneme_hot_reader_judge has learnt is in it. */
const struct mneme_hot_space *mneme_hot_reader_space(const struct mneme_hot_reader *reader);

enum mneme_hot_trust {
    MNEME_HOT_BELIEVE,
    MNEME_HOT_LOOK_AGAIN, /* another space or another number of partitions: once more, with what is known now
                           */
    MNEME_HOT_NOT_HERE,
};

/* What the value of `live` that came with an answer makes of it. */
enum mneme_hot_trust mneme_hot_reader_judge(struct mneme_hot_reader *reader, const redisReply *live);

#endif
