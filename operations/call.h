/*
 * What the function of a read or a procedure is lent: connections, the moment it is asked of, a sink, and a
 * way to be ended. Belongs to the thread that runs the call.
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

/* What the answer comes from, so what has to hold the caller's own writes, as bits. */
enum mneme_op_store {
    MNEME_OP_TABLES = 1 << MNEME_PROJECTION_POSTGRES,
    MNEME_OP_TEXTS = 1 << MNEME_PROJECTION_SEARCH,    /* not waited for where no worker of it has been yet */
    MNEME_OP_VECTORS = 1 << MNEME_PROJECTION_VECTORS, /* the same */
};

/* What came of a call, beside the rows. */
struct mneme_op_outcome {
    int64_t rows; /* that the sink took */
    bool has_more;
    enum mneme_status verdict; /* of a write that waited: of the first event that was not accepted */
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
    const char *model;         /* whose vectors answer; NULL: those that are active */
    struct mneme_as_of as_of;  /* known once a connection was lent */

    /* The call's own; use the functions. */
    struct mneme_postgres *postgres;
    struct mneme_hot_reader *hot;
    bool is_connected;
    struct mneme_op_batch *batch; /* what a procedure publishes */
};

/* A connection that answers up to at_least and as of as_of, the same each time: the first call waits for the
 * stores that the answer comes from, at most until the cancel's deadline, and notes what is stale or missing.
 * Returned by the service when the call ends. */
int mneme_op_call_postgres(struct mneme_postgres **out, struct mneme_op_call *call, unsigned stores,
                           struct mneme_error *error);

/* Gives it back before the call ends: for one that goes on for long without it. */
void mneme_op_call_return_postgres(struct mneme_op_call *call);

/* The hot tier, if it can answer this call: *out is NULL as of a moment, or when Redis is not as far as the
 * call wants within a short wait. */
int mneme_op_call_hot(struct mneme_hot_reader **out, struct mneme_op_call *call, struct mneme_error *error);

/* Where the hot tier could not answer since it is behind the caller's own writes, and nobody else can: the
 * hot tier nevertheless, without a wait. NULL when the call says itself what it waits for, which is a
 * promise. */
struct mneme_hot_reader *mneme_op_call_hot_behind(const struct mneme_op_call *call);

/* The positions of at_least, those of "last" looked up; none when it was not given. */
int mneme_op_call_positions(const struct mneme_position **out, size_t *count, struct mneme_op_call *call,
                            struct mneme_error *error);

/* Notes acknowledged events that no answer shows, by a connection of the caller's. */
int mneme_op_call_note_stale(struct mneme_op_call *call, struct mneme_postgres *postgres,
                             struct mneme_error *error);

/* Runs the complete request of another operation in place of this one, with the same sink, outcome and
 * connections. */
int mneme_op_call_another(struct mneme_op_call *call, struct mneme_op_request *other,
                          struct mneme_error *error);

/* --- rows --- */

/* Passes rows of one kind to the sink, up to a limit; more than that are only noticed, so ask for one more.
 */
struct mneme_op_rows {
    struct mneme_op_call *call;
    const struct mneme_row_column *columns; /* NULL: the row is a struct mneme_answer_row */
    size_t column_count;
    int64_t limit; /* 0: all */
    int64_t count;
    /* Where a list goes on behind the row; NULL: it cannot. */
    void (*write_cursor)(struct mneme_buffer *out, const void *row);
    struct mneme_buffer cursor;
    const struct mneme_op_column *shown;
    struct mneme_str below; /* as of struct mneme_op_row */
    bool is_live; /* as of struct mneme_op_row; the visit ends with the row that reaches the limit */
    /* What a person reads of the row instead of columns; NULL: those. */
    void (*write_sentence)(struct mneme_buffer *out, const void *row);
    struct mneme_buffer sentence;
};

/* A mneme_row_visitor whose context is a struct mneme_op_rows. */
bool mneme_op_rows_visit(const void *row, void *context);
void mneme_op_rows_clean_up(struct mneme_op_rows *rows);

/* Passes a JSON object as a row: its members, each of the kind that the column of its name has among the
 * operation's, or JSON where none has it. `object` was checked. Cells lie in the call's arena. Fails when
 * memory is exhausted; *goes_on is false when the sink wants no more. */
int mneme_op_rows_put_object(bool *goes_on, struct mneme_op_rows *rows, struct mneme_str object,
                             struct mneme_error *error);

void mneme_op_note(const struct mneme_op_call *call, enum mneme_op_note_kind kind, struct mneme_str text);

/* Where the things lie that the own field at `field` names, a place for each, in the request's stream if it
 * names one; in the arena. The field is an ID, IDS, or a TEXT or LIST of what are ids. Errors as for a
 * write (operations/write.h). */
int mneme_op_find_places(struct mneme_op_place **places, struct mneme_op_call *call, int field,
                         struct mneme_error *error);

/* MNEME_OK for a thing that one stream has; MNEME_E_NOT_FOUND for one that none has, MNEME_E_USAGE where it
 * is ambiguous. `noun` is what it is called, such as "memory". */
int mneme_op_check_found(size_t stream_count, const struct mneme_op_request *request, const char *noun,
                         struct mneme_str id, struct mneme_error *error);

/* --- publishing, for procedures --- */

/* Queues the event. Waits for room only. What the brokers refuse later is counted. */
int mneme_op_call_publish(struct mneme_op_call *call, const struct mneme_event *event,
                          struct mneme_error *error);

/* The same, but another thread tells on_delivery what came of the event, before the flush returns, or the
 * call ends; it is not counted. */
int mneme_op_call_publish_told(struct mneme_op_call *call, const struct mneme_event *event,
                               mneme_delivery_fn *on_delivery, void *context, struct mneme_error *error);

/* Publishes the event and waits for the brokers, as mneme_publish_wait. */
int mneme_op_call_publish_now(struct mneme_receipt *receipt, struct mneme_op_call *call,
                              const struct mneme_event *event, struct mneme_error *error);

/* Waits until the brokers have answered for everything that was queued. *acknowledged and *failed count the
 * events; MNEME_E_UNAVAILABLE with the first reason when one failed. */
int mneme_op_call_flush(int64_t *acknowledged, int64_t *failed, struct mneme_op_call *call,
                        struct mneme_error *error);

#endif
