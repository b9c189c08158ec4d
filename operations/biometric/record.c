/*
 * biometric.record: a reading of a user's body.
 */
#include "operations/biometric/biometric.h"
#include "operations/fields.h"

static const struct mneme_op_field fields[] = {
    {.name = "metric",
     .type = MNEME_OP_TEXT,
     .shown = "NAME",
     .help = "What was measured, such as heart_rate.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "value",
     .type = MNEME_OP_DECIMAL,
     .shown = "VALUE",
     .help = "The measured value.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "unit", .type = MNEME_OP_TEXT, .help = "The unit of the reading.", .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "device",
     .type = MNEME_OP_TEXT,
     .shown = "NAME",
     .help = "The device that measured it.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "measured_at",
     .option = "at",
     .type = MNEME_OP_TIME,
     .help = "When it was measured.",
     .flags = MNEME_OP_TO_PAYLOAD},
    MNEME_OP_METADATA_FIELD,
    {0},
};

const struct mneme_operation mneme_op_biometric_record = {
    .name = "biometric.record",
    .alias = "biometric.add",
    .summary = "Record a reading of a user's body.",
    .details = "Publishes a biometric_received event; mneme events --type biometric_received lists them.\n"
               "--json: {\"event_id\",\"position\",\"stream_id\"}, and with --wait also \"verdict\" and "
               "\"version\", or \"actual_version\" where it was not accepted.",
    .examples = "  mneme biometric record heart_rate 58 --unit bpm --user ada --device watch\n"
                "  mneme biometric record hrv 71.5 --user ada --at 2026-01-31T06:30 --json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .event_type = MNEME_EVENT_BIOMETRIC_RECEIVED,
};
