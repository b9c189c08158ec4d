/*
 * The events of a write: made from a request, published by the caller.
 */
#ifndef MNEME_OPERATIONS_EVENTS_H
#define MNEME_OPERATIONS_EVENTS_H

#include "operations/request.h"

/* Allocated with all its contents in the request's arena, so it is valid as long as the request. */
struct mneme_op_events {
    const struct mneme_op_request *request;
    struct mneme_arena *arena; /* the request's */
    struct mneme_event *items;
    size_t count, capacity;
};

/* Makes the events of a completed request, by the operation's function or its table. Queries nothing and
 * publishes nothing. */
int mneme_op_events_make(struct mneme_op_events *out, struct mneme_op_request *request,
                         struct mneme_error *error);

/* --- for the functions of writes --- */

/* Adds an event of the type: tenant, scope, stream, correlation, causation, actor and idempotency key as in
 * the request, a fresh event id and fresh ids for what the payload creates, the payload's defaults, and the
 * fields that are TO_PAYLOAD. *event is valid until the next event is added. */
int mneme_op_events_add(struct mneme_event **event, struct mneme_op_events *out, enum mneme_event_type type,
                        struct mneme_error *error);

/* A mneme_op_write_fn: adds an addressed event of the operation's type for each id in the field that `finds`
 * names, with the id in the payload's field that `id` names. */
int mneme_op_events_of_each(struct mneme_op_events *out, const struct mneme_op_request *request,
                            struct mneme_error *error);

/* Addresses the event to the stream of the thing that the request's id at `index` names, if that was looked
 * up. */
void mneme_op_events_address(struct mneme_event *event, const struct mneme_op_request *request, size_t index);

#endif
