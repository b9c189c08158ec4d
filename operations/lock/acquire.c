/*
 * lock.acquire: acquires a lock for one lease.
 */
#include "operations/lock/lock.h"
#include "operations/service.h"

enum { NAME, TTL, TTL_MS, WAIT, WAIT_MS, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [NAME] = MNEME_LOCK_NAME_FIELD,
    [TTL] = MNEME_LOCK_TTL_FIELD,
    [TTL_MS] = MNEME_LOCK_TTL_MS_FIELD,
    [WAIT] = {.name = "wait",
              .letter = 'w',
              .type = MNEME_OP_DECIMAL,
              .shown = "S",
              .maximum = MNEME_LOCK_MAX_TTL_MS / 1000.0,
              .help = "How many seconds to wait while another holder has the lock."},
    [WAIT_MS] = {.name = "wait_ms",
                 .type = MNEME_OP_INTEGER,
                 .shown = "MS",
                 .maximum = (double)MNEME_LOCK_MAX_TTL_MS,
                 .help = "The same in milliseconds. Default if neither is given: MNEME_LOCK_WAIT_MS, 5000."},
};

static int acquire(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_lock_options how = {
        .tenant = mneme_lock_op_tenant(call),
        .ttl_ms = mneme_lock_op_ms(call->request, TTL, TTL_MS),
        .wait_ms = mneme_lock_op_ms(call->request, WAIT, WAIT_MS),
        .cancel = call->cancel,
    };
    struct mneme_locks *locks = NULL;
    struct mneme_lock lock;
    int status = how.tenant == NULL
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                       "the lock was not acquired: memory is exhausted; free some")
                     : mneme_service_lend_locks(&locks, call->service, error);
    if (status == MNEME_OK) {
        status = mneme_lock_acquire(&lock, locks, mneme_op_text(call->request, NAME), &how, error);
    }
    mneme_service_return_locks(call->service, locks);
    if (status == MNEME_OK) {
        mneme_lock_op_put(call, &lock);
    }
    return status;
}

const struct mneme_operation mneme_op_lock_acquire = {
    .name = "lock.acquire",
    .summary = "Acquire a lock for one lease.",
    .details = "Exit code 4 when another holder has the lock, 3 when no majority of the servers in "
               "MNEME_LOCK_URLS answers. Pass the token to the store with each write: each holder's token is "
               "greater than all earlier ones, so a store that refuses lower tokens refuses the writes of a "
               "holder whose lease has run out (docs/locks.md).\n"
               "--json: {\"name\",\"tenant\",\"value\",\"token\",\"valid_ms\",\"valid_until\"}.",
    .examples = "  mneme lock acquire nightly --ttl 60\n"
                "  mneme lock acquire nightly --ttl-ms 5000 --wait 10 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_DETAILS,
    .columns = mneme_lock_op_columns,
    .procedure = acquire,
};
