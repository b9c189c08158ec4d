/*
 * mneme lock release: the holder is done.
 */
#include "cli/frame/output.h"
#include "cli/lock/lock.h"
#include "common/json/write.h"

static enum mneme_exit put_released(const struct mneme_cli *cli, const struct mneme_lock *lock) {
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    if (!cli->json) {
        return MNEME_EXIT_DONE;
    }
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("name"));
    mneme_json_string(&json, mneme_str_from(lock->name));
    mneme_json_key(&json, MNEME_STR_LIT("tenant"));
    mneme_json_string(&json, mneme_str_from(lock->tenant));
    mneme_json_key(&json, MNEME_STR_LIT("released"));
    mneme_json_bool(&json, true);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_locks *locks = NULL;
    struct mneme_lock lock;
    int status = mneme_lock_open(&locks, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_lock_of_call(&lock, locks, cli, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_lock_release(&lock, locks, &error);
    }
    enum mneme_exit code = status == MNEME_OK ? put_released(cli, &lock) : mneme_cli_fail(cli, &error);
    mneme_locks_close(locks);
    return code;
}

static const struct mneme_cli_option options[] = {
    MNEME_LOCK_VALUE_OPTION,
    {0},
};

const struct mneme_command mneme_command_lock_release = {
    .name = "release",
    .summary = "Free a lock that is held.",
    .arguments = "NAME",
    .details = "Only for its holder: exit code 4 when somebody else has it meanwhile, 5 when its\n"
               "lease has run out before.\n"
               "--json: {\"name\",\"tenant\",\"released\"}.",
    .examples = "  mneme lock release nightly --value 0193f1c2-…\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};
