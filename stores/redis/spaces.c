/*
 * One command or script for each partition.
 */
#include "stores/redis/spaces.h"

#include <stdio.h>
#include <stdlib.h>

#include "stores/redis/scripts.h"

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot query Redis: out of memory; free some memory");
}

int mneme_hot_spaces_live(int64_t *numbers, struct mneme_redis *redis, struct mneme_str prefix,
                          const int32_t *partitions, size_t count, struct mneme_error *error) {
    struct mneme_buffer key = {0};
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        mneme_buffer_clear(&key);
        mneme_hot_space_key(&key, prefix, partitions[i]);
        const struct mneme_str words[] = {MNEME_STR_LIT("GET"), mneme_buffer_str(&key)};
        const struct mneme_redis_command command = {NULL, words, 2, words[1]};
        status = key.failed ? no_memory(error) : mneme_redis_send(redis, &command, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        redisReply *reply = NULL;
        status = mneme_redis_receive(&reply, redis, error);
        if (status == MNEME_OK) {
            numbers[i] = reply->str == NULL ? MNEME_HOT_FIRST_SPACE : strtoll(reply->str, NULL, 10);
            freeReplyObject(reply);
        }
    }
    mneme_redis_drop(redis); /* discards answers that a failure left unread */
    mneme_buffer_clean_up(&key);
    return status;
}

static void take_standing(struct mneme_hot_standing *out, const redisReply *reply) {
    *out = (struct mneme_hot_standing){0};
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 4) {
        out->is_there = true;
        snprintf(out->topic, sizeof out->topic, "%s", reply->element[0]->str);
        out->topic_partitions = (int32_t)strtol(reply->element[1]->str, NULL, 10);
        out->next_offset = strtoll(reply->element[2]->str, NULL, 10);
        out->evicted = strtoll(reply->element[3]->str, NULL, 10);
    }
}

int mneme_hot_space_freeze(struct mneme_hot_standing *out, struct mneme_redis *redis,
                           const struct mneme_hot_space *space, int32_t partition, int64_t for_ms,
                           struct mneme_error *error) {
    struct mneme_buffer progress = {0};
    char ms[24];
    snprintf(ms, sizeof ms, "%lld", (long long)for_ms);
    mneme_hot_key(&progress, space, partition, MNEME_HOT_PROGRESS, NULL, 0);
    const struct mneme_str words[] = {MNEME_STR_LIT("1"), mneme_buffer_str(&progress), mneme_str_from(ms)};
    const struct mneme_redis_command command = {&mneme_hot_script_freeze, words, 3, words[1]};
    redisReply *reply = NULL;
    int status = progress.failed ? no_memory(error) : mneme_redis_run(&reply, redis, &command, error);
    if (status == MNEME_OK) {
        take_standing(out, reply);
        freeReplyObject(reply);
    }
    mneme_buffer_clean_up(&progress);
    return status;
}

int mneme_hot_space_switch(struct mneme_redis *redis, const struct mneme_hot_space *space, int64_t former,
                           int32_t partition, struct mneme_error *error) {
    const struct mneme_hot_space old = {space->prefix, former};
    struct mneme_buffer keys[3] = {0};
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)space->number);
    mneme_hot_space_key(&keys[0], space->prefix, partition);
    mneme_hot_live_key(&keys[1], space->prefix, partition);
    mneme_hot_key(&keys[2], &old, partition, MNEME_HOT_PROGRESS, NULL, 0);
    const struct mneme_str words[] = {MNEME_STR_LIT("3"), mneme_buffer_str(&keys[0]),
                                      mneme_buffer_str(&keys[1]), mneme_buffer_str(&keys[2]),
                                      mneme_str_from(number)};
    const struct mneme_redis_command command = {&mneme_hot_script_switch, words, 5, words[1]};
    bool has_failed = keys[0].failed || keys[1].failed || keys[2].failed;
    int status = has_failed ? no_memory(error) : mneme_redis_run(NULL, redis, &command, error);
    for (size_t i = 0; i < 3; i++) {
        mneme_buffer_clean_up(&keys[i]);
    }
    return status;
}
