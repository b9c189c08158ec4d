/*
 * Which event does what to which table, as data: the files of consumers/postgres/subjects hold the entries.
 * The names in them are resolved once, at open, against the descriptors of the events and of the tables.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_MAPPINGS_H
#define MNEME_CONSUMERS_POSTGRES_MAPPINGS_H

#include "consumers/postgres/fold/tables.h"
#include "schemas/event.h"

/* Where a column's value comes from. */
enum mneme_source_kind {
    /* The payload's field. When it is null, a new row takes the default or NULL, an existing row stays as it
       is. */
    MNEME_SOURCE_PAYLOAD,
    /* The payload's field; when it is null, an existing row too takes the default or NULL. */
    MNEME_SOURCE_REPLACE,
    MNEME_SOURCE_ENVELOPE, /* the envelope's field; "scope.user_id" and the like for those of the scope */
    MNEME_SOURCE_CONSTANT, /* `text` or `number` */
    MNEME_SOURCE_NULL,
    MNEME_SOURCE_SHA256, /* of the payload's text field */
    MNEME_SOURCE_LATEST, /* the later of the present value and the envelope's time */
    MNEME_SOURCE_PLUS,   /* the present value plus `number`, within minimum..maximum */
    MNEME_SOURCE_TIMES,  /* the present value times the payload's field, within minimum..maximum */
    /* The payload's time; when null and the payload's field `when_field` holds `text`, occurred_at plus
     * `number` microseconds; else as PAYLOAD. */
    MNEME_SOURCE_TIME_OR_AFTER,
    MNEME_SOURCE_EXPIRY, /* the payload's field, in seconds, after the earlier of occurred_at and recorded_at
                          */
    MNEME_SOURCE_SEQUENCE,     /* the event's sequence_id */
    MNEME_SOURCE_LEFT_CONTENT, /* of the memory that the event leaves (schemas/left_memory.h) */
    MNEME_SOURCE_LEFT_METADATA,
};

struct mneme_source {
    const char *column;
    enum mneme_source_kind kind;
    const char *field;
    bool has_default; /* `text` or `number`, the empty array for an array */
    const char *text;
    double number;
    double minimum, maximum;
    bool rounds; /* of TIMES: the product, half up, to a whole number */
    const char *when_field;
    const char *clear_field; /* the payload's field that makes the column NULL where it is true, or, being no
                                boolean, where it is not null; NULL: none does */
};

/* What an event does, and the verdict if it cannot. */
enum mneme_action_kind {
    MNEME_ACTION_CREATE,  /* a row that does not exist or is deleted; else exists */
    MNEME_ACTION_CHANGE,  /* a row that is there and not deleted; else not_found; rejected at another version
                           */
    MNEME_ACTION_REQUIRE, /* a row that exists and is not deleted; else not_found; it is not changed */
    MNEME_ACTION_ENSURE,  /* creates the row if it never existed, then changes it; not_found if it is deleted
                           */
    MNEME_ACTION_PUT,     /* creates the row, or changes the existing one into its next version */
    MNEME_ACTION_TOUCH,   /* changes the existing row into its next version; nothing if there is none */
    /* A child row at an index, the parent's next one when null or none. Where a row is at the index,
       `exists`; but an action with changes corrects it, and an event all of whose children are there already
       with the same text (by their SHA-256) is a duplicate. A correction is no activity: it leaves the parent
       as it is. */
    MNEME_ACTION_APPEND,
    MNEME_ACTION_RESTORE, /* a row that is deleted; one that is not exists, one that never was is not_found;
                             rejected at another version */
};

struct mneme_action {
    enum mneme_event_type type;
    int since, until; /* the versions of the schema whose events do it; 0: the first, the newest */
    enum mneme_action_kind kind;
    enum mneme_fold_table_id table;
    const char *id;        /* payload field of the key, or "scope.user_id" and the like, or
                              "scope": a UUID made of all of it. An event whose scope leaves it
                              out does nothing here */
    const char *second;    /* of a table with such a key: payload field */
    const char *index;     /* of APPEND: payload field of the index, or NULL: always the next */
    const char *only_with; /* payload field: the event does it only where that is not null; NULL: always */
    bool is_behind;        /* of APPEND: at the index behind that of the action before it */
    const char *expected_version;       /* of CHANGE: payload field, or NULL */
    const struct mneme_source *creates; /* values of a new row */
    size_t create_count;
    const struct mneme_source *changes; /* values that an existing row takes */
    size_t change_count;
};

/* Actions of one type stand one after the other, in the list of one table, and are judged in this order; an
 * action on a table with a parent follows the one on its parent. Key columns, source_sequence, valid_from,
 * version and the parent's next index are kept by the fold. Types that are in no list only enter the ledger.
 *
 * What an event does never changes once its version of the schema is released: every rebuild gives the same
 * rows. What events of a later version do instead is an entry beside it, with `since` and `until`. */

/* Whether the kind calculates with what the column holds. */
static inline bool mneme_source_needs_value(enum mneme_source_kind kind) {
    return kind == MNEME_SOURCE_LATEST || kind == MNEME_SOURCE_PLUS || kind == MNEME_SOURCE_TIMES;
}

#define MNEME_FOLD_MAX_ACTIONS 4 /* of one event type */

/* --- resolved --- */

struct mneme_source_plan {
    const struct mneme_source *source;
    int column;
    enum mneme_column_kind column_kind;
    enum mneme_field_kind field_kind;
    bool is_nullable;
    size_t offset, when_offset;           /* in the payload, or in the event for the envelope's */
    const struct mneme_field_info *clear; /* NULL: none */
    union mneme_cell constant;            /* of CONSTANT, and the default of a field */
};

struct mneme_action_plan {
    const struct mneme_action *action;
    const struct mneme_fold_table_plan *table;
    size_t id_offset;                                    /* in the event; SIZE_MAX: the whole scope */
    size_t second_offset, index_offset, expected_offset; /* in the payload; SIZE_MAX: none */
    int parent_action; /* which of the type's actions is on the table's parent; -1: it has none */
    const struct mneme_field_info *only_with; /* NULL: always */
    struct mneme_source_plan *creates, *changes;
    const struct mneme_source_plan *sameness; /* of an APPEND with changes: the SHA-256 among `creates` */
};

/* What events of one type and version do. */
struct mneme_fold_type_plan {
    const struct mneme_action_plan *actions;
    size_t count;
};

struct mneme_mapping_plan {
    struct mneme_fold_type_plan by_version[MNEME_EVENT_SCHEMA_VERSION][MNEME_EVENT_TYPE_COUNT];
    struct mneme_arena arena;
};

/* The actions of the event. */
static inline const struct mneme_fold_type_plan *mneme_mapping_of(const struct mneme_mapping_plan *plan,
                                                                  const struct mneme_event *event) {
    return &plan->by_version[event->schema_version - 1][event->type];
}

/* Resolves the actions of all `tables`, which must outlive the plan. MNEME_E_INTERNAL with the event type and
 * the name that is wrong: an unknown column or field, kinds that do not fit, a column of a new row without a
 * value. */
int mneme_mapping_plan_init(struct mneme_mapping_plan *plan,
                            const struct mneme_fold_table_plan tables[MNEME_FOLD_TABLE_COUNT],
                            struct mneme_error *error);
void mneme_mapping_plan_clean_up(struct mneme_mapping_plan *plan);

#endif
