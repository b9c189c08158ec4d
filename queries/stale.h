/*
 * What a read does not show: acknowledged events of a stream wait in the log behind one that cannot be
 * applied, so the tables are older than they seem. Checked once for each read, and not at all if nothing
 * waits.
 */
#ifndef MNEME_QUERIES_STALE_H
#define MNEME_QUERIES_STALE_H

#include "queries/question.h"

struct mneme_stale_row {
    int64_t partition, kafka_offset; /* of the event that cannot be applied */
    struct mneme_str key;            /* tenant/stream; bytes that are not printable ASCII are escaped */
    struct mneme_str reason;
    int64_t behind; /* later events of the key that wait */
};

/* Like mneme_query_connect; the same round trip sets *has_parked to whether events of any key wait. A
 * database without the tables has none. */
int mneme_stale_connect(struct mneme_postgres **out, bool *has_parked, const struct mneme_config *config,
                        const char *purpose, struct mneme_error *error);

/* The same on an existing connection. A database without the tables has none. */
int mneme_stale_check(bool *has_parked, struct mneme_postgres *postgres, struct mneme_error *error);

/* Visits struct mneme_stale_row, up to `limit`, for the tenant's waiting keys: those of the stream and of its
 * side streams ("stream#access"), or all (null). */
int mneme_stale_list(struct mneme_postgres *postgres, const char *topic, struct mneme_str tenant,
                     struct mneme_str stream_id, int64_t limit, mneme_row_visitor *visit, void *context,
                     struct mneme_error *error);

/* One object: position, key, reason, behind. */
void mneme_stale_row_json(const struct mneme_stale_row *row, struct mneme_json_writer *json);

#endif
