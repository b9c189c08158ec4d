/*
 * error.record: something went wrong in an agent or a program around it.
 */
#include "operations/error/error.h"
#include "operations/fields.h"

static const struct mneme_op_field fields[] = {
    {.name = "error_type",
     .type = MNEME_OP_TEXT,
     .shown = "CLASS",
     .help = "The kind of error, in your words.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "message",
     .type = MNEME_OP_LONG_TEXT,
     .help = "What went wrong.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "component",
     .type = MNEME_OP_TEXT,
     .shown = "NAME",
     .help = "Where.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "severity",
     .type = MNEME_OP_TEXT,
     .shown = "debug|info|warning|error|critical",
     .help = "How bad it is.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "details",
     .type = MNEME_OP_OBJECT,
     .help = "Further details, a JSON object.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {0},
};

const struct mneme_operation mneme_op_error_record = {
    .name = "error.record",
    .alias = "error.add",
    .summary = "Record that something went wrong.",
    .details = "Publishes an error_occurred event; mneme events --type error_occurred lists them.\n"
               "--json: {\"event_id\",\"position\",\"stream_id\"}, and with --wait also \"verdict\" and "
               "\"version\", or \"actual_version\" where it was not accepted.",
    .examples =
        "  mneme error record timeout 'the calendar did not answer' --agent planner --severity warning\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .event_type = MNEME_EVENT_ERROR_OCCURRED,
};
