/*
 * decision.record: what an agent decided.
 */
#include "operations/decision/decision.h"
#include "operations/fields.h"

static const struct mneme_op_field fields[] = {
    {.name = "decision",
     .type = MNEME_OP_TEXT_OR_OBJECT,
     .help = "What was decided: a text, or a JSON object.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "category",
     .type = MNEME_OP_TEXT,
     .shown = "NAME",
     .help = "The kind of decision, in your words.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "urgency",
     .type = MNEME_OP_TEXT,
     .shown = "URGENCY",
     .help = "How urgent it is.",
     .flags = MNEME_OP_TO_PAYLOAD},
    MNEME_OP_CONFIDENCE_FIELD,
    {.name = "context",
     .type = MNEME_OP_JSON,
     .help = "What the decision was based on, any JSON.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "context_summary",
     .type = MNEME_OP_TEXT,
     .help = "The context in a sentence or two.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "insights_used",
     .type = MNEME_OP_LIST,
     .help = "Memories that it is based on.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "triggering_events",
     .type = MNEME_OP_LIST,
     .help = "Events that led to it.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "cross_agent_collaboration",
     .type = MNEME_OP_JSON,
     .help = "How other agents took part in it, any JSON.",
     .flags = MNEME_OP_TO_PAYLOAD},
    MNEME_OP_METADATA_FIELD,
    {.name = "decision_id",
     .option = "id",
     .type = MNEME_OP_ID,
     .help = "The decision's id; a fresh one by default.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {0},
};

const struct mneme_operation mneme_op_decision_record = {
    .name = "decision.record",
    .alias = "decision.add",
    .summary = "Record what an agent decided.",
    .details = "Publishes an agent_decision event. mneme agent decisions lists the decision; it also becomes "
               "a memory of the type decision.\n" MNEME_OP_RECEIPT_DETAILS("decision_id"),
    .examples =
        "  mneme decision record 'Rest today' --agent coach --user ada --urgency high --confidence 0.8\n"
        "  mneme decision record 'Take the train' --agent planner --context '{\"rain\": true}' --json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .event_type = MNEME_EVENT_AGENT_DECISION,
    .id = "decision_id",
};
