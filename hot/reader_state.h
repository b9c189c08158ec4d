/*
 * A reader of the hot tier from inside, shared by the files that read one kind of key each.
 */
#ifndef MNEME_HOT_READER_STATE_H
#define MNEME_HOT_READER_STATE_H

#include "common/kafka.h"
#include "hot/reader.h"

struct mneme_hot_reader {
    struct mneme_redis *redis;
    struct mneme_hot_space space; /* its prefix is our own copy */
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t partitions; /* 0: not known yet */
    char believed[40];  /* what `live` says of this space and these partitions; "" until it was seen */
    int64_t memory_ttl_s, working_ttl_s, capacity;
    struct mneme_buffer scratch;
    struct mneme_arena arena; /* of one look */
};

/* One command; false when there is no answer to go by. The reply is the caller's to free. */
bool mneme_hot_reader_run(redisReply **reply, struct mneme_hot_reader *reader,
                          const struct mneme_redis_command *command);

#endif
