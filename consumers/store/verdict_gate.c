/*
 * Three queries for each batch, all by array: has the ledger passed it, which events are exceptions, and
 * which keys wait in this projection. They take one round trip if the ledger has passed already.
 */
#include "consumers/store/verdict_gate.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/postgres/row.h"
#include "consumers/log/fill.h"
#include "sql/embedded.h"

#define PATIENCE_MICROS INT64_C(500000)
/* Between two checks whether the ledger has folded the batch. */
#define FIRST_PAUSE_MICROS 2000
#define LONGEST_PAUSE_MICROS 16000

enum { PARTITIONS, FIRST, END, ARRAYS };

struct gate {
    const char *projection; /* NULL: it parks nothing of its own */
    const char *topic;
    struct mneme_batch *batch;
    int64_t *numbers; /* ARRAYS of them, each with one number for each partition of the batch */
    struct mneme_pg_params behind, exceptions, waiting;
    bool is_waiting_asked;
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: out of memory");
}

static int prepare(struct gate *gate, struct mneme_error *error) {
    size_t count = gate->batch->partition_count;
    gate->numbers = calloc(ARRAYS * count + 1, sizeof *gate->numbers);
    if (gate->numbers == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_batch_partition *partition = &gate->batch->partitions[i];
        gate->numbers[PARTITIONS * count + i] = partition->partition;
        gate->numbers[FIRST * count + i] = partition->first_offset;
        gate->numbers[END * count + i] = partition->next_offset;
    }
    if (gate->batch->is_redrive) { /* it is before the progress of its only partition */
        gate->numbers[FIRST] = gate->batch->items[0].position.offset;
        gate->numbers[END] = gate->batch->items[gate->batch->count - 1].position.offset + 1;
    }
    mneme_pg_param_str(&gate->behind, mneme_str_from(gate->topic));
    mneme_pg_param_str(&gate->exceptions, mneme_str_from(gate->topic));
    mneme_pg_param_long_array(&gate->behind, gate->numbers, count);
    mneme_pg_param_long_array(&gate->behind, gate->numbers + END * count, count);
    for (size_t i = 0; i < ARRAYS; i++) {
        mneme_pg_param_long_array(&gate->exceptions, gate->numbers + i * count, count);
    }
    gate->is_waiting_asked = gate->projection != NULL && !gate->batch->is_redrive;
    if (gate->is_waiting_asked) {
        mneme_pg_param_str(&gate->waiting, mneme_str_from(gate->projection));
        mneme_pg_param_str(&gate->waiting, mneme_str_from(gate->topic));
        mneme_pg_param_long_array(&gate->waiting, gate->numbers, count);
    }
    return MNEME_OK;
}

/* A row for an event that has no effect by the ledger. */
struct exception {
    struct mneme_position position;
    int row;
};

static int compare_exceptions(const void *a, const void *b) {
    const struct mneme_position *left = &((const struct exception *)a)->position;
    const struct mneme_position *right = &((const struct exception *)b)->position;
    if (left->partition != right->partition) {
        return left->partition < right->partition ? -1 : 1;
    }
    return (left->offset > right->offset) - (left->offset < right->offset);
}

/* The rows in the order of their places, to be searched: a batch of events that were sent twice has as many
 * as items. */
static struct exception *sort_exceptions(struct mneme_batch *batch, const PGresult *rows) {
    size_t count = (size_t)PQntuples(rows);
    struct exception *sorted = mneme_arena_alloc(&batch->arena, count * sizeof *sorted);
    for (size_t i = 0; sorted != NULL && i < count; i++) {
        sorted[i] = (struct exception){{.partition = (int32_t)mneme_pg_get_long(rows, (int)i, 0),
                                        .offset = mneme_pg_get_long(rows, (int)i, 1)},
                                       (int)i};
    }
    if (sorted != NULL) {
        qsort(sorted, count, sizeof *sorted, compare_exceptions);
    }
    return sorted;
}

/* Events that the ledger has parked wait here too, until they are tried again there and then here. */
static int park(const struct gate *gate, struct mneme_batch_item *item, int64_t blocked_by,
                struct mneme_error *error) {
    static const char reason[] = "it waits for the ledger, which has parked it";
    if (item->park_reason == NULL) {
        item->park_reason = mneme_arena_copy(&gate->batch->arena, mneme_str_from(reason)).data;
        item->blocked_by = blocked_by;
    } else if (blocked_by != MNEME_PARKED_ALONE) {
        item->blocked_by = blocked_by;
    }
    return item->park_reason == NULL ? no_memory(error) : MNEME_OK;
}

static int apply_exceptions(const struct gate *gate, bool *is_accepted, const PGresult *rows,
                            struct mneme_error *error) {
    size_t count = (size_t)PQntuples(rows);
    if (count == 0) {
        return MNEME_OK;
    }
    struct exception *exceptions = sort_exceptions(gate->batch, rows);
    int status = exceptions == NULL ? no_memory(error) : MNEME_OK;
    for (size_t i = 0; i < gate->batch->count && status == MNEME_OK; i++) {
        struct mneme_batch_item *item = &gate->batch->items[i];
        const struct exception wanted = {.position = item->position};
        const struct exception *found =
            bsearch(&wanted, exceptions, count, sizeof *exceptions, compare_exceptions);
        if (found == NULL) {
            continue;
        }
        is_accepted[i] = false;
        if (*PQgetvalue(rows, found->row, 3) != 0) {
            item->park_reason = NULL; /* it was dropped: it waits for nothing anywhere */
            continue;
        }
        if (gate->projection != NULL && !PQgetisnull(rows, found->row, 2)) {
            status = park(gate, item, mneme_pg_get_long(rows, found->row, 2), error);
        }
    }
    return status;
}

