/*
 * Macros to declare a subject: for each of its tables a constant mneme_fold_table_<name>, with the actions of
 * the events about the table's rows; and for each action the values of the columns. This header is for the
 * files of this folder alone.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_SUBJECT_H
#define MNEME_CONSUMERS_POSTGRES_SUBJECT_H

#include "consumers/postgres/fold/mappings.h"

/* --- values of columns --- */

/* The payload's field of the column's name; what to do about null is said at MNEME_SOURCE_PAYLOAD. */
#define PAYLOAD(name)                                                                                        \
    { .column = (name), .kind = MNEME_SOURCE_PAYLOAD, .field = (name) }
#define PAYLOAD_OR(name, default_text)                                                                       \
    {                                                                                                        \
        .column = (name), .kind = MNEME_SOURCE_PAYLOAD, .field = (name), .has_default = true,                \
        .text = (default_text)                                                                               \
    }
/* A field of the envelope, and one of its scope of the column's name. */
#define ENVELOPE(column_name, field_name)                                                                    \
    { .column = (column_name), .kind = MNEME_SOURCE_ENVELOPE, .field = (field_name) }
#define SCOPE(name) ENVELOPE(name, "scope." name)
/* Constants; a boolean is a number. */
#define NUMBER(name, value)                                                                                  \
    { .column = (name), .kind = MNEME_SOURCE_CONSTANT, .number = (value) }
#define TEXT(name, value)                                                                                    \
    { .column = (name), .kind = MNEME_SOURCE_CONSTANT, .text = (value) }
/* The payload's field of the column's name, also when it is null. */
#define REPLACE(name)                                                                                        \
    { .column = (name), .kind = MNEME_SOURCE_REPLACE, .field = (name) }
#define NOTHING(name)                                                                                        \
    { .column = (name), .kind = MNEME_SOURCE_NULL }
#define SEQUENCE(name)                                                                                       \
    { .column = (name), .kind = MNEME_SOURCE_SEQUENCE }
#define CHANGED_BY_EVENT ENVELOPE("updated_at", "occurred_at"), ENVELOPE("source_event_id", "event_id")

/* Of the memory that the event leaves. */
#define LEFT_CONTENT                                                                                         \
    { .column = "content", .kind = MNEME_SOURCE_LEFT_CONTENT }
#define LEFT_METADATA                                                                                        \
    { .column = "metadata", .kind = MNEME_SOURCE_LEFT_METADATA }

/* --- actions --- */

#define CREATES(array) .creates = (array), .create_count = sizeof(array) / sizeof *(array)
#define CHANGES(array) .changes = (array), .change_count = sizeof(array) / sizeof *(array)
#define NEW(table_id, key) .kind = MNEME_ACTION_CREATE, .table = (table_id), .id = (key)
#define ACTIONS(array) .actions = (array), .action_count = sizeof(array) / sizeof *(array)

/* --- what several subjects do --- */

#define MARKED_DELETED NUMBER("is_deleted", true), CHANGED_BY_EVENT

/* Working memory is cleared, also when its conversation is deleted. */
#define WORKING(action_kind)                                                                                 \
    .kind = (action_kind), .table = MNEME_FOLD_TABLE_WORKING_MEMORY, .id = "conversation_id"
#define NO_GOAL NOTHING("goal"), NOTHING("goal_id"), NOTHING("goal_event_id"), NOTHING("goal_set_at")
#define WORKING_CLEARED                                                                                      \
    NO_GOAL, SEQUENCE("cleared_sequence"), SEQUENCE("context_cleared_sequence"), CHANGED_BY_EVENT

#endif
