/*
 * Looks in Redis; if the vector is not there, embeds the question and stores the vector. A failure of Redis
 * is only logged.
 */
#include "endpoints/embedding/query.h"

#include <endian.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/floats.h"
#include "common/log/log.h"
#include "common/redis/redis.h"

#define REDIS_TIMEOUT_MS 200 /* a cache must not be slower than the model */
#define HASH_BYTES 32

struct mneme_embedder_query {
    struct mneme_embedder *embedder;
    struct mneme_redis *redis; /* NULL: nothing is cached */
    struct mneme_buffer key_prefix;
    int64_t ttl_s;
    struct mneme_buffer key, wire;
    float *vector; /* the cache's answer */
    size_t capacity;
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "a question was not embedded: out of memory; free some memory");
}

int mneme_embedder_query_open(struct mneme_embedder_query **out, const struct mneme_config *config,
                              const struct mneme_embedder_model_info *model, struct mneme_error *error) {
    struct mneme_embedder_query *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return no_memory(error);
    }
    made->ttl_s = mneme_config_long(config, MNEME_SETTING_EMBEDDING_CACHE_TTL_S);
    mneme_buffer_printf(&made->key_prefix,
                        "%sembedding:", mneme_config_string(config, MNEME_SETTING_REDIS_PREFIX));
    int status = made->key_prefix.failed ? no_memory(error)
                                         : mneme_embedder_open(&made->embedder, config, model, error);
    if (status == MNEME_OK && made->ttl_s > 0) {
        static const struct mneme_redis_options options = {.timeout_ms = REDIS_TIMEOUT_MS,
                                                           .pause_ms = MNEME_REDIS_PAUSE_MS};
        status = mneme_redis_open(&made->redis, mneme_config_string(config, MNEME_SETTING_REDIS_URL),
                                  &options, error);
    }
    if (status != MNEME_OK) {
        mneme_embedder_query_close(made);
        return status;
    }
    *out = made;
    return MNEME_OK;
}

void mneme_embedder_query_close(struct mneme_embedder_query *embedder) {
    if (embedder != NULL) {
        mneme_embedder_close(embedder->embedder);
        mneme_redis_close(embedder->redis);
        mneme_buffer_clean_up(&embedder->key_prefix);
        mneme_buffer_clean_up(&embedder->key);
        mneme_buffer_clean_up(&embedder->wire);
        free(embedder->vector);
        free(embedder);
    }
}

/* Everything that the vector depends on is in the key: the model's name, prefix and dimension, and the text.
 */
static bool make_key(struct mneme_embedder_query *embedder, struct mneme_str question) {
    const struct mneme_embedder_model_info *model = mneme_embedder_model(embedder->embedder);
    uint64_t dimensions = htole64((uint64_t)model->dimensions);
    uint8_t hash[HASH_BYTES] = {0};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(context, &dimensions, sizeof dimensions) == 1 &&
                   EVP_DigestUpdate(context, model->name, strlen(model->name) + 1) == 1 &&
                   EVP_DigestUpdate(context, model->query_prefix, strlen(model->query_prefix) + 1) == 1 &&
                   EVP_DigestUpdate(context, question.data, question.len) == 1 &&
                   EVP_DigestFinal_ex(context, hash, NULL) == 1;
    EVP_MD_CTX_free(context);
    mneme_buffer_clear(&embedder->key);
    mneme_buffer_append_str(&embedder->key, mneme_buffer_str(&embedder->key_prefix));
    for (size_t i = 0; i < sizeof hash; i++) {
        mneme_buffer_printf(&embedder->key, "%02x", hash[i]);
    }
    return is_done && !embedder->key.failed;
}

static void note_failure(const struct mneme_error *error) {
    mneme_log(MNEME_LOG_DEBUG, "the cache of questions is not used", MNEME_LOG_S("reason", error->message));
}

/* Whether the cache has the vector; it is in embedder->vector then. */
static bool take_vector(struct mneme_embedder_query *embedder, size_t *dimensions, const redisReply *reply) {
    size_t expected = mneme_embedder_dimensions(embedder->embedder);
    size_t count = reply->len / sizeof(float);
    if (reply->type != REDIS_REPLY_STRING || count == 0 || reply->len % sizeof(float) != 0 ||
        (expected != 0 && count != expected)) {
        return false;
    }
    if (count > embedder->capacity) {
        float *grown = realloc(embedder->vector, count * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        embedder->vector = grown;
        embedder->capacity = count;
    }
    mneme_floats_get(embedder->vector, reply->str, count);
    *dimensions = count;
    return true;
}

static bool look_up(struct mneme_embedder_query *embedder, size_t *dimensions) {
    struct mneme_str key = mneme_buffer_str(&embedder->key);
    const struct mneme_str words[] = {MNEME_STR_LIT("GET"), key};
    const struct mneme_redis_command command = {.words = words, .count = 2, .key = key};
    struct mneme_error error = {0};
    redisReply *reply;
    if (mneme_redis_run(&reply, embedder->redis, &command, &error) != MNEME_OK) {
        note_failure(&error);
        return false;
    }
    bool is_found = take_vector(embedder, dimensions, reply);
    freeReplyObject(reply);
    return is_found;
}

static void keep(struct mneme_embedder_query *embedder, const float *vector, size_t dimensions) {
    struct mneme_buffer *wire = &embedder->wire;
    struct mneme_str key = mneme_buffer_str(&embedder->key);
    char ttl_s[24];
    (void)snprintf(ttl_s, sizeof ttl_s, "%lld", (long long)embedder->ttl_s);
    mneme_buffer_clear(wire);
    mneme_floats_put(wire, vector, dimensions);
    const struct mneme_str words[] = {MNEME_STR_LIT("SET"), key, mneme_buffer_str(wire), MNEME_STR_LIT("EX"),
                                      mneme_str_from(ttl_s)};
    const struct mneme_redis_command command = {
        .words = words, .count = sizeof words / sizeof words[0], .key = key};
    struct mneme_error error = {0};
    if (!wire->failed && mneme_redis_run(NULL, embedder->redis, &command, &error) != MNEME_OK) {
        note_failure(&error);
    }
}

int mneme_embedder_query_embed(const float **vector, size_t *dimensions,
                               struct mneme_embedder_query *embedder, struct mneme_str question,
                               int64_t timeout_ms, struct mneme_error *error) {
    int64_t start = mneme_clock_monotonic_micros();
    bool is_cached = embedder->redis != NULL;
    if (is_cached && !make_key(embedder, question)) {
        return no_memory(error);
    }
    if (is_cached && look_up(embedder, dimensions)) {
        *vector = embedder->vector;
        return MNEME_OK;
    }
    int64_t spent_ms = (mneme_clock_monotonic_micros() - start) / 1000;
    struct mneme_embedder_bounds bounds = {0};
    if (timeout_ms > 0) {
        bounds.timeout_ms = spent_ms < timeout_ms ? timeout_ms - spent_ms : 1;
    }
    struct mneme_embedder_item item = {.text = question};
    int status = mneme_embedder_embed(embedder->embedder, MNEME_EMBEDDER_QUERY, &item, 1, &bounds, error);
    if (status == MNEME_OK && item.refusal != NULL) {
        status = mneme_error_set(error, MNEME_E_INVALID,
                                 "the question was not embedded: %s; ask it in other words", item.refusal);
    }
    if (status != MNEME_OK) {
        return status;
    }
    *vector = item.vector;
    *dimensions = mneme_embedder_dimensions(embedder->embedder);
    if (is_cached) {
        keep(embedder, *vector, *dimensions);
    }
    return MNEME_OK;
}
