/*
 * Both ways share the keys and nothing else.
 */
#include "tests/support/bench_hot_get.h"

#include <hiredis/hiredis.h>

#include "common/base/clock.h"
#include "common/redis/url.h"

#define CHUNK 500

struct asking {
    struct mneme_hot_reader *reader;
    const struct mneme_hot_memory_id *memories;
    size_t count;
    struct mneme_str *keys;
    redisContext *redis;
    struct mneme_arena arena, answer;
};

/* The keys of the memories. */
static int name_keys(struct asking *asking, struct mneme_error *error) {
    struct mneme_buffer text = {0};
    asking->keys = mneme_arena_calloc(&asking->arena, asking->count, sizeof *asking->keys);
    bool is_done = asking->keys != NULL;
    for (size_t i = 0; i < asking->count && is_done; i++) {
        const struct mneme_hot_memory_id *id = &asking->memories[i];
        int32_t partition = mneme_hot_reader_partition_of(asking->reader, id->tenant, id->stream_id);
        mneme_buffer_clear(&text);
        mneme_hot_memory_key(&text, mneme_hot_reader_space(asking->reader), partition, id->tenant,
                             id->stream_id, id->id);
        asking->keys[i] = mneme_arena_copy(&asking->arena, mneme_buffer_str(&text));
        is_done = asking->keys[i].data != NULL;
    }
    mneme_buffer_clean_up(&text);
    return is_done ? MNEME_OK : mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory");
}

static int connect_bare(redisContext **out, const char *url, struct mneme_error *error) {
    struct mneme_redis_urls urls = {0};
    int status = mneme_redis_urls_parse(&urls, url, error);
    if (status == MNEME_OK) {
        *out = redisConnect(urls.servers[0].host, urls.servers[0].port);
        if (*out == NULL || (*out)->err != 0) {
            status = mneme_error_set(error, MNEME_E_UNAVAILABLE, "Redis was not reached by hiredis");
        }
    }
    mneme_redis_urls_clean_up(&urls);
    return status;
}

static int get_ours(double *seconds, struct asking *asking, struct mneme_error *error) {
    int64_t started = mneme_clock_monotonic_micros();
    for (size_t i = 0; i < CHUNK; i++) {
        struct mneme_hot_memory memory;
        bool found;
        mneme_arena_reset(&asking->answer, SIZE_MAX);
        if (mneme_hot_reader_memories(&memory, &found, asking->reader, &asking->memories[i % asking->count],
                                      1, &asking->answer) != 1) {
            return mneme_error_set(error, MNEME_E_NOT_FOUND, "a memory is not in Redis any more");
        }
    }
    *seconds += (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    return MNEME_OK;
}

static int get_bare(double *seconds, struct asking *asking, struct mneme_error *error) {
    int64_t started = mneme_clock_monotonic_micros();
    for (size_t i = 0; i < CHUNK; i++) {
        struct mneme_str key = asking->keys[i % asking->count];
        const char *words[] = {"GET", key.data};
        const size_t lengths[] = {3, key.len};
        redisReply *reply = redisCommandArgv(asking->redis, 2, words, lengths);
        bool is_fine = reply != NULL && reply->type == REDIS_REPLY_STRING;
        freeReplyObject(reply);
        if (!is_fine) {
            return mneme_error_set(error, MNEME_E_UNAVAILABLE, "Redis did not answer a bare GET");
        }
    }
    *seconds += (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    return MNEME_OK;
}

int mneme_bench_hot_get(double *ours, double *bare, struct mneme_hot_reader *reader, const char *url,
                        const struct mneme_hot_memory_id *memories, size_t count, long questions,
                        struct mneme_error *error) {
    struct asking asking = {.reader = reader, .memories = memories, .count = count};
    double our_seconds = 0;
    double bare_seconds = 0;
    long asked = 0;
    mneme_arena_init(&asking.arena, 0);
    mneme_arena_init(&asking.answer, 0);
    int status = name_keys(&asking, error);
    if (status == MNEME_OK) {
        status = connect_bare(&asking.redis, url, error);
    }
    for (; status == MNEME_OK && asked < questions; asked += CHUNK) {
        status = get_ours(&our_seconds, &asking, error);
        if (status == MNEME_OK) {
            status = get_bare(&bare_seconds, &asking, error);
        }
    }
    *ours = (double)asked / our_seconds;
    *bare = (double)asked / bare_seconds;
    redisFree(asking.redis);
    mneme_arena_clean_up(&asking.answer);
    mneme_arena_clean_up(&asking.arena);
    return status;
}