/* Events wait if earlier events of their key wait in this projection. */
static int hold_back(const struct gate *gate, bool *is_accepted, const PGresult *waiting,
                     struct mneme_error *error) {
    struct mneme_batch *batch = gate->batch;
    for (int row = 0; row < PQntuples(waiting); row++) {
        struct mneme_str key = {PQgetvalue(waiting, row, 1), (size_t)PQgetlength(waiting, row, 1)};
        if (!mneme_batch_park_key(batch, 0, (int32_t)mneme_pg_get_long(waiting, row, 0), key,
                                  mneme_pg_get_long(waiting, row, 2))) {
            return no_memory(error);
        }
    }
    for (size_t i = 0; i < batch->count; i++) {
        is_accepted[i] = is_accepted[i] && batch->items[i].park_reason == NULL;
    }
    return MNEME_OK;
}

static int set_behind_error(const struct gate *gate, const PGresult *rows, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                           "the batch waits for the ledger, which is at offset %lld of partition %lld of %s; "
                           "check that `mneme work postgres` runs",
                           (long long)mneme_pg_get_long(rows, 0, 1), (long long)mneme_pg_get_long(rows, 0, 0),
                           gate->topic);
}

enum { BEHIND, EXCEPTIONS, WAITING, QUESTIONS };

/* Sends the questions from `first` to before `end` in one round trip. Their order matters: after the ledger
 * has passed, exceptions are added only by events that are tried again. */
static int ask(PGresult *results[QUESTIONS], const struct gate *gate, struct mneme_postgres *postgres,
               size_t first, size_t end, struct mneme_error *error) {
    const struct mneme_pg_call calls[QUESTIONS] = {
        [BEHIND] = {mneme_sql_gate_behind, &gate->behind},
        [EXCEPTIONS] = {mneme_sql_gate_exceptions, &gate->exceptions},
        [WAITING] = {mneme_sql_gate_waiting, &gate->waiting},
    };
    for (size_t i = first; i < end; i++) {
        PQclear(results[i]);
        results[i] = NULL;
    }
    return mneme_pg_pipeline(results + first, postgres, calls + first, end - first, error);
}

/* Waits until the ledger is not behind, with one cheap question at a time. */
static int wait_for_ledger(PGresult *results[QUESTIONS], const struct gate *gate,
                           struct mneme_postgres *postgres, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + PATIENCE_MICROS;
    int64_t pause = FIRST_PAUSE_MICROS;
    int status = MNEME_OK;
    while (status == MNEME_OK && PQntuples(results[BEHIND]) > 0) {
        if (mneme_clock_monotonic_micros() >= deadline) {
            return set_behind_error(gate, results[BEHIND], error);
        }
        mneme_clock_pause(pause);
        pause = pause < LONGEST_PAUSE_MICROS ? 2 * pause : pause;
        status = ask(results, gate, postgres, BEHIND, BEHIND + 1, error);
    }
    return status;
}

/* The answers about a batch that the ledger has folded. */
static int ask_ledger(PGresult *results[QUESTIONS], const struct gate *gate, struct mneme_postgres *postgres,
                      struct mneme_error *error) {
    size_t end = gate->is_waiting_asked ? QUESTIONS : WAITING;
    int status = ask(results, gate, postgres, BEHIND, end, error);
    if (status == MNEME_OK && PQntuples(results[BEHIND]) > 0) {
        status = wait_for_ledger(results, gate, postgres, error);
        if (status == MNEME_OK) {
            status = ask(results, gate, postgres, EXCEPTIONS, end, error);
        }
    }
    return status;
}

int mneme_verdict_gate_pass(bool *is_accepted, struct mneme_postgres *postgres, const char *projection,
                            const char *topic, struct mneme_batch *batch, struct mneme_error *error) {
    struct gate gate = {.projection = projection, .topic = topic, .batch = batch};
    PGresult *results[QUESTIONS] = {NULL};
    for (size_t i = 0; i < batch->count; i++) {
        is_accepted[i] = batch->items[i].park_reason == NULL;
    }
    int status = prepare(&gate, error);
    if (status == MNEME_OK) {
        status = ask_ledger(results, &gate, postgres, error);
    }
    if (status == MNEME_OK) {
        status = apply_exceptions(&gate, is_accepted, results[EXCEPTIONS], error);
    }
    if (status == MNEME_OK && gate.is_waiting_asked) {
        status = hold_back(&gate, is_accepted, results[WAITING], error);
    }
    for (size_t i = 0; i < QUESTIONS; i++) {
        PQclear(results[i]);
    }
    mneme_pg_params_clean_up(&gate.behind);
    mneme_pg_params_clean_up(&gate.exceptions);
    mneme_pg_params_clean_up(&gate.waiting);
    free(gate.numbers);
    return status;
}
