/*
 * Messages that were parked by hand or dropped, and workers that wait for a schema: tables in the ledger's
 * schema, for every projection wherever it keeps its rows. Each call opens a connection, so any thread may
 * call; calls are rare.
 */
#ifndef MNEME_CONSUMERS_LOG_HAND_PARKED_H
#define MNEME_CONSUMERS_LOG_HAND_PARKED_H

#include "common/kafka/kafka.h"
#include "consumers/log/marks.h"

/* A mneme_log_marks_reader. MNEME_E_UNAVAILABLE and the like when Postgres cannot be asked. */
int mneme_hand_parked_read(struct mneme_log_marks *marks, const struct mneme_config *config,
                           const char *topic, const char *projection, struct mneme_error *error);

/* Parks a message that some worker waits at; `reason` NULL: that worker's reason. *was_parked: it was parked
 * already. MNEME_E_NOT_FOUND when no worker waits there, MNEME_E_UNSAFE when the ledger has folded it as an
 * event; nothing is changed then. */
int mneme_hand_parked_add(bool *was_parked, const struct mneme_config *config, const char *topic,
                          struct mneme_position position, const char *reason, struct mneme_error *error);

/* The topic on which a worker waits at the position, or where it was parked before; *topic is unchanged if
 * there is none. MNEME_E_USAGE when there are several. */
int mneme_hand_parked_topic(char topic[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                            struct mneme_position position, struct mneme_error *error);

/* Records for `mneme status` that a worker waits, or goes on. */
int mneme_schema_wait_note(const struct mneme_config *config, const struct mneme_schema_wait *wait,
                           struct mneme_error *error);

#endif
