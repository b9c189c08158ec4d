/*
 * What the function of a read or a procedure works with: connections, the moment it is asked about, a sink,
 * and a way to cancel it. Belongs to the thread that runs the call.
 */
#ifndef MNEME_OPERATIONS_CALL_H
#define MNEME_OPERATIONS_CALL_H

#include "common/base/cancel.h"
#include "common/config/projections.h"
#include "operations/request.h"
#include "operations/sink.h"
#include "producers/publisher.h"
#include "stores/redis/reader.h"

struct mneme_service;

/* The stores that the answer comes from, as bits. They must hold the caller's own writes. */
enum mneme_op_store {
    MNEME_OP_TABLES = 1 << MNEME_PROJECTION_POSTGRES,
    MNEME_OP_TEXTS = 1 << MNEME_PROJECTION_SEARCH,    /* not waited for if no worker of it has ever run */
    MNEME_OP_VECTORS = 1 << MNEME_PROJECTION_VECTORS, /* the same */
};

/* The result of a call, besides the rows. */
struct mneme_op_outcome {
    int64_t rows; /* rows that the sink took */
    bool has_more;
    enum mneme_status
        verdict; /* of a write that waited: the verdict on the first event that was not accepted */
};

struct mneme_op_call {
    struct mneme_service *service;
    const struct mneme_config *config;
    const struct mneme_op_request *request;
    const struct mneme_op_sink *sink;
    const struct mneme_cancel *cancel;
    struct mneme_op_outcome *outcome;
    struct mneme_arena *arena; /* the request's */
    int64_t wait_timeout_ms;   /* for positions and verdicts */
    const char *model;         /* the model whose vectors are searched; NULL: the active one */
    struct mneme_as_of as_of;  /* known once a connection has been lent */

    /* Private to the call; use the functions. */
    struct mneme_postgres *postgres;
    struct mneme_hot_reader *hot;
    bool is_connected;
    struct mneme_op_batch *batch; /* what a procedure publishes */
};

/* A connection that holds everything up to at_least and answers as of as_of; the same one each time. The
 * first use waits for the stores that the answer comes from, at most until the cancel's deadline, and notes
 * what is stale or missing. The service takes the connection back when the call ends. */
int mneme_op_call_postgres(struct mneme_postgres **out, struct mneme_op_call *call, unsigned stores,
                           struct mneme_error *error);

/* Gives the connection back before the call ends, for a call that runs on for long without it. */
void mneme_op_call_return_postgres(struct mneme_op_call *call);

/* The hot tier, if it can answer this call. *out is NULL if the call asks about a past moment, or if Redis
 * does not get as far as the call wants within a short wait. */
int mneme_op_call_hot(struct mneme_hot_reader **out, struct mneme_op_call *call, struct mneme_error *error);

/* The hot tier even though it lacks the caller's own writes, without a wait: for when no other store can
 * answer. NULL if the call says what to wait for, since that is a promise. */
struct mneme_hot_reader *mneme_op_call_hot_behind(const struct mneme_op_call *call);

/* The positions of at_least, with "last" looked up; *count is 0 if it was not given. */
int mneme_op_call_positions(const struct mneme_position **out, size_t *count, struct mneme_op_call *call,
                            struct mneme_error *error);

/* Notes acknowledged events that no answer shows, using the caller's connection. */
int mneme_op_call_note_stale(struct mneme_op_call *call, struct mneme_postgres *postgres,
                             struct mneme_error *error);

/* Runs another operation's completed request in place of this one, with the same sink, outcome and
 * connections. */
int mneme_op_call_another(struct mneme_op_call *call, struct mneme_op_request *other,
                          struct mneme_error *error);

/* --- rows --- */

/* Passes rows of one kind to the sink, up to a limit. Further rows only set has_more, so query one row more
 * than the limit. */
struct mneme_op_rows {
    struct mneme_op_call *call;
    const struct mneme_row_column *columns; /* NULL: the row is a struct mneme_answer_row */
    size_t column_count;
    int64_t limit; /* 0: all */
    int64_t count;
    /* Writes the cursor that continues a list after the row; NULL: the list cannot be continued. */
    void (*write_cursor)(struct mneme_buffer *out, const void *row);
    struct mneme_buffer cursor;
    const struct mneme_op_column *shown;
    struct mneme_str below; /* as in struct mneme_op_row */
    bool is_live; /* as in struct mneme_op_row; the visit ends with the row that reaches the limit */
    /* Writes the sentence that a person reads instead of the columns; NULL: the columns are shown. */
    void (*write_sentence)(struct mneme_buffer *out, const void *row);
    struct mneme_buffer sentence;
};

/* A mneme_row_visitor whose context is a struct mneme_op_rows. */
bool mneme_op_rows_visit(const void *row, void *context);
void mneme_op_rows_clean_up(struct mneme_op_rows *rows);

/* Passes a JSON object as a row. Each member has the kind of the operation's column of that name, or JSON if
 * there is no such column. `object` must be valid JSON. Cells are allocated in the call's arena. Fails when
 * memory is exhausted; *goes_on is false when the sink wants no more rows. */
int mneme_op_rows_put_object(bool *goes_on, struct mneme_op_rows *rows, struct mneme_str object,
                             struct mneme_error *error);

void mneme_op_note(const struct mneme_op_call *call, enum mneme_op_note_kind kind, struct mneme_str text);

/* Looks up where the things are that the operation's field at `field` names: one place for each, in the
 * request's stream if it names one. Allocated in the arena. The field is an ID, IDS, or a TEXT or LIST that
 * holds ids. Errors as for a write (operations/write.h). */
int mneme_op_find_places(struct mneme_op_place **places, struct mneme_op_call *call, int field,
                         struct mneme_error *error);

/* MNEME_OK if exactly one stream has the thing, MNEME_E_NOT_FOUND if none has it, MNEME_E_USAGE if several
 * have it. `noun` is what it is called, such as "memory". */
int mneme_op_check_found(size_t stream_count, const struct mneme_op_request *request, const char *noun,
                         struct mneme_str id, struct mneme_error *error);

/* --- publishing, for procedures --- */

/* Queues the event. Waits only for room in the queue. Events that the brokers refuse later are counted. */
int mneme_op_call_publish(struct mneme_op_call *call, const struct mneme_event *event,
                          struct mneme_error *error);

/* The same, but on_delivery is called on another thread with the result, before the flush returns or the call
 * ends; the event is not counted. */
int mneme_op_call_publish_told(struct mneme_op_call *call, const struct mneme_event *event,
                               mneme_delivery_fn *on_delivery, void *context, struct mneme_error *error);

/* Publishes the event and waits for the brokers, like mneme_publish_wait. */
int mneme_op_call_publish_now(struct mneme_receipt *receipt, struct mneme_op_call *call,
                              const struct mneme_event *event, struct mneme_error *error);

/* Waits until the brokers have answered for everything that was queued. *acknowledged and *failed count the
 * events; MNEME_E_UNAVAILABLE with the first reason when one failed. */
int mneme_op_call_flush(int64_t *acknowledged, int64_t *failed, struct mneme_op_call *call,
                        struct mneme_error *error);

#endif
