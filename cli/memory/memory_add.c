/*
 * mneme memory add: one memory, published.
 */
#include "cli/memory/memory.h"

static int check(struct mneme_memory_fields *fields, struct mneme_opt_uuid *id,
                 struct mneme_opt_long *expected_version, const struct mneme_cli *cli,
                 struct mneme_arena *arena, struct mneme_error *error) {
    bool wants_verdict;
    const char *text = cli->argument_count > 0 ? cli->arguments[0] : NULL;
    int status;
    if ((status = mneme_write_wants_verdict(&wants_verdict, cli, error)) != MNEME_OK ||
        (status = mneme_cli_opt_uuid(id, cli, "id", error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(expected_version, cli, "expected-version", 0, INT64_MAX, error)) !=
            MNEME_OK ||
        (status = mneme_memory_read_fields(fields, cli, text, arena, error)) != MNEME_OK) {
        return status;
    }
    if (fields->content.data == NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was remembered: there is no content; give a text, - for standard input, or "
            "--content JSON");
    }
    return MNEME_OK;
}

static void fill(struct mneme_event *event, const struct mneme_cli *cli,
                 const struct mneme_memory_fields *fields, struct mneme_opt_uuid id) {
    struct mneme_memory_created *memory = &event->payload.memory_created;
    const char *type = mneme_cli_value(cli, "type");
    memory->memory_type = mneme_str_from(type == NULL ? "fact" : type);
    memory->term = mneme_cli_opt_str(cli, "term");
    memory->content = fields->content;
    memory->metadata = fields->metadata;
    memory->tags = fields->tags;
    memory->entities = fields->entities;
    memory->expires_at = fields->expires_at;
    memory->reason = fields->reason;
    memory->memory_id = id.is_set ? id.value : memory->memory_id;
    memory->confidence = fields->confidence.is_set ? fields->confidence.value : memory->confidence;
    memory->importance = fields->importance.is_set ? fields->importance.value : memory->importance;
    memory->priority = fields->priority.is_set ? fields->priority.value : memory->priority;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    struct mneme_event event;
    struct mneme_memory_fields fields;
    struct mneme_opt_uuid id;
    struct mneme_opt_long expected_version;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (check(&fields, &id, &expected_version, cli, &arena, &error) != MNEME_OK ||
        mneme_write_open(&client, cli, &error) != MNEME_OK ||
        mneme_write_event(&event, cli, client, MNEME_EVENT_MEMORY_CREATED, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        fill(&event, cli, &fields, id);
        event.expected_version = expected_version;
        code = mneme_write_publish(cli, client, &event, "memory_id", event.payload.memory_created.memory_id);
    }
    (void)mneme_close(client, 0, NULL); /* nothing is under way any more */
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"type", 't', "TYPE", -1, "What kind it is (default fact)."},
    {"term", 0, "short_term|long_term", -1, "How long it is meant to live; short_term expires after 7 days."},
    MNEME_MEMORY_FIELD_OPTIONS,
    {"id", 0, "UUID", -1, "The memory's id; a fresh one by default."},
    {"expected-version", 0, "N", -1, "Only if the stream has this version; 0 means that it is still empty."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_memory_add = {
    .name = "add",
    .summary = "Remember something.",
    .arguments = "[TEXT|-]",
    .details =
        "Publishes a memory_created event and returns when the brokers have it; a worker then\n"
        "folds it into the tables. `-` reads the text from standard input.\n"
        "--json: {\"memory_id\",\"event_id\",\"position\",\"stream_id\"}, and with --wait also\n"
        "\"verdict\" (accepted, rejected, duplicate, exists, not_found, parked or dropped), \"version\" of "
        "the\n"
        "stream, or \"actual_version\" where it was not accepted; the exit code is then 4 for rejected\n"
        "and exists, 5 for not_found, 1 for parked and dropped.",
    .examples =
        "  mneme memory add 'Ada prefers tea' --user ada --type fact --tags drinks,taste\n"
        "  mneme memory add --content '{\"text\":\"Tea at four\",\"place\":\"garden\"}' --user ada\n"
        "  mneme memory add 'Once only' --user ada --idempotency-key import-17 --wait postgres --json\n",
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_SCOPE,
    .run = run,
};
