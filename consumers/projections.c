/*
 * A new projection needs its folder, a line in each of these tables, and its facts.
 */
#include "consumers/projections.h"

#include <string.h>

#include "consumers/embed/embed_projection.h"
#include "consumers/postgres/postgres_projection.h"
#include "consumers/redis/redis_projection.h"
#include "consumers/search/search_projection.h"
#include "consumers/vectors/vectors_projection.h"

const struct mneme_projection_ops *const mneme_projection_workers[MNEME_PROJECTIONS] = {
    [MNEME_PROJECTION_POSTGRES] = &mneme_ledger_projection,
    [MNEME_PROJECTION_SEARCH] = &mneme_search_projection,
    [MNEME_PROJECTION_EMBED] = &mneme_embed_projection,
    [MNEME_PROJECTION_VECTORS] = &mneme_vectors_projection,
    [MNEME_PROJECTION_REDIS] = &mneme_cache_projection,
};

const struct mneme_migration_set *const mneme_projection_migrations[MNEME_PROJECTIONS] = {
    [MNEME_PROJECTION_POSTGRES] = &mneme_migrations_postgres,
    [MNEME_PROJECTION_SEARCH] = &mneme_migrations_search,
    [MNEME_PROJECTION_EMBED] = &mneme_migrations_embed,
    [MNEME_PROJECTION_VECTORS] = &mneme_migrations_vectors,
};

const struct mneme_projection_ops *mneme_projection_by_name(const char *name) {
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        if (strcmp(mneme_projections[i].name, name) == 0) {
            return mneme_projection_workers[i];
        }
    }
    return NULL;
}
