/*
 * Each projection's progress lies in its own schema.
 */
#include "queries/projection_wait.h"

#include "common/kafka.h"
#include "common/postgres_schema.h"

#define SEARCH_PROJECTION "search"

int mneme_search_wait(const struct mneme_config *config, const struct mneme_position *positions, size_t count,
                      const struct mneme_query_wait *wait, struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_postgres *postgres = NULL;
    int status = mneme_kafka_events_topic(topic, config, error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&postgres, config, MNEME_PG_SCHEMA_SEARCH, "mneme-wait", error);
    }
    if (status == MNEME_OK) {
        status = mneme_position_wait(postgres, SEARCH_PROJECTION, topic, positions, count, wait, error);
    }
    mneme_pg_close(postgres);
    return status;
}
