/*
 * One script reads a consistent snapshot of all parts; each element is JSON.
 */
#include "stores/redis/reader_working.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/json/read.h"
#include "stores/redis/change.h"
#include "stores/redis/limits.h"
#include "stores/redis/reader_state.h"
#include "stores/redis/scripts.h"
#include "stores/redis/working_json.h"

#define FIRST_LIST 4 /* after live, the goal, its id and its time */
#define ANSWER_PARTS (FIRST_LIST + MNEME_WORKING_PART_COUNT)

static bool is_text(const redisReply *reply) {
    return reply->type == REDIS_REPLY_STRING;
}

/* A list of elements, copied into the arena and parsed there. NULL when memory is exhausted or an element has
 * an unknown form. */
static void *read_list(const redisReply *list, enum mneme_working_part part, struct mneme_arena *arena) {
    size_t bytes = mneme_working_shapes[part].bytes;
    if (list->type != REDIS_REPLY_ARRAY) {
        return NULL;
    }
    char *elements = mneme_arena_alloc(arena, (list->elements + 1) * bytes);
    for (size_t i = 0; elements != NULL && i < list->elements; i++) {
        const redisReply *item = list->element[i];
        struct mneme_str text = is_text(item)
                                    ? mneme_arena_copy(arena, (struct mneme_str){item->str, item->len})
                                    : MNEME_STR_NULL;
        if (text.data == NULL || !mneme_working_element_parse(elements + i * bytes, part, text, arena)) {
            return NULL;
        }
    }
    return elements;
}

static int compare_keys(const void *a, const void *b) {
    return mneme_str_compare(((const struct mneme_context_key *)a)->key,
                             ((const struct mneme_context_key *)b)->key);
}

/* Sorts keys by name and removes expired ones; returns how many are left. */
static size_t settle_keys(struct mneme_context_key *keys, size_t count, int64_t now_micros) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (keys[i].expires_at > now_micros) {
            keys[kept++] = keys[i];
        }
    }
    if (kept > 0) {
        qsort(keys, kept, sizeof *keys, compare_keys);
    }
    return kept;
}

/* The text, copied into the arena; null for any other reply. False when memory is exhausted. */
static bool read_text(struct mneme_str *out, const redisReply *reply, struct mneme_arena *arena) {
    *out =
        is_text(reply) ? mneme_arena_copy(arena, (struct mneme_str){reply->str, reply->len}) : MNEME_STR_NULL;
    return out->data != NULL || !is_text(reply);
}

/* The goal, if there is one. Writers of an earlier version left out its id, which only the tables have. */
static bool read_goal(struct mneme_loaded_working *out, redisReply *const *parts, struct mneme_arena *arena) {
    struct mneme_str id, set_at;
    if (!read_text(&out->working.goal, parts[0], arena) || !read_text(&id, parts[1], arena) ||
        !read_text(&set_at, parts[2], arena)) {
        return false;
    }
    out->goal_id = id.len > 0 ? id : MNEME_STR_NULL;
    out->goal_set_at.is_set = set_at.len > 0 && mneme_json_to_long(&out->goal_set_at.value, set_at);
    return out->working.goal.data == NULL || id.data != NULL;
}

static bool read_answer(struct mneme_loaded_working *out, const redisReply *answer, int64_t now_micros,
                        struct mneme_arena *arena) {
    void *lists[MNEME_WORKING_PART_COUNT];
    redisReply *const *part = answer->element + FIRST_LIST;
    *out = (struct mneme_loaded_working){0};
    if (!read_goal(out, answer->element + 1, arena)) {
        return false;
    }
    for (int i = 0; i < MNEME_WORKING_PART_COUNT; i++) {
        lists[i] = read_list(part[i], (enum mneme_working_part)i, arena);
        if (lists[i] == NULL) {
            return false;
        }
    }
    out->working = (struct mneme_working){
        .goal = out->working.goal,
        .turns = lists[MNEME_WORKING_TURN],
        .turn_count = part[MNEME_WORKING_TURN]->elements,
        .thoughts = lists[MNEME_WORKING_THOUGHT],
        .thought_count = part[MNEME_WORKING_THOUGHT]->elements,
        .keys = lists[MNEME_WORKING_KEY],
        .key_count = settle_keys(lists[MNEME_WORKING_KEY], part[MNEME_WORKING_KEY]->elements, now_micros),
        .events = lists[MNEME_WORKING_EVENT],
        .event_count = part[MNEME_WORKING_EVENT]->elements,
    };
    return true;
}

