/*
 * Two questions a batch, both by array: is the ledger there yet, and which of the events are exceptions. The
 * first comes alone only when the ledger is behind.
 */
#include "consumers/store/verdict_gate.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/postgres_row.h"
#include "sql/embedded.h"

#define PATIENCE_MICROS 500000
#define LOOK_AGAIN_MICROS 2000

enum { PARTITIONS, FIRST, END, ARRAYS };

struct gate {
    const char *topic;
    const struct mneme_batch *batch;
    int64_t *numbers; /* ARRAYS of them, each with one number for each partition of the batch */
    struct mneme_pg_params look, exceptions;
};

static int prepare(struct gate *gate, struct mneme_error *error) {
    size_t count = gate->batch->partition_count;
    gate->numbers = calloc(ARRAYS * count + 1, sizeof *gate->numbers);
    if (gate->numbers == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_batch_partition *partition = &gate->batch->partitions[i];
        gate->numbers[PARTITIONS * count + i] = partition->partition;
        gate->numbers[FIRST * count + i] = partition->first_offset;
        gate->numbers[END * count + i] = partition->next_offset;
    }
    mneme_pg_param_str(&gate->look, mneme_str_from(gate->topic));
    mneme_pg_param_long_array(&gate->look, gate->numbers, count);
    mneme_pg_param_long_array(&gate->look, gate->numbers + END * count, count);
    for (size_t i = 0; i < ARRAYS; i++) {
        mneme_pg_param_long_array(&gate->exceptions, gate->numbers + i * count, count);
    }
    return MNEME_OK;
}

static void shut(struct gate *gate, bool *is_accepted, int32_t partition, int64_t offset) {
    for (size_t i = 0; i < gate->batch->count; i++) {
        const struct mneme_position *position = &gate->batch->items[i].position;
        if (position->partition == partition && position->offset == offset) {
            is_accepted[i] = false;
            return;
        }
    }
}

static int behind(const struct gate *gate, const PGresult *rows, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                           "the batch waits for the ledger, which is at offset %lld of partition %lld of %s; "
                           "check that `mneme work postgres` runs",
                           (long long)mneme_pg_get_long(rows, 0, 1), (long long)mneme_pg_get_long(rows, 0, 0),
                           gate->topic);
}

/* One look; *is_open when the ledger was there, and the exceptions are taken then. The order matters: what is
 * found after the ledger has passed is all there will be. */
static int look(struct gate *gate, struct mneme_postgres *postgres, bool *is_accepted, bool *is_open,
                struct mneme_error *error) {
    const struct mneme_pg_call calls[] = {{mneme_sql_gate_look, &gate->look},
                                          {mneme_sql_gate_exceptions, &gate->exceptions}};
    PGresult *results[2] = {NULL};
    int status = mneme_pg_pipeline(results, postgres, calls, 2, error);
    if (status != MNEME_OK) {
        return status;
    }
    *is_open = PQntuples(results[0]) == 0;
    if (!*is_open) {
        (void)behind(gate, results[0], error);
    }
    for (int row = 0; *is_open && row < PQntuples(results[1]); row++) {
        shut(gate, is_accepted, (int32_t)mneme_pg_get_long(results[1], row, 0),
             mneme_pg_get_long(results[1], row, 1));
    }
    PQclear(results[0]);
    PQclear(results[1]);
    return MNEME_OK;
}

int mneme_verdict_gate_pass(bool *is_accepted, struct mneme_postgres *postgres, const char *topic,
                            const struct mneme_batch *batch, struct mneme_error *error) {
    struct gate gate = {.topic = topic, .batch = batch};
    int64_t deadline = mneme_clock_monotonic_micros() + PATIENCE_MICROS;
    for (size_t i = 0; i < batch->count; i++) {
        is_accepted[i] = batch->items[i].park_reason == NULL;
    }
    bool is_open = false;
    struct mneme_error reason = {0};
    int status = prepare(&gate, error);
    while (status == MNEME_OK && !is_open) {
        status = look(&gate, postgres, is_accepted, &is_open, &reason);
        bool is_over = mneme_clock_monotonic_micros() >= deadline;
        if (status != MNEME_OK || (!is_open && is_over)) {
            status = mneme_error_set(error, reason.code, "%s", reason.message);
        } else if (!is_open) {
            mneme_clock_pause(LOOK_AGAIN_MICROS);
        }
    }
    mneme_pg_params_clean_up(&gate.look);
    mneme_pg_params_clean_up(&gate.exceptions);
    free(gate.numbers);
    return status;
}
