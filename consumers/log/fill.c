/*
 * From records to items. The checks stand in the order in which an event's identity is established: is it an
 * event, is it where its key belongs, is its key free, is it within the limits.
 */
#include "consumers/log/fill.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"

/* What an emptied batch may keep for the next one. */
#define KEEP_ARENA_BYTES ((size_t)8 * 1024 * 1024)

/* A batch that keeps growing is handed over after this many lingers at the latest. */
#define LINGER_BOUND 2

void mneme_fill_init(struct mneme_fill *fill) {
    *fill = (struct mneme_fill){0};
    mneme_arena_init(&fill->batch.arena, 0);
}

void mneme_fill_clean_up(struct mneme_fill *fill, const struct mneme_fill_rules *rules) {
    mneme_fill_reset(fill, rules);
    mneme_arena_clean_up(&fill->batch.arena);
    mneme_buffer_clean_up(&fill->scratch);
    free(fill->batch.items);
    free(fill->batch.partitions);
    free(fill->messages);
    mneme_fill_init(fill);
}

void mneme_fill_reset(struct mneme_fill *fill, const struct mneme_fill_rules *rules) {
    struct mneme_batch *batch = &fill->batch;
    for (size_t i = 0; i < batch->count; i++) {
        rules->release(fill->messages[i]);
    }
    batch->count = 0;
    batch->bytes = 0;
    batch->partition_count = 0;
    fill->last_partition = 0;
    fill->has_stray = false;
    mneme_arena_reset(&batch->arena, KEEP_ARENA_BYTES);
}

/* Makes room for one more element; *array and *capacity change together. */
static bool grow(void *array, size_t *capacity, size_t count, size_t element_bytes) {
    if (count < *capacity) {
        return true;
    }
    size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    size_t bytes;
    if (__builtin_mul_overflow(wanted, element_bytes, &bytes)) {
        return false;
    }
    void **pointer = array;
    void *larger = realloc(*pointer, bytes);
    if (larger == NULL) {
        return false;
    }
    *pointer = larger;
    *capacity = wanted;
    return true;
}

static bool make_room(struct mneme_fill *fill) {
    struct mneme_batch *batch = &fill->batch;
    return grow(&batch->items, &batch->capacity, batch->count, sizeof *batch->items) &&
           grow(&fill->messages, &fill->message_capacity, batch->count, sizeof *fill->messages) &&
           grow(&batch->partitions, &fill->partition_capacity, batch->partition_count,
                sizeof *batch->partitions);
}

/* The batch's entry of the partition; made if missing, in the room left by make_room. */
static struct mneme_batch_partition *partition_of(struct mneme_fill *fill, int32_t partition,
                                                  int64_t progress) {
    struct mneme_batch *batch = &fill->batch;
    if (fill->last_partition < batch->partition_count &&
        batch->partitions[fill->last_partition].partition == partition) {
        return &batch->partitions[fill->last_partition];
    }
    size_t i = 0;
    while (i < batch->partition_count && batch->partitions[i].partition != partition) {
        i++;
    }
    if (i == batch->partition_count) {
        batch->partitions[i] = (struct mneme_batch_partition){
            .partition = partition, .first_offset = progress, .next_offset = progress};
        batch->partition_count++;
    }
    fill->last_partition = i;
    return &batch->partitions[i];
}

/* The reason's text as the item keeps it; NULL when memory is exhausted. */
static const char *keep_reason(struct mneme_arena *arena, const char *reason) {
    return mneme_arena_copy(arena, mneme_str_from(reason)).data;
}

static int refuse_behind(int64_t blocked_by, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_INVALID, "waits behind offset %lld of its key, which is parked",
                           (long long)blocked_by);
}

/* Whether the key is the event's own, and leads to the partition that it was found in. */
static int check_place(struct mneme_fill *fill, const struct mneme_fill_rules *rules,
                       const struct mneme_log_record *record, const struct mneme_event *event,
                       struct mneme_error *error) {
    mneme_buffer_clear(&fill->scratch);
    mneme_event_key(event, &fill->scratch);
    if (fill->scratch.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot check an event's key: out of memory");
    }
    struct mneme_str expected = mneme_buffer_str(&fill->scratch);
    if (record->key.data == NULL) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "the message has no key, but its event belongs to \"%.*s\"",
                               MNEME_STR_ARG(expected));
    }
    if (!mneme_str_equal(record->key, expected)) {
        return mneme_error_set(error, MNEME_E_INVALID, "the message's key is not that of its event, \"%.*s\"",
                               MNEME_STR_ARG(expected));
    }
    int32_t partition = mneme_kafka_partition_of(record->key, rules->topic_partitions);
    if (partition != record->position.partition) {
        fill->has_stray = true;
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "the key belongs to partition %d of %d (murmur2), but the message is in partition %d",
            (int)partition, (int)rules->topic_partitions, (int)record->position.partition);
    }
    return MNEME_OK;
}

