/*
 * One script call for each memory: it stores nothing if Redis may have received newer data since Postgres was
 * read.
 */
#include "common/base/clock.h"
#include "stores/redis/change.h"
#include "stores/redis/limits.h"
#include "stores/redis/reader_state.h"

#define MAX_IN_FLIGHT 100

static bool send_fill(struct mneme_hot_reader *reader, struct mneme_hot_call *call,
                      const struct mneme_hot_loaded_memory *loaded, int64_t now) {
    const struct mneme_memory_row *row = &loaded->memory.row;
    struct mneme_error ignored = {0}; /* the next reader fills it */
    int32_t partition = mneme_hot_reader_partition_of(reader, row->tenant, row->stream_id);
    if (partition < 0) {
        return false;
    }
    mneme_hot_call_begin(call, &reader->space, partition);
    mneme_hot_guard_fill(call, loaded->ledger_offset);
    int64_t ttl_s = mneme_hot_ttl_s(reader->config, MNEME_HOT_MEMORY);
    mneme_hot_change_memory(call, &loaded->memory, mneme_hot_memory_expires_ms(row, now, ttl_s), now);
    struct mneme_redis_command command = mneme_hot_call_command(call);
    return !call->text.failed && mneme_redis_send(reader->redis, &command, &ignored) == MNEME_OK;
}

void mneme_hot_reader_fill(struct mneme_hot_reader *reader, const struct mneme_hot_loaded_memory *memories,
                           size_t count) {
    struct mneme_hot_call call = {0};
    struct mneme_error ignored = {0};
    int64_t now = mneme_clock_now_micros();
    bool is_there = true;
    for (size_t i = 0; is_there && i < count; i++) {
        if (mneme_redis_in_flight(reader->redis) >= MAX_IN_FLIGHT) {
            (void)mneme_redis_receive(NULL, reader->redis, &ignored);
        }
        is_there = send_fill(reader, &call, &memories[i], now);
    }
    while (mneme_redis_in_flight(reader->redis) > 0) {
        (void)mneme_redis_receive(NULL, reader->redis, &ignored);
    }
    mneme_hot_call_clean_up(&call);
}
