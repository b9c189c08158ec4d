/*
 * The verdicts on published events, by position.
 */
#ifndef MNEME_QUERIES_VERDICTS_H
#define MNEME_QUERIES_VERDICTS_H

#include "queries/position_wait.h"

#define MNEME_VERDICTS_MAX 10000 /* positions in one question */

struct mneme_verdict_row {
    int64_t place; /* of the position among those asked for, from 0 */
    /* accepted, rejected, duplicate, not_found or exists; "parked" for an event that cannot be applied,
     * "dropped" for one that never will be */
    struct mneme_str verdict;
    struct mneme_opt_long actual_version; /* of the stream, or of the memory if that decided */
    struct mneme_str reason;              /* of a parked or dropped event */
};

/* Visits struct mneme_verdict_row for each position that the postgres projection has judged, parked or
 * dropped by now. A null `tenant` is for callers that published the events themselves; others see only their
 * tenant's events. */
int mneme_verdict_read(struct mneme_postgres *postgres, const char *topic, struct mneme_str tenant,
                       const struct mneme_position *positions, size_t count, mneme_row_visitor *visit,
                       void *context, struct mneme_error *error);

/* What a verdict means for the publisher: MNEME_OK for accepted and for duplicate (the event took effect
 * before), MNEME_E_CONFLICT for rejected and exists, MNEME_E_NOT_FOUND, MNEME_E_INVALID for parked and
 * dropped. */
enum mneme_status mneme_verdict_status(struct mneme_str verdict);

#endif
