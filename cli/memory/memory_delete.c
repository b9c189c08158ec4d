/*
 * mneme memory delete: one memory, or all of a scope.
 */
#include "cli/memory/memory.h"
#include "cli/memory/memory_delete_all.h"

static int check(struct mneme_uuid *id, struct mneme_opt_long *expected_version, const struct mneme_cli *cli,
                 struct mneme_error *error) {
    bool wants_verdict;
    if (cli->argument_count == 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was deleted: no memory is named; give its id, or --all with a scope");
    }
    if (mneme_cli_value(cli, "filter") != NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was deleted: --filter is for --all; leave it out, or the id");
    }
    int status = mneme_write_wants_verdict(&wants_verdict, cli, error);
    if (status == MNEME_OK) {
        status = mneme_cli_argument_uuid(id, cli, 0, "memory id", error);
    }
    if (status == MNEME_OK) {
        status = mneme_cli_opt_long(expected_version, cli, "expected-version", 0, INT64_MAX, error);
    }
    return status;
}

static enum mneme_exit delete_one(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    struct mneme_event event;
    struct mneme_memory_place place;
    struct mneme_uuid id;
    struct mneme_opt_long expected_version;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (check(&id, &expected_version, cli, &error) != MNEME_OK ||
        mneme_memory_place_of(&place, cli, id, &arena, &error) != MNEME_OK ||
        mneme_write_open(&client, cli, &error) != MNEME_OK ||
        mneme_write_event(&event, cli, client, MNEME_EVENT_MEMORY_DELETED, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        mneme_memory_address(&event, &place);
        event.payload.memory_deleted =
            (struct mneme_memory_deleted){.memory_id = id,
                                          .expected_memory_version = expected_version,
                                          .reason = mneme_cli_opt_str(cli, "reason")};
        code = mneme_write_publish(cli, client, &event, "memory_id", id);
    }
    (void)mneme_close(client, 0, NULL); /* nothing is under way any more */
    mneme_arena_clean_up(&arena);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    return mneme_cli_flag(cli, "all") ? mneme_memory_delete_all(cli) : delete_one(cli);
}

static const struct mneme_cli_option options[] = {
    {"all", 0, NULL, -1,
     "Delete all memories of the scope; one of --user, --agent, --run and --conversation is needed."},
    {"filter", 0, "EXPR", -1, "Of the scope only memories for which this holds, as in memory list."},
    {"expected-version", 0, "N", -1, "Only if the memory has this version."},
    {"reason", 0, "TEXT", -1, "Why, for the history."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_memory_delete = {
    .name = "delete",
    .summary = "Forget a memory, or all memories of a scope.",
    .arguments = "ID | --all",
    .details = "Deleting is soft: the memory is listed no more, its history stays. The memory's stream is\n"
               "looked up in the tables, unless --stream, --user or --agent names it.\n"
               "--all deletes what the tables hold of the scope, expired and archived memories too, and is\n"
               "refused (6) without a scope, and without your consent: a terminal asks for it, else --yes.\n"
               "--json and exit codes: as of memory add; of --all: {\"deleted\",\"failed\"}.",
    .examples =
        "  mneme memory delete 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --reason 'was wrong'\n"
        "  mneme memory delete --all --user ada --yes\n"
        "  mneme memory delete --all --user ada --filter 'confidence lt 0.2 AND access_count eq 0' \\\n"
        "      --yes\n",
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST | MNEME_CLI_CONSENT,
    .run = run,
};
