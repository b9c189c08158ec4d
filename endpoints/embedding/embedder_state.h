/*
 * What an embedder remembers from call to call; for the files that it is made of.
 */
#ifndef MNEME_ENDPOINTS_EMBEDDING_EMBEDDER_STATE_H
#define MNEME_ENDPOINTS_EMBEDDING_EMBEDDER_STATE_H

#include "common/base/arena.h"
#include "common/http/http.h"
#include "endpoints/breaker.h"
#include "endpoints/embedding/embedder.h"
#include "endpoints/rate.h"

#define MNEME_EMBEDDER_PATH "/embeddings"

struct mneme_embedder_stretch; /* items that make up one request */

struct mneme_embedder {
    struct mneme_buffer strings; /* the model's, each with its NUL */
    struct mneme_embedder_model_info model;
    struct mneme_http *http;
    struct mneme_buffer shown_url; /* of the requests, NUL-terminated */
    struct mneme_buffer *requests; /* by slot: the bodies */
    size_t dimensions;             /* required of each answer; 0: not known yet */
    size_t asked_dimensions;
    size_t batch;
    int64_t timeout_ms, tries, first_pause_ms, longest_pause_ms;
    struct mneme_breaker breaker;
    struct mneme_rate rate;
    int64_t not_before; /* no requests before then, as the endpoint asked; monotonic microseconds */
    struct mneme_embedder_stretch **in_flight; /* by slot; NULL: free */
    struct mneme_arena arena;                  /* of the last call: vectors, refusals, what is on its way */
    struct mneme_buffer scratch;               /* a text with its prefix */
};

#endif
