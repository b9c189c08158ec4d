/*
 * A script for each key, many in flight.
 */
#include "consumers/redis/rebuild/look.h"

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

/* Fields of working memory that tell when it was written: the ledger's place, and how much of it there was
 * with what has expired since. */
static bool is_of_a_moment(struct mneme_str field) {
    return mneme_str_equal(field, MNEME_STR_LIT("next_offset")) ||
           mneme_str_equal(field, MNEME_STR_LIT("counts"));
}

/* Fields in any order. */
static void take_hash(struct mneme_look *look, redisReply *const *words, size_t count) {
    bool is_context = look->has_kind && look->kind == MNEME_HOT_WORKING_CONTEXT;
    look->is_there = !is_context;
    for (size_t i = 0; i + 1 < count; i += 2) {
        struct mneme_str field = str_of(words[i]);
        struct mneme_str value = str_of(words[i + 1]);
        if (is_context ? has_expired(value) : is_of_a_moment(field)) {
            continue;
        }
        look->is_there = true;
        look->hash ^= hash_str(hash_str(SEED, field), value);
    }
}

static void take_string(struct mneme_look *look, redisReply *const *words, size_t count) {
    struct mneme_str value = str_of(words[0]);
    bool is_memory = look->has_kind && look->kind == MNEME_HOT_MEMORY;
    look->hash = hash_str(SEED, is_memory ? value : without_line(value));
    look->lacking = (const redisReply *const *)words + 1;
    look->lacking_count = count - 1;
}

static void take_list(struct mneme_look *look, redisReply *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        look->hash = hash_str(look->hash, str_of(words[i]));
    }
}

static void take_members(struct mneme_look *look, redisReply *const *words, size_t count) {
    look->strangers = count == 0 ? 0 : strtoll(words[0]->str, NULL, 10);
}

static const struct {
    const char *name;
    void (*take)(struct mneme_look *look, redisReply *const *words, size_t count);
} types[] = {
    {"string", take_string},
    {"hash", take_hash},
    {"list", take_list},
    {"zset", take_members},
};

static void take_reply(struct mneme_look *look, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2) {
        return;
    }
    look->is_there = true;
    look->expires_ms = strtoll(reply->element[1]->str, NULL, 10);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(reply->element[0]->str, types[i].name) == 0 && reply->elements > 2) {
            types[i].take(look, reply->element + 2, reply->elements - 2);
            look->hash = mneme_hash_mix(look->hash, i);
        }
    }
}

uint64_t mneme_look_hash_memory(struct mneme_str value) {
    return mneme_hash_mix(hash_str(SEED, value), 0); /* the first of the types */
}

static void name(struct mneme_look *look, const struct mneme_hot_scanned *scanned) {
    *look = (struct mneme_look){.scanned = *scanned};
    look->has_kind = mneme_hot_kind_parse(&look->kind, &look->names, scanned->name);
}

static int send_one(struct mneme_redis *redis, const struct mneme_hot_space *space,
                    const struct mneme_hot_scanned *scanned, struct mneme_buffer *text,
                    struct mneme_error *error) {
    struct mneme_look look;
    name(&look, scanned);
    mneme_buffer_clear(text);
    mneme_hot_base(text, space, scanned->partition);
    size_t base_len = text->len;
    if (look.has_kind) {
        mneme_hot_kind_names(text, look.kind, NULL, 0);
    }
    if (text->failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "keys were not compared: out of memory");
    }
    const struct mneme_str words[] = {MNEME_STR_LIT("1"),
                                      scanned->key,
                                      {text->data, base_len},
                                      {text->data + base_len, text->len - base_len},
                                      look.names};
    const struct mneme_redis_command command = {&mneme_hot_script_look, words, 5, scanned->key};
    return mneme_redis_send(redis, &command, error);
}

int mneme_look_run(struct mneme_redis *redis, const struct mneme_hot_space *space,
                   const struct mneme_hot_scanned *keys, size_t count,
                   int (*visit)(void *context, const struct mneme_look *look, struct mneme_error *error),
                   void *context, struct mneme_error *error) {
    struct mneme_buffer text = {0};
    int status = MNEME_OK;
    size_t sent = 0;
    for (size_t heard = 0; status == MNEME_OK && heard < count;) {
        if (sent < count && sent - heard < MAX_IN_FLIGHT) {
            status = send_one(redis, space, &keys[sent++], &text, error);
            continue;
        }
        struct mneme_look look;
        redisReply *reply = NULL;
        name(&look, &keys[heard++]);
        status = mneme_redis_receive(&reply, redis, error);
        if (status == MNEME_OK) {
            take_reply(&look, reply);
            status = visit(context, &look, error);
        }
        freeReplyObject(reply);
    }
    mneme_redis_drop(redis);
    mneme_buffer_clean_up(&text);
    return status;
}
