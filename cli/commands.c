/*
 * The table of commands, in the order in which --help lists them.
 */
#include "cli/commands.h"

/* Commands that come from the catalogue of operations are here only for their place in the list. */
static const struct mneme_command search = {.name = "search"};
static const struct mneme_command recall = {.name = "recall"};
static const struct mneme_command memory = {.name = "memory"};
static const struct mneme_command conversation = {.name = "conversation"};
static const struct mneme_command working = {.name = "working"};
static const struct mneme_command context = {.name = "context"};
static const struct mneme_command vector = {.name = "vector"};
static const struct mneme_command events = {.name = "events"};

/* clang-format off */ /* a line for each */
static const struct mneme_command *const commands[] = {
    &mneme_command_publish,
    &mneme_command_import,
    &mneme_command_work,
    &search,
    &recall,
    &memory,
    &conversation,
    &working,
    &context,
    &vector,
    &mneme_command_lock,
    &events,
    &mneme_command_replay,
    &mneme_command_status,
    &mneme_command_doctor,
    &mneme_command_dead_letters,
    &mneme_command_rebuild,
    &mneme_command_verify,
    &mneme_command_reembed,
    &mneme_command_audit,
    &mneme_command_eval,
    &mneme_command_migrate,
    &mneme_command_topics,
    &mneme_command_config,
    &mneme_command_version,
    &mneme_command_completion,
    &mneme_command_manual,
    NULL,
};
/* clang-format on */

static const char details[] =
    "Every change is an event in Kafka; workers fold the events into tables, which the\n"
    "commands that read use. `mneme COMMAND --help` explains each command.\n"
    "\n"
    "Exit codes: 0 done; 1 some input was refused, the rest is done; 2 wrong usage;\n"
    "3 a service cannot be reached; 4 conflict (an expected version did not hold);\n"
    "5 not found; 6 refused for safety; 7 a lock was lost while a command ran under it; 130 interrupted.\n"
    "Errors go to stderr as \"mneme: what failed: why; what to do\".";

static const char examples[] = "  eval \"$(ops/stack env)\"\n"
                               "  mneme memory add 'Ada prefers tea' --user ada --type fact\n"
                               "  mneme memory list --user ada\n"
                               "  mneme status\n";

const struct mneme_command mneme_command_root = {
    .name = "mneme",
    .summary = "Durable memory of AI agents.",
    .arguments = "",
    .details = details,
    .examples = examples,
    .subcommands = commands,
};
