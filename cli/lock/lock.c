/*
 * mneme lock: the verbs over locks that programs share.
 */
#include "cli/lock/lock.h"

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "common/base/clock.h"
#include "common/json/write.h"
#include "stores/locks/open.h"

int mneme_lock_open(struct mneme_locks **out, const struct mneme_cli *cli, struct mneme_error *error) {
    return mneme_locks_open_with(out, cli->config, error);
}

/* Seconds into milliseconds. */
static int read_seconds(struct mneme_opt_long *out, const struct mneme_cli *cli, const char *option,
                        int64_t least_ms, struct mneme_error *error) {
    struct mneme_opt_double seconds;
    int status = mneme_cli_opt_double(&seconds, cli, option, (double)least_ms / 1000,
                                      (double)MNEME_LOCK_MAX_TTL_MS / 1000, error);
    *out = (struct mneme_opt_long){(int64_t)(seconds.value * 1000 + 0.5), seconds.is_set};
    return status;
}

int mneme_lock_read_options(struct mneme_lock_options *out, const struct mneme_cli *cli,
                            struct mneme_error *error) {
    *out = (struct mneme_lock_options){.tenant = mneme_session_tenant(cli).data, .cancel = &mneme_cli_cancel};
    int status = read_seconds(&out->ttl_ms, cli, "ttl", MNEME_LOCK_MIN_TTL_MS, error);
    return status == MNEME_OK ? read_seconds(&out->wait_ms, cli, "wait", 0, error) : status;
}

int mneme_lock_of_call(struct mneme_lock *out, const struct mneme_locks *locks, const struct mneme_cli *cli,
                       struct mneme_error *error) {
    struct mneme_str value = mneme_cli_opt_str(cli, "value");
    if (value.data == NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "the lock was not looked at: there is no --value; give the one that acquiring it "
            "printed");
    }
    return mneme_lock_resume(out, locks, mneme_str_from(cli->arguments[0]), mneme_session_tenant(cli).data,
                             value, error);
}

enum mneme_exit mneme_lock_put(const struct mneme_cli *cli, const struct mneme_lock *lock) {
    struct mneme_buffer line = {0};
    int64_t left_ms = mneme_lock_left_ms(lock);
    if (cli->json) {
        struct mneme_json_writer json = {.out = &line};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("name"));
        mneme_json_string(&json, mneme_str_from(lock->name));
        mneme_json_key(&json, MNEME_STR_LIT("tenant"));
        mneme_json_string(&json, mneme_str_from(lock->tenant));
        mneme_json_key(&json, MNEME_STR_LIT("value"));
        mneme_json_string(&json, mneme_str_from(lock->value));
        if (lock->token > 0) {
            mneme_json_key(&json, MNEME_STR_LIT("token"));
            mneme_json_long(&json, lock->token);
        }
        mneme_json_key(&json, MNEME_STR_LIT("valid_ms"));
        mneme_json_long(&json, left_ms);
        mneme_json_key(&json, MNEME_STR_LIT("valid_until"));
        mneme_json_time(&json, mneme_clock_now_micros() + left_ms * 1000);
        mneme_json_end_object(&json);
    } else if (lock->token > 0) {
        mneme_buffer_printf(&line, "%s token %lld, for %lld ms", lock->value, (long long)lock->token,
                            (long long)left_ms);
    } else {
        mneme_buffer_printf(&line, "%s for %lld ms", lock->value, (long long)left_ms);
    }
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static const struct mneme_command *const verbs[] = {
    &mneme_command_lock_acquire,
    &mneme_command_lock_extend,
    &mneme_command_lock_release,
    &mneme_command_lock_run,
    NULL,
};

const struct mneme_command mneme_command_lock = {
    .name = "lock",
    .summary = "Locks that programs on many machines share, with fencing tokens.",
    .arguments = "",
    .examples = "  mneme lock run nightly --ttl 60 -- ./consolidate.sh\n"
                "  mneme lock acquire nightly --ttl 60 --wait 10 --json\n",
    .subcommands = verbs,
};
