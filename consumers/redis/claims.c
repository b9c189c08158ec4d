/*
 * Claiming and renewing, each one script for a partition, all of them in flight at once.
 */
#include "consumers/redis/claims.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "stores/redis/limits.h"
#include "stores/redis/scripts.h"
#include "stores/redis/spaces.h"

void mneme_claims_clean_up(struct mneme_claims *claims) {
    free(claims->items);
    claims->items = NULL;
    claims->count = claims->capacity = 0;
}

struct mneme_claim *mneme_claims_find(struct mneme_claims *claims, int32_t partition) {
    for (size_t i = 0; i < claims->count; i++) {
        if (claims->items[i].partition == partition) {
            return &claims->items[i];
        }
    }
    return NULL;
}

void mneme_claims_release(struct mneme_claims *claims, const int32_t *partitions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct mneme_claim *claim = mneme_claims_find(claims, partitions[i]);
        if (claim != NULL) {
            *claim = claims->items[--claims->count];
        }
    }
}

struct mneme_str mneme_claims_live(const struct mneme_claims *claims, const struct mneme_claim *claim,
                                   char text[MNEME_LIVE_BYTES]) {
    int len = snprintf(text, MNEME_LIVE_BYTES, "%lld/%d", (long long)claim->space.number,
                       (int)claims->topic_partitions);
    return (struct mneme_str){text, (size_t)len};
}

int mneme_claims_lost(enum mneme_hot_verdict verdict, int32_t partition, struct mneme_error *error) {
    static const char *const reasons[] = {
        [MNEME_HOT_LOST] = "Redis has lost it, and is filled again from the log",
        [MNEME_HOT_TAKEN] = "another worker owns it now",
        [MNEME_HOT_MOVED] = "another key space has replaced this one",
        [MNEME_HOT_BEHIND] = "Redis is an older copy, and is filled again from its position",
        [MNEME_HOT_NEWER] = "Redis is ahead of what was read",
    };
    if (verdict == MNEME_HOT_FROZEN) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "partition %d was not written to Redis: a rebuild or verification pauses it "
                               "for a moment; nothing needs to be done",
                               (int)partition);
    }
    return mneme_error_set(error, MNEME_E_CONFLICT,
                           "partition %d was not written to Redis: %s; join the group again", (int)partition,
                           reasons[verdict]);
}

static int send_script(struct mneme_claims *claims, struct mneme_hot_call *call,
                       const struct mneme_redis_script *script, struct mneme_error *error) {
    const struct mneme_redis_command command = mneme_hot_call_of(call, script);
    if (call->text.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "partitions were not claimed: out of memory");
    }
    return mneme_redis_send(claims->redis, &command, error);
}

/* --- claiming --- */

/* The space of each partition, in the order of the assignment. */
static int find_spaces(struct mneme_claims *claims, struct mneme_hot_space *spaces,
                       const struct mneme_assignment *assignment, struct mneme_error *error) {
    int64_t *numbers = calloc(assignment->count + 1, sizeof *numbers);
    int status = MNEME_OK;
    if (numbers == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "partitions were not claimed: out of memory");
    }
    if (claims->wanted_space == 0) {
        status = mneme_hot_spaces_live(numbers, claims->redis, claims->prefix, assignment->partitions,
                                       assignment->count, error);
    }
    for (size_t i = 0; i < assignment->count; i++) {
        int64_t number = claims->wanted_space == 0 ? numbers[i] : claims->wanted_space;
        spaces[i] = (struct mneme_hot_space){claims->prefix, number};
    }
    free(numbers);
    return status;
}

static int send_claim(struct mneme_claims *claims, struct mneme_hot_call *call,
                      const struct mneme_hot_space *space, int32_t partition, struct mneme_error *error) {
    mneme_hot_call_begin(call, space, partition);
    mneme_hot_call_put_long(call, space->number);
    mneme_hot_call_put_long(call, claims->wanted_space == 0);
    mneme_hot_call_put(call, mneme_str_from(claims->topic));
    mneme_hot_call_put_long(call, claims->topic_partitions);
    mneme_hot_call_put(call, mneme_str_from(claims->owner));
    mneme_hot_call_put_long(call, mneme_clock_now_micros());
    const struct mneme_hot_limits limits = mneme_hot_limits_of(claims->config, claims->topic_partitions);
    mneme_hot_call_put_long(call, limits.memories);
    mneme_hot_call_put_long(call, limits.bytes);
    mneme_hot_call_put_long(call, limits.user_percent);
    return send_script(claims, call, &mneme_hot_script_claim, error);
}

