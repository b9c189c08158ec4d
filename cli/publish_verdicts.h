/*
 * Asks Postgres for the verdicts of published events, many in one query.
 */
#ifndef MNEME_CLI_PUBLISH_VERDICTS_H
#define MNEME_CLI_PUBLISH_VERDICTS_H

#include "cli/publish_window.h"
#include "queries/verdicts.h"

struct mneme_verdicts {
    struct mneme_postgres *postgres;
    const char *topic; /* borrowed */
    int64_t timeout_micros;
    int64_t next_poll; /* monotonic microseconds */
    int64_t pause_micros;
};

/* Connects and asks once, so that missing tables are found before anything is published. */
int mneme_verdicts_open(struct mneme_verdicts *verdicts, const struct mneme_config *config, const char *topic,
                        struct mneme_error *error);
void mneme_verdicts_close(struct mneme_verdicts *verdicts);

/*
 * If a poll is due, asks about the oldest acknowledged lines, and moves on those that have a verdict. A line
 * without a verdict within MNEME_WAIT_TIMEOUT_MS of the first question moves on without one. While Postgres
 * cannot be reached, the lines wait; any other failure is an error.
 */
int mneme_verdicts_poll(struct mneme_verdicts *verdicts, struct mneme_publish_window *window,
                        struct mneme_error *error);

/* Milliseconds until the next poll, at least 1. */
int mneme_verdicts_pause_ms(const struct mneme_verdicts *verdicts);

#endif
