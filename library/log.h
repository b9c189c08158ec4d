/*
 * The log as operations outside the catalogue: "replay" and "follow".
 */
#ifndef MNEME_LIBRARY_LOG_H
#define MNEME_LIBRARY_LOG_H

#include "consumers/replay/follow.h"
#include "operations/service.h"

extern const char *const mneme_log_operation_names[]; /* ends with NULL */

/* NULL for other names. */
const struct mneme_operation *mneme_log_operation(const char *name);
bool mneme_log_is_follow(const struct mneme_op_request *request);

/* What a complete request asks for; texts belong to the request or are in the arena. */
struct mneme_log_filter mneme_log_filter_of(const struct mneme_op_request *request);
int mneme_log_from(const char **out, const struct mneme_op_request *request, struct mneme_arena *arena,
                   struct mneme_error *error);
int64_t mneme_log_limit(const struct mneme_op_request *request); /* 0: no limit */

/* The parts of a row that are made for it. Zero-initialise. */
struct mneme_log_json {
    struct mneme_buffer metadata, payload;
    bool has_failed; /* memory is exhausted: no row was made */
};

/* Passes the item on as a row: the event, or the reason why it is not one. False when no more rows are
 * wanted. */
bool mneme_log_put(struct mneme_log_json *json, const struct mneme_batch_item *item,
                   const struct mneme_op_sink *sink);

/* MNEME_E_NO_MEMORY when a row could not be made. */
int mneme_log_json_clean_up(struct mneme_log_json *json, struct mneme_error *error);

#endif
