/*
 * hiredis behind a lazy connection. Whatever goes wrong ends the connection: an answer that was not read
 * would shift all later ones.
 */
#include "common/redis.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <sys/time.h>

#include "common/clock.h"
#include "common/percent.h"

#define PAUSE_MICROS INT64_C(5000000) /* after a failure nothing is tried for so long */
#define SCHEME "redis://"
#define DEFAULT_PORT 6379

struct mneme_redis {
    struct mneme_buffer strings;
    const char *host, *user, *password; /* in `strings`; user and password may be empty */
    int port;
    long database;
    struct timeval timeout;
    redisContext *context; /* NULL: not connected */
    int64_t not_before;    /* monotonic microseconds */
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot use Redis: out of memory; free some memory");
}

static int refuse_url(struct mneme_error *error, const char *why) {
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "REDIS_URL cannot be used: %s; write redis://[[user]:password@]host[:port][/database]", why);
}

/* Appends text with its percent escapes undone and a NUL, and gives where it begins. */
static size_t take_string(struct mneme_buffer *out, bool *is_right, struct mneme_str text) {
    size_t at = out->len;
    *is_right = mneme_percent_decode(out, text) && *is_right;
    mneme_buffer_append_byte(out, '\0');
    return at;
}

/* What is before the first (or last) `separator`, which `text` is moved behind; null when there is none. */
static struct mneme_str split_off(struct mneme_str *text, char separator, bool is_last) {
    const char *at = text->len == 0 ? NULL
                     : is_last      ? memrchr(text->data, separator, text->len)
                                    : memchr(text->data, separator, text->len);
    if (at == NULL) {
        return MNEME_STR_NULL;
    }
    struct mneme_str before = {text->data, (size_t)(at - text->data)};
    *text = (struct mneme_str){at + 1, text->len - before.len - 1};
    return before;
}

static bool to_number(long *out, struct mneme_str text, long most) {
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *out > most) {
            return false;
        }
        *out = *out * 10 + (text.data[i] - '0');
    }
    return text.len > 0 && *out <= most;
}

static int parse_url(struct mneme_redis *redis, const char *url, struct mneme_error *error) {
    if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0) {
        return refuse_url(error, "it does not begin with " SCHEME);
    }
    struct mneme_str rest = mneme_str_from(url + sizeof SCHEME - 1);
    struct mneme_str authority = split_off(&rest, '/', false);
    struct mneme_str database = authority.data == NULL ? MNEME_STR_NULL : rest;
    authority = authority.data == NULL ? rest : authority;
    struct mneme_str login = split_off(&authority, '@', true);
    struct mneme_str password = login;
    struct mneme_str user = login.data == NULL ? MNEME_STR_NULL : split_off(&password, ':', false);
    struct mneme_str port = authority;
    struct mneme_str host = split_off(&port, ':', true);
    long number = DEFAULT_PORT;
    if (host.data == NULL) {
        host = authority;
    } else if (!to_number(&number, port, UINT16_MAX) || number == 0) {
        return refuse_url(error, "its port is none");
    }
    redis->port = (int)number;
    if (host.len == 0) {
        return refuse_url(error, "it has no host");
    }
    if (database.len > 0 && !to_number(&redis->database, database, INT16_MAX)) {
        return refuse_url(error, "its database is no number");
    }
    bool is_right = true;
    size_t host_at = take_string(&redis->strings, &is_right, host);
    size_t user_at = take_string(&redis->strings, &is_right, user);
    size_t password_at = take_string(&redis->strings, &is_right, password);
    if (!is_right) {
        return refuse_url(error, "it has a % without two hexadecimal digits behind it");
    }
    if (redis->strings.failed) {
        return no_memory(error);
    }
    redis->host = redis->strings.data + host_at;
    redis->user = redis->strings.data + user_at;
    redis->password = redis->strings.data + password_at;
    return MNEME_OK;
}

int mneme_redis_open(struct mneme_redis **out, const char *url, int64_t timeout_ms,
                     struct mneme_error *error) {
    struct mneme_redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL) {
        return no_memory(error);
    }
    redis->timeout = (struct timeval){.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    int status = parse_url(redis, url, error);
    if (status != MNEME_OK) {
        mneme_redis_close(redis);
        return status;
    }
    *out = redis;
    return MNEME_OK;
}

static void disconnect(struct mneme_redis *redis) {
    if (redis->context != NULL) {
        redisFree(redis->context);
        redis->context = NULL;
    }
}

void mneme_redis_close(struct mneme_redis *redis) {
    if (redis != NULL) {
        disconnect(redis);
        mneme_buffer_clean_up(&redis->strings);
        free(redis);
    }
}