/* Whether the record is an event of its key and place. One that is not has nothing to keep in order. */
static int recognise(struct mneme_fill *fill, const struct mneme_fill_rules *rules,
                     const struct mneme_log_record *record, struct mneme_event *event,
                     struct mneme_error *error) {
    if (rules->takes_records) {
        *event = (struct mneme_event){0};
        return rules->records != NULL && record->value.data != NULL
                   ? mneme_embedding_known(rules->records, record->value, error)
                   : MNEME_OK;
    }
    if (record->value.data == NULL) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "the message has no value (a tombstone), so it is not an event");
    }
    int status = mneme_codec_decode(rules->codec, event, &fill->batch.arena, record->value, error);
    return status == MNEME_OK ? check_place(fill, rules, record, event, error) : status;
}

/* Whether the event can be folded behind those of its key; if not, *blocked_by is its place among the parked.
 * Text that is not UTF-8 is not an Avro string: those bytes are not an event, whatever the limits are. */
static int check_order(const struct mneme_fill_rules *rules, struct mneme_park_set *parked,
                       const struct mneme_log_record *record, struct mneme_batch_item *item,
                       struct mneme_error *error) {
    bool failed = false;
    bool is_behind = !rules->parks_alone && mneme_park_set_find(parked, &item->blocked_by, &failed,
                                                                record->position.partition, record->key);
    if (failed) {
        return MNEME_E_NO_MEMORY;
    }
    if (is_behind && (rules->takes_records || mneme_event_is_utf8(&item->event))) {
        return refuse_behind(item->blocked_by, error);
    }
    int status =
        rules->takes_records ? MNEME_OK : mneme_event_validate(&item->event, rules->content_max_chars, error);
    if (status == MNEME_OK) {
        return MNEME_OK;
    }
    if (rules->parks_alone || !mneme_event_is_utf8(&item->event)) {
        item->blocked_by = MNEME_PARKED_ALONE;
    } else if (!mneme_park_set_add(parked, record->position.partition, record->key,
                                   record->position.offset)) {
        status = MNEME_E_NO_MEMORY;
    }
    return status;
}

/* A message that was parked by hand is not decoded: it is unknown, and may be an event of its key. */
static int refuse_marked(const struct mneme_fill_rules *rules, struct mneme_park_set *parked,
                         const struct mneme_log_record *record, const struct mneme_log_mark *mark,
                         struct mneme_batch_item *item, struct mneme_error *error) {
    bool failed = false;
    if (rules->parks_alone || rules->takes_records || record->key.data == NULL) {
        item->blocked_by = MNEME_PARKED_ALONE;
    } else if (!mneme_park_set_find(parked, &item->blocked_by, &failed, record->position.partition,
                                    record->key) &&
               !failed) {
        failed =
            !mneme_park_set_add(parked, record->position.partition, record->key, record->position.offset);
    }
    return failed ? MNEME_E_NO_MEMORY
                  : mneme_error_set(error, MNEME_E_INVALID, "parked by hand: %s", mark->reason);
}

/* Fills item->event or item->park_reason. */
static int fill_item(struct mneme_fill *fill, const struct mneme_fill_rules *rules,
                     struct mneme_park_set *parked, const struct mneme_log_record *record,
                     const struct mneme_log_mark *mark, struct mneme_batch_item *item,
                     struct mneme_error *error) {
    struct mneme_error refusal = {0};
    int status = mark != NULL ? refuse_marked(rules, parked, record, mark, item, &refusal)
                              : recognise(fill, rules, record, &item->event, &refusal);
    if (status == MNEME_OK) {
        status = check_order(rules, parked, record, item, &refusal);
    } else if (mark == NULL) {
        item->blocked_by = MNEME_PARKED_ALONE;
    }
    if (status == MNEME_E_INVALID || status == MNEME_E_TOO_LARGE) {
        item->park_reason = keep_reason(&fill->batch.arena, refusal.message);
        status = item->park_reason == NULL ? MNEME_E_NO_MEMORY : MNEME_OK;
    }
    if (status == MNEME_E_NO_MEMORY) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot take an event: out of memory");
    }
    return status == MNEME_OK ? MNEME_OK
                              : mneme_error_set(error, (enum mneme_status)status, "%s", refusal.message);
}

int64_t mneme_fill_recorded_at(int64_t timestamp_ms) {
    int64_t bounded = timestamp_ms < 0 ? 0 : timestamp_ms;
    return bounded > MNEME_MAX_MICROS / 1000 ? MNEME_MAX_MICROS : bounded * 1000;
}

/* Notes when something came; before it is added. */
static void open_fill(struct mneme_fill *fill, const struct mneme_fill_rules *rules, int64_t now_micros) {
    if (mneme_fill_is_empty(fill)) {
        fill->batch.is_of_records = rules->takes_records;
        fill->opened_micros = now_micros;
    }
    fill->changed_micros = now_micros;
}

/* Whether the record is the message that was dropped. */
static int compare_dropped(bool *is_it, const struct mneme_log_mark *mark,
                           const struct mneme_log_record *record, struct mneme_error *error) {
    struct mneme_log_digest digest = {0};
    int status =
        mneme_log_digest(&digest, record->position.offset, mneme_fill_recorded_at(record->timestamp_ms),
                         record->key, record->value, error);
    *is_it = status == MNEME_OK && mneme_log_digest_equal(&digest, &mark->dropped);
    return status;
}

