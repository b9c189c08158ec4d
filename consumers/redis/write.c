/*
 * Chunks: the changes of one partition in the order of the log, about a hundred in one call. Each call ends
 * where its last change comes from; the last one of a partition where the batch ends.
 */
#include "consumers/redis/write.h"

#define CHUNK_CHANGES 100
#define MAX_IN_FLIGHT 16

/* The calls in flight, in the order of sending. */
struct flight {
    struct mneme_redis_writer *writer;
    struct {
        struct mneme_claim *claim; /* NULL: a merge */
        int64_t end_offset;
    } calls[MAX_IN_FLIGHT];
    size_t first, count;
};

static int receive_one(struct flight *flight, struct mneme_error *error) {
    redisReply *reply = NULL;
    int status = mneme_redis_receive(&reply, flight->writer->redis, error);
    struct mneme_claim *claim = flight->calls[flight->first].claim;
    int64_t end_offset = flight->calls[flight->first].end_offset;
    flight->first = (flight->first + 1) % MAX_IN_FLIGHT;
    flight->count--;
    if (status != MNEME_OK) {
        return status;
    }
    enum mneme_hot_verdict verdict = mneme_hot_verdict_of(reply);
    freeReplyObject(reply);
    if (claim == NULL) {
        return MNEME_OK;
    }
    if (verdict != MNEME_HOT_DONE && verdict != MNEME_HOT_ALREADY) {
        return mneme_claims_lost(verdict, claim->partition, error);
    }
    claim->next_offset = end_offset;
    return MNEME_OK;
}

static int receive_all(struct flight *flight, struct mneme_error *error) {
    int status = MNEME_OK;
    while (status == MNEME_OK && flight->count > 0) {
        status = receive_one(flight, error);
    }
    return status;
}

/* Sends the call that was put together; `claim` NULL: a merge. */
static int send_call(struct flight *flight, struct mneme_claim *claim, int64_t end_offset,
                     struct mneme_error *error) {
    int status = flight->count < MAX_IN_FLIGHT ? MNEME_OK : receive_one(flight, error);
    struct mneme_redis_command command = mneme_hot_call_command(&flight->writer->call);
    if (flight->writer->call.text.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
    }
    if (status == MNEME_OK) {
        status = mneme_redis_send(flight->writer->redis, &command, error);
    }
    if (status == MNEME_OK) {
        size_t at = (flight->first + flight->count++) % MAX_IN_FLIGHT;
        flight->calls[at].claim = claim;
        flight->calls[at].end_offset = end_offset;
    }
    return status;
}

/* Accesses may be of memories of any partition; they are there before the progress that they come from. All
 * partitions are of one space but while a rebuild switches, and then what was accessed is folded again. */
static int merge_accesses(struct flight *flight, const struct mneme_redis_changes *changes,
                          const struct mneme_hot_space *space, struct mneme_error *error) {
    struct mneme_redis_writer *writer = flight->writer;
    const struct mneme_redis_access *accesses = changes->accesses;
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < changes->access_count;) {
        int32_t partition = accesses[i].partition;
        mneme_hot_call_begin(&writer->call, space, partition);
        mneme_hot_guard_merge(&writer->call);
        while (i < changes->access_count && accesses[i].partition == partition &&
               writer->call.changes < CHUNK_CHANGES) {
            mneme_hot_change_access(&writer->call, accesses[i++].row);
        }
        status = send_call(flight, NULL, 0, error);
    }
    return status == MNEME_OK ? receive_all(flight, error) : status;
}

static void put_change(struct mneme_hot_call *call, const struct mneme_redis_change *change) {
    if (change->memory != NULL) {
        mneme_hot_change_memory(call, change->memory, change->expires_ms, change->happened_at);
    } else if (change->working != NULL) {
        mneme_hot_change_working(call, change->names, change->ledger_offset, change->expires_ms,
                                 change->working);
    } else {
        mneme_hot_change_value(call, change->kind, change->names, change->name_count, change->ledger_offset,
                               change->expires_ms, change->json);
    }
}

/* Where the changes of the partition begin. */
static size_t find_first(const struct mneme_redis_changes *changes, int32_t partition) {
    size_t low = 0;
    size_t high = changes->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (changes->items[middle].partition < partition) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* All chunks of a partition, the last one also when there is no change at all. */
static int write_partition(struct flight *flight, const struct mneme_redis_changes *changes,
                           const struct mneme_batch_partition *part, bool is_current,
                           struct mneme_error *error) {
    struct mneme_redis_writer *writer = flight->writer;
    struct mneme_claims *claims = writer->claims;
    struct mneme_claim *claim = mneme_claims_find(claims, part->partition);
    if (claim == NULL) {
        return mneme_claims_lost(MNEME_HOT_TAKEN, part->partition, error);
    }
    char live[MNEME_LIVE_BYTES];
    size_t next = find_first(changes, part->partition);
    int64_t first_offset = part->first_offset;
    int status = MNEME_OK;
    for (bool is_last = false; status == MNEME_OK && !is_last;) {
        size_t end = next;
        /* Changes of one event stay together: the progress has no place between them. */
        while (end < changes->count && changes->items[end].partition == part->partition &&
               (end - next < CHUNK_CHANGES || changes->items[end].offset == changes->items[end - 1].offset)) {
            end++;
        }
        is_last = end == changes->count || changes->items[end].partition != part->partition;
        bool is_known = is_last && part->last_digest.is_set;
        struct mneme_hot_fold_guard guard = {
            .first_offset = first_offset,
            .end_offset = is_last ? part->next_offset : changes->items[end - 1].offset + 1,
            .epoch = claim->epoch,
            .digest = {(const char *)part->last_digest.bytes, is_known ? MNEME_LOG_DIGEST_BYTES : 0},
            .is_live_space = claims->wanted_space == 0,
            .live = mneme_claims_live(claims, claim, live),
            .live_ms = is_last && is_current && claims->wanted_space == 0 ? MNEME_LIVE_MS : 0,
            .capacity = (writer->capacity + claims->topic_partitions - 1) / claims->topic_partitions,
        };
        mneme_hot_call_begin(&writer->call, &claim->space, part->partition);
        mneme_hot_guard_fold(&writer->call, &claim->space, &guard);
        for (; next < end; next++) {
            put_change(&writer->call, &changes->items[next]);
        }
        status = send_call(flight, claim, guard.end_offset, error);
        first_offset = guard.end_offset;
    }
    return status;
}

int mneme_redis_write(struct mneme_redis_writer *writer, const struct mneme_redis_changes *changes,
                      const struct mneme_batch *batch, const bool *is_current, struct mneme_error *error) {
    struct flight flight = {.writer = writer};
    mneme_redis_drop(writer->redis);
    struct mneme_claims *claims = writer->claims;
    int status =
        claims->count == 0 ? MNEME_OK : merge_accesses(&flight, changes, &claims->items[0].space, error);
    for (size_t i = 0; status == MNEME_OK && i < batch->partition_count; i++) {
        status = write_partition(&flight, changes, &batch->partitions[i], is_current[i], error);
    }
    if (status == MNEME_OK) {
        status = receive_all(&flight, error);
    }
    mneme_redis_drop(writer->redis); /* what a failure left unread belongs to nobody */
    return status;
}