static int refuse_other_log(const struct mneme_claims *claims, const redisReply *reply,
                            struct mneme_error *error) {
    const char *topic = reply->elements > 1 ? reply->element[1]->str : "";
    const char *partitions = reply->elements > 2 ? reply->element[2]->str : "";
    if (strcmp(topic, claims->topic) == 0) {
        return mneme_error_set(
            error, MNEME_E_UNSAFE,
            "the topic %s was not folded: it has %d partitions and had %s when the projection redis began, "
            "so keys belong to other partitions now; if the topic was made again, run `mneme rebuild redis`; "
            "if partitions were added to it, run `mneme topics repartition`",
            topic, (int)claims->topic_partitions, partitions);
    }
    return mneme_error_set(error, MNEME_E_UNSAFE,
                           "the topic %s was not folded: the keys in Redis come from topic %s; run `mneme "
                           "rebuild redis` to fold it again, or set another MNEME_REDIS_PREFIX",
                           claims->topic, topic);
}

/* Reads the script's answer to a claim: a word, next_offset, last_digest, epoch. */
static int take_answer(struct mneme_claims *claims, struct mneme_assignment *assignment, size_t i,
                       const struct mneme_hot_space *space, const redisReply *reply,
                       struct mneme_error *error) {
    const char *word = reply->elements > 0 && reply->element[0]->str != NULL ? reply->element[0]->str : "";
    if (strcmp(word, "other") == 0) {
        return refuse_other_log(claims, reply, error);
    }
    if (reply->elements < 4) {
        return mneme_claims_lost(MNEME_HOT_MOVED, assignment->partitions[i], error);
    }
    const redisReply *digest = reply->element[2];
    assignment->next_offsets[i] = strtoll(reply->element[1]->str, NULL, 10);
    if (assignment->last_digests != NULL) {
        mneme_log_digest_take(&assignment->last_digests[i], digest->str, digest->len,
                              assignment->next_offsets[i]);
    }
    const struct mneme_hot_limits limits = mneme_hot_limits_of(claims->config, claims->topic_partitions);
    struct mneme_claim *claim = mneme_claims_find(claims, assignment->partitions[i]);
    if (claim == NULL) {
        claim = &claims->items[claims->count++];
    }
    *claim = (struct mneme_claim){
        .partition = assignment->partitions[i],
        .space = *space,
        .epoch = strtoll(reply->element[3]->str, NULL, 10),
        .next_offset = assignment->next_offsets[i],
        .user_bytes = mneme_hot_user_bytes(&limits),
    };
    return MNEME_OK;
}

static bool reserve(struct mneme_claims *claims, size_t count) {
    if (claims->capacity - claims->count >= count) {
        return true;
    }
    struct mneme_claim *items = realloc(claims->items, (claims->count + count) * sizeof *items);
    if (items == NULL) {
        return false;
    }
    claims->items = items;
    claims->capacity = claims->count + count;
    return true;
}

static int claim_all(struct mneme_claims *claims, struct mneme_assignment *assignment,
                     const struct mneme_hot_space *spaces, struct mneme_error *error) {
    struct mneme_hot_call call = {0};
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < assignment->count; i++) {
        status = send_claim(claims, &call, &spaces[i], assignment->partitions[i], error);
    }
    for (size_t i = 0; status == MNEME_OK && i < assignment->count; i++) {
        redisReply *reply = NULL;
        status = mneme_redis_receive(&reply, claims->redis, error);
        if (status == MNEME_OK) {
            status = take_answer(claims, assignment, i, &spaces[i], reply, error);
            freeReplyObject(reply);
        }
    }
    mneme_hot_call_clean_up(&call);
    return status;
}

/* From this, readers find the partition of a stream. */
static int write_topic(struct mneme_claims *claims, struct mneme_error *error) {
    struct mneme_buffer key = {0};
    char partitions[24];
    snprintf(partitions, sizeof partitions, "%d", (int)claims->topic_partitions);
    mneme_hot_topic_key(&key, claims->prefix);
    const struct mneme_str words[] = {
        MNEME_STR_LIT("1"),          mneme_buffer_str(&key),
        MNEME_STR_LIT("topic"),      mneme_str_from(claims->topic),
        MNEME_STR_LIT("partitions"), mneme_str_from(partitions),
    };
    const struct mneme_redis_command command = {&mneme_hot_script_put, words, 6, words[1]};
    int status = mneme_redis_run(NULL, claims->redis, &command, error);
    mneme_buffer_clean_up(&key);
    return status;
}

