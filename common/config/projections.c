/*
 * The table of projections.
 */
#include "common/config/projections.h"

#include <string.h>

const struct mneme_projection_facts mneme_projections[MNEME_PROJECTIONS] = {
    [MNEME_PROJECTION_POSTGRES] = {.id = MNEME_PROJECTION_POSTGRES,
                                   .name = "postgres",
                                   .place = "the tables",
                                   .has_schema = true,
                                   .schema_setting = MNEME_SETTING_PG_SCHEMA,
                                   .schema_suffix = ""},
    [MNEME_PROJECTION_SEARCH] = {.id = MNEME_PROJECTION_SEARCH,
                                 .name = "search",
                                 .place = "full text",
                                 .has_schema = true,
                                 .schema_setting = MNEME_SETTING_SEARCH_SCHEMA,
                                 .schema_suffix = "_search"},
    [MNEME_PROJECTION_EMBED] = {.id = MNEME_PROJECTION_EMBED,
                                .name = "embed",
                                .place = "the embeddings",
                                .has_schema = true,
                                .schema_setting = MNEME_SETTING_EMBED_SCHEMA,
                                .schema_suffix = "_embed",
                                .is_optional = true,
                                .given_by = MNEME_SETTING_OPENAI_BASE_URL,
                                .is_by_model = true},
    [MNEME_PROJECTION_VECTORS] = {.id = MNEME_PROJECTION_VECTORS,
                                  .name = "vectors",
                                  .place = "the vectors",
                                  .has_schema = true,
                                  .schema_setting = MNEME_SETTING_VECTORS_SCHEMA,
                                  .schema_suffix = "_vectors",
                                  .is_optional = true,
                                  .given_by = MNEME_SETTING_OPENAI_BASE_URL,
                                  .source = &mneme_projections[MNEME_PROJECTION_EMBED],
                                  .rebuilt_by = &mneme_projections[MNEME_PROJECTION_EMBED]}, /* the texts */
    [MNEME_PROJECTION_REDIS] = {.id = MNEME_PROJECTION_REDIS,
                                .name = "redis",
                                .place = "the cache",
                                .is_optional = true,
                                .given_by = MNEME_SETTING_REDIS_URL},
};

const struct mneme_projection_facts *mneme_projection_named(const char *name) {
    size_t len = strcspn(name, ".");
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        if (strlen(mneme_projections[i].name) == len && memcmp(mneme_projections[i].name, name, len) == 0) {
            return &mneme_projections[i];
        }
    }
    return NULL;
}
