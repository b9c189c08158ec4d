/*
 * Values that are read as a whole by name: one MGET for each partition, with `live` first.
 */
#include "stores/redis/reader_state.h"

#define LINE_BYTES 20 /* the ledger's offset, and a line feed */
#define PARTITIONS_AT_ONCE 64

/* The request. */
struct wanted {
    enum mneme_hot_kind kind;
    const struct mneme_str *names;
    size_t name_count;
};

static bool send_value(struct mneme_hot_reader *reader, const struct wanted *wanted, int32_t partition) {
    struct mneme_buffer *text = &reader->scratch;
    struct mneme_error ignored = {0}; /* Postgres answers instead */
    mneme_arena_reset(&reader->arena, SIZE_MAX);
    mneme_buffer_clear(text);
    mneme_hot_live_key(text, reader->space.prefix, partition);
    struct mneme_str live = mneme_arena_copy(&reader->arena, mneme_buffer_str(text));
    mneme_buffer_clear(text);
    mneme_hot_key(text, &reader->space, partition, wanted->kind, wanted->names, wanted->name_count);
    const struct mneme_str words[] = {MNEME_STR_LIT("MGET"), live, mneme_buffer_str(text)};
    const struct mneme_redis_command command = {NULL, words, 3, words[1]};
    return live.data != NULL && !text->failed &&
           mneme_redis_send(reader->redis, &command, &ignored) == MNEME_OK;
}

/* The value, null when there is none. */
static enum mneme_hot_trust receive_value(struct mneme_str *out, struct mneme_hot_reader *reader,
                                          struct mneme_arena *arena) {
    struct mneme_error ignored = {0};
    redisReply *reply = NULL;
    *out = MNEME_STR_NULL;
    (void)mneme_redis_receive(&reply, reader->redis, &ignored);
    bool is_answer = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;
    enum mneme_hot_trust trust =
        is_answer ? mneme_hot_reader_judge(reader, reply->element[0]) : MNEME_HOT_NOT_HERE;
    const redisReply *value = is_answer ? reply->element[1] : NULL;
    if (trust == MNEME_HOT_BELIEVE && value->type == REDIS_REPLY_STRING && value->len > LINE_BYTES) {
        *out = mneme_arena_copy(arena, (struct mneme_str){value->str + LINE_BYTES, value->len - LINE_BYTES});
    }
    freeReplyObject(reply);
    return trust;
}

struct mneme_str mneme_hot_reader_value(struct mneme_hot_reader *reader, enum mneme_hot_kind kind,
                                        const struct mneme_str *names, size_t count,
                                        struct mneme_arena *arena) {
    const struct wanted wanted = {kind, names, count};
    struct mneme_str value = MNEME_STR_NULL;
    enum mneme_hot_trust trust = MNEME_HOT_READ_AGAIN;
    for (int tries = 0; tries < 2 && trust == MNEME_HOT_READ_AGAIN; tries++) {
        int32_t partition = mneme_hot_reader_partition_of(reader, names[0], names[1]);
        trust = partition >= 0 && send_value(reader, &wanted, partition)
                    ? receive_value(&value, reader, arena)
                    : MNEME_HOT_NOT_HERE;
    }
    return value;
}

/* Reads all partitions once, some at a time; returns their worst verdict. */
static enum mneme_hot_trust read_parts(struct mneme_str *values, size_t *count,
                                       struct mneme_hot_reader *reader, const struct wanted *wanted,
                                       int32_t partitions, struct mneme_arena *arena) {
    enum mneme_hot_trust trust = MNEME_HOT_BELIEVE;
    *count = 0;
    for (int32_t from = 0; from < partitions && trust == MNEME_HOT_BELIEVE; from += PARTITIONS_AT_ONCE) {
        int32_t end = partitions - from < PARTITIONS_AT_ONCE ? partitions : from + PARTITIONS_AT_ONCE;
        int32_t sent = from;
        int32_t heard = from;
        while (sent < end && send_value(reader, wanted, sent) &&
               mneme_hot_reader_send_gap(reader, sent, wanted->kind, wanted->names, wanted->name_count)) {
            sent++;
        }
        for (; heard < sent && mneme_redis_in_flight(reader->redis) > 0; heard++) {
            enum mneme_hot_trust one = receive_value(&values[*count], reader, arena);
            bool has_gap = mneme_hot_reader_receive_gap(reader);
            bool is_there = values[*count].data != NULL;
            *count += is_there;
            one = one == MNEME_HOT_BELIEVE && has_gap && !is_there ? MNEME_HOT_NOT_HERE : one;
            trust = one > trust ? one : trust;
        }
        trust = heard == end ? trust : MNEME_HOT_NOT_HERE;
        mneme_redis_drop(reader->redis);
    }
    return trust;
}

bool mneme_hot_reader_values(struct mneme_str **out, size_t *count, struct mneme_hot_reader *reader,
                             enum mneme_hot_kind kind, const struct mneme_str *names, size_t name_count,
                             struct mneme_arena *arena) {
    const struct wanted wanted = {kind, names, name_count};
    enum mneme_hot_trust trust = MNEME_HOT_READ_AGAIN;
    *count = 0;
    for (int tries = 0; tries < 2 && trust == MNEME_HOT_READ_AGAIN; tries++) {
        int32_t partitions = mneme_hot_reader_partitions(reader);
        *out = mneme_arena_alloc(arena, ((size_t)partitions + 1) * sizeof **out);
        trust = partitions > 0 && *out != NULL ? read_parts(*out, count, reader, &wanted, partitions, arena)
                                               : MNEME_HOT_NOT_HERE;
    }
    return trust == MNEME_HOT_BELIEVE;
}
