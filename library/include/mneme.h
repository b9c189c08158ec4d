/*
 * libmneme: publish memory operations of agents to the log, learn what became of them, and replay the log.
 *
 * A client publishes (producers/publisher.h tells its rules). A ledger answers over Postgres. A replay reads
 * Kafka. Each is opened with its own settings; none needs the others.
 */
#ifndef MNEME_H
#define MNEME_H

#include "producers/publisher.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- verdicts: what the tables made of published events --- */

/* A connection to Postgres. Belongs to one thread at a time. */
struct mneme_ledger;

/* Settings as of mneme_open. Connects before it returns: MNEME_E_UNAVAILABLE, MNEME_E_DENIED. The caller
 * closes *out, which is NULL on an error. */
MNEME_API int mneme_ledger_open(struct mneme_ledger **out, const char *config_path,
                                const struct mneme_client_setting *settings, size_t setting_count,
                                struct mneme_error *error);

/* NULL is allowed. */
MNEME_API void mneme_ledger_close(struct mneme_ledger *ledger);

enum mneme_outcome {
    MNEME_OUTCOME_ACCEPTED,
    MNEME_OUTCOME_REJECTED,  /* expected_version was not the current one */
    MNEME_OUTCOME_DUPLICATE, /* the event id was seen before: it has had its effect */
    MNEME_OUTCOME_NOT_FOUND, /* an update or delete of what is not there */
    MNEME_OUTCOME_EXISTS,    /* a create of an id that is there */
    MNEME_OUTCOME_PARKED,    /* it can not be applied, or waits behind one that can not; `reason` tells why */
};

struct mneme_verdict {
    enum mneme_outcome outcome;
    struct mneme_opt_long version;        /* of the stream, given to an accepted event */
    struct mneme_opt_long actual_version; /* of the stream, or of the memory where that decided, if not */
    char reason[256];                     /* of PARKED, cut to fit; else "" */
};

/*
 * The verdicts of the events at `positions`, as receipts told them: out[i] of positions[i]. Waits up to
 * timeout_ms (at least 0) until the tables hold them all; then MNEME_E_TIMEOUT, which names one that is
 * missing. A rejected event is no error of this call. MNEME_E_UNAVAILABLE when Postgres does not answer;
 * MNEME_E_NOT_FOUND when the tables have passed a position and know no event there.
 */
MNEME_API int mneme_verdict_wait(struct mneme_verdict *out, struct mneme_ledger *ledger,
                                 const struct mneme_position *positions, size_t count, int timeout_ms,
                                 struct mneme_error *error);

#ifdef __cplusplus
}
#endif

#endif
