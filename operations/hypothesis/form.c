/*
 * hypothesis.form: records a hypothesis of an agent.
 */
#include "operations/fields.h"
#include "operations/hypothesis/hypothesis.h"

static const struct mneme_op_field fields[] = {
    {.name = "hypothesis",
     .type = MNEME_OP_LONG_TEXT,
     .help = "The hypothesis.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    MNEME_OP_CONFIDENCE_FIELD,
    {.name = "evidence",
     .type = MNEME_OP_JSON,
     .help = "The evidence for it, any JSON.",
     .flags = MNEME_OP_TO_PAYLOAD},
    MNEME_OP_METADATA_FIELD,
    {.name = "hypothesis_id",
     .option = "id",
     .type = MNEME_OP_ID,
     .help = "The hypothesis' id; a fresh one by default.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {0},
};

const struct mneme_operation mneme_op_hypothesis_form = {
    .name = "hypothesis.form",
    .alias = "hypothesis.add",
    .summary = "Record a hypothesis of an agent.",
    .details = "Publishes a hypothesis_formed event; mneme hypothesis validate records later whether it "
               "held.\n" MNEME_OP_RECEIPT_DETAILS("hypothesis_id"),
    .examples = "  mneme hypothesis form 'Ada sleeps badly after coffee' --agent coach --user ada\n"
                "  mneme hypothesis form 'The train is late on Mondays' --agent planner --confidence 0.4 "
                "--json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .event_type = MNEME_EVENT_HYPOTHESIS_FORMED,
    .id = "hypothesis_id",
};
