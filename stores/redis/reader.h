/*
 * Reads the hot tier. Every read includes the partition's key `live`, which exists while a worker keeps the
 * partition up to date. Where it is missing, or Redis is unavailable, slow or has no data, the answer is "not
 * here", never an error: callers then query Postgres. A server that failed is not tried again for a while, so
 * that it costs only an occasional short wait.
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

/* Does not connect yet. MNEME_E_USAGE for invalid settings, MNEME_E_NO_MEMORY. */
int mneme_hot_reader_open(struct mneme_hot_reader **out, const struct mneme_config *config,
                          struct mneme_error *error);
void mneme_hot_reader_close(struct mneme_hot_reader *reader); /* may be NULL */

/* --- memories --- */

struct mneme_hot_memory_id {
    struct mneme_str tenant, stream_id;
    struct mneme_uuid id;
};

/* Reads the memories of these keys in one round trip, and sets in `found` whether the hot tier has each.
 * Returns how many it has. Strings are in the arena. */
size_t mneme_hot_reader_memories(struct mneme_hot_memory *out, bool *found, struct mneme_hot_reader *reader,
                                 const struct mneme_hot_memory_id *keys, size_t count,
                                 struct mneme_arena *arena);

/* Stores memories read from Postgres that the hot tier did not have, unless Redis may have newer data by now.
 * They are then kept as if just written. */
void mneme_hot_reader_fill(struct mneme_hot_reader *reader, const struct mneme_hot_loaded_memory *memories,
                           size_t count);

/* The memories of an agent (MNEME_HOT_AGENT: tenant, agent), or of a user and agent (MNEME_HOT_USER_AGENT),
 * in the hot tier: unordered, up to `most` of each partition, those that will stay longest. Their rows may
 * have expired. False when a partition cannot be trusted. The arrays are in the arena, tenants are the
 * caller's. */
bool mneme_hot_reader_list(struct mneme_hot_memory_id **out, size_t *count, struct mneme_hot_reader *reader,
                           enum mneme_hot_kind kind, const struct mneme_str *names, size_t name_count,
                           size_t most, struct mneme_arena *arena);

/* --- values that are kept whole --- */

/* The JSON of a conversation (MNEME_HOT_CONVERSATION: tenant, stream, conversation), in the arena; null when
 * it is not here. */
struct mneme_str mneme_hot_reader_value(struct mneme_hot_reader *reader, enum mneme_hot_kind kind,
                                        const struct mneme_str *names, size_t count,
                                        struct mneme_arena *arena);

/* The same for values with a part in each partition (MNEME_HOT_RECENT_CONVERSATIONS: tenant, user;
 * MNEME_HOT_RECENT_DECISIONS: tenant, agent); partitions without a part are left out. False when a partition
 * cannot be trusted. */
bool mneme_hot_reader_values(struct mneme_str **out, size_t *count, struct mneme_hot_reader *reader,
                             enum mneme_hot_kind kind, const struct mneme_str *names, size_t name_count,
                             struct mneme_arena *arena);

/* --- read your writes --- */

/* Whether the hot tier has everything up to and including the positions: waits as long as its workers are
 * running, at most `timeout_ms` and until the cancel (may be NULL) is due. */
bool mneme_hot_reader_wait(struct mneme_hot_reader *reader, const struct mneme_position *positions,
                           size_t count, int64_t timeout_ms, const struct mneme_cancel *cancel);

/* --- for readers of other kinds of keys --- */

/* Number of partitions of the log; 0 when the hot tier is unavailable. */
int32_t mneme_hot_reader_partitions(struct mneme_hot_reader *reader);

/* The partition of a stream; -1 when the hot tier is unavailable. */
int32_t mneme_hot_reader_partition_of(struct mneme_hot_reader *reader, struct mneme_str tenant,
                                      struct mneme_str stream_id);

/* The topic of its events; valid as long as the reader. */
struct mneme_str mneme_hot_reader_topic(const struct mneme_hot_reader *reader);

/* The space in which keys are read; mneme_hot_reader_judge updates it. */
const struct mneme_hot_space *mneme_hot_reader_space(const struct mneme_hot_reader *reader);

enum mneme_hot_trust {
    MNEME_HOT_BELIEVE,
    MNEME_HOT_READ_AGAIN, /* another space or number of partitions: read again with the new values
                           */
    MNEME_HOT_NOT_HERE,
};

/* Judges an answer by the value of `live` that came with it. */
enum mneme_hot_trust mneme_hot_reader_judge(struct mneme_hot_reader *reader, const redisReply *live);

#endif
