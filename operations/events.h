/*
 * The events of a write: made of a request, published by whoever asked.
 */
#ifndef MNEME_OPERATIONS_EVENTS_H
#define MNEME_OPERATIONS_EVENTS_H

#include "operations/request.h"

/* Lies in the request's arena with all it holds, so it is valid as long as the request. */
struct mneme_op_events {
    const struct mneme_op_request *request;
    struct mneme_arena *arena; /* the request's */
    struct mneme_event *items;
    size_t count, capacity;
};

/* Makes the events of a request that is complete, by the operation's function or its table. Asks nothing and
 * publishes nothing. */
int mneme_op_events_make(struct mneme_op_events *out, struct mneme_op_request *request,
                         struct mneme_error *error);

/* --- for the functions of writes --- */

/* Adds an event of the type: tenant, scope, stream, correlation, causation, actor and idempotency key as the
 * request says, a fresh event id and fresh ids of what the payload makes new, the payload's defaults, and the
 * fields that are TO_PAYLOAD. *event is valid until the next one is added. */
int mneme_op_events_add(struct mneme_event **event, struct mneme_op_events *out, enum mneme_event_type type,
                        struct mneme_error *error);

/* A mneme_op_write_fn: an event of the operation's type for each id that `finds` names, addressed, with the
 * id in the payload's field that `id` names. */
int mneme_op_events_of_each(struct mneme_op_events *out, const struct mneme_op_request *request,
                            struct mneme_error *error);

/* Sends the event where the thing lies that the request's ids name at `index`, if that was looked up. */
void mneme_op_events_address(struct mneme_event *event, const struct mneme_op_request *request, size_t index);

#endif
