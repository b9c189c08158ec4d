/*
 * Records of flow runs, and results of tasks.
 */
#include "consumers/postgres/subjects/subject.h"

static const struct mneme_source flow_run_recorded[] = {
    PAYLOAD("flow"),
    PAYLOAD("run"),
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    PAYLOAD("data"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

static const struct mneme_action flow_run_actions[] = {
    {.type = MNEME_EVENT_FLOW_RUN_RECORDED,
     NEW(MNEME_FOLD_TABLE_FLOW_RUN_HISTORY, "flow_run_id"),
     CREATES(flow_run_recorded)},
};

const struct mneme_fold_table mneme_fold_table_flow_run_history = {
    ACTIONS(flow_run_actions),
};

static const struct mneme_source task_output_recorded[] = {
    PAYLOAD("task"),
    SCOPE("agent_id"),
    SCOPE("user_id"),
    SCOPE("run_id"),
    PAYLOAD("output"),
    PAYLOAD_OR("metadata", "{}"),
    ENVELOPE("created_at", "occurred_at"),
    ENVELOPE("source_event_id", "event_id"),
};

static const struct mneme_action task_output_actions[] = {
    {.type = MNEME_EVENT_TASK_OUTPUT_RECORDED,
     NEW(MNEME_FOLD_TABLE_TASK_OUTPUTS, "task_output_id"),
     CREATES(task_output_recorded)},
};

const struct mneme_fold_table mneme_fold_table_task_outputs = {
    ACTIONS(task_output_actions),
};
