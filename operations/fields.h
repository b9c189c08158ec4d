/*
 * Rows of fields and columns that the tables of several nouns share.
 */
#ifndef MNEME_OPERATIONS_FIELDS_H
#define MNEME_OPERATIONS_FIELDS_H

#include "operations/operation.h"

#define MNEME_OP_SINCE_FIELD                                                                                 \
    { .name = "since", .type = MNEME_OP_TIME, .help = "From this time on." }
#define MNEME_OP_UNTIL_FIELD                                                                                 \
    { .name = "until", .type = MNEME_OP_TIME, .help = "Before this time." }

#define MNEME_OP_METADATA_FIELD                                                                              \
    {                                                                                                        \
        .name = "metadata", .type = MNEME_OP_OBJECT, .help = "Fields of your own, a JSON object.",           \
        .flags = MNEME_OP_TO_PAYLOAD                                                                         \
    }
#define MNEME_OP_CONFIDENCE_FIELD                                                                            \
    {                                                                                                        \
        .name = "confidence", .type = MNEME_OP_DECIMAL, .maximum = 1, .shown = "0..1",                       \
        .help = "How sure the agent is, from 0 to 1.", .flags = MNEME_OP_TO_PAYLOAD                          \
    }

/* The text about --json in the details of a write; `id` is the first member of its receipt. */
#define MNEME_OP_RECEIPT_DETAILS(id)                                                                         \
    "--json: {\"" id "\",\"event_id\",\"position\",\"stream_id\"}, and with --wait also \"verdict\" and "    \
    "\"version\", or \"actual_version\" where it was not accepted."

/* A column that a person sees only when all columns are shown. */
#define MNEME_OP_BESIDE(name, kind)                                                                          \
    { name, kind, NULL, NULL, NULL }
/* A column of a table. */
#define MNEME_OP_SHOWN(name, kind, heading)                                                                  \
    { name, kind, heading, NULL, NULL }

/* The columns that say whom a row is about. */
#define MNEME_OP_SCOPE_COLUMNS                                                                               \
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR), MNEME_OP_BESIDE("stream_id", MNEME_ROW_STR),                   \
        MNEME_OP_BESIDE("user_id", MNEME_ROW_STR), MNEME_OP_BESIDE("run_id", MNEME_ROW_STR),                 \
        MNEME_OP_BESIDE("conversation_id", MNEME_ROW_STR)

/* The columns that say which version of a row it is. */
#define MNEME_OP_VERSION_COLUMNS                                                                             \
    MNEME_OP_BESIDE("version", MNEME_ROW_OPT_LONG), MNEME_OP_BESIDE("source_event_id", MNEME_ROW_OPT_UUID)

/* The columns of a history that say which event made a version. */
#define MNEME_OP_ORIGIN_COLUMNS                                                                              \
    MNEME_OP_BESIDE("event_id", MNEME_ROW_OPT_UUID), MNEME_OP_BESIDE("event_type", MNEME_ROW_STR),           \
        MNEME_OP_BESIDE("position", MNEME_ROW_STR), MNEME_OP_BESIDE("stream_id", MNEME_ROW_STR),             \
        MNEME_OP_BESIDE("recorded_at", MNEME_ROW_OPT_TIME), MNEME_OP_BESIDE("valid_to", MNEME_ROW_OPT_TIME), \
        MNEME_OP_BESIDE("correlation_id", MNEME_ROW_STR), MNEME_OP_BESIDE("causation_id", MNEME_ROW_STR)

#endif
