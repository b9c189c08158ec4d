/*
 * working.turn, thought, goal and clear: one event each.
 */
#include "operations/fields.h"
#include "operations/working/place.h"
#include "operations/working/working.h"

#define GROUPS (MNEME_OP_SCOPED | MNEME_OP_WRITTEN)

/* --- turn --- */

static const struct mneme_op_field turn_fields[] = {
    {.name = "content",
     .type = MNEME_OP_LONG_TEXT,
     .help = "What is said.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "role",
     .type = MNEME_OP_TEXT,
     .shown = "ROLE",
     .help = "The speaker's role (default user).",
     .fallback = "user",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "speaker",
     .type = MNEME_OP_TEXT,
     .shown = "NAME",
     .help = "The speaker's name, if the role is not enough.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "turn_index",
     .option = "index",
     .type = MNEME_OP_INTEGER,
     .maximum = 9.2e18,
     .help = "The turn's index in the conversation, from 0; the next one by default.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "token_count",
     .option = "tokens",
     .type = MNEME_OP_INTEGER,
     .maximum = 9.2e18,
     .help = "The turn's length in the model's tokens.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "model",
     .type = MNEME_OP_TEXT,
     .shown = "NAME",
     .help = "The model that wrote the turn, or its answer if it has one.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "agent_response",
     .type = MNEME_OP_TEXT,
     .help = "The assistant's answer to a user's turn; it becomes the next turn.",
     .flags = MNEME_OP_TO_PAYLOAD},
    MNEME_OP_METADATA_FIELD,
    {0},
};

const struct mneme_operation mneme_op_working_turn = {
    .name = "working.turn",
    .summary = "Add a turn to a conversation.",
    .details =
        "Publishes a conversation_turn event; the conversation begins with its first turn. The latest 50\n"
        "turns are part of working memory.\n" MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples =
        "  mneme working turn 'Two seats to Oslo, please' --user ada --conversation chat-1\n"
        "  mneme working turn 'On Friday' --agent-response 'Booked.' --user ada --conversation chat-1\n"
        "  mneme working turn 'On which day?' --role assistant --user ada --conversation chat-1\n",
    .fields = turn_fields,
    .groups = GROUPS,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = mneme_op_working_check,
    .event_type = MNEME_EVENT_CONVERSATION_TURN,
    .id = "conversation_id",
};

/* --- thought --- */

static const struct mneme_op_field thought_fields[] = {
    {.name = "thought",
     .type = MNEME_OP_LONG_TEXT,
     .help = "What the agent thinks.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    MNEME_OP_METADATA_FIELD,
    {0},
};

const struct mneme_operation mneme_op_working_thought = {
    .name = "working.thought",
    .summary = "Record a thought about a conversation.",
    .details = "Publishes a working_thought event. The latest 100 are part of working "
               "memory.\n" MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme working thought 'She is in a hurry' --user ada --agent bot --conversation chat-1\n",
    .fields = thought_fields,
    .groups = GROUPS,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = mneme_op_working_check,
    .event_type = MNEME_EVENT_WORKING_THOUGHT,
    .id = "conversation_id",
};

/* --- goal --- */

enum { GOAL, GOAL_ID, NO_GOAL, GOAL_FIELD_COUNT };

static const struct mneme_op_field goal_fields[GOAL_FIELD_COUNT + 1] = {
    [GOAL] = {.name = "goal",
              .type = MNEME_OP_LONG_TEXT,
              .help = "The goal of the conversation.",
              .flags = MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    [GOAL_ID] = {.name = "goal_id",
                 .option = "id",
                 .type = MNEME_OP_TEXT,
                 .shown = "ID",
                 .help = "The goal's id; the event's id by default.",
                 .flags = MNEME_OP_TO_PAYLOAD},
    [NO_GOAL] = {.name = "none", .type = MNEME_OP_FLAG, .help = "Remove the goal."},
};

static int check_goal(struct mneme_op_request *request, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    bool is_none = mneme_op_truth(request, NO_GOAL);
    mneme_op_label(label, request, &goal_fields[NO_GOAL]);
    if (is_none != mneme_op_has(request, GOAL)) {
        return mneme_op_working_check(request, error);
    }
    return is_none ? mneme_error_set(error, MNEME_E_USAGE,
                                     "nothing was published: both a goal and %s are given; give one of them",
                                     label)
                   : mneme_error_set(error, MNEME_E_USAGE,
                                     "nothing was published: no goal is given; give its text, or %s", label);
}

const struct mneme_operation mneme_op_working_goal = {
    .name = "working.goal",
    .summary = "Set the goal of a conversation.",
    .details = "Publishes a working_goal_set event; mneme working show shows the goal, and with --json also "
               "its id and the time at which it was set.\n" MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme working goal 'Book a flight to Oslo' --user ada --conversation chat-1\n"
                "  mneme working goal 'Book a flight' --id trip-7 --user ada --conversation chat-1\n"
                "  mneme working goal --none --user ada --conversation chat-1\n",
    .fields = goal_fields,
    .groups = GROUPS,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = check_goal,
    .event_type = MNEME_EVENT_WORKING_GOAL_SET,
    .id = "conversation_id",
};

/* --- clear --- */

static const struct mneme_op_field clear_fields[] = {
    {.name = "reason", .type = MNEME_OP_TEXT, .help = "Why, for the history.", .flags = MNEME_OP_TO_PAYLOAD},
    {0},
};

const struct mneme_operation mneme_op_working_clear = {
    .name = "working.clear",
    .summary = "Clear the working memory of a conversation.",
    .details =
        "Publishes a working_cleared event: goal, thoughts and context are forgotten, and the turns "
        "so far leave working memory; the conversation keeps them. A terminal asks for your consent; without "
        "one it is refused (6) unless --yes is given.\n" MNEME_OP_RECEIPT_DETAILS("conversation_id"),
    .examples = "  mneme working clear --user ada --conversation chat-1 --reason 'another topic' --yes\n",
    .fields = clear_fields,
    .groups = GROUPS,
    .effect = MNEME_OP_DESTROYS,
    .consent = "Forget the goal, thoughts and context of this conversation?",
    .not_consented = "nothing was cleared",
    .form = MNEME_OP_RECEIPT,
    .check = mneme_op_working_check,
    .event_type = MNEME_EVENT_WORKING_CLEARED,
    .id = "conversation_id",
};
