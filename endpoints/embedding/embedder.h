/*
 * Turns texts into vectors by an OpenAI-compatible endpoint: requests carry many texts, a few run at the same
 * time over kept connections, they are retried with back-off, and no requests are sent for a while when the
 * endpoint is away.
 *
 * The endpoint's answers are not trusted: an answer that does not have one finite, non-zero vector of the
 * right dimension for each text counts as a failure of the endpoint, and nothing in it is used.
 *
 * An embedder is for one thread at a time. It remembers connections, the state of the endpoint and, after the
 * first vector, the dimension that it insists on. Different embedders are independent of each other.
 */
#ifndef MNEME_ENDPOINTS_EMBEDDING_EMBEDDER_H
#define MNEME_ENDPOINTS_EMBEDDING_EMBEDDER_H

#include "common/base/types.h"
#include "endpoints/embedding/models.h"

struct mneme_embedder;

enum mneme_embedder_use { MNEME_EMBEDDER_PASSAGE, MNEME_EMBEDDER_QUERY };

/* A text on its way to a vector. */
struct mneme_embedder_item {
    struct mneme_str text; /* UTF-8, not blank, without prefix; borrowed during the call */
    /* Results, both valid until the embedder's next call: */
    const float *vector; /* with the embedder's dimensions; NULL: there is none */
    const char *refusal; /* why the endpoint will never take this text; NULL: it has not refused it */
};

/* How long a call may take; all zero: as long as the settings allow for its requests. */
struct mneme_embedder_bounds {
    int64_t timeout_ms; /* 0: no bound for the call */
    bool (*is_interrupted)(
        void *context); /* called about ten times a second, on the calling thread; or NULL */
    void *context;
};

/* Copies what it needs of settings and model (NULL: that of the settings). Makes no request yet.
 * MNEME_E_USAGE for an OPENAI_BASE_URL that is not a URL. */
int mneme_embedder_open(struct mneme_embedder **out, const struct mneme_config *config,
                        const struct mneme_embedder_model_info *model, struct mneme_error *error);
void mneme_embedder_close(struct mneme_embedder *embedder);

/*
 * Embeds each text, behind the model's prefix for that use. Blocks. MNEME_OK: each item has a vector or a
 * refusal. Otherwise items that were answered before it failed have their vectors too, and:
 *   MNEME_E_UNAVAILABLE  the endpoint is away, overloaded or answers nonsense: try again later
 *   MNEME_E_TIMEOUT      the call's own bound is over, or it was interrupted
 *   MNEME_E_DENIED       the key is refused
 *   MNEME_E_USAGE        the endpoint cannot be used as the settings say: wrong address, unknown model, or it
 *                        refuses every text
 *   MNEME_E_NO_MEMORY
 * A request that takes too long, or that is refused for its contents, is tried again in halves, down to the
 * text that it is about.
 */
int mneme_embedder_embed(struct mneme_embedder *embedder, enum mneme_embedder_use use,
                         struct mneme_embedder_item *items, size_t count,
                         const struct mneme_embedder_bounds *bounds, struct mneme_error *error);

/* The dimension of its vectors: from the settings, or from the first answer; 0 before that. */
size_t mneme_embedder_dimensions(const struct mneme_embedder *embedder);

/* The model that it embeds with; borrowed. */
const struct mneme_embedder_model_info *mneme_embedder_model(const struct mneme_embedder *embedder);

#endif
