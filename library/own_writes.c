/*
 * A program's own writes are those its publisher got acknowledged: reads wait a moment for them, and "last"
 * stands for their positions.
 */
#include "library/handles.h"
#include "producers/publisher.h"

#define RECENT_MICROS INT64_C(60000000)

static void load(struct mneme_op_own_writes *out, struct mneme_arena *arena, void *context) {
    struct mneme *mneme = context;
    struct mneme_client_written written;
    *out = (struct mneme_op_own_writes){0};
    if (mneme_service_written(&written, mneme->service, arena, NULL) != MNEME_OK || written.count == 0 ||
        mneme_clock_monotonic_micros() - written.last_micros > RECENT_MICROS) {
        return;
    }
    pthread_mutex_lock(&mneme->lock);
    *out = (struct mneme_op_own_writes){
        .positions = written.positions,
        .count = written.count,
        .held = mneme->held_stamp == written.events ? mneme->held : 0,
        .stamp = written.events,
    };
    pthread_mutex_unlock(&mneme->lock);
}

static void hold(const struct mneme_op_own_writes *writes, void *context) {
    struct mneme *mneme = context;
    pthread_mutex_lock(&mneme->lock);
    mneme->held = (mneme->held_stamp == writes->stamp ? mneme->held : 0) | writes->held;
    mneme->held_stamp = writes->stamp;
    pthread_mutex_unlock(&mneme->lock);
}

static int last(const struct mneme_position **out, size_t *count, struct mneme_arena *arena, void *context,
                struct mneme_error *error) {
    const struct mneme *mneme = context;
    struct mneme_client_written written;
    int status = mneme_service_written(&written, mneme->service, arena, error);
    if (status == MNEME_OK && written.count == 0) {
        status = mneme_error_set(error, MNEME_E_NOT_FOUND,
                                 "nothing was written from here yet: give positions instead of last");
    }
    *out = status == MNEME_OK ? written.positions : NULL;
    *count = status == MNEME_OK ? written.count : 0;
    return status;
}

void mneme_own_writes_init(struct mneme *mneme) {
    mneme->own = (struct mneme_op_own_writes_ops){.load = load, .hold = hold, .last = last, .context = mneme};
}
