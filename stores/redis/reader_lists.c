/*
 * Lists with a part in each partition.
 */
#include <stdio.h>

#include "common/base/percent.h"
#include "stores/redis/reader_state.h"

#define PARTITIONS_AT_ONCE 64

static bool is_text(const redisReply *reply) {
    return reply != NULL && reply->type == REDIS_REPLY_STRING;
}

struct listing {
    struct mneme_hot_reader *reader;
    enum mneme_hot_kind kind;
    const struct mneme_str *names;
    size_t name_count;
    char last[24]; /* the highest requested rank */
    struct mneme_hot_memory_id *ids;
    size_t count, capacity;
    struct mneme_arena *arena;
};

/* Requests `live`, the part of the list and a gap in it. */
static bool send_part(struct listing *listing, int32_t partition) {
    struct mneme_hot_reader *reader = listing->reader;
    struct mneme_buffer *text = &reader->scratch;
    struct mneme_error ignored = {0}; /* Postgres answers instead */
    mneme_buffer_clear(text);
    mneme_hot_live_key(text, reader->space.prefix, partition);
    const struct mneme_str live[] = {MNEME_STR_LIT("GET"), mneme_buffer_str(text)};
    const struct mneme_redis_command first = {NULL, live, 2, live[1]};
    if (text->failed || mneme_redis_send(reader->redis, &first, &ignored) != MNEME_OK) {
        return false;
    }
    mneme_buffer_clear(text);
    mneme_hot_key(text, &reader->space, partition, listing->kind, listing->names, listing->name_count);
    const struct mneme_str part[] = {MNEME_STR_LIT("ZREVRANGE"), mneme_buffer_str(text), MNEME_STR_LIT("0"),
                                     mneme_str_from(listing->last)};
    const struct mneme_redis_command second = {NULL, part, 4, part[1]};
    return !text->failed && mneme_redis_send(reader->redis, &second, &ignored) == MNEME_OK &&
           mneme_hot_reader_send_gap(reader, partition, listing->kind, listing->names, listing->name_count);
}

/* A member is "<stream>/<id>", encoded. */
static bool take_member(struct listing *listing, const redisReply *member) {
    struct mneme_buffer *text = &listing->reader->scratch;
    const char *slash = is_text(member) ? memrchr(member->str, '/', member->len) : NULL;
    struct mneme_hot_memory_id *id = &listing->ids[listing->count];
    if (slash == NULL || listing->count == listing->capacity) {
        return false;
    }
    mneme_buffer_clear(text);
    struct mneme_str tail = {slash + 1, member->len - (size_t)(slash + 1 - member->str)};
    if (!mneme_percent_decode(text, (struct mneme_str){member->str, (size_t)(slash - member->str)}) ||
        !mneme_uuid_parse(&id->id, tail)) {
        return false;
    }
    id->tenant = listing->names[0];
    id->stream_id = mneme_arena_copy(listing->arena, mneme_buffer_str(text));
    listing->count += id->stream_id.data != NULL;
    return id->stream_id.data != NULL;
}

static enum mneme_hot_trust receive_part(struct listing *listing) {
    struct mneme_redis *redis = listing->reader->redis;
    struct mneme_error ignored = {0};
    enum mneme_hot_trust trust = MNEME_HOT_NOT_HERE;
    redisReply *live = NULL;
    redisReply *part = NULL;
    /* Reads all in any case, while there is a connection: an unread answer would be taken for the next one.
     */
    (void)mneme_redis_receive(&live, redis, &ignored);
    if (mneme_redis_in_flight(redis) > 0) {
        (void)mneme_redis_receive(&part, redis, &ignored);
    }
    bool has_gap = mneme_hot_reader_receive_gap(listing->reader);
    if (live != NULL && part != NULL && part->type == REDIS_REPLY_ARRAY) {
        trust = mneme_hot_reader_judge(listing->reader, live);
    }
    for (size_t i = 0; trust == MNEME_HOT_BELIEVE && i < part->elements; i++) {
        trust = take_member(listing, part->element[i]) ? trust : MNEME_HOT_NOT_HERE;
    }
    freeReplyObject(live);
    freeReplyObject(part);
    return trust == MNEME_HOT_BELIEVE && has_gap ? MNEME_HOT_NOT_HERE : trust;
}

/* Reads all parts, some at a time; returns their worst verdict. */
static enum mneme_hot_trust find_list(struct listing *listing, int32_t partitions) {
    struct mneme_redis *redis = listing->reader->redis;
    enum mneme_hot_trust trust = MNEME_HOT_BELIEVE;
    listing->count = 0;
    for (int32_t from = 0; from < partitions && trust == MNEME_HOT_BELIEVE; from += PARTITIONS_AT_ONCE) {
        int32_t end = partitions - from < PARTITIONS_AT_ONCE ? partitions : from + PARTITIONS_AT_ONCE;
        int32_t sent = from;
        int32_t heard = from;
        while (sent < end && send_part(listing, sent)) {
            sent++;
        }
        for (; heard < sent && mneme_redis_in_flight(redis) > 0; heard++) {
            enum mneme_hot_trust one = receive_part(listing);
            trust = one > trust ? one : trust;
        }
        trust = heard == end ? trust : MNEME_HOT_NOT_HERE;
        mneme_redis_drop(redis);
    }
    return trust;
}

bool mneme_hot_reader_list(struct mneme_hot_memory_id **out, size_t *count, struct mneme_hot_reader *reader,
                           enum mneme_hot_kind kind, const struct mneme_str *names, size_t name_count,
                           size_t most, struct mneme_arena *arena) {
    struct listing listing = {
        .reader = reader, .kind = kind, .names = names, .name_count = name_count, .arena = arena};
    enum mneme_hot_trust trust = MNEME_HOT_READ_AGAIN;
    snprintf(listing.last, sizeof listing.last, "%zu", most - 1);
    for (int tries = 0; tries < 2 && trust == MNEME_HOT_READ_AGAIN; tries++) {
        int32_t partitions = mneme_hot_reader_partitions(reader);
        listing.capacity = most * (size_t)partitions;
        listing.ids = mneme_arena_alloc(arena, (listing.capacity + 1) * sizeof *listing.ids);
        trust = partitions > 0 && listing.ids != NULL ? find_list(&listing, partitions) : MNEME_HOT_NOT_HERE;
    }
    *out = listing.ids;
    *count = trust == MNEME_HOT_BELIEVE ? listing.count : 0;
    return trust == MNEME_HOT_BELIEVE;
}
