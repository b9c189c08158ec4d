/*
 * What the operations have in common that do one thing to each memory that a request names.
 */
#ifndef MNEME_OPERATIONS_MEMORY_CHANGE_H
#define MNEME_OPERATIONS_MEMORY_CHANGE_H

#include "operations/events.h"

/* Adds an event of the operation's type for each id, addressed, and has `fill` put the id into its payload.
 */
int mneme_memory_change_all(struct mneme_op_events *out, const struct mneme_op_request *request,
                            int ids_field, void (*fill)(struct mneme_event *event, struct mneme_uuid id),
                            struct mneme_error *error);

/* MNEME_E_USAGE when several memories are named and something is given that is for one. */
int mneme_memory_check_many(const struct mneme_op_request *request, int ids_field, int expected_version_field,
                            struct mneme_error *error);

#endif
