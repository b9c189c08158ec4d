/*
 * hypothesis.form: what an agent supposes.
 */
#include "operations/fields.h"
#include "operations/hypothesis/hypothesis.h"

static const struct mneme_op_field fields[] = {
    {.name = "hypothesis",
     .type = MNEME_OP_LONG_TEXT,
     .help = "What is supposed.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    MNEME_OP_CONFIDENCE_FIELD,
    {.name = "evidence",
     .type = MNEME_OP_JSON,
     .help = "What speaks for it, any JSON.",
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
    .summary = "Record what an agent supposes.",
    .details = "Publishes a hypothesis_formed event; mneme hypothesis validate tells later what became of "
               "it.\n" MNEME_OP_RECEIPT_DETAILS("hypothesis_id"),
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
