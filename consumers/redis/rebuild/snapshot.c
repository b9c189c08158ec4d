/*
 * A script for each key, many in flight.
 */
#include "consumers/redis/rebuild/snapshot.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "stores/redis/scripts.h"
#include "stores/redis/working_json.h"

#define MAX_IN_FLIGHT 100

#define SEED 0

static struct mneme_str str_of(const redisReply *reply) {
    return (struct mneme_str){reply->str, reply->len};
}

static uint64_t hash_str(uint64_t seed, struct mneme_str text) {
    return mneme_hash_bytes(seed, text.data, text.len);
}

/* Values that are read whole begin with a line that says where the ledger was. */
static struct mneme_str without_line(struct mneme_str value) {
    const char *end = memchr(value.data, '\n', value.len);
    return end == NULL ? value : (struct mneme_str){end + 1, value.len - (size_t)(end + 1 - value.data)};
}

static bool has_expired(struct mneme_str element) {
    struct mneme_context_key key = {0};
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    bool is_read = mneme_working_element_parse(&key, MNEME_WORKING_KEY, element, &arena);
    mneme_arena_clean_up(&arena);
    return is_read && key.expires_at <= mneme_clock_now_micros();
}

/* Fields of working memory that depend on when it was written: the ledger's place, and counts that include
 * what has expired since. */
static bool is_time_dependent(struct mneme_str field) {
    return mneme_str_equal(field, MNEME_STR_LIT("next_offset")) ||
           mneme_str_equal(field, MNEME_STR_LIT("counts"));
}

/* Fields in any order. */
static void take_hash(struct mneme_cache_snapshot *snapshot, redisReply *const *words, size_t count) {
    bool is_context = snapshot->has_kind && snapshot->kind == MNEME_HOT_WORKING_CONTEXT;
    snapshot->is_there = !is_context;
    for (size_t i = 0; i + 1 < count; i += 2) {
        struct mneme_str field = str_of(words[i]);
        struct mneme_str value = str_of(words[i + 1]);
        if (is_context ? has_expired(value) : is_time_dependent(field)) {
            continue;
        }
        snapshot->is_there = true;
        snapshot->hash ^= hash_str(hash_str(SEED, field), value);
    }
}

static void take_string(struct mneme_cache_snapshot *snapshot, redisReply *const *words, size_t count) {
    struct mneme_str value = str_of(words[0]);
    bool is_memory = snapshot->has_kind && snapshot->kind == MNEME_HOT_MEMORY;
    snapshot->hash = hash_str(SEED, is_memory ? value : without_line(value));
    snapshot->lacking = (const redisReply *const *)words + 1;
    snapshot->lacking_count = count - 1;
}

static void take_list(struct mneme_cache_snapshot *snapshot, redisReply *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        snapshot->hash = hash_str(snapshot->hash, str_of(words[i]));
    }
}

static void take_members(struct mneme_cache_snapshot *snapshot, redisReply *const *words, size_t count) {
    snapshot->strangers = count == 0 ? 0 : strtoll(words[0]->str, NULL, 10);
}

static const struct {
    const char *name;
    void (*take)(struct mneme_cache_snapshot *snapshot, redisReply *const *words, size_t count);
} types[] = {
    {"string", take_string},
    {"hash", take_hash},
    {"list", take_list},
    {"zset", take_members},
};

static void take_reply(struct mneme_cache_snapshot *snapshot, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2) {
        return;
    }
    snapshot->is_there = true;
    snapshot->expires_ms = strtoll(reply->element[1]->str, NULL, 10);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(reply->element[0]->str, types[i].name) == 0 && reply->elements > 2) {
            types[i].take(snapshot, reply->element + 2, reply->elements - 2);
            snapshot->hash = mneme_hash_mix(snapshot->hash, i);
        }
    }
}

uint64_t mneme_cache_snapshot_hash_memory(struct mneme_str value) {
    return mneme_hash_mix(hash_str(SEED, value), 0); /* the first of the types */
}

static void name(struct mneme_cache_snapshot *snapshot, const struct mneme_hot_scanned *scanned) {
    *snapshot = (struct mneme_cache_snapshot){.scanned = *scanned};
    snapshot->has_kind = mneme_hot_kind_parse(&snapshot->kind, &snapshot->names, scanned->name);
}

static int send_one(struct mneme_redis *redis, const struct mneme_hot_space *space,
                    const struct mneme_hot_scanned *scanned, struct mneme_buffer *text,
                    struct mneme_error *error) {
    struct mneme_cache_snapshot snapshot;
    name(&snapshot, scanned);
    mneme_buffer_clear(text);
    mneme_hot_base(text, space, scanned->partition);
    size_t base_len = text->len;
    if (snapshot.has_kind) {
        mneme_hot_kind_names(text, snapshot.kind, NULL, 0);
    }
    if (text->failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "keys were not compared: out of memory");
    }
    const struct mneme_str words[] = {MNEME_STR_LIT("1"),
                                      scanned->key,
                                      {text->data, base_len},
                                      {text->data + base_len, text->len - base_len},
                                      snapshot.names};
    const struct mneme_redis_command command = {&mneme_hot_script_snapshot, words, 5, scanned->key};
    return mneme_redis_send(redis, &command, error);
}

int mneme_cache_snapshot_each(struct mneme_redis *redis, const struct mneme_hot_space *space,
                              const struct mneme_hot_scanned *keys, size_t count,
                              int (*visit)(void *context, const struct mneme_cache_snapshot *snapshot,
                                           struct mneme_error *error),
                              void *context, struct mneme_error *error) {
    struct mneme_buffer text = {0};
    int status = MNEME_OK;
    size_t sent = 0;
    for (size_t heard = 0; status == MNEME_OK && heard < count;) {
        if (sent < count && sent - heard < MAX_IN_FLIGHT) {
            status = send_one(redis, space, &keys[sent++], &text, error);
            continue;
        }
        struct mneme_cache_snapshot snapshot;
        redisReply *reply = NULL;
        name(&snapshot, &keys[heard++]);
        status = mneme_redis_receive(&reply, redis, error);
        if (status == MNEME_OK) {
            take_reply(&snapshot, reply);
            status = visit(context, &snapshot, error);
        }
        freeReplyObject(reply);
    }
    mneme_redis_drop(redis);
    mneme_buffer_clean_up(&text);
    return status;
}
