/*
 * The internals of a reader of the hot tier, shared by the files that read one kind of key each.
 */
#ifndef MNEME_STORES_REDIS_READER_STATE_H
#define MNEME_STORES_REDIS_READER_STATE_H

#include "common/kafka/kafka.h"
#include "stores/redis/reader.h"

struct mneme_hot_reader {
    struct mneme_redis *redis;
    struct mneme_hot_space space; /* its prefix is our own copy */
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t partitions; /* 0: not known yet */
    char believed[40];  /* the expected value of `live` for this space and these partitions; "" until known */
    const struct mneme_config *config; /* borrowed */
    struct mneme_buffer scratch;
    struct mneme_arena arena; /* of one read */
};

/* Requests the gap in a list of a partition, after the list, so that none is missed. False on failure.
 */
bool mneme_hot_reader_send_gap(struct mneme_hot_reader *reader, int32_t partition, enum mneme_hot_kind kind,
                               const struct mneme_str *names, size_t count);

/* Whether there is a gap, or no answer. */
bool mneme_hot_reader_receive_gap(struct mneme_hot_reader *reader);

/* Runs one command; false without a usable answer. The caller frees the reply. */
bool mneme_hot_reader_run(redisReply **reply, struct mneme_hot_reader *reader,
                          const struct mneme_redis_command *command);

#endif
