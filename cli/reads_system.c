/*
 * mneme stats, timeline, operations, flow-runs and task-outputs: lists over everything.
 */
#include "cli/memory/memory.h"
#include "cli/reads.h"
#include "sql/embedded.h"

/* --- stats --- */

static const struct mneme_read stats[] = {
    {
        .what = "memories were not counted",
        .sql = mneme_sql_stats_memories,
        .inputs = {{MNEME_READ_TEXT, "agent"},
                   {MNEME_READ_TEXT, "user"},
                   {MNEME_READ_TEXT, "run"},
                   {MNEME_READ_TEXT, "conversation"},
                   {MNEME_READ_LIST, "type"}},
        .headings = {{"BY", "kind"},
                     {"AGENT", "agent_id"},
                     {"TYPE", "memory_type"},
                     {"TIER", "tier"},
                     {"TOTAL", "total"},
                     {"ACTIVE", "active"},
                     {"CONFIDENCE", "mean_confidence"},
                     {"LATEST", "latest"}},
    },
    {
        .what = "the tables were not counted",
        .sql = mneme_sql_stats_system,
        .headings = {{"MEMORIES", "memories"},
                     {"CONVERSATIONS", "conversations"},
                     {"TURNS", "turns"},
                     {"KNOWLEDGE", "knowledge"},
                     {"PROFILES", "profiles"},
                     {"DECISIONS", "decisions"},
                     {"HANDOFFS", "handoffs"}},
    },
    {0},
};

static const struct mneme_cli_option stats_options[] = {
    {"type", 't', "TYPE,…", -1, "Any of these types."},
    MNEME_FILTER_OPTION,
    {0},
};

const struct mneme_command mneme_command_stats = {
    .name = "stats",
    .summary = "Count memories by agent and type, by tier, and what the tables hold.",
    .arguments = "",
    .details = "total counts all memories, deleted ones too; active those that are not deleted, archived or "
               "expired;\n"
               "the mean confidence is of the active ones, latest the latest creation. The last row counts "
               "what the\n"
               "tenant's tables hold, whatever the scope.\n"
               "--json: "
               "{\"kind\":\"agent\"|\"tier\"|\"all\",\"agent_id\",\"memory_type\",\"tier\",\"total\","
               "\"active\",\"deleted\",\n"
               "\"archived\",\"expired\",\"mean_confidence\",\"latest\"}, then "
               "{\"kind\":\"system\",\"memories\",…}.",
    .examples = "  mneme stats\n"
                "  mneme stats --user ada --json\n"
                "  mneme stats --agent planner --filter 'tags contains tea' --as-of 2026-01-31\n",
    .options = stats_options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .run = mneme_read_run,
    .reads = stats,
};

/* --- timeline --- */

static const struct mneme_read timeline[] = {
    {
        .what = "the timeline was not read",
        .sql = mneme_sql_timeline,
        .inputs = {{MNEME_READ_TEXT, "user"},
                   {MNEME_READ_TEXT, "agent"},
                   {MNEME_READ_TEXT, "conversation"},
                   {MNEME_READ_LIST, "type"},
                   {MNEME_READ_TIME, "since"},
                   {MNEME_READ_TIME, "until"}},
        .headings = {{"WHEN", "at"},
                     {"TYPE", "type"},
                     {"IMPORTANCE", "importance"},
                     {"ACCESSES", "access_count"},
                     {"REFERENCE", "reference"},
                     {"SUMMARY", "summary"}},
        .none = "nothing matches",
        .page = 100,
    },
    {0},
};

