/*
 * Chunks: the changes of one partition in the order of the log, about a hundred or some bytes in one call.
 * Each call ends where its last change comes from; the last one of a partition where the batch ends.
 */
#include "consumers/redis/write.h"

#include "stores/redis/working_json.h"

#define CHUNK_CHANGES 100
#define CHUNK_BYTES ((size_t)1 << 18) /* about: what Redis reads before it does any of it */

void mneme_cache_write_drop(struct mneme_cache_writer *writer) {
    mneme_redis_drop(writer->redis);
    writer->first = 0;
    writer->count = 0;
}

static int receive_one(struct mneme_cache_writer *writer, struct mneme_error *error) {
    redisReply *reply = NULL;
    struct mneme_cache_sent sent = writer->sent[writer->first];
    int status = mneme_redis_receive(&reply, writer->redis, error);
    writer->first = (writer->first + 1) % MNEME_CACHE_CALLS_IN_FLIGHT;
    writer->count--;
    if (status != MNEME_OK) {
        return status;
    }
    enum mneme_hot_verdict verdict = mneme_hot_verdict_of(reply);
    freeReplyObject(reply);
    if (sent.claim == NULL) {
        return MNEME_OK;
    }
    if (verdict != MNEME_HOT_DONE && verdict != MNEME_HOT_ALREADY) {
        return mneme_claims_lost(verdict, sent.claim->partition, error);
    }
    sent.claim->next_offset = sent.end_offset;
    return MNEME_OK;
}

int mneme_cache_write_end(struct mneme_cache_writer *writer, struct mneme_error *error) {
    int status = MNEME_OK;
    while (status == MNEME_OK && writer->count > 0) {
        status = receive_one(writer, error);
    }
    return status;
}

/* Sends the call that was put together; `claim` NULL: of accesses. */
static int send_call(struct mneme_cache_writer *writer, struct mneme_claim *claim, int64_t end_offset,
                     struct mneme_error *error) {
    int status = writer->count < MNEME_CACHE_CALLS_IN_FLIGHT ? MNEME_OK : receive_one(writer, error);
    struct mneme_redis_command command = mneme_hot_call_command(&writer->call);
    if (writer->call.text.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
    }
    if (status == MNEME_OK) {
        status = mneme_redis_send(writer->redis, &command, error);
    }
    if (status == MNEME_OK) {
        size_t at = (writer->first + writer->count++) % MNEME_CACHE_CALLS_IN_FLIGHT;
        writer->sent[at] = (struct mneme_cache_sent){claim, end_offset};
    }
    return status;
}

/* Accesses may be of memories of any partition; they are there before the progress that they come from. All
 * partitions are of one space but while a rebuild switches, and then what was accessed is folded again. */
static int merge_accesses(struct mneme_cache_writer *writer, const struct mneme_cache_changes *changes,
                          const struct mneme_hot_space *space, struct mneme_error *error) {
    const struct mneme_cache_access *accesses = changes->accesses;
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < changes->access_count;) {
        int32_t partition = accesses[i].partition;
        mneme_hot_call_begin(&writer->call, space, partition);
        mneme_hot_guard_merge(&writer->call);
        while (i < changes->access_count && accesses[i].partition == partition &&
               writer->call.changes < CHUNK_CHANGES) {
            mneme_hot_change_access(&writer->call, accesses[i++].row);
        }
        status = send_call(writer, NULL, 0, error);
    }
    return status == MNEME_OK ? mneme_cache_write_end(writer, error) : status;
}

static void put_change(struct mneme_hot_call *call, const struct mneme_cache_change *change,
                       const struct mneme_claim *claim) {
    const struct mneme_hot_keeping keeping = {.expires_ms = change->expires_ms,
                                              .happened_at = change->happened_at,
                                              .user_id = change->user_id,
                                              .most_bytes = claim->user_bytes};
    if (change->memory != NULL) {
        mneme_hot_change_memory(call, change->memory, change->expires_ms, change->happened_at);
    } else if (change->working != NULL) {
        mneme_hot_change_working(call, change->names, &keeping, change->working);
    } else {
        mneme_hot_change_value(call, change->kind, change->names, change->name_count, change->ledger_offset,
                               &keeping, change->json);
    }
}

/* Where the changes of the partition begin. */
static size_t find_first(const struct mneme_cache_changes *changes, int32_t partition) {
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

/* About how much it adds to a call; 0 if it is too large to be kept. */
static size_t size_of(const struct mneme_cache_change *change, const struct mneme_claim *claim) {
    size_t bytes = change->json.len;
    if (change->memory != NULL) {
        bytes = change->memory->row.content.len + change->memory->row.metadata.len;
    } else if (change->working != NULL) {
        bytes = (size_t)mneme_working_bytes(change->working);
    }
    return (int64_t)bytes > claim->user_bytes ? 0 : bytes;
}

/* Where a chunk ends that begins with change `next`. Changes of one event stay together: the progress has no
 * place between them. */
static size_t find_end(const struct mneme_cache_changes *changes, size_t next,
                       const struct mneme_claim *claim) {
    const struct mneme_cache_change *items = changes->items;
    size_t end = next;
    size_t bytes = 0;
    while (end < changes->count && items[end].partition == claim->partition &&
           (end == next || (end - next < CHUNK_CHANGES && bytes < CHUNK_BYTES) ||
            items[end].offset == items[end - 1].offset)) {
        bytes += size_of(&items[end++], claim);
    }
    return end;
}

/* Sends all chunks of a partition; the last one even without changes. */
static int write_partition(struct mneme_cache_writer *writer, const struct mneme_cache_changes *changes,
                           const struct mneme_batch_partition *part, bool is_current,
                           struct mneme_error *error) {
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
        size_t end = find_end(changes, next, claim);
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
        };
        mneme_hot_call_begin(&writer->call, &claim->space, part->partition);
        mneme_hot_guard_fold(&writer->call, &claim->space, &guard);
        for (; next < end; next++) {
            put_change(&writer->call, &changes->items[next], claim);
        }
        status = send_call(writer, claim, guard.end_offset, error);
        first_offset = guard.end_offset;
    }
    return status;
}

int mneme_cache_write(struct mneme_cache_writer *writer, const struct mneme_cache_changes *changes,
                      const struct mneme_batch *part, const bool *is_current, struct mneme_error *error) {
    struct mneme_claims *claims = writer->claims;
    int status = claims->count == 0 || changes->access_count == 0
                     ? MNEME_OK
                     : merge_accesses(writer, changes, &claims->items[0].space, error);
    for (size_t i = 0; status == MNEME_OK && i < part->partition_count; i++) {
        if (part->partitions[i].next_offset != part->partitions[i].first_offset) {
            status = write_partition(writer, changes, &part->partitions[i], is_current[i], error);
        }
    }
    return status == MNEME_OK ? mneme_redis_flush(writer->redis, error) : status;
}
