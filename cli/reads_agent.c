/*
 * mneme agent: what agents decided, handed over and supposed, and what one should know of the others.
 */
#include "cli/reads.h"
#include "cli/recent.h"
#include "sql/embedded.h"

#define AS_OF_READ (MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF)

static const struct mneme_read decisions[] = {
    {
        .what = "decisions were not listed",
        .sql = mneme_sql_agent_decisions,
        .inputs = {{MNEME_READ_TEXT, "agent"},
                   {MNEME_READ_TEXT, "user"},
                   {MNEME_READ_TEXT, "conversation"},
                   {MNEME_READ_LIST, "category"},
                   {MNEME_READ_LIST, "urgency"},
                   {MNEME_READ_TIME, "since"},
                   {MNEME_READ_TIME, "until"}},
        .headings = {{"AGENT", "agent_id"},
                     {"WHEN", "created_at"},
                     {"CATEGORY", "category"},
                     {"URGENCY", "urgency"},
                     {"CONFIDENCE", "confidence"},
                     {"DECISION", "decision"}},
        .none = "no decision matches",
        .page = 100,
    },
    {0},
};

static const struct mneme_cli_option decision_options[] = {
    {"agent", 'a', "ID", -1, "Decisions of this agent."},
    {"user", 'u', "ID", -1, "Decisions about this user."},
    {"conversation", 0, "ID", -1, "Decisions in this conversation."},
    {"category", 0, "NAME,…", -1, "Any of these categories."},
    {"urgency", 0, "URGENCY,…", -1, "Any of these urgencies."},
    MNEME_READ_TIME_OPTIONS,
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

static const struct mneme_command command_decisions = {
    .name = "decisions",
    .summary = "List decisions, the latest first.",
    .arguments = "",
    .details = "--json: one object per decision whose keys are the columns of the table agent_decisions.",
    .examples = "  mneme agent decisions --agent planner --limit 5\n"
                "  mneme agent decisions --all --urgency high,critical --since 2026-01-31 --json\n",
    .options = decision_options,
    .common = AS_OF_READ,
    .scopes = MNEME_CLI_SCOPES("agent", "user", "conversation"),
    .run = mneme_read_run,
    .reads = decisions,
};

static const struct mneme_read handoffs[] = {
    {
        .what = "hand-offs were not listed",
        .sql = mneme_sql_agent_handoffs,
        .inputs = {{MNEME_READ_TEXT, "agent"},
                   {MNEME_READ_TEXT, "from"},
                   {MNEME_READ_TEXT, "to"},
                   {MNEME_READ_TEXT, "user"},
                   {MNEME_READ_TIME, "since"},
                   {MNEME_READ_TIME, "until"}},
        .headings = {{"FROM", "from_agent"},
                     {"TO", "to_agent"},
                     {"WHEN", "created_at"},
                     {"TOPIC", "topic"},
                     {"REASON", "reason"}},
        .none = "no hand-off matches",
        .page = 100,
    },
    {0},
};

static const struct mneme_cli_option handoff_options[] = {
    {"agent", 'a', "ID", -1, "Hand-offs from or to this agent."},
    {"from", 0, "ID", -1, "Hand-offs from this agent."},
    {"to", 0, "ID", -1, "Hand-offs to this agent."},
    {"user", 'u', "ID", -1, "Hand-offs about this user."},
    MNEME_READ_TIME_OPTIONS,
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

static const struct mneme_command command_handoffs = {
    .name = "handoffs",
    .summary = "List hand-offs between agents, the latest first.",
    .arguments = "",
    .details = "--json: one object per hand-off whose keys are the columns of the table agent_handoffs.",
    .examples = "  mneme agent handoffs --to writer\n"
                "  mneme agent handoffs --agent planner --json\n",
    .options = handoff_options,
    .common = AS_OF_READ,
    .scopes = MNEME_CLI_SCOPES("agent", "from", "to", "user"),
    .run = mneme_read_run,
    .reads = handoffs,
};

static const struct mneme_read hypotheses[] = {
    {
        .what = "hypotheses were not listed",
        .sql = mneme_sql_hypotheses,
        .inputs = {{MNEME_READ_TEXT, "agent"},
                   {MNEME_READ_TEXT, "user"},
                   {MNEME_READ_BOOL, "validated"},
                   {MNEME_READ_BOOL, "valid"},
                   {MNEME_READ_TIME, "since"},
                   {MNEME_READ_TIME, "until"}},
        .headings = {{"AGENT", "agent_id"},
                     {"WHEN", "created_at"},
                     {"VALID", "is_valid"},
                     {"CONFIDENCE", "confidence"},
                     {"FINAL", "final_confidence"},
                     {"HYPOTHESIS", "hypothesis"}},
        .none = "no hypothesis matches",
        .page = 100,
    },
    {0},
};

static const struct mneme_cli_option hypothesis_options[] = {
    {"agent", 'a', "ID", -1, "Hypotheses of this agent."},
    {"user", 'u', "ID", -1, "Hypotheses about this user."},
    {"validated", 0, "true|false", -1, "Those that were put to the test, or those that were not."},
    {"valid", 0, "true|false", -1, "Those that held, or those that did not."},
    MNEME_READ_TIME_OPTIONS,
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

static const struct mneme_command command_hypotheses = {
    .name = "hypotheses",
    .summary = "List hypotheses and what became of them, the latest first.",
    .arguments = "",
    .details = "--json: one object per hypothesis whose keys are the columns of the table hypotheses.",
    .examples = "  mneme agent hypotheses --agent planner\n"
                "  mneme agent hypotheses --all --validated true --valid true --json\n",
    .options = hypothesis_options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .scopes = MNEME_CLI_SCOPES("agent", "user"),
    .run = mneme_read_run,
    .reads = hypotheses,
};

#define CONTEXT_INPUTS                                                                                       \
    {                                                                                                        \
        {MNEME_READ_ARGUMENT, "agent"}, {                                                                    \
            MNEME_READ_TEXT, "user"                                                                          \
        }                                                                                                    \
    }

static const struct mneme_read context[] = {
    {
        .what = "the memories of other agents were not read",
        .sql = mneme_sql_agent_context_memories,
        .inputs = CONTEXT_INPUTS,
        .headings = {{"AGENT", "agent_id"},
                     {"WHEN", "created_at"},
                     {"TYPE", "memory_type"},
                     {"CONFIDENCE", "confidence"},
                     {"MEMORY", "content"}},
        .none = "no other agent has a memory it is sure of",
    },
    {
        .what = "decisions were not read",
        .sql = mneme_sql_agent_context_decisions,
        .inputs = CONTEXT_INPUTS,
        .headings =
            {{"AGENT", "agent_id"}, {"WHEN", "created_at"}, {"URGENCY", "urgency"}, {"DECISION", "decision"}},
        .none = "no decision was made",
    },
    {
        .what = "hypotheses were not read",
        .sql = mneme_sql_agent_context_hypotheses,
        .inputs = CONTEXT_INPUTS,
        .headings = {{"AGENT", "agent_id"},
                     {"VALIDATED", "validated_at"},
                     {"VALID", "is_valid"},
                     {"CONFIDENCE", "final_confidence"},
                     {"HYPOTHESIS", "hypothesis"}},
        .none = "no hypothesis was validated",
    },
    {0},
};

static const struct mneme_cli_option context_options[] = {
    {"user", 'u', "ID", -1, "Only what is about this user."},
    {0},
};

static const struct mneme_command command_context = {
    .name = "context",
    .summary = "What an agent should know of the others.",
    .arguments = "AGENT",
    .details =
        "Of each other agent the latest 10 memories with a confidence of 0.7 and more; the last 5 decisions\n"
        "and the last 3 validated hypotheses of all agents.\n"
        "--json: one object per row; \"kind\" is memory, decision or hypothesis.",
    .examples = "  mneme agent context planner --all\n"
                "  mneme agent context planner --user ada --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = context_options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .scopes = MNEME_CLI_SCOPES("user"),
    .run = mneme_read_run,
    .reads = context,
};

static const struct mneme_command *const verbs[] = {
    &command_context,  &mneme_command_agent_recent, &command_decisions,
    &command_handoffs, &command_hypotheses,         NULL,
};

const struct mneme_command mneme_command_agent = {
    .name = "agent",
    .summary = "What agents decided, handed over and supposed, and what they share.",
    .arguments = "",
    .examples = "  mneme agent context planner --all\n"
                "  mneme agent decisions --agent planner\n",
    .subcommands = verbs,
};
