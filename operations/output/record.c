/*
 * output.record: records the output of a task.
 */
#include "operations/events.h"
#include "operations/fields.h"
#include "operations/json_value.h"
#include "operations/output/output.h"

enum { TASK, OUTPUT, TEXT, METADATA, ID, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TASK] = {.name = "task",
              .type = MNEME_OP_TEXT,
              .shown = "TASK",
              .help = "The task's name.",
              .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    [OUTPUT] = {.name = "output",
                .type = MNEME_OP_VALUE,
                .shown = "OUTPUT",
                .help = "The output: any JSON, or a text.",
                .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [TEXT] = MNEME_OP_TEXT_FLAG_FIELD,
    [METADATA] = MNEME_OP_METADATA_FIELD,
    [ID] = {.name = "task_output_id",
            .option = "id",
            .type = MNEME_OP_ID,
            .help = "The record's id; a fresh one by default.",
            .flags = MNEME_OP_TO_PAYLOAD},
};

static int write(struct mneme_op_events *out, const struct mneme_op_request *request,
                 struct mneme_error *error) {
    struct mneme_event *event;
    int status = mneme_op_events_add(&event, out, MNEME_EVENT_TASK_OUTPUT_RECORDED, error);
    return status == MNEME_OK ? mneme_op_json_value(&event->payload.task_output_recorded.output, request,
                                                    OUTPUT, TEXT, out->arena, error)
                              : status;
}

const struct mneme_operation mneme_op_output_record = {
    .name = "output.record",
    .alias = "output.add",
    .summary = "Record the output of a task.",
    .details = "Publishes a task_output_recorded event; mneme task-outputs lists "
               "it.\n" MNEME_OP_RECEIPT_DETAILS("task_output_id"),
    .examples = "  mneme output record summarise '{\"text\": \"short\"}' --agent writer --run r-17\n"
                "  ./summarise | mneme output record summarise - --text --agent writer\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .write = write,
    .event_type = MNEME_EVENT_TASK_OUTPUT_RECORDED,
    .id = "task_output_id",
};
