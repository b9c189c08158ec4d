/*
 * What happened lately, as the hot tier keeps it: the function of the operations that ask for it.
 */
#ifndef MNEME_OPERATIONS_RECENT_H
#define MNEME_OPERATIONS_RECENT_H

#include "operations/call.h"
#include "queries/recent.h"

/* Puts what the user or agent of the common field `whose` did within the kind's time to live, the latest
 * first, from Redis where it is to be believed, else from the tables. */
int mneme_op_recent(struct mneme_op_call *call, const struct mneme_recent_kind *kind,
                    enum mneme_op_common whose, struct mneme_error *error);

#endif
