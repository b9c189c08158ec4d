/*
 * Requests to the endpoint over libcurl: a fixed number of slots, each good for one request at a time, all of
 * them driven by one thread over connections that are kept. Knows HTTP and nothing of embeddings.
 */
#ifndef MNEME_ENDPOINTS_EMBEDDING_ENDPOINT_H
#define MNEME_ENDPOINTS_EMBEDDING_ENDPOINT_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/config/config.h"

struct mneme_endpoint;

/* What became of a request. Slices and texts live until the slot's next request. */
struct mneme_endpoint_reply {
    size_t slot;
    long http_status;       /* 0: no answer came */
    bool is_timeout;        /* none came in time */
    int64_t retry_after_ms; /* -1: it does not say */
    struct mneme_str body;
    const char *reason; /* when no answer came: why */
};

/* For OPENAI_BASE_URL and OPENAI_API_KEY of the settings, and as many slots as MNEME_EMBEDDING_CONCURRENCY
 * says. Makes no request yet. MNEME_E_USAGE for an address that is none. */
int mneme_endpoint_open(struct mneme_endpoint **out, const struct mneme_config *config,
                        struct mneme_error *error);
void mneme_endpoint_close(struct mneme_endpoint *endpoint);

/* The address as it may be shown. */
const char *mneme_endpoint_shown_url(const struct mneme_endpoint *endpoint);

size_t mneme_endpoint_slots(const struct mneme_endpoint *endpoint);

/* The body of the slot's next request, empty, to be filled before it is started. The slot must be free. */
struct mneme_buffer *mneme_endpoint_body(struct mneme_endpoint *endpoint, size_t slot);

/* Sends the slot's request. `timeout_ms` bounds all of it; an answer longer than `max_answer_bytes` is cut
 * off and counts as none. */
int mneme_endpoint_start(struct mneme_endpoint *endpoint, size_t slot, int64_t timeout_ms,
                         size_t max_answer_bytes, struct mneme_error *error);

/* Drives the requests until one is done, for at most wait_ms. False when none is. */
bool mneme_endpoint_take(struct mneme_endpoint_reply *reply, struct mneme_endpoint *endpoint, int wait_ms);

/* Gives up what is in flight. */
void mneme_endpoint_cancel(struct mneme_endpoint *endpoint);

#endif
