/*
 * Only the active generation gets indexes here: one that is being filled gets them at the end of its load.
 */
#include "consumers/vectors/tend.h"

#include "common/log/log.h"

void mneme_vectors_tend_end(struct mneme_vectors_tending *tending) {
    if (tending->tending != NULL) {
        tending->store->tend_close(tending->tending);
    }
    *tending = (struct mneme_vectors_tending){0};
}

static void begin(struct mneme_vectors_tending *tending, const struct mneme_config *config,
                  const struct mneme_generation *generation) {
    struct mneme_error error = {0};
    tending->store = generation->store;
    tending->generation = generation->number;
    if (generation->store->tend_open != NULL &&
        generation->store->tend_open(&tending->tending, config, generation, &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "large collections of raw vectors get no index",
                  MNEME_LOG_S("reason", error.message), MNEME_LOG_S("advice", "restart the worker"));
    }
}

void mneme_vectors_tend(struct mneme_vectors_tending *tending, const struct mneme_config *config,
                        const struct mneme_generation *generation) {
    bool is_active = generation->number > 0 && generation->state == MNEME_GENERATION_ACTIVE;
    if (tending->generation != (is_active ? generation->number : 0)) {
        mneme_vectors_tend_end(tending);
        if (is_active) {
            begin(tending, config, generation);
        }
    }
    if (tending->tending != NULL) {
        tending->store->tend(tending->tending, tending->has_written);
        tending->has_written = false;
    }
}