int mneme_claims_take(struct mneme_claims *claims, struct mneme_assignment *assignment,
                      struct mneme_error *error) {
    struct mneme_hot_space *spaces = calloc(assignment->count + 1, sizeof *spaces);
    if (spaces == NULL || !reserve(claims, assignment->count)) {
        free(spaces);
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "partitions were not claimed: out of memory");
    }
    snprintf(claims->topic, sizeof claims->topic, "%s", assignment->topic);
    claims->topic_partitions = assignment->topic_partitions;
    mneme_redis_drop(claims->redis);
    int status = find_spaces(claims, spaces, assignment, error);
    if (status == MNEME_OK) {
        status = claim_all(claims, assignment, spaces, error);
    }
    if (status == MNEME_OK && claims->wanted_space == 0) {
        status = write_topic(claims, error);
    }
    mneme_redis_drop(claims->redis);
    free(spaces);
    return status;
}

int mneme_claims_rewind(struct mneme_claims *claims, struct mneme_claim *claim, int64_t offset,
                        struct mneme_assignment *assignment, struct mneme_error *error) {
    struct mneme_buffer key = {0};
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)offset);
    mneme_hot_key(&key, &claim->space, claim->partition, MNEME_HOT_PROGRESS, NULL, 0);
    const struct mneme_str words[] = {
        MNEME_STR_LIT("1"),   mneme_buffer_str(&key),       MNEME_STR_LIT("next_offset"),
        mneme_str_from(text), MNEME_STR_LIT("last_digest"), MNEME_STR_LIT(""),
    };
    const struct mneme_redis_command command = {&mneme_hot_script_put, words, sizeof words / sizeof *words,
                                                words[1]};
    int status = key.failed
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY, "partitions were not claimed: out of memory")
                     : mneme_redis_run(NULL, claims->redis, &command, error);
    for (size_t i = 0; status == MNEME_OK && i < assignment->count; i++) {
        if (assignment->partitions[i] == claim->partition) {
            assignment->next_offsets[i] = offset;
            if (assignment->last_digests != NULL) {
                assignment->last_digests[i].is_set = false;
            }
            claim->next_offset = offset;
        }
    }
    mneme_buffer_clean_up(&key);
    return status;
}

/* --- renewing --- */

static int send_renewal(struct mneme_claims *claims, struct mneme_hot_call *call,
                        const struct mneme_claim *claim, bool is_current, struct mneme_error *error) {
    char live[MNEME_LIVE_BYTES];
    mneme_hot_call_begin(call, &claim->space, claim->partition);
    mneme_hot_call_put_long(call, claim->epoch);
    mneme_hot_call_put_long(call, claim->next_offset);
    mneme_hot_call_put_long(call, claim->space.number);
    mneme_hot_call_put_long(call, claims->wanted_space == 0);
    mneme_hot_call_put(call, mneme_claims_live(claims, claim, live));
    mneme_hot_call_put_long(call, is_current && claims->wanted_space == 0 ? MNEME_LIVE_MS : 0);
    return send_script(claims, call, &mneme_hot_script_renew, error);
}

int mneme_claims_renew(struct mneme_claims *claims, const bool *is_current, struct mneme_error *error) {
    struct mneme_hot_call call = {0};
    int status = MNEME_OK;
    mneme_redis_drop(claims->redis);
    for (size_t i = 0; status == MNEME_OK && i < claims->count; i++) {
        status = send_renewal(claims, &call, &claims->items[i], is_current[i], error);
    }
    for (size_t i = 0; status == MNEME_OK && i < claims->count; i++) {
        redisReply *reply = NULL;
        status = mneme_redis_receive(&reply, claims->redis, error);
        if (status == MNEME_OK) {
            enum mneme_hot_verdict verdict = mneme_hot_verdict_of(reply);
            freeReplyObject(reply);
            status = verdict == MNEME_HOT_DONE
                         ? MNEME_OK
                         : mneme_claims_lost(verdict, claims->items[i].partition, error);
        }
    }
    mneme_redis_drop(claims->redis);
    mneme_hot_call_clean_up(&call);
    return status;
}
