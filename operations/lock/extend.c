/*
 * lock.extend: gives the holder a new lease.
 */
#include "operations/lock/lock.h"
#include "operations/service.h"

enum { NAME, VALUE, TTL, TTL_MS, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [NAME] = MNEME_LOCK_NAME_FIELD,
    [VALUE] = MNEME_LOCK_VALUE_FIELD,
    [TTL] = MNEME_LOCK_TTL_FIELD,
    [TTL_MS] = MNEME_LOCK_TTL_MS_FIELD,
};

static int extend(struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_locks *locks = NULL;
    struct mneme_lock lock;
    int status = mneme_service_lend_locks(&locks, call->service, error);
    if (status == MNEME_OK) {
        status = mneme_lock_op_resume(&lock, locks, call, NAME, VALUE, error);
    }
    if (status == MNEME_OK) { /* 0: as the settings say */
        status = mneme_lock_extend(&lock, locks, mneme_lock_op_ms(call->request, TTL, TTL_MS).value, error);
    }
    mneme_service_return_locks(call->service, locks);
    if (status == MNEME_OK) {
        mneme_lock_op_put(call, &lock);
    }
    return status;
}

const struct mneme_operation mneme_op_lock_extend = {
    .name = "lock.extend",
    .summary = "Renew the lease of a lock that is held.",
    .details = "The new lease starts now; the token stays the same. Exit code 4 when another holder has the "
               "lock by now, 5 when its lease has run out.\n"
               "--json: {\"name\",\"tenant\",\"value\",\"valid_ms\",\"valid_until\"}.",
    .examples = "  mneme lock extend nightly --value 0193f1c2-… --ttl 60\n"
                "  mneme lock extend nightly --value \"$MNEME_LOCK_VALUE\" --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_DETAILS,
    .columns = mneme_lock_op_columns,
    .procedure = extend,
};
