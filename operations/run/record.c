/*
 * run.record: records the result of a run of a flow.
 */
#include "operations/events.h"
#include "operations/fields.h"
#include "operations/json_value.h"
#include "operations/run/run.h"

enum { FLOW, DATA, RUN, TEXT, ID, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [FLOW] = {.name = "flow",
              .type = MNEME_OP_TEXT,
              .shown = "FLOW",
              .help = "The flow's name.",
              .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    [DATA] = {.name = "data",
              .type = MNEME_OP_VALUE,
              .shown = "DATA",
              .help = "What to keep from the run: any JSON, or a text.",
              .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [RUN] = {.name = "run",
             .type = MNEME_OP_TEXT,
             .shown = "NAME",
             .help = "Your name for the run.",
             .flags = MNEME_OP_TO_PAYLOAD},
    [TEXT] = MNEME_OP_TEXT_FLAG_FIELD,
    [ID] = {.name = "flow_run_id",
            .option = "id",
            .type = MNEME_OP_ID,
            .help = "The record's id; a fresh one by default.",
            .flags = MNEME_OP_TO_PAYLOAD},
};

static int write(struct mneme_op_events *out, const struct mneme_op_request *request,
                 struct mneme_error *error) {
    struct mneme_event *event;
    int status = mneme_op_events_add(&event, out, MNEME_EVENT_FLOW_RUN_RECORDED, error);
    return status == MNEME_OK ? mneme_op_json_value(&event->payload.flow_run_recorded.data, request, DATA,
                                                    TEXT, out->arena, error)
                              : status;
}

const struct mneme_operation mneme_op_run_record = {
    .name = "run.record",
    .alias = "run.add",
    .summary = "Record the result of a run of a flow.",
    .details = "Publishes a flow_run_recorded event; mneme flow-runs lists it.\n" MNEME_OP_RECEIPT_DETAILS(
        "flow_run_id"),
    .examples = "  mneme run record onboarding '{\"steps\": 3, \"done\": true}' --run r-17 --agent planner\n"
                "  ./flow | mneme run record onboarding - --agent planner\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_OF_AGENT | MNEME_OP_OF_CONVERSATION |
              MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .write = write,
    .event_type = MNEME_EVENT_FLOW_RUN_RECORDED,
    .id = "flow_run_id",
};
