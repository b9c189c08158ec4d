/*
 * Redis: its version, its clock, what it does when memory runs out, and whether scripts may run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/doctor/doctor.h"
#include "common/base/clock.h"
#include "common/redis/info.h"

#define MIN_VERSION 7
#define WORDS_MAX 4

/* Sends one command; NULL with the error when it fails or is refused. The caller frees the reply. */
static redisReply *ask(struct mneme_redis *redis, const char *const *words, struct mneme_error *error) {
    struct mneme_str list[WORDS_MAX];
    size_t count = 0;
    redisReply *reply = NULL;
    for (; count < WORDS_MAX && words[count] != NULL; count++) {
        list[count] = mneme_str_from(words[count]);
    }
    const struct mneme_redis_command command = {.words = list, .count = count};
    return mneme_redis_run(&reply, redis, &command, error) == MNEME_OK ? reply : NULL;
}

static void check_info(struct mneme_doctor *doctor, struct mneme_redis *redis) {
    struct mneme_error error = {0};
    struct mneme_buffer info = {0};
    if (mneme_redis_info(&info, redis, NULL, &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "redis version", &error);
    } else {
        struct mneme_str version = mneme_redis_info_value(&info, "redis_version");
        struct mneme_str policy = mneme_redis_info_value(&info, "maxmemory_policy");
        bool is_old = mneme_redis_info_number(&info, "redis_version") < MIN_VERSION;
        mneme_doctor_report(doctor, is_old ? MNEME_FINDING_FAILED : MNEME_FINDING_OK, "redis version",
                            is_old ? "use Redis 7 or later" : NULL, "%.*s", MNEME_STR_ARG(version));
        bool evicts = policy.len > 0 && !mneme_str_equal(policy, MNEME_STR_LIT("noeviction"));
        mneme_doctor_report(doctor, evicts ? MNEME_FINDING_WARNING : MNEME_FINDING_OK, "redis memory",
                            evicts ? "set maxmemory-policy noeviction" : NULL,
                            evicts ? "its policy is %.*s: it may drop locks, and parts of related keys"
                                   : "its policy is %.*s",
                            MNEME_STR_ARG(policy));
    }
    mneme_buffer_clean_up(&info);
}

static void check_clock(struct mneme_doctor *doctor, struct mneme_redis *redis) {
    struct mneme_error error = {0};
    int64_t asked = mneme_clock_now_micros();
    redisReply *reply = ask(redis, (const char *const[]){"TIME", NULL}, &error);
    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
        int64_t server =
            strtoll(reply->element[0]->str, NULL, 10) * 1000000 + strtoll(reply->element[1]->str, NULL, 10);
        mneme_doctor_report_clock(doctor, "redis clock", server, asked, mneme_clock_now_micros());
    } else {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "redis clock", &error);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
}

/* Everything is written by scripts. */
static void check_rights(struct mneme_doctor *doctor, struct mneme_redis *redis) {
    struct mneme_error error = {0};
    redisReply *reply = ask(redis, (const char *const[]){"EVAL", "return 1", "0", NULL}, &error);
    if (reply == NULL) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "redis permissions", &error);
        return;
    }
    mneme_doctor_report(doctor, MNEME_FINDING_OK, "redis permissions", NULL, "scripts may run");
    freeReplyObject(reply);
}

void mneme_doctor_check_redis(struct mneme_doctor *doctor) {
    const struct mneme_redis_options options = {.timeout_ms = doctor->timeout_ms};
    struct mneme_redis *redis = NULL;
    struct mneme_error error = {0};
    if (mneme_redis_open(&redis, mneme_config_string(doctor->config, MNEME_SETTING_REDIS_URL), &options,
                         &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "redis", &error);
        return;
    }
    check_info(doctor, redis);
    check_clock(doctor, redis);
    check_rights(doctor, redis);
    mneme_redis_close(redis);
}
