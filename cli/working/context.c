/*
 * mneme context: what an agent keeps at hand of a conversation, by key, and the events it notes.
 */
#include "cli/commands.h"
#include "cli/working/working.h"

#define CONVERSATION(field) event->payload.field.conversation_id = input->id

/* --- set --- */

static void fill_set(struct mneme_event *event, const struct mneme_cli *cli,
                     const struct mneme_working_input *input) {
    struct mneme_context_set *set = &event->payload.context_set;
    CONVERSATION(context_set);
    set->key = mneme_str_from(cli->arguments[0]);
    set->value = input->text;
    set->ttl_s = input->ttl_s.is_set ? input->ttl_s.value
                                     : mneme_config_long(cli->config, MNEME_SETTING_CONTEXT_TTL_S);
}

static enum mneme_exit run_set(struct mneme_cli *cli) {
    static const struct mneme_working_verb verb = {
        .type = MNEME_EVENT_CONTEXT_SET, .text_at = 1, .is_json = true, .fill = fill_set};
    return mneme_working_publish(cli, &verb);
}

static const struct mneme_cli_option set_options[] = {
    {"ttl", 0, "SECONDS", MNEME_SETTING_CONTEXT_TTL_S, "How long it is kept; 0 means that it never expires."},
    MNEME_WORKING_CONTEXT_OPTION,
    {"text", 0, NULL, -1, "Keep VALUE as a text, also where it is JSON."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_context_set = {
    .name = "set",
    .summary = "Give a key of a conversation's context a value.",
    .arguments = "KEY VALUE|-",
    .details = "Publishes a context_set event. VALUE is JSON; what is no JSON is a text. `-` reads it from\n"
               "standard input. It takes the place of what the key held, and is gone after --ttl seconds.\n"
               "--context names a context outside any conversation.\n"
               "--json: {\"conversation_id\",\"event_id\",\"position\",\"stream_id\"}, and with --wait also\n"
               "\"verdict\" and \"version\", or \"actual_version\" where it was not accepted.",
    .examples =
        "  mneme context set intent book_flight --user ada --conversation chat-1\n"
        "  mneme context set slots '{\"to\":\"Oslo\",\"seats\":2}' --user ada --conversation chat-1 --ttl "
        "600\n",
    .min_arguments = 2,
    .max_arguments = 2,
    .options = set_options,
    .common = MNEME_CLI_SCOPE,
    .run = run_set,
};

/* --- append --- */

static void fill_append(struct mneme_event *event, const struct mneme_cli *cli,
                        const struct mneme_working_input *input) {
    (void)cli;
    CONVERSATION(context_appended);
    event->payload.context_appended.event = input->text;
}

static enum mneme_exit run_append(struct mneme_cli *cli) {
    static const struct mneme_working_verb verb = {
        .type = MNEME_EVENT_CONTEXT_APPENDED, .text_at = 0, .is_json = true, .fill = fill_append};
    return mneme_working_publish(cli, &verb);
}

static const struct mneme_cli_option append_options[] = {
    MNEME_WORKING_CONTEXT_OPTION,
    {"text", 0, NULL, -1, "Keep EVENT as a text, also where it is JSON."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_context_append = {
    .name = "append",
    .summary = "Note an event in a conversation's context.",
    .arguments = "EVENT|-",
    .details =
        "Publishes a context_appended event. EVENT is JSON; what is no JSON is a text. The context shows\n"
        "the latest 100; mneme context events gives all of them.\n"
        "--json: as of context set.",
    .examples =
        "  mneme context append '{\"tool\":\"search\",\"hits\":3}' --user ada --conversation chat-1\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = append_options,
    .common = MNEME_CLI_SCOPE,
    .run = run_append,
};

/* --- delete --- */

static void fill_delete(struct mneme_event *event, const struct mneme_cli *cli,
                        const struct mneme_working_input *input) {
    CONVERSATION(context_deleted);
    event->payload.context_deleted.key = mneme_str_from(cli->arguments[0]);
}

static enum mneme_exit run_delete(struct mneme_cli *cli) {
    static const struct mneme_working_verb verb = {
        .type = MNEME_EVENT_CONTEXT_DELETED, .text_at = -1, .fill = fill_delete};
    return mneme_working_publish(cli, &verb);
}

static const struct mneme_cli_option delete_options[] = {
    MNEME_WORKING_CONTEXT_OPTION,
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_context_delete = {
    .name = "delete",
    .summary = "Forget a key of a conversation's context.",
    .arguments = "KEY",
    .details =
        "Publishes a context_deleted event; of a key that is not there it has no effect, and with --wait\n"
        "postgres the exit code is 5.\n"
        "--json: as of context set.",
    .examples = "  mneme context delete intent --user ada --conversation chat-1\n"
                "  mneme context delete intent --user ada --conversation chat-1 --wait postgres\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = delete_options,
    .common = MNEME_CLI_SCOPE,
    .run = run_delete,
};

/* --- clear --- */

static void fill_clear(struct mneme_event *event, const struct mneme_cli *cli,
                       const struct mneme_working_input *input) {
    CONVERSATION(context_cleared);
    event->payload.context_cleared.reason = mneme_cli_opt_str(cli, "reason");
}

static enum mneme_exit run_clear(struct mneme_cli *cli) {
    static const struct mneme_working_verb verb = {.type = MNEME_EVENT_CONTEXT_CLEARED,
                                                   .text_at = -1,
                                                   .question = "Forget all keys and events of this context?",
                                                   .fill = fill_clear};
    return mneme_working_publish(cli, &verb);
}

static const struct mneme_cli_option clear_options[] = {
    MNEME_WORKING_CONTEXT_OPTION,
    {"reason", 0, "TEXT", -1, "Why, for the history."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_context_clear = {
    .name = "clear",
    .summary = "Forget all keys and events of a conversation's context.",
    .arguments = "",
    .details =
        "Publishes a context_cleared event. Turns, thoughts and the goal stay: see mneme working clear.\n"
        "A terminal asks for your consent; without one it is refused (6) unless --yes is given.\n"
        "--json: as of context set.",
    .examples = "  mneme context clear --user ada --conversation chat-1 --reason 'task done' --yes\n",
    .options = clear_options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_CONSENT,
    .run = run_clear,
};

static const struct mneme_command *const verbs[] = {
    &mneme_command_context_set,
    &mneme_command_context_get,
    &mneme_command_context_delete,
    &mneme_command_context_append,
    &mneme_command_context_events,
    &mneme_command_context_clear,
    NULL,
};

const struct mneme_command mneme_command_context = {
    .name = "context",
    .summary = "Keep values and events at hand during a conversation.",
    .arguments = "",
    .examples = "  mneme context set intent book_flight --user ada --conversation chat-1\n"
                "  mneme context get intent --user ada --conversation chat-1 --at-least last\n",
    .subcommands = verbs,
};