/* Skips a dropped event as if it were not there. */
static int skip_dropped(struct mneme_fill *fill, const struct mneme_fill_rules *rules,
                        const struct mneme_log_record *record, int64_t now_micros,
                        struct mneme_error *error) {
    int status = mneme_fill_skip(fill, rules, record->position.partition, record->progress,
                                 record->position.offset + 1, now_micros, error);
    if (status == MNEME_OK) {
        rules->release(record->message);
    }
    return status;
}

int mneme_fill_add(struct mneme_fill *fill, const struct mneme_fill_rules *rules,
                   struct mneme_park_set *parked, const struct mneme_log_record *record, int64_t now_micros,
                   struct mneme_error *error) {
    struct mneme_batch *batch = &fill->batch;
    bool is_dropped = false;
    const struct mneme_log_mark *mark = mneme_log_marks_find(rules->marks, record->position);
    if (mark != NULL && mark->dropped.is_set) {
        int status = compare_dropped(&is_dropped, mark, record, error);
        if (status != MNEME_OK || is_dropped) {
            return status == MNEME_OK ? skip_dropped(fill, rules, record, now_micros, error) : status;
        }
        mark = NULL; /* the mark is for another message, which was here before the topic was made again */
    }
    if (!make_room(fill)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot grow a batch: out of memory");
    }
    struct mneme_batch_item *item = &batch->items[batch->count];
    item->position = record->position;
    item->recorded_at = mneme_fill_recorded_at(record->timestamp_ms);
    item->key = record->key;
    item->value = record->value.data == NULL && !rules->takes_records ? MNEME_STR_LIT("") : record->value;
    item->source = record->source;
    item->park_reason = NULL;
    item->blocked_by = record->position.offset;
    int status = fill_item(fill, rules, parked, record, mark, item, error);
    if (status != MNEME_OK) {
        return status;
    }
    open_fill(fill, rules, now_micros);
    partition_of(fill, record->position.partition, record->progress)->next_offset =
        record->position.offset + 1;
    fill->messages[batch->count] = record->message;
    batch->count++;
    batch->bytes += record->key.len + record->value.len;
    return MNEME_OK;
}

int mneme_fill_skip(struct mneme_fill *fill, const struct mneme_fill_rules *rules, int32_t partition,
                    int64_t progress, int64_t next_offset, int64_t now_micros, struct mneme_error *error) {
    if (!make_room(fill)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot grow a batch: out of memory");
    }
    open_fill(fill, rules, now_micros);
    partition_of(fill, partition, progress)->next_offset = next_offset;
    return MNEME_OK;
}

bool mneme_fill_is_empty(const struct mneme_fill *fill) {
    return fill->batch.partition_count == 0;
}

bool mneme_fill_is_full(const struct mneme_fill *fill, const struct mneme_fill_rules *rules) {
    return fill->batch.count >= rules->max_events || fill->batch.bytes >= rules->max_bytes;
}

int64_t mneme_fill_due_micros(const struct mneme_fill *fill, const struct mneme_fill_rules *rules,
                              int64_t now_micros) {
    if (mneme_fill_is_empty(fill)) {
        return INT64_MAX;
    }
    if (mneme_fill_is_full(fill, rules)) {
        return 0;
    }
    int64_t quiet_at = fill->changed_micros + rules->linger_micros;
    int64_t bound_at = fill->opened_micros + rules->linger_micros * LINGER_BOUND;
    int64_t due_at = quiet_at < bound_at ? quiet_at : bound_at;
    return due_at <= now_micros ? 0 : due_at - now_micros;
}

int mneme_batch_take_digests(struct mneme_batch *batch, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t p = 0;
         status == MNEME_OK && !batch->is_of_records && !batch->is_redrive && p < batch->partition_count;
         p++) {
        struct mneme_batch_partition *partition = &batch->partitions[p];
        size_t i = batch->count;
        while (i > 0 && batch->items[i - 1].position.partition != partition->partition) {
            i--;
        }
        if (i > 0) {
            const struct mneme_batch_item *last = &batch->items[i - 1];
            status = mneme_log_digest(&partition->last_digest, last->position.offset, last->recorded_at,
                                      last->key, last->value, error);
        }
    }
    return status;
}

bool mneme_batch_park_key(struct mneme_batch *batch, size_t first, int32_t partition, struct mneme_str key,
                          int64_t blocked_by) {
    for (size_t i = first; i < batch->count; i++) {
        struct mneme_batch_item *item = &batch->items[i];
        if (item->park_reason == NULL && item->position.partition == partition &&
            mneme_str_equal(item->key, key)) {
            struct mneme_error reason = {0};
            (void)refuse_behind(blocked_by, &reason);
            item->park_reason = keep_reason(&batch->arena, reason.message);
            item->blocked_by = blocked_by;
            if (item->park_reason == NULL) {
                return false;
            }
        }
    }
    return true;
}
