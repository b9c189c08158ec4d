/*
 * Which topic is read. Uses a separate connection, since another operation may be under way on a kept one.
 */
#include "consumers/vectors/vectors_projection.h"
#include "stores/vectors/edition.h"

int mneme_vectors_source(struct mneme_log_source *source, const struct mneme_config *config,
                         struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_generation generation;
    struct mneme_error none = {0};
    *source = (struct mneme_log_source){.is_of_records = true, .is_of_embeddings = true};
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_VECTORS, "mneme-vectors", error);
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_vectors_choose(&generation, config, postgres, &none);
    bool is_first =
        status == MNEME_E_NOT_FOUND && mneme_config_long(config, MNEME_SETTING_VECTOR_GENERATION) == 0;
    if (status == MNEME_OK) { /* whose topic was made before it */
        memcpy(source->topic, generation.topic, sizeof source->topic);
    } else if (is_first) {
        status =
            mneme_edition_current_topic(source->topic, postgres, config,
                                        mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL), error);
    } else {
        status = mneme_error_set(error, (enum mneme_status)status, "%s", none.message);
    }
    mneme_pg_close(postgres);
    return status == MNEME_OK && is_first ? mneme_kafka_topic_ensure(NULL, source->topic, config, true, error)
                                          : status;
}
