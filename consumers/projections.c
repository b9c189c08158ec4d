/*
 * The table of projections. A new one is its folder and a line here.
 */
#include "consumers/projections.h"

#include <string.h>

#include "consumers/embed/embed_projection.h"
#include "consumers/postgres/postgres_projection.h"
#include "consumers/redis/redis_projection.h"
#include "consumers/search/search_projection.h"
#include "consumers/vectors/vectors_projection.h"

const struct mneme_projection_ops *const mneme_projections[] = {
    &mneme_postgres_projection, &mneme_search_projection, &mneme_embed_projection,
    &mneme_vectors_projection,  &mneme_redis_projection,  NULL,
};

const struct mneme_projection_schema mneme_projection_schemas[] = {
    {"postgres", MNEME_PG_SCHEMA_LEDGER, &mneme_migrations_postgres},
    {"search", MNEME_PG_SCHEMA_SEARCH, &mneme_migrations_search},
    {"embed", MNEME_PG_SCHEMA_EMBED, &mneme_migrations_embed},
    {"vectors", MNEME_PG_SCHEMA_VECTORS, &mneme_migrations_vectors},
    {0},
};

const struct mneme_projection_ops *mneme_projection_by_name(const char *name) {
    for (size_t i = 0; mneme_projections[i] != NULL; i++) {
        if (strcmp(mneme_projections[i]->name, name) == 0) {
            return mneme_projections[i];
        }
    }
    return NULL;
}
