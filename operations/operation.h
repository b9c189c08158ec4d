/*
 * An operation is something that any caller may ask for: one constant table that says what goes in, what
 * comes out and what it does, and one function. The command line, libmneme and every other interface generate
 * their options, help, calls and documents from these tables, so a verb that works in one works in all.
 *
 * Three kinds of function:
 * - a write makes events from a request and does no input or output: the caller publishes them;
 * - a read makes rows from a request and passes them to a sink one at a time;
 * - a procedure reads and then publishes, in bounded memory.
 * The tables are in operations/NOUN/, listed in operations/catalogue.c.
 */
#ifndef MNEME_OPERATIONS_OPERATION_H
#define MNEME_OPERATIONS_OPERATION_H

#include "common/postgres/row.h"
#include "queries/as_of.h"
#include "queries/cursor.h"
#include "queries/filter/filter.h"
#include "queries/places.h"
#include "schemas/event.h"

/* --- what goes in --- */

/* What a field takes, and which member of its value (struct mneme_op_value) holds it. */
enum mneme_op_type {
    MNEME_OP_TEXT,           /* text */
    MNEME_OP_LONG_TEXT,      /* text; a face may take this and the next four from a file or standard input */
    MNEME_OP_TEXT_OR_OBJECT, /* text, which may be a JSON object */
    MNEME_OP_VALUE,          /* text: any JSON, or any other text (operations/json_value.h) */
    MNEME_OP_JSON,           /* text: any JSON */
    MNEME_OP_OBJECT,         /* text: a JSON object */
    MNEME_OP_LIST,           /* list: texts */
    MNEME_OP_ID,             /* id: a UUID */
    MNEME_OP_IDS,            /* ids: UUIDs */
    MNEME_OP_INTEGER,        /* number */
    MNEME_OP_DECIMAL,        /* fraction */
    MNEME_OP_FLAG,           /* truth: given, or not */
    MNEME_OP_BOOLEAN,        /* truth: true or false */
    MNEME_OP_TIME,           /* number: microseconds since 1970 */
    MNEME_OP_DURATION,       /* number: microseconds */
    MNEME_OP_MOMENT,         /* as_of: a time or a position of the log */
    MNEME_OP_POSITIONS,      /* positions of the log */
    MNEME_OP_FILTER,         /* filter: an expression over a memory's columns */
    MNEME_OP_CURSOR,         /* cursor: where a list continues */
    MNEME_OP_LINES, /* lines: JSON objects, one a line, or an array of them (operations/lines.h). As an
                       argument it is "-" in place of the argument before it */
};

enum mneme_op_field_flag {
    MNEME_OP_REQUIRED = 1,
    MNEME_OP_POSITIONAL = 2, /* the main argument: the command line takes it without an option's name */
    MNEME_OP_TO_PAYLOAD = 4, /* of a write: it is copied to the payload's field of the same name */
    MNEME_OP_NOT_EMPTY = 8,  /* "" is refused */
    MNEME_OP_AHEAD = 16,     /* of a time: a bare duration counts forward from now, not back */
};

struct mneme_op_field {
    const char *name; /* such as "expected_version" */
    enum mneme_op_type type;
    const char *help;           /* one sentence */
    const char *shown;          /* what help calls a value, such as "0..1"; NULL: by its type */
    double minimum, maximum;    /* of numbers, both included; both 0: unbounded */
    const char *fallback;       /* the value when none is given, as text; NULL: it stays unset */
    int setting;                /* MNEME_OP_SETTING, which gives the fallback instead; 0: none */
    const char *const *choices; /* the only values that it takes, NULL-terminated; NULL: any */
    const char *option;         /* its option name; NULL: `name` with dashes */
    const char *former;         /* an option's name of earlier versions, still taken; NULL: none */
    char letter;                /* of the option; 0: none */
    unsigned flags;             /* enum mneme_op_field_flag */
};

/* The setting that supplies a field's value when none is given; a command-line option overrides it. */
#define MNEME_OP_SETTING(id) (MNEME_SETTING_##id + 1)

/* One line of many. */
struct mneme_op_line {
    struct mneme_str text; /* valid until the next one is asked for */
    int64_t number;        /* from 1 */
    bool is_end;           /* there are no more lines */
};

/* Lines that an interface streams, in bounded memory. */
struct mneme_op_lines {
    /* Reads the next line. An error concerns this line only, unless is_end says that no line follows. */
    int (*next)(struct mneme_op_line *line, void *context, struct mneme_error *error);
    void *context;
};

