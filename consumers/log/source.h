/*
 * Which topic is read as a log, and what its messages are.
 */
#ifndef MNEME_CONSUMERS_LOG_SOURCE_H
#define MNEME_CONSUMERS_LOG_SOURCE_H

#include "common/kafka/kafka.h"

struct mneme_log_source {
    char topic[MNEME_TOPIC_NAME_BYTES];
    /* Its messages are not decoded as events: items carry key, value (null: a tombstone) and source, and
     * their event is empty. Such a topic may be compacted, so it cannot be recognised by its last message. */
    bool is_of_records;
    bool is_of_embeddings; /* its messages are those of schemas/embedding.h; reading waits at one of an
                              unknown schema */
};

#endif