static const struct mneme_cli_option timeline_options[] = {
    {"user", 'u', "ID", -1, "What is about this user."},
    {"agent", 'a', "ID", -1, "What belongs to this agent."},
    {"conversation", 0, "ID", -1, "What belongs to this conversation."},
    {"type", 't', "ENTRY,…", -1, "Any of these: turns, or types of memories."},
    MNEME_READ_TIME_OPTIONS,
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_timeline = {
    .name = "timeline",
    .summary = "Memories, turns, hypotheses and knowledge by time, the latest first.",
    .arguments = "",
    .details = "--json: one object per row whose keys are the columns of the view memory_timeline.",
    .examples = "  mneme timeline --user ada\n"
                "  mneme timeline --agent planner --type turn,decision --since 2026-01-31 --json\n",
    .options = timeline_options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .scopes = MNEME_CLI_SCOPES("user", "agent", "conversation"),
    .run = mneme_read_run,
    .reads = timeline,
};

/* --- operations --- */

static const struct mneme_read operations[] = {
    {
        .what = "operations were not listed",
        .sql = mneme_sql_operations,
        .inputs = {{MNEME_READ_TEXT, "actor"},
                   {MNEME_READ_LIST, "type"},
                   {MNEME_READ_TEXT, "stream"},
                   {MNEME_READ_LIST, "verdict"},
                   {MNEME_READ_TEXT, "of"},
                   {MNEME_READ_TEXT, "correlation"},
                   {MNEME_READ_TIME, "since"},
                   {MNEME_READ_TIME, "until"}},
        .headings = {{"WHEN", "recorded_at"},
                     {"WHO", "actor"},
                     {"OPERATION", "operation"},
                     {"STREAM", "stream_id"},
                     {"OF", "subject_id"},
                     {"VERDICT", "verdict"},
                     {"WHY", "reason"}},
        .none = "no operation matches",
        .page = 100,
    },
    {0},
};

static const struct mneme_cli_option operation_options[] = {
    {"actor", 0, "NAME", -1, "Done by this actor, agent or user."},
    {"type", 't', "EVENT-TYPE,…", -1, "Any of these operations."},
    {"stream", 's', "ID", -1, "Done in this stream."},
    {"verdict", 0, "VERDICT,…", -1, "Any of these verdicts."},
    {"of", 0, "ID", -1, "Done to this memory, conversation, decision or the like."},
    {"correlation", 0, "ID", -1, "Done for this request."},
    MNEME_READ_TIME_OPTIONS,
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_operations = {
    .name = "operations",
    .summary = "Who did what to what, and what was decided about it; the latest first.",
    .arguments = "",
    .details = "--json: one object per operation whose keys are the columns of the view audit_log.",
    .examples = "  mneme operations --actor carol --limit 20\n"
                "  mneme operations --of 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --json\n"
                "  mneme operations --verdict rejected --since 2026-01-31\n",
    .options = operation_options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .run = mneme_read_run,
    .reads = operations,
};

/* --- runs --- */

static const struct mneme_read flow_runs[] = {
    {
        .what = "runs of flows were not listed",
        .sql = mneme_sql_flow_runs,
        .inputs = {{MNEME_READ_TEXT, "flow"},
                   {MNEME_READ_TEXT, "run"},
                   {MNEME_READ_TEXT, "agent"},
                   {MNEME_READ_TEXT, "user"},
                   {MNEME_READ_TIME, "since"},
                   {MNEME_READ_TIME, "until"}},
        .headings = {{"FLOW", "flow"},
                     {"RUN", "run"},
                     {"WHEN", "created_at"},
                     {"AGENT", "agent_id"},
                     {"DATA", "data"}},
        .none = "no run of a flow matches",
        .page = 100,
    },
    {0},
};

static const struct mneme_cli_option flow_run_options[] = {
    {"flow", 0, "NAME", -1, "Runs of this flow."},
    {"run", 0, "NAME", -1, "The run of this name."},
    {"agent", 'a', "ID", -1, "Runs of this agent."},
    {"user", 'u', "ID", -1, "Runs for this user."},
    MNEME_READ_TIME_OPTIONS,
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_flow_runs = {
    .name = "flow-runs",
    .summary = "What runs of flows recorded, the latest first.",
    .arguments = "",
    .details = "--json: one object per row whose keys are the columns of the table flow_run_history.",
    .examples = "  mneme flow-runs --flow onboarding --all --json\n",
    .options = flow_run_options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .scopes = MNEME_CLI_SCOPES("run", "agent", "user"),
    .run = mneme_read_run,
    .reads = flow_runs,
};

static const struct mneme_read task_outputs[] = {
    {
        .what = "outputs of tasks were not listed",
        .sql = mneme_sql_task_outputs,
        .inputs = {{MNEME_READ_TEXT, "task"},
                   {MNEME_READ_TEXT, "agent"},
                   {MNEME_READ_TEXT, "user"},
                   {MNEME_READ_TEXT, "run"},
                   {MNEME_READ_TIME, "since"},
                   {MNEME_READ_TIME, "until"}},
        .headings = {{"TASK", "task"}, {"WHEN", "created_at"}, {"AGENT", "agent_id"}, {"OUTPUT", "output"}},
        .none = "no output of a task matches",
        .page = 100,
    },
    {0},
};

static const struct mneme_cli_option task_output_options[] = {
    {"task", 0, "NAME", -1, "Outputs of this task."},
    {"agent", 'a', "ID", -1, "Outputs of this agent."},
    {"user", 'u', "ID", -1, "Outputs for this user."},
    {"run", 0, "ID", -1, "Outputs of this run of the agent."},
    MNEME_READ_TIME_OPTIONS,
    MNEME_READ_PAGE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_task_outputs = {
    .name = "task-outputs",
    .summary = "What tasks gave, the latest first.",
    .arguments = "",
    .details = "--json: one object per output whose keys are the columns of the table task_outputs.",
    .examples = "  mneme task-outputs --task summarise --agent writer --limit 1 --json\n",
    .options = task_output_options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .scopes = MNEME_CLI_SCOPES("agent", "user", "run"),
    .run = mneme_read_run,
    .reads = task_outputs,
};
