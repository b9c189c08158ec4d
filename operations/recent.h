/*
 * What happened lately, as the hot tier keeps it: the function that these operations share.
 */
#ifndef MNEME_OPERATIONS_RECENT_H
#define MNEME_OPERATIONS_RECENT_H

#include "operations/call.h"
#include "queries/recent.h"

/* Puts into the sink what the user or agent in the common field `whose` did within the kind's time to live,
 * the latest first: from Redis if it is up to date, else from the tables. */
int mneme_op_recent(struct mneme_op_call *call, const struct mneme_recent_kind *kind,
                    enum mneme_op_common whose, struct mneme_error *error);

#endif