struct mneme_op_value {
    bool is_set;
    struct mneme_str text; /* what was given, for every type; for TEXT and JSON it is the value */
    union {
        int64_t number;
        double fraction;
        bool truth;
        struct mneme_uuid id;
        struct mneme_str_array list;
        struct {
            const struct mneme_uuid *items;
            size_t count;
        } ids;
        struct {
            const struct mneme_position *items;
            size_t count;
            bool are_last; /* "last": those that this caller wrote last */
        } positions;
        struct mneme_as_of as_of; /* for a position, the time is not known yet */
        const struct mneme_filter_node *filter;
        struct mneme_cursor cursor;
        const struct mneme_op_lines *lines; /* NULL: the lines of the text */
    };
};

/* Fields that many operations take (operations/common_fields.c). */
enum mneme_op_common {
    MNEME_OP_TENANT,
    MNEME_OP_USER,
    MNEME_OP_AGENT,
    MNEME_OP_RUN,
    MNEME_OP_CONVERSATION,
    MNEME_OP_ALL,
    MNEME_OP_AT_LEAST,
    MNEME_OP_AS_OF,
    MNEME_OP_LIMIT,
    MNEME_OP_OFFSET,
    MNEME_OP_AFTER, /* a cursor */
    MNEME_OP_STREAM,
    MNEME_OP_IDEMPOTENCY_KEY,
    MNEME_OP_CORRELATION,
    MNEME_OP_CAUSATION,
    MNEME_OP_ACTOR,
    MNEME_OP_WAIT,
    MNEME_OP_WAIT_TIMEOUT,
    MNEME_OP_COMMON_COUNT
};

/* Which of them an operation takes, in groups. */
enum mneme_op_group {
    MNEME_OP_OF_TENANT = 1,     /* tenant; implied by the next */
    MNEME_OP_SCOPED = 2,        /* tenant, user, agent, run, conversation */
    MNEME_OP_READS_A_SCOPE = 4, /* and one of `scopes`, or all, must be given */
    MNEME_OP_UP_TO_DATE = 8,    /* at_least, wait_timeout */
    MNEME_OP_IN_THE_PAST = 16,  /* as_of */
    MNEME_OP_PAGED = 32,        /* limit, offset */
    MNEME_OP_WITH_CURSOR = 64,  /* cursor */
    MNEME_OP_OF_STREAM = 128,   /* stream */
    MNEME_OP_WRITTEN = 256,  /* stream, idempotency key, correlation, causation, actor, wait, wait_timeout */
    MNEME_OP_LIMITED = 512,  /* limit */
    MNEME_OP_TRACED = 1024,  /* correlation, causation, actor: for a procedure's events */
    MNEME_OP_OF_USER = 2048, /* one scope field each, for operations that take only some of them */
    MNEME_OP_OF_AGENT = 4096,
    MNEME_OP_OF_RUN = 8192,
    MNEME_OP_OF_CONVERSATION = 16384,
};

/* --- what comes out --- */

struct mneme_op_column {
    const char *name;         /* of the row's column (struct mneme_row_column) and in JSON */
    enum mneme_row_kind kind; /* what the value is */
    const char *heading;      /* its heading in a table; NULL: shown only with all columns */
    const char *label;     /* next to the value of a single thing; NULL: `name` with blanks; "": not shown */
    const char *otherwise; /* the column that a table shows if this one is null; NULL: none */
};

/* Describes the objects in a JSON column, which is an array of objects, or an object of such arrays. A person
 * sees the members that have a heading. */
struct mneme_op_part {
    const char *column;                    /* of the row; NULL ends the list */
    const struct mneme_op_column *members; /* ends with a NULL name */
};

/* How a person reads the rows. */
enum mneme_op_form {
    MNEME_OP_TABLE,              /* a table of the columns with headings */
    MNEME_OP_DETAILS,            /* each row as lines of label and value */
    MNEME_OP_DETAILS_AND_TABLES, /* the same; rows that show other columns follow as tables */
    MNEME_OP_RECEIPT, /* the result of a write: the id, event_id, position, stream_id, and the verdict */
};

/* --- what it does --- */

enum mneme_op_effect {
    MNEME_OP_READS,
    MNEME_OP_WRITES,
    MNEME_OP_DESTROYS,    /* it removes data that only a new write brings back */
    MNEME_OP_ADMINISTERS, /* it changes how the system works */
};

struct mneme_op_request; /* operations/request.h */
struct mneme_op_events;  /* operations/events.h */
struct mneme_op_call;    /* operations/call.h */

