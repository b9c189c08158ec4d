/*
 * What the operations of locks have in common.
 */
#include "operations/lock/lock.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "operations/fields.h"

const struct mneme_op_column mneme_lock_op_columns[] = {
    MNEME_OP_BESIDE("name", MNEME_ROW_STR),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("value", MNEME_ROW_STR),
    MNEME_OP_BESIDE("token", MNEME_ROW_LONG),
    MNEME_OP_BESIDE("valid_ms", MNEME_ROW_LONG),
    MNEME_OP_BESIDE("valid_until", MNEME_ROW_TIME),
    {0},
};

struct mneme_opt_long mneme_lock_op_ms(const struct mneme_op_request *request, int seconds, int ms) {
    struct mneme_opt_double given = mneme_op_fraction(request, seconds);
    return given.is_set ? (struct mneme_opt_long){(int64_t)(given.value * 1000 + 0.5), true}
                        : mneme_op_number(request, ms);
}

const char *mneme_lock_op_tenant(const struct mneme_op_call *call) {
    return mneme_arena_copy(call->arena, mneme_op_tenant(call->request)).data;
}

int mneme_lock_op_resume(struct mneme_lock *out, const struct mneme_locks *locks, struct mneme_op_call *call,
                         int name, int value, struct mneme_error *error) {
    const char *tenant = mneme_lock_op_tenant(call);
    return tenant == NULL ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                            "the lock was not read: memory is exhausted; free some")
                          : mneme_lock_resume(out, locks, mneme_op_text(call->request, name), tenant,
                                              mneme_op_text(call->request, value), error);
}

void mneme_lock_op_put(struct mneme_op_call *call, const struct mneme_lock *lock) {
    struct held {
        struct mneme_str name, tenant, value;
        int64_t token, valid_ms, valid_until;
    };
    static const struct mneme_row_column with_token[] = {
        {"name", MNEME_ROW_STR, offsetof(struct held, name)},
        {"tenant", MNEME_ROW_STR, offsetof(struct held, tenant)},
        {"value", MNEME_ROW_STR, offsetof(struct held, value)},
        {"token", MNEME_ROW_LONG, offsetof(struct held, token)},
        {"valid_ms", MNEME_ROW_LONG, offsetof(struct held, valid_ms)},
        {"valid_until", MNEME_ROW_TIME, offsetof(struct held, valid_until)},
    };
    static const struct mneme_row_column without_token[] = {
        {"name", MNEME_ROW_STR, offsetof(struct held, name)},
        {"tenant", MNEME_ROW_STR, offsetof(struct held, tenant)},
        {"value", MNEME_ROW_STR, offsetof(struct held, value)},
        {"valid_ms", MNEME_ROW_LONG, offsetof(struct held, valid_ms)},
        {"valid_until", MNEME_ROW_TIME, offsetof(struct held, valid_until)},
    };
    char sentence[MNEME_LOCK_VALUE_BYTES + 64];
    bool has_token = lock->token > 0;
    int64_t left_ms = mneme_lock_left_ms(lock);
    const struct held held = {
        .name = mneme_str_from(lock->name),
        .tenant = mneme_str_from(lock->tenant),
        .value = mneme_str_from(lock->value),
        .token = lock->token,
        .valid_ms = left_ms,
        .valid_until = mneme_clock_now_micros() + left_ms * 1000,
    };
    if (has_token) {
        snprintf(sentence, sizeof sentence, "%s token %lld, for %lld ms", lock->value, (long long)lock->token,
                 (long long)left_ms);
    } else {
        snprintf(sentence, sizeof sentence, "%s for %lld ms", lock->value, (long long)left_ms);
    }
    const struct mneme_op_row row = {
        .columns = has_token ? with_token : without_token,
        .column_count =
            has_token ? sizeof with_token / sizeof *with_token : sizeof without_token / sizeof *without_token,
        .cells = &held,
        .sentence = mneme_str_from(sentence),
    };
    call->outcome->rows++;
    (void)call->sink->on_row(&row, call->sink->context);
}
