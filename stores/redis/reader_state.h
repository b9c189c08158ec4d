/*
 * A reader of the hot tier from inside, shared by the files that read one kind of key each.
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
    char believed[40];  /* what `live` says of this space and these partitions; "" until it was seen */
    const struct mneme_config *config; /* borrowed */
    struct mneme_buffer scratch;
    struct mneme_arena arena; /* of one look */
};

/* Asks for the gap in a list of a partition: behind the list, so that none is missed. False when it cannot.
 */
bool mneme_hot_reader_send_gap(struct mneme_hot_reader *reader, int32_t partition, enum mneme_hot_kind kind,
                               const struct mneme_str *names, size_t count);

/* Whether there is one, or no answer. */
bool mneme_hot_reader_receive_gap(struct mneme_hot_reader *reader);

/* One command; false when there is no answer to go by. The reply is the caller's to free. */
bool mneme_hot_reader_run(redisReply **reply, struct mneme_hot_reader *reader,
                          const struct mneme_redis_command *command);

#endif
