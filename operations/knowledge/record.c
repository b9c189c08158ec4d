/*
 * knowledge.record: records a piece of knowledge of a specialist agent, or a new version of one.
 */
#include "operations/fields.h"
#include "operations/knowledge/knowledge.h"

static const struct mneme_op_field fields[] = {
    {.name = "content",
     .type = MNEME_OP_TEXT_OR_OBJECT,
     .help = "What is known: a text, or a JSON object.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    {.name = "domain",
     .type = MNEME_OP_TEXT,
     .shown = "NAME",
     .help = "The field of knowledge that it belongs to.",
     .flags = MNEME_OP_REQUIRED | MNEME_OP_TO_PAYLOAD},
    {.name = "knowledge_type",
     .option = "type",
     .letter = 't',
     .type = MNEME_OP_TEXT,
     .shown = "NAME",
     .help = "The kind of knowledge, in your words.",
     .flags = MNEME_OP_TO_PAYLOAD},
    MNEME_OP_CONFIDENCE_FIELD,
    {.name = "evidence",
     .type = MNEME_OP_JSON,
     .help = "What it is based on, any JSON.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "validation_status",
     .option = "status",
     .type = MNEME_OP_TEXT,
     .shown = "STATUS",
     .help = "Whether it was checked.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {.name = "validated_at",
     .type = MNEME_OP_TIME,
     .help = "When it was checked; by default the time at which it is recorded as validated.",
     .flags = MNEME_OP_TO_PAYLOAD},
    MNEME_OP_METADATA_FIELD,
    {.name = "knowledge_id",
     .option = "id",
     .type = MNEME_OP_ID,
     .help = "The id; a fresh one by default. An existing id records a new version.",
     .flags = MNEME_OP_TO_PAYLOAD},
    {0},
};

const struct mneme_operation mneme_op_knowledge_record = {
    .name = "knowledge.record",
    .alias = "knowledge.add",
    .summary = "Record what a specialist agent knows, or a new version of it.",
    .details = "Publishes a knowledge_recorded event. With the id of a piece that the same stream has, its "
               "content and the other given fields are replaced; the former version stays in its "
               "history.\n" MNEME_OP_RECEIPT_DETAILS("knowledge_id"),
    .examples =
        "  mneme knowledge record 'Rice needs twice its volume of water' --domain cooking --agent chef\n"
        "  mneme knowledge record 'Three times' --domain cooking --agent chef --status validated \\\n"
        "      --id 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .event_type = MNEME_EVENT_KNOWLEDGE_RECORDED,
    .id = "knowledge_id",
};
