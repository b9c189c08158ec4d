/*
 * Memories by their keys: one MGET for each partition, all of them in flight at once, each with `live` first.
 */
#include "stores/redis/reader_state.h"

/* One read of what is still missing. */
struct lookup {
    struct mneme_hot_reader *reader;
    const struct mneme_hot_memory_id *keys;
    size_t count;
    int32_t *partitions; /* of each key; -1: already answered */
    size_t *order;       /* the requested keys, grouped by partition */
    struct mneme_str *words;
    struct mneme_hot_memory *out;
    bool *found;
    size_t found_count;
    struct mneme_arena *arena;
    bool read_again;
};

static struct mneme_str copy_scratch(struct lookup *lookup) {
    return mneme_arena_copy(&lookup->reader->arena, mneme_buffer_str(&lookup->reader->scratch));
}

/* Appends the keys of the partition of key `first` that are not requested yet, from place `at` of the order
 * on; returns how many. */
static size_t gather(struct lookup *lookup, size_t first, size_t at) {
    int32_t partition = lookup->partitions[first];
    size_t gathered = 0;
    for (size_t i = first; i < lookup->count; i++) {
        if (lookup->partitions[i] == partition) {
            lookup->order[at + gathered++] = i;
        }
    }
    return gathered;
}

/* Sends the MGET of the `count` keys from place `at` of the order on. */
static bool send_keys(struct lookup *lookup, int32_t partition, size_t at, size_t count) {
    struct mneme_hot_reader *reader = lookup->reader;
    struct mneme_buffer *text = &reader->scratch;
    struct mneme_error ignored = {0}; /* Postgres answers instead */
    struct mneme_str *words = lookup->words;
    mneme_buffer_clear(text);
    mneme_hot_live_key(text, reader->space.prefix, partition);
    words[0] = MNEME_STR_LIT("MGET");
    words[1] = copy_scratch(lookup);
    bool is_whole = words[1].data != NULL;
    for (size_t i = 0; i < count; i++) {
        const struct mneme_hot_memory_id *key = &lookup->keys[lookup->order[at + i]];
        mneme_buffer_clear(text);
        mneme_hot_memory_key(text, &reader->space, partition, key->tenant, key->stream_id, key->id);
        words[2 + i] = copy_scratch(lookup);
        is_whole = is_whole && words[2 + i].data != NULL;
    }
    const struct mneme_redis_command command = {NULL, words, 2 + count, words[1]};
    return is_whole && !text->failed && mneme_redis_send(reader->redis, &command, &ignored) == MNEME_OK;
}

static void take_value(struct lookup *lookup, size_t key, const redisReply *value) {
    if (value->type != REDIS_REPLY_STRING) {
        return;
    }
    struct mneme_str text = mneme_arena_copy(lookup->arena, (struct mneme_str){value->str, value->len});
    lookup->found[key] = text.data != NULL && mneme_hot_memory_read(&lookup->out[key], text, lookup->arena);
    lookup->found_count += lookup->found[key];
}

static void receive_keys(struct lookup *lookup, size_t at, size_t count) {
    struct mneme_error ignored = {0};
    redisReply *reply = NULL;
    (void)mneme_redis_receive(&reply, lookup->reader->redis, &ignored);
    bool is_answer = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 + count;
    enum mneme_hot_trust trust =
        is_answer ? mneme_hot_reader_judge(lookup->reader, reply->element[0]) : MNEME_HOT_NOT_HERE;
    lookup->read_again |= trust == MNEME_HOT_READ_AGAIN;
    for (size_t i = 0; trust == MNEME_HOT_BELIEVE && i < count; i++) {
        take_value(lookup, lookup->order[at + i], reply->element[1 + i]);
    }
    freeReplyObject(reply);
}

/* Sends to all partitions, then receives in the same order. */
static void read_missing(struct lookup *lookup) {
    struct mneme_redis *redis = lookup->reader->redis;
    size_t asked = 0;
    bool is_sent = true;
    lookup->read_again = false;
    for (size_t i = 0; i < lookup->count; i++) {
        const struct mneme_hot_memory_id *key = &lookup->keys[i];
        lookup->partitions[i] =
            lookup->found[i] ? -1
                             : mneme_hot_reader_partition_of(lookup->reader, key->tenant, key->stream_id);
    }
    size_t *counts = mneme_arena_calloc(&lookup->reader->arena, lookup->count + 1, sizeof *counts);
    size_t batches = 0;
    for (size_t i = 0; counts != NULL && is_sent && i < lookup->count; i++) {
        int32_t partition = lookup->partitions[i];
        if (partition >= 0) {
            counts[batches] = gather(lookup, i, asked);
            is_sent = send_keys(lookup, partition, asked, counts[batches]);
            for (size_t k = 0; k < counts[batches]; k++) {
                lookup->partitions[lookup->order[asked + k]] = -1;
            }
            asked += counts[batches++];
        }
    }
    size_t heard = 0;
    for (size_t batch = 0; batch < batches && mneme_redis_in_flight(redis) > 0; batch++) {
        receive_keys(lookup, heard, counts[batch]);
        heard += counts[batch];
    }
    mneme_redis_drop(redis);
}

size_t mneme_hot_reader_memories(struct mneme_hot_memory *out, bool *found, struct mneme_hot_reader *reader,
                                 const struct mneme_hot_memory_id *keys, size_t count,
                                 struct mneme_arena *arena) {
    struct lookup lookup = {.reader = reader,
                            .keys = keys,
                            .count = count,
                            .out = out,
                            .found = found,
                            .arena = arena,
                            .read_again = true};
    mneme_arena_reset(&reader->arena, SIZE_MAX);
    memset(found, 0, count * sizeof *found);
    if (mneme_hot_reader_partitions(reader) == 0) { /* read once, not for each key */
        return 0;
    }
    lookup.partitions = mneme_arena_alloc(&reader->arena, (count + 1) * sizeof *lookup.partitions);
    lookup.order = mneme_arena_alloc(&reader->arena, (count + 1) * sizeof *lookup.order);
    lookup.words = mneme_arena_alloc(&reader->arena, (count + 2) * sizeof *lookup.words);
    if (lookup.partitions == NULL || lookup.order == NULL || lookup.words == NULL) {
        return 0;
    }
    /* A second read uses what the first has learnt about the space. */
    for (int tries = 0; tries < 2 && lookup.read_again; tries++) {
        read_missing(&lookup);
    }
    return lookup.found_count;
}
