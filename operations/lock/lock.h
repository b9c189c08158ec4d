/*
 * Locks that programs share (stores/locks/locks.h): an operation for each step of a holder. These steps are
 * not recorded as events.
 */
#ifndef MNEME_OPERATIONS_LOCK_LOCK_H
#define MNEME_OPERATIONS_LOCK_LOCK_H

#include "operations/call.h"
#include "stores/locks/locks.h"

extern const struct mneme_operation mneme_op_lock_acquire;
extern const struct mneme_operation mneme_op_lock_extend;
extern const struct mneme_operation mneme_op_lock_release;

/* --- for the files of this folder --- */

/* Rows of the operations' tables. */
/* clang-format off */
#define MNEME_LOCK_NAME_FIELD                                                                                \
    {                                                                                                        \
        .name = "name", .type = MNEME_OP_TEXT, .shown = "NAME", .help = "The lock's name.",                         \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY                                \
    }
#define MNEME_LOCK_VALUE_FIELD                                                                               \
    {                                                                                                        \
        .name = "value", .type = MNEME_OP_TEXT, .shown = "VALUE", .flags = MNEME_OP_REQUIRED,                \
        .help = "The value that acquiring printed; it proves who the holder is."                                     \
    }
#define MNEME_LOCK_TTL_FIELD                                                                                 \
    {                                                                                                        \
        .name = "ttl", .letter = 't', .type = MNEME_OP_DECIMAL, .shown = "S",                                \
        .minimum = MNEME_LOCK_MIN_TTL_MS / 1000.0, .maximum = MNEME_LOCK_MAX_TTL_MS / 1000.0,                \
        .help = "The lease in seconds, such as 30 or 0.5."                                                   \
    }
#define MNEME_LOCK_TTL_MS_FIELD                                                                              \
    {                                                                                                        \
        .name = "ttl_ms", .type = MNEME_OP_INTEGER, .shown = "MS",                                           \
        .minimum = MNEME_LOCK_MIN_TTL_MS, .maximum = (double)MNEME_LOCK_MAX_TTL_MS,                          \
        .help = "The lease in milliseconds. Default if neither is given: MNEME_LOCK_TTL_MS, 10000."                                                                            \
    }
/* clang-format on */

extern const struct mneme_op_column mneme_lock_op_columns[];

/* Milliseconds, from the field in seconds or else the one in milliseconds; unset: as the settings say. */
struct mneme_opt_long mneme_lock_op_ms(const struct mneme_op_request *request, int seconds, int ms);

/* The call's tenant as a NUL-terminated string in the call's arena. NULL when memory is exhausted. */
const char *mneme_lock_op_tenant(const struct mneme_op_call *call);

/* The lock that the fields at `name` and `value` describe. */
int mneme_lock_op_resume(struct mneme_lock *out, const struct mneme_locks *locks, struct mneme_op_call *call,
                         int name, int value, struct mneme_error *error);

/* Passes the lock to the sink: its holder's value, its token if known, and for how long it is held. */
void mneme_lock_op_put(struct mneme_op_call *call, const struct mneme_lock *lock);

#endif
