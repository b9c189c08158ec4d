/*
 * mneme events --follow: the ledger as it grows.
 */
#ifndef MNEME_CLI_EVENTS_FOLLOW_H
#define MNEME_CLI_EVENTS_FOLLOW_H

#include "cli/frame/listing.h"
#include "queries/events.h"

/* Prints what comes, until it is interrupted, nobody reads any more, or `limit` (0: none) events were
 * printed. `postgres` is taken: a lost connection is made anew, without limit. */
enum mneme_exit mneme_events_follow(const struct mneme_cli *cli, struct mneme_postgres *postgres,
                                    const struct mneme_events_filter *filter, int64_t limit);

#endif