static redisReply *ask(struct mneme_hot_reader *reader, const struct mneme_working_wanted *wanted,
                       int64_t most, int32_t partition) {
    const struct mneme_str names[] = {wanted->tenant, wanted->stream_id, wanted->conversation_id};
    struct mneme_buffer *text = &reader->scratch;
    redisReply *reply = NULL;
    mneme_buffer_clear(text);
    mneme_hot_live_key(text, reader->space.prefix, partition);
    size_t live_bytes = text->len;
    mneme_hot_key(text, &reader->space, partition, MNEME_HOT_WORKING, names, 3);
    if (text->failed) {
        return NULL;
    }
    char most_text[24];
    snprintf(most_text, sizeof most_text, "%lld", (long long)most);
    const struct mneme_str live = {text->data, live_bytes};
    const struct mneme_str words[] = {MNEME_STR_LIT("2"),
                                      live,
                                      {text->data + live_bytes, text->len - live_bytes},
                                      mneme_str_from(most_text)};
    const struct mneme_redis_command command = {&mneme_hot_script_working, words, 4, live};
    (void)mneme_hot_reader_run(&reply, reader, &command);
    return reply;
}

bool mneme_hot_reader_working(struct mneme_loaded_working *out, struct mneme_hot_reader *reader,
                              const struct mneme_working_wanted *wanted, int64_t most, int64_t now_micros,
                              struct mneme_arena *arena) {
    enum mneme_hot_trust trust = MNEME_HOT_READ_AGAIN;
    bool is_found = false;
    /* A second read uses what the first has learnt about the space. */
    for (int tries = 0; tries < 2 && trust == MNEME_HOT_READ_AGAIN; tries++) {
        int32_t partition = mneme_hot_reader_partition_of(reader, wanted->tenant, wanted->stream_id);
        redisReply *reply = partition < 0 ? NULL : ask(reader, wanted, most, partition);
        bool is_answer = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements > 0;
        trust = is_answer ? mneme_hot_reader_judge(reader, reply->element[0]) : MNEME_HOT_NOT_HERE;
        is_found = trust == MNEME_HOT_BELIEVE && reply->elements == ANSWER_PARTS &&
                   read_answer(out, reply, now_micros, arena);
        freeReplyObject(reply);
    }
    return is_found;
}

void mneme_hot_reader_fill_working(struct mneme_hot_reader *reader, const struct mneme_working_wanted *wanted,
                                   const struct mneme_loaded_working *loaded) {
    const struct mneme_str names[] = {wanted->tenant, wanted->stream_id, wanted->conversation_id};
    int32_t partitions = mneme_hot_reader_partitions(reader);
    struct mneme_hot_call call = {0};
    if (partitions == 0) {
        return;
    }
    int64_t now = mneme_clock_now_micros();
    const struct mneme_hot_limits limits = mneme_hot_limits_of(reader->config, partitions);
    const struct mneme_hot_keeping keeping = {
        .expires_ms = now / 1000 + mneme_hot_ttl_s(reader->config, MNEME_HOT_WORKING) * 1000,
        .happened_at = now,
        .user_id = wanted->user_id,
        .most_bytes = mneme_hot_user_bytes(&limits),
    };
    mneme_hot_call_begin(&call, &reader->space, wanted->partition);
    mneme_hot_guard_fill(&call, loaded->ledger_offset);
    mneme_hot_change_working(&call, names, &keeping, loaded);
    const struct mneme_redis_command command = mneme_hot_call_command(&call);
    if (!call.text.failed) {
        redisReply *reply;
        (void)mneme_hot_reader_run(&reply, reader, &command); /* on failure, the next reader fills it */
        freeReplyObject(reply);
    }
    mneme_hot_call_clean_up(&call);
}
