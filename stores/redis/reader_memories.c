/*
 * Memories by their keys: one MGET for each partition, all of them in flight at once, each with `live` first.
 */
#include "stores/redis/reader_state.h"

/* One look for what is still missing. */
struct looking {
    struct mneme_hot_reader *reader;
    const struct mneme_hot_memory_id *keys;
    size_t count;
    int32_t *partitions; /* of each key; -1: has an answer */
    size_t *order;       /* the keys that are asked for, those of one partition together */
    struct mneme_str *words;
    struct mneme_hot_memory *out;
    bool *found;
    size_t found_count;
    struct mneme_arena *arena;
    bool look_again;
};

static struct mneme_str copy_scratch(struct looking *looking) {
    return mneme_arena_copy(&looking->reader->arena, mneme_buffer_str(&looking->reader->scratch));
}

/* The keys of the partition of key `first` that are not asked for yet, from place `at` of the order on;
 * returns how many. */
static size_t gather(struct looking *looking, size_t first, size_t at) {
    int32_t partition = looking->partitions[first];
    size_t gathered = 0;
    for (size_t i = first; i < looking->count; i++) {
        if (looking->partitions[i] == partition) {
            looking->order[at + gathered++] = i;
        }
    }
    return gathered;
}

/* Sends the MGET of the `count` keys from place `at` of the order on. */
static bool send_keys(struct looking *looking, int32_t partition, size_t at, size_t count) {
    struct mneme_hot_reader *reader = looking->reader;
    struct mneme_buffer *text = &reader->scratch;
    struct mneme_error ignored = {0}; /* Postgres answers instead */
    struct mneme_str *words = looking->words;
    mneme_buffer_clear(text);
    mneme_hot_live_key(text, reader->space.prefix, partition);
    words[0] = MNEME_STR_LIT("MGET");
    words[1] = copy_scratch(looking);
    bool is_whole = words[1].data != NULL;
    for (size_t i = 0; i < count; i++) {
        const struct mneme_hot_memory_id *key = &looking->keys[looking->order[at + i]];
        mneme_buffer_clear(text);
        mneme_hot_memory_key(text, &reader->space, partition, key->tenant, key->stream_id, key->id);
        words[2 + i] = copy_scratch(looking);
        is_whole = is_whole && words[2 + i].data != NULL;
    }
    const struct mneme_redis_command command = {NULL, words, 2 + count, words[1]};
    return is_whole && !text->failed && mneme_redis_send(reader->redis, &command, &ignored) == MNEME_OK;
}

static void take_value(struct looking *looking, size_t key, const redisReply *value) {
    if (value->type != REDIS_REPLY_STRING) {
        return;
    }
    struct mneme_str text = mneme_arena_copy(looking->arena, (struct mneme_str){value->str, value->len});
    looking->found[key] =
        text.data != NULL && mneme_hot_memory_read(&looking->out[key], text, looking->arena);
    looking->found_count += looking->found[key];
}

static void receive_keys(struct looking *looking, size_t at, size_t count) {
    struct mneme_error ignored = {0};
    redisReply *reply = NULL;
    (void)mneme_redis_receive(&reply, looking->reader->redis, &ignored);
    bool is_answer = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 + count;
    enum mneme_hot_trust trust =
        is_answer ? mneme_hot_reader_judge(looking->reader, reply->element[0]) : MNEME_HOT_NOT_HERE;
    looking->look_again |= trust == MNEME_HOT_LOOK_AGAIN;
    for (size_t i = 0; trust == MNEME_HOT_BELIEVE && i < count; i++) {
        take_value(looking, looking->order[at + i], reply->element[1 + i]);
    }
    freeReplyObject(reply);
}

/* Asks all partitions, then hears them in the same order. */
static void look(struct looking *looking) {
    struct mneme_redis *redis = looking->reader->redis;
    size_t asked = 0;
    bool is_sent = true;
    looking->look_again = false;
    for (size_t i = 0; i < looking->count; i++) {
        const struct mneme_hot_memory_id *key = &looking->keys[i];
        looking->partitions[i] =
            looking->found[i] ? -1
                              : mneme_hot_reader_partition_of(looking->reader, key->tenant, key->stream_id);
    }
    size_t *counts = mneme_arena_calloc(&looking->reader->arena, looking->count + 1, sizeof *counts);
    size_t batches = 0;
    for (size_t i = 0; counts != NULL && is_sent && i < looking->count; i++) {
        int32_t partition = looking->partitions[i];
        if (partition >= 0) {
            counts[batches] = gather(looking, i, asked);
            is_sent = send_keys(looking, partition, asked, counts[batches]);
            for (size_t k = 0; k < counts[batches]; k++) {
                looking->partitions[looking->order[asked + k]] = -1;
            }
            asked += counts[batches++];
        }
    }
    size_t heard = 0;
    for (size_t batch = 0; batch < batches && mneme_redis_in_flight(redis) > 0; batch++) {
        receive_keys(looking, heard, counts[batch]);
        heard += counts[batch];
    }
    mneme_redis_drop(redis);
}

size_t mneme_hot_reader_memories(struct mneme_hot_memory *out, bool *found, struct mneme_hot_reader *reader,
                                 const struct mneme_hot_memory_id *keys, size_t count,
                                 struct mneme_arena *arena) {
    struct looking looking = {.reader = reader,
                              .keys = keys,
                              .count = count,
                              .out = out,
                              .found = found,
                              .arena = arena,
                              .look_again = true};
    mneme_arena_reset(&reader->arena, SIZE_MAX);
    memset(found, 0, count * sizeof *found);
    if (mneme_hot_reader_partitions(reader) == 0) { /* asked once, not for each key */
        return 0;
    }
    looking.partitions = mneme_arena_alloc(&reader->arena, (count + 1) * sizeof *looking.partitions);
    looking.order = mneme_arena_alloc(&reader->arena, (count + 1) * sizeof *looking.order);
    looking.words = mneme_arena_alloc(&reader->arena, (count + 2) * sizeof *looking.words);
    if (looking.partitions == NULL || looking.order == NULL || looking.words == NULL) {
        return 0;
    }
    /* What a first look has learnt of the space, a second one knows. */
    for (int looks = 0; looks < 2 && looking.look_again; looks++) {
        look(&looking);
    }
    return looking.found_count;
}
