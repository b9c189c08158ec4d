/*
 * hypothesis.validate: records whether a hypothesis held.
 */
#include "operations/fields.h"
#include "operations/hypothesis/hypothesis.h"

enum { ID };

static const struct mneme_op_field fields[] = {
    [ID] = {.name = "hypothesis_id",
            .type = MNEME_OP_ID,
            .shown = "ID",
            .help = "The hypothesis.",
            .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "is_valid",
     .option = "valid",
     .type = MNEME_OP_BOOLEAN,
     .help = "Whether it held.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_TO_PAYLOAD},
    {.name = "final_confidence",
     .option = "confidence",
     .type = MNEME_OP_DECIMAL,
     .maximum = 1,
     .shown = "0..1",
     .help = "How sure the agent is now.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "evidence",
     .type = MNEME_OP_JSON,
     .help = "What decided it, any JSON.",
     .flags = MNEME_OP_TO_PAYLOAD},
    MNEME_OP_METADATA_FIELD,
    {0},
};

const struct mneme_operation mneme_op_hypothesis_validate = {
    .name = "hypothesis.validate",
    .summary = "Record whether a hypothesis held.",
    .details =
        "Publishes a hypothesis_validated event. The hypothesis' stream is looked up in the tables, unless "
        "--stream, --user or --agent names it.\n" MNEME_OP_RECEIPT_DETAILS("hypothesis_id"),
    .examples =
        "  mneme hypothesis validate 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --valid true --confidence 0.9\n"
        "  mneme hypothesis validate 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --valid false \\\n"
        "      --evidence '[\"three good nights\"]' --wait postgres --json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .event_type = MNEME_EVENT_HYPOTHESIS_VALIDATED,
    .id = "hypothesis_id",
    .finds = ID + 1,
    .finds_kind = MNEME_PLACES_OF_HYPOTHESES,
};
