/*
 * Only the active generation gets indexes here: one that is being filled gets them at the end of its load.
 */
#include "consumers/vectors/maintain.h"

#include "common/log/log.h"

void mneme_vectors_maintain_end(struct mneme_vectors_maintenance *maintenance) {
    if (maintenance->job != NULL) {
        maintenance->store->maintain_close(maintenance->job);
    }
    *maintenance = (struct mneme_vectors_maintenance){0};
}

static void begin(struct mneme_vectors_maintenance *maintenance, const struct mneme_config *config,
                  const struct mneme_generation *generation) {
    struct mneme_error error = {0};
    maintenance->store = generation->store;
    maintenance->generation = generation->number;
    if (generation->store->maintain_open != NULL &&
        generation->store->maintain_open(&maintenance->job, config, generation, &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "large collections of raw vectors get no index",
                  MNEME_LOG_S("reason", error.message), MNEME_LOG_S("advice", "restart the worker"));
    }
}

void mneme_vectors_maintain(struct mneme_vectors_maintenance *maintenance, const struct mneme_config *config,
                            const struct mneme_generation *generation) {
    bool is_active = generation->number > 0 && generation->state == MNEME_GENERATION_ACTIVE;
    if (maintenance->generation != (is_active ? generation->number : 0)) {
        mneme_vectors_maintain_end(maintenance);
        if (is_active) {
            begin(maintenance, config, generation);
        }
    }
    if (maintenance->job != NULL) {
        maintenance->store->maintain(maintenance->job, maintenance->has_written);
        maintenance->has_written = false;
    }
}
