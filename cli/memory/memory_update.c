/*
 * mneme memory update: a patch of one memory.
 */
#include "cli/memory/memory.h"

static bool is_empty(const struct mneme_memory_fields *fields) {
    return fields->content.data == NULL && fields->metadata.data == NULL && !fields->tags.is_set &&
           !fields->entities.is_set && !fields->confidence.is_set && !fields->importance.is_set &&
           !fields->priority.is_set && !fields->expires_at.is_set;
}

static int check(struct mneme_memory_fields *fields, struct mneme_uuid *id,
                 struct mneme_opt_long *expected_version, const struct mneme_cli *cli,
                 struct mneme_arena *arena, struct mneme_error *error) {
    bool wants_verdict;
    const char *text = cli->argument_count > 1 ? cli->arguments[1] : NULL;
    int status;
    if ((status = mneme_write_wants_verdict(&wants_verdict, cli, error)) != MNEME_OK ||
        (status = mneme_cli_argument_uuid(id, cli, 0, "memory id", error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(expected_version, cli, "expected-version", 0, INT64_MAX, error)) !=
            MNEME_OK ||
        (status = mneme_memory_read_fields(fields, cli, text, arena, error)) != MNEME_OK) {
        return status;
    }
    if (is_empty(fields)) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was changed: no field is given; give a text or options such as --tags");
    }
    return MNEME_OK;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    struct mneme_event event;
    struct mneme_memory_fields fields;
    struct mneme_memory_place place;
    struct mneme_uuid id;
    struct mneme_opt_long expected_version;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (check(&fields, &id, &expected_version, cli, &arena, &error) != MNEME_OK ||
        mneme_memory_place_of(&place, cli, id, &arena, &error) != MNEME_OK ||
        mneme_write_open(&client, cli, &error) != MNEME_OK ||
        mneme_write_event(&event, cli, client, MNEME_EVENT_MEMORY_UPDATED, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        mneme_memory_address(&event, &place);
        event.payload.memory_updated = (struct mneme_memory_updated){
            .memory_id = id,
            .expected_memory_version = expected_version,
            .content = fields.content,
            .metadata = fields.metadata,
            .tags = fields.tags,
            .entities = fields.entities,
            .confidence = fields.confidence,
            .importance = fields.importance,
            .priority = fields.priority,
            .expires_at = fields.expires_at,
            .reason = fields.reason,
        };
        code = mneme_write_publish(cli, client, &event, "memory_id", id);
    }
    (void)mneme_close(client, 0, NULL); /* nothing is under way any more */
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    MNEME_MEMORY_FIELD_OPTIONS,
    {"expected-version", 0, "N", -1, "Only if the memory has this version."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_memory_update = {
    .name = "update",
    .summary = "Change fields of a memory; the others stay as they are.",
    .arguments = "ID [TEXT|-]",
    .details =
        "The memory's stream is looked up in the tables, unless --stream, --user or --agent names it.\n"
        "--json and exit codes: as of memory add; with --wait, not_found ends with 5 and a version other\n"
        "than --expected-version with 4.",
    .examples =
        "  mneme memory update 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e 'Ada prefers green tea'\n"
        "  mneme memory update 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --importance 0.9 --reason 'said twice'\n"
        "  mneme memory update 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --tags tea --expected-version 1 \\\n"
        "      --wait postgres\n",
    .min_arguments = 1,
    .max_arguments = 2,
    .options = options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST,
    .run = run,
};