/* Ends the connection and says why. */
static int fail(struct mneme_redis *redis, const char *why, struct mneme_error *error) {
    int status = mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                 "Redis at %s:%d cannot be used: %s; check that it is running and REDIS_URL",
                                 redis->host, redis->port, why);
    disconnect(redis);
    redis->not_before = mneme_clock_monotonic_micros() + PAUSE_MICROS;
    return status;
}

/* Runs a command; *reply is the caller's to free. An error that Redis answers is a failure, too. */
static int run(redisReply **reply, struct mneme_redis *redis, size_t count, const struct mneme_str *words,
               struct mneme_error *error) {
    const char *texts[8];
    size_t lengths[8];
    for (size_t i = 0; i < count; i++) {
        texts[i] = words[i].data;
        lengths[i] = words[i].len;
    }
    *reply = redisCommandArgv(redis->context, (int)count, texts, lengths);
    if (*reply != NULL && (*reply)->type != REDIS_REPLY_ERROR) {
        return MNEME_OK;
    }
    int status = fail(redis, *reply != NULL ? (*reply)->str : redis->context->errstr, error);
    if (*reply != NULL) {
        freeReplyObject(*reply);
        *reply = NULL;
    }
    return status;
}

static int run_for_effect(struct mneme_redis *redis, size_t count, const struct mneme_str *words,
                          struct mneme_error *error) {
    redisReply *reply;
    int status = run(&reply, redis, count, words, error);
    if (status == MNEME_OK) {
        freeReplyObject(reply);
    }
    return status;
}

static int log_in(struct mneme_redis *redis, struct mneme_error *error) {
    if (redis->password[0] == '\0') {
        return MNEME_OK;
    }
    struct mneme_str words[] = {MNEME_STR_LIT("AUTH"), mneme_str_from(redis->user),
                                mneme_str_from(redis->password)};
    if (redis->user[0] == '\0') { /* the form without a user, which every version knows */
        words[1] = words[2];
    }
    return run_for_effect(redis, redis->user[0] == '\0' ? 2 : 3, words, error);
}

static int select_database(struct mneme_redis *redis, struct mneme_error *error) {
    char number[24];
    (void)snprintf(number, sizeof number, "%ld", redis->database);
    const struct mneme_str words[] = {MNEME_STR_LIT("SELECT"), mneme_str_from(number)};
    return redis->database == 0 ? MNEME_OK : run_for_effect(redis, 2, words, error);
}

static int ensure(struct mneme_redis *redis, struct mneme_error *error) {
    if (redis->context != NULL) {
        return MNEME_OK;
    }
    if (mneme_clock_monotonic_micros() < redis->not_before) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "Redis at %s:%d has failed and is left alone for a while; check that it is "
                               "running and REDIS_URL",
                               redis->host, redis->port);
    }
    redis->context = redisConnectWithTimeout(redis->host, redis->port, redis->timeout);
    if (redis->context == NULL) {
        return no_memory(error);
    }
    if (redis->context->err != 0) {
        return fail(redis, redis->context->errstr, error);
    }
    if (redisSetTimeout(redis->context, redis->timeout) != REDIS_OK) {
        return fail(redis, "no time-out can be set", error);
    }
    int status = log_in(redis, error);
    return status == MNEME_OK ? select_database(redis, error) : status;
}

int mneme_redis_get(struct mneme_buffer *value, bool *is_found, struct mneme_redis *redis,
                    struct mneme_str key, struct mneme_error *error) {
    const struct mneme_str words[] = {MNEME_STR_LIT("GET"), key};
    redisReply *reply = NULL;
    *is_found = false;
    int status = ensure(redis, error);
    if (status == MNEME_OK) {
        status = run(&reply, redis, 2, words, error);
    }
    if (status == MNEME_OK) {
        *is_found = reply->type == REDIS_REPLY_STRING;
        if (*is_found) {
            mneme_buffer_append(value, reply->str, (size_t)reply->len);
        }
        freeReplyObject(reply);
    }
    return status;
}

int mneme_redis_set(struct mneme_redis *redis, struct mneme_str key, struct mneme_str value, int64_t ttl_s,
                    struct mneme_error *error) {
    char ttl[24];
    (void)snprintf(ttl, sizeof ttl, "%lld", (long long)ttl_s);
    const struct mneme_str words[] = {MNEME_STR_LIT("SET"), key, value, MNEME_STR_LIT("EX"),
                                      mneme_str_from(ttl)};
    int status = ensure(redis, error);
    return status == MNEME_OK ? run_for_effect(redis, sizeof words / sizeof words[0], words, error) : status;
}
