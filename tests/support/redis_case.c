/*
 * The projection `redis` beside the fold's case.
 */
#include "tests/support/redis_case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumers/redis/redis_projection.h"

#define MAX_WORDS 64

static void require(bool is_fine, const char *what, const struct mneme_error *error) {
    if (!is_fine) {
        fprintf(stderr, "%s: %s\n", what, error->message);
        abort();
    }
}

void *mneme_redis_case_open(struct mneme_redis_case *hot) {
    void *projection = NULL;
    require(mneme_cache_projection.open(&projection, hot->fold.fixture.config, &hot->fold.error) == MNEME_OK,
            "open", &hot->fold.error);
    return projection;
}

enum mneme_apply_result mneme_redis_case_assign(struct mneme_redis_case *hot, void *projection) {
    int32_t partitions[MNEME_FOLD_CASE_PARTITIONS];
    for (int i = 0; i < MNEME_FOLD_CASE_PARTITIONS; i++) {
        partitions[i] = i;
    }
    struct mneme_assignment assignment = {.topic = MNEME_FOLD_CASE_TOPIC,
                                          .topic_partitions = MNEME_FOLD_CASE_PARTITIONS,
                                          .partitions = partitions,
                                          .next_offsets = hot->next_offsets,
                                          .count = MNEME_FOLD_CASE_PARTITIONS};
    return mneme_cache_projection.assign(projection, &assignment, &hot->fold.error);
}

void mneme_redis_case_set_up(struct mneme_redis_case *hot) {
    *hot = (struct mneme_redis_case){0};
    mneme_fold_case_set_up(&hot->fold);
    require(mneme_config_set(hot->fold.fixture.config, MNEME_SETTING_REDIS_PREFIX,
                             hot->fold.fixture.redis_prefix, MNEME_FROM_OPTION, &hot->fold.error) == MNEME_OK,
            "prefix", &hot->fold.error);
    const struct mneme_redis_options options = {.timeout_ms = 10000};
    const char *url = mneme_config_string(hot->fold.fixture.config, MNEME_SETTING_REDIS_URL);
    require(mneme_redis_open(&hot->redis, url, &options, &hot->fold.error) == MNEME_OK, "redis",
            &hot->fold.error);
    hot->projection = mneme_redis_case_open(hot);
    require(mneme_redis_case_assign(hot, hot->projection) == MNEME_APPLIED, "assign", &hot->fold.error);
}

void mneme_redis_case_flush(struct mneme_redis_case *hot) {
    static const char script[] = "for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do "
                                 "redis.call('DEL', key) end";
    const struct mneme_str words[] = {MNEME_STR_LIT("EVAL"),
                                      {script, sizeof script - 1},
                                      MNEME_STR_LIT("0"),
                                      mneme_str_from(hot->fold.fixture.redis_prefix)};
    const struct mneme_redis_command command = {NULL, words, 4, MNEME_STR_NULL};
    (void)mneme_redis_run(NULL, hot->redis, &command, &hot->fold.error);
}

void mneme_redis_case_tear_down(struct mneme_redis_case *hot) {
    mneme_redis_case_flush(hot);
    mneme_cache_projection.close(hot->projection);
    mneme_redis_close(hot->redis);
    mneme_fold_case_tear_down(&hot->fold);
}

enum mneme_apply_result mneme_redis_case_apply_some(struct mneme_redis_case *hot, void *projection,
                                                    size_t first, size_t count) {
    struct mneme_batch batch;
    mneme_fold_case_batch(&hot->fold, &batch, first, count);
    enum mneme_apply_result result = mneme_cache_projection.apply(projection, &batch, &hot->fold.error);
    mneme_fold_case_free_batch(&batch);
    return result;
}

void mneme_redis_case_apply(struct mneme_redis_case *hot, size_t batch_size) {
    struct mneme_fold_case *fold = &hot->fold;
    require(mneme_fold_case_apply(fold, 0) == MNEME_APPLIED, "ledger", &fold->error);
    while (hot->folded < fold->count) {
        size_t left = fold->count - hot->folded;
        size_t count = batch_size == 0 || batch_size > left ? left : batch_size;
        require(mneme_redis_case_apply_some(hot, hot->projection, hot->folded, count) == MNEME_APPLIED,
                "redis", &fold->error);
        hot->folded += count;
    }
}

static void print_reply(struct mneme_buffer *out, const redisReply *reply) {
    switch (reply->type) {
    case REDIS_REPLY_NIL:
        mneme_buffer_append_byte(out, '-');
        break;
    case REDIS_REPLY_INTEGER:
        mneme_buffer_printf(out, "%lld", reply->integer);
        break;
    case REDIS_REPLY_ARRAY:
        for (size_t i = 0; i < reply->elements; i++) {
            mneme_buffer_append_str(out, i == 0 ? MNEME_STR_LIT("") : MNEME_STR_LIT(";"));
            print_reply(out, reply->element[i]);
        }
        break;
    default:
        mneme_buffer_append(out, reply->str, reply->len);
        break;
    }
}

const char *mneme_redis_case_ask(struct mneme_redis_case *hot, const char *format, ...) {
    struct mneme_buffer parts[MAX_WORDS] = {0};
    struct mneme_str words[MAX_WORDS];
    struct mneme_buffer *out = &hot->fold.text;
    char text[4096];
    size_t count = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL && count < MAX_WORDS;
         word = strtok_r(NULL, " ", &rest)) {
        const char *percent = strchr(word, '%');
        mneme_buffer_append(&parts[count], word, percent == NULL ? strlen(word) : (size_t)(percent - word));
        if (percent != NULL) {
            mneme_buffer_append_str(&parts[count], mneme_str_from(hot->fold.fixture.redis_prefix));
            mneme_buffer_append_str(&parts[count], mneme_str_from(percent + 1));
        }
        words[count] = mneme_buffer_str(&parts[count]);
        count++;
    }
    redisReply *reply = NULL;
    const struct mneme_redis_command command = {NULL, words, count, count > 1 ? words[1] : MNEME_STR_NULL};
    require(mneme_redis_run(&reply, hot->redis, &command, &hot->fold.error) == MNEME_OK, format,
            &hot->fold.error);
    mneme_buffer_clear(out);
    print_reply(out, reply);
    mneme_buffer_append_byte(out, '\0');
    freeReplyObject(reply);
    for (size_t i = 0; i < count; i++) {
        mneme_buffer_clean_up(&parts[i]);
    }
    return out->data;
}
