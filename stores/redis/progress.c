/*
 * Three reads: the number of partitions, their live spaces, and their progress.
 */
#include "stores/redis/progress.h"

#include <stdlib.h>

#define MAX_IN_FLIGHT 64

static int64_t number_of(const redisReply *reply) {
    return reply->str == NULL ? 0 : strtoll(reply->str, NULL, 10);
}

static int read_partitions(int32_t *out, struct mneme_redis *redis, struct mneme_str prefix,
                           struct mneme_error *error) {
    struct mneme_buffer key = {0};
    redisReply *reply = NULL;
    mneme_hot_topic_key(&key, prefix);
    const struct mneme_str words[] = {MNEME_STR_LIT("HGET"), mneme_buffer_str(&key),
                                      MNEME_STR_LIT("partitions")};
    const struct mneme_redis_command command = {NULL, words, 3, words[1]};
    int status = mneme_redis_run(&reply, redis, &command, error);
    if (status == MNEME_OK) {
        int64_t count = number_of(reply);
        *out = count < 0 || count > MNEME_MAX_PARTITIONS ? 0 : (int32_t)count;
        freeReplyObject(reply);
    }
    mneme_buffer_clean_up(&key);
    return status;
}

static int send_space(struct mneme_redis *redis, struct mneme_str prefix, int32_t partition,
                      struct mneme_buffer *key, struct mneme_error *error) {
    mneme_buffer_clear(key);
    mneme_hot_space_key(key, prefix, partition);
    const struct mneme_str words[] = {MNEME_STR_LIT("GET"), mneme_buffer_str(key)};
    const struct mneme_redis_command command = {NULL, words, 2, words[1]};
    return mneme_redis_send(redis, &command, error);
}

enum { TOPIC, TOPIC_PARTITIONS, NEXT_OFFSET, UPDATED_MS, OWNER, FIELDS };

static int send_progress(struct mneme_redis *redis, const struct mneme_hot_space *space, int32_t partition,
                         struct mneme_buffer *key, struct mneme_error *error) {
    mneme_buffer_clear(key);
    mneme_hot_key(key, space, partition, MNEME_HOT_PROGRESS, NULL, 0);
    const struct mneme_str words[2 + FIELDS] = {
        MNEME_STR_LIT("HMGET"),
        mneme_buffer_str(key),
        [2 + TOPIC] = MNEME_STR_LIT("topic"),
        [2 + TOPIC_PARTITIONS] = MNEME_STR_LIT("topic_partitions"),
        [2 + NEXT_OFFSET] = MNEME_STR_LIT("next_offset"),
        [2 + UPDATED_MS] = MNEME_STR_LIT("updated_ms"),
        [2 + OWNER] = MNEME_STR_LIT("owner"),
    };
    const struct mneme_redis_command command = {NULL, words, 2 + FIELDS, words[1]};
    return mneme_redis_send(redis, &command, error);
}

static struct mneme_str text_of(const redisReply *reply) {
    return (struct mneme_str){reply->str, reply->len};
}

/* Reads some partitions, from `first` on, all in flight at once. */
static int visit_some(struct mneme_redis *redis, struct mneme_str prefix, int32_t first, int32_t count,
                      bool (*visit)(void *context, const struct mneme_hot_progress *progress), void *context,
                      bool *goes_on, struct mneme_error *error) {
    struct mneme_hot_space spaces[MAX_IN_FLIGHT];
    struct mneme_buffer key = {0};
    redisReply *reply = NULL;
    int status = MNEME_OK;
    for (int32_t i = 0; status == MNEME_OK && i < count; i++) {
        status = send_space(redis, prefix, first + i, &key, error);
    }
    for (int32_t i = 0; status == MNEME_OK && i < count; i++) {
        status = mneme_redis_receive(&reply, redis, error);
        if (status == MNEME_OK) {
            spaces[i] = (struct mneme_hot_space){prefix, number_of(reply)};
            freeReplyObject(reply);
        }
    }
    for (int32_t i = 0; status == MNEME_OK && i < count; i++) {
        status = send_progress(redis, &spaces[i], first + i, &key, error);
    }
    for (int32_t i = 0; status == MNEME_OK && i < count; i++) {
        status = mneme_redis_receive(&reply, redis, error);
        if (status != MNEME_OK) {
            break;
        }
        if (*goes_on && reply->elements == FIELDS && reply->element[TOPIC]->str != NULL) {
            const struct mneme_hot_progress progress = {
                .partition = first + i,
                .topic = text_of(reply->element[TOPIC]),
                .topic_partitions = (int32_t)number_of(reply->element[TOPIC_PARTITIONS]),
                .next_offset = number_of(reply->element[NEXT_OFFSET]),
                .updated_at = number_of(reply->element[UPDATED_MS]) * 1000,
                .owner = text_of(reply->element[OWNER]),
            };
            *goes_on = visit(context, &progress);
        }
        freeReplyObject(reply);
    }
    mneme_buffer_clean_up(&key);
    return status;
}

int mneme_hot_progress_each(struct mneme_redis *redis, struct mneme_str prefix,
                            bool (*visit)(void *context, const struct mneme_hot_progress *progress),
                            void *context, struct mneme_error *error) {
    int32_t partitions = 0;
    bool goes_on = true;
    int status = read_partitions(&partitions, redis, prefix, error);
    for (int32_t first = 0; status == MNEME_OK && goes_on && first < partitions; first += MAX_IN_FLIGHT) {
        int32_t left = partitions - first;
        status = visit_some(redis, prefix, first, left < MAX_IN_FLIGHT ? left : MAX_IN_FLIGHT, visit, context,
                            &goes_on, error);
    }
    mneme_redis_drop(redis);
    return status;
}
