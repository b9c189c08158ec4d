/*
 * lock.release: frees a lock that its holder no longer needs.
 */
#include "operations/fields.h"
#include "operations/lock/lock.h"
#include "operations/service.h"

enum { NAME, VALUE, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [NAME] = MNEME_LOCK_NAME_FIELD,
    [VALUE] = MNEME_LOCK_VALUE_FIELD,
};

static const struct mneme_op_column columns[] = {
    MNEME_OP_BESIDE("name", MNEME_ROW_STR),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("released", MNEME_ROW_BOOL),
    {0},
};

/* A person only needs to see that it was done. */
static void put_released(struct mneme_op_call *call, const struct mneme_lock *lock) {
    struct released {
        struct mneme_str name, tenant;
        bool is_released;
    };
    static const struct mneme_row_column cells[] = {
        {"name", MNEME_ROW_STR, offsetof(struct released, name)},
        {"tenant", MNEME_ROW_STR, offsetof(struct released, tenant)},
        {"released", MNEME_ROW_BOOL, offsetof(struct released, is_released)},
    };
    const struct released released = {mneme_str_from(lock->name), mneme_str_from(lock->tenant), true};
    const struct mneme_op_row row = {.columns = cells,
                                     .column_count = sizeof cells / sizeof *cells,
                                     .cells = &released,
                                     .is_summary = true};
    (void)call->sink->on_row(&row, call->sink->context);
}

static int release(struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_locks *locks = NULL;
    struct mneme_lock lock;
    int status = mneme_service_lend_locks(&locks, call->service, error);
    if (status == MNEME_OK) {
        status = mneme_lock_op_resume(&lock, locks, call, NAME, VALUE, error);
    }
    if (status == MNEME_OK) {
        status = mneme_lock_release(&lock, locks, error);
    }
    mneme_service_return_locks(call->service, locks);
    if (status == MNEME_OK) {
        put_released(call, &lock);
    }
    return status;
}

const struct mneme_operation mneme_op_lock_release = {
    .name = "lock.release",
    .summary = "Free a lock that is held.",
    .details = "Only the holder can release a lock: exit code 4 when another holder has it by now, 5 when "
               "its lease has run out.\n"
               "--json: {\"name\",\"tenant\",\"released\"}.",
    .examples = "  mneme lock release nightly --value 0193f1c2-…\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_DETAILS,
    .columns = columns,
    .procedure = release,
};
