/*
 * mneme working: the verbs over what is at hand of a conversation.
 */
#include "cli/commands.h"
#include "cli/working/working.h"

#define CONVERSATION(field) event->payload.field.conversation_id = input->id
#define RECEIPT                                                                                              \
    "--json: {\"conversation_id\",\"event_id\",\"position\",\"stream_id\"}, and with --wait also\n"          \
    "\"verdict\" and \"version\", or \"actual_version\" where it was not accepted."

/* --- turn --- */

static void fill_turn(struct mneme_event *event, const struct mneme_cli *cli,
                      const struct mneme_working_input *input) {
    struct mneme_conversation_turn *turn = &event->payload.conversation_turn;
    struct mneme_str role = mneme_cli_opt_str(cli, "role");
    CONVERSATION(conversation_turn);
    turn->role = role.data != NULL ? role : MNEME_STR_LIT("user");
    turn->speaker = mneme_cli_opt_str(cli, "speaker");
    turn->content = input->text;
    turn->turn_index = input->turn_index;
    turn->token_count = input->token_count;
    turn->model = mneme_cli_opt_str(cli, "model");
    turn->metadata = mneme_cli_opt_str(cli, "metadata");
}

static enum mneme_exit run_turn(struct mneme_cli *cli) {
    static const struct mneme_working_verb verb = {
        .type = MNEME_EVENT_CONVERSATION_TURN, .text_at = 0, .fill = fill_turn};
    return mneme_working_publish(cli, &verb);
}

static const struct mneme_cli_option turn_options[] = {
    {"role", 0, "ROLE", -1, "Who speaks (default user)."},
    {"speaker", 0, "NAME", -1, "The speaker's name where roles do not tell it."},
    {"index", 0, "N", -1, "Its place in the conversation, from 0; the next one by default."},
    {"tokens", 0, "N", -1, "Its length in the model's tokens."},
    {"model", 0, "NAME", -1, "The model that wrote it."},
    {"metadata", 0, "JSON", -1, "Fields of your own, an object."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_working_turn = {
    .name = "turn",
    .summary = "Add a turn to a conversation.",
    .arguments = "TEXT|-",
    .details =
        "Publishes a conversation_turn event; the conversation begins with its first turn. The latest 50\n"
        "turns are part of working memory.\n" RECEIPT,
    .examples = "  mneme working turn 'Two seats to Oslo, please' --user ada --conversation chat-1\n"
                "  mneme working turn 'On which day?' --role assistant --user ada --conversation chat-1\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = turn_options,
    .common = MNEME_CLI_SCOPE,
    .run = run_turn,
};

/* --- thought --- */

static void fill_thought(struct mneme_event *event, const struct mneme_cli *cli,
                         const struct mneme_working_input *input) {
    CONVERSATION(working_thought);
    event->payload.working_thought.thought = input->text;
    event->payload.working_thought.metadata = mneme_cli_opt_str(cli, "metadata");
}

static enum mneme_exit run_thought(struct mneme_cli *cli) {
    static const struct mneme_working_verb verb = {
        .type = MNEME_EVENT_WORKING_THOUGHT, .text_at = 0, .fill = fill_thought};
    return mneme_working_publish(cli, &verb);
}

static const struct mneme_cli_option thought_options[] = {
    {"metadata", 0, "JSON", -1, "Fields of your own, an object."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_working_thought = {
    .name = "thought",
    .summary = "Note a thought about a conversation.",
    .arguments = "TEXT|-",
    .details = "Publishes a working_thought event. The latest 100 are part of working memory.\n" RECEIPT,
    .examples = "  mneme working thought 'She is in a hurry' --user ada --agent bot --conversation chat-1\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = thought_options,
    .common = MNEME_CLI_SCOPE,
    .run = run_thought,
};

/* --- goal --- */

static void fill_goal(struct mneme_event *event, const struct mneme_cli *cli,
                      const struct mneme_working_input *input) {
    (void)cli;
    CONVERSATION(working_goal_set);
    event->payload.working_goal_set.goal = input->text;
}

static enum mneme_exit run_goal(struct mneme_cli *cli) {
    static const struct mneme_working_verb set = {.type = MNEME_EVENT_WORKING_GOAL_SET,
                                                  .text_at = 0,
                                                  .lack = "give the goal, or --none",
                                                  .fill = fill_goal};
    static const struct mneme_working_verb drop = {
        .type = MNEME_EVENT_WORKING_GOAL_SET, .text_at = -1, .fill = fill_goal};
    bool is_none = mneme_cli_flag(cli, "none");
    struct mneme_error error = {0};
    if (is_none && cli->argument_count > 0) {
        mneme_error_set(&error, MNEME_E_USAGE,
                        "nothing was published: there is a goal and --none; give one of them");
        return mneme_cli_fail(cli, &error);
    }
    return mneme_working_publish(cli, is_none ? &drop : &set);
}

static const struct mneme_cli_option goal_options[] = {
    {"none", 0, NULL, -1, "There is no goal any more."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_working_goal = {
    .name = "goal",
    .summary = "Set what a conversation is to achieve.",
    .arguments = "TEXT|- | --none",
    .details = "Publishes a working_goal_set event; mneme working show tells the goal.\n" RECEIPT,
    .examples = "  mneme working goal 'Book a flight to Oslo' --user ada --conversation chat-1\n"
                "  mneme working goal --none --user ada --conversation chat-1\n",
    .max_arguments = 1,
    .options = goal_options,
    .common = MNEME_CLI_SCOPE,
    .run = run_goal,
};

/* --- clear --- */

static void fill_clear(struct mneme_event *event, const struct mneme_cli *cli,
                       const struct mneme_working_input *input) {
    CONVERSATION(working_cleared);
    event->payload.working_cleared.reason = mneme_cli_opt_str(cli, "reason");
}

static enum mneme_exit run_clear(struct mneme_cli *cli) {
    static const struct mneme_working_verb verb = {
        .type = MNEME_EVENT_WORKING_CLEARED,
        .text_at = -1,
        .question = "Forget the goal, thoughts and context of this conversation?",
        .fill = fill_clear};
    return mneme_working_publish(cli, &verb);
}

static const struct mneme_cli_option clear_options[] = {
    {"reason", 0, "TEXT", -1, "Why, for the history."},
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_working_clear = {
    .name = "clear",
    .summary = "Begin the working memory of a conversation anew.",
    .arguments = "",
    .details =
        "Publishes a working_cleared event: goal, thoughts and context are forgotten, and the turns so far\n"
        "are at hand no more; the conversation keeps them. A terminal asks for your consent; without one it\n"
        "is refused (6) unless --yes is given.\n" RECEIPT,
    .examples = "  mneme working clear --user ada --conversation chat-1 --reason 'another topic' --yes\n",
    .options = clear_options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_CONSENT,
    .run = run_clear,
};

static const struct mneme_command *const verbs[] = {
    &mneme_command_working_show, &mneme_command_working_turn,  &mneme_command_working_thought,
    &mneme_command_working_goal, &mneme_command_working_clear, NULL,
};

const struct mneme_command mneme_command_working = {
    .name = "working",
    .summary = "What is at hand of a conversation: its last turns, thoughts, goal and context.",
    .arguments = "",
    .examples = "  mneme working turn 'Two seats to Oslo, please' --user ada --conversation chat-1\n"
                "  mneme working show --user ada --conversation chat-1 --at-least last\n",
    .subcommands = verbs,
};