/* Checks what the tables cannot express, such as fields that exclude each other. MNEME_E_USAGE. */
typedef int mneme_op_check_fn(struct mneme_op_request *request, struct mneme_error *error);
/* Adds the events to `out`. No input or output; it allocates in the request's arena. */
typedef int mneme_op_write_fn(struct mneme_op_events *out, const struct mneme_op_request *request,
                              struct mneme_error *error);
/* Puts rows into the call's sink. */
typedef int mneme_op_read_fn(struct mneme_op_call *call, struct mneme_error *error);
/* Puts rows into the call's sink and publishes through the call. */
typedef int mneme_op_procedure_fn(struct mneme_op_call *call, struct mneme_error *error);

/* A read that consists of statements only: one or several, whose rows follow each other. Parameters: $1 the
 * tenant, $2 to $4 the moment (mneme_query_param_as_of), from $5 on the operation's fields that `inputs`
 * names, then the limit if it is LIMITED, or limit and offset if it is PAGED, then what a filter needs. */
struct mneme_op_statement {
    const char *sql;
    const char *what;  /* for errors, such as "decisions were not listed" */
    const int *inputs; /* MNEME_OP_INPUT or an own field's index; ends with MNEME_OP_END */
    const struct mneme_op_column *columns; /* ends with a NULL name; NULL: the operation's */
    const char *nothing;                   /* printed when there is no row; NULL: the operation's */
    int only_with; /* index, plus 1, of an own field: the statement runs if it is set; 0: always */
};
#define MNEME_OP_END (-1)
#define MNEME_OP_INPUT(common) (-2 - (common)) /* a common field as an input */

struct mneme_operation {
    const char *name;     /* "NOUN.verb", such as "memory.add"; or a verb alone, such as "search" */
    const char *summary;  /* one line */
    const char *alias;    /* another name for the operation, such as "decision.list"; NULL: none */
    const char *details;  /* paragraphs; NULL: none */
    const char *examples; /* of the command line, lines "  mneme … \n" */
    const struct mneme_op_field *fields; /* ends with a NULL name; NULL: none of its own */
    unsigned groups;                     /* enum mneme_op_group */
    const char *const *scopes; /* of READS_A_SCOPE: names of the fields that narrow it; ends with NULL */
    int64_t page;              /* rows when no limit is given; 0: all */
    enum mneme_op_effect effect;
    const char *consent; /* the question before it destroys more than the named things; NULL: it never does */
    const char *not_consented; /* printed without consent, such as "nothing was deleted" */
    bool (*needs_consent)(
        const struct mneme_op_request *request); /* NULL: always, if there is a `consent` question */

    enum mneme_op_form form;
    const struct mneme_op_column *columns; /* ends with a NULL name */
    const struct mneme_op_part *parts;     /* of its JSON columns; NULL: none */
    const char *nothing;                   /* printed when there is no row, such as "no memory matches" */
    const char *more; /* printed when there are more rows than the limit; NULL: how many were shown */
    const char
        *not_found; /* without a row it fails with MNEME_E_NOT_FOUND and this text; NULL: not an error */

    /* What the event that records the read calls it, such as "list", if its rows are memories; NULL: they are
     * not, or the operation records itself. */
    const char *retrieves;
    const char *retrieves_with; /* the flag that adds memories to its rows; NULL: all rows are memories */

    mneme_op_check_fn *check; /* may be NULL */
    /* One of these, or a write and a procedure: the write runs if the field that `finds` names is set, the
     * procedure if it is not. A write without a function makes its event from `event_type` and the fields
     * that are TO_PAYLOAD. */
    mneme_op_write_fn *write;
    mneme_op_read_fn *read;
    mneme_op_procedure_fn *procedure;
    const struct mneme_op_statement *statements; /* ends with a NULL sql */

    enum mneme_event_type event_type; /* of a write */
    const char *id;                   /* the payload's field that comes first in a write's receipt */
    /* Index, plus 1, of the field with the ids of things whose streams are looked up when neither stream,
     * user nor agent is given; 0: nothing is looked up. */
    int finds;
    enum mneme_place_kind finds_kind; /* what the things are */
    bool finds_deleted;               /* deleted ones, too */
};

/* The number of the operation's own fields. */
size_t mneme_op_field_count(const struct mneme_operation *operation);

/* Whether the operation takes this common field. */
bool mneme_op_takes(const struct mneme_operation *operation, enum mneme_op_common field);

/* The common field's table row; a constant. */
const struct mneme_op_field *mneme_op_common_field(enum mneme_op_common field);

#endif
