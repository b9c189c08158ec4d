/*
 * Each projection's progress is in its own schema. The embeddings topic has its own positions: once the
 * events are embedded, the vectors must reach its end.
 */
#include "queries/projection_wait.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "common/postgres/schema.h"
#include "queries/log_ends.h"
#include "stores/vectors/edition.h"

#define BROKERS_TIMEOUT_MS 10000

/* The remaining time of a bound that began at `started`. */
static struct mneme_query_wait rest_of(const struct mneme_query_wait *wait, int64_t started) {
    int64_t left_ms = wait->timeout_ms - (mneme_clock_monotonic_micros() - started) / 1000;
    return (struct mneme_query_wait){left_ms > 0 ? left_ms : 0, wait->cancel};
}

/* Waits in the schema of the projection. */
static int wait_in(const struct mneme_config *config, enum mneme_projection schema, const char *projection,
                   const char *topic, const struct mneme_position *positions, size_t count,
                   const struct mneme_query_wait *wait, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    int status = mneme_pg_connect_to(&postgres, config, schema, "mneme-wait", error);
    if (status == MNEME_OK) {
        status = mneme_position_wait(postgres, projection, topic, positions, count, wait, error);
    }
    mneme_pg_close(postgres);
    return status;
}

int mneme_search_wait(const struct mneme_config *config, const struct mneme_position *positions, size_t count,
                      const struct mneme_query_wait *wait, struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_postgres *postgres = NULL;
    int status = mneme_kafka_events_topic(topic, config, error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_SEARCH, "mneme-wait", error);
    }
    if (status == MNEME_OK) {
        status = mneme_position_wait_shown(postgres, mneme_projections[MNEME_PROJECTION_SEARCH].name, topic,
                                           positions, count, wait, error);
    }
    mneme_pg_close(postgres);
    return status;
}

/* The generation to wait for; if there is none, only its model and topic are set. */
static int find_generation(struct mneme_generation *out, const struct mneme_config *config, const char *model,
                           struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    *out = (struct mneme_generation){0};
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_VECTORS, "mneme-wait", error);
    if (status == MNEME_OK) {
        status = model == NULL ? mneme_generation_active(out, postgres, error)
                               : mneme_generation_of_model(out, postgres, model, error);
    }
    if (status == MNEME_E_NOT_FOUND) {
        snprintf(out->model, sizeof out->model, "%s",
                 model != NULL ? model : mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL));
        status = mneme_edition_current_topic(out->topic, postgres, config, out->model, error);
    }
    mneme_pg_close(postgres);
    return status;
}

/* The last positions of the topic; the caller frees them. */
static int ends_of(struct mneme_position **out, size_t *count, const struct mneme_config *config,
                   const char *topic, struct mneme_error *error) {
    struct mneme_log_probe *probe = NULL;
    struct mneme_log_ends ends = {0};
    *out = NULL;
    *count = 0;
    int status = mneme_log_probe_open(&probe, config, error);
    if (status == MNEME_OK) {
        status = mneme_log_ends_read(&ends, probe, topic, BROKERS_TIMEOUT_MS, error);
    }
    if (status == MNEME_OK) {
        *out = calloc((size_t)ends.partition_count + 1, sizeof **out);
        status = *out == NULL ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                                "vectors were not waited for: memory is exhausted; free some")
                              : MNEME_OK;
    }
    for (int32_t partition = 0; status == MNEME_OK && partition < ends.partition_count; partition++) {
        if (ends.end_offsets[partition] > ends.first_offsets[partition]) {
            (*out)[(*count)++] = (struct mneme_position){partition, ends.end_offsets[partition] - 1};
        }
    }
    mneme_log_ends_clean_up(&ends);
    mneme_log_probe_close(probe);
    return status;
}

/* Waits until the embeddings up to these positions are in the store of a generation, which may not exist yet.
 */
static int wait_for_store(const struct mneme_config *config, const char *model, const char *topic,
                          const struct mneme_query_wait *wait, struct mneme_error *error) {
    char progress[MNEME_GENERATION_PROGRESS_BYTES];
    struct mneme_generation generation;
    struct mneme_position *ends = NULL;
    size_t count;
    int64_t started = mneme_clock_monotonic_micros();
    int status = ends_of(&ends, &count, config, topic, error);
    do {
        if (status == MNEME_OK) {
            status = find_generation(&generation, config, model, error);
        }
        if (status == MNEME_OK && generation.number == 0 && count > 0) {
            mneme_clock_pause(20000);
        }
    } while (status == MNEME_OK && generation.number == 0 && count > 0 &&
             rest_of(wait, started).timeout_ms > 0);
    if (status == MNEME_OK && generation.number == 0 && count > 0) {
        status = mneme_error_set(error, MNEME_E_TIMEOUT,
                                 "there are no vectors yet after %lld ms; start mneme work vectors, or wait "
                                 "longer (--wait-timeout)",
                                 (long long)wait->timeout_ms);
    } else if (status == MNEME_OK && count > 0) {
        struct mneme_query_wait rest = rest_of(wait, started);
        mneme_generation_progress(progress, &generation);
        status = wait_in(config, MNEME_PROJECTION_VECTORS, progress, topic, ends, count, &rest, error);
    }
    free(ends);
    return status;
}

int mneme_vectors_wait(const struct mneme_config *config, const char *model,
                       const struct mneme_position *positions, size_t count,
                       const struct mneme_query_wait *wait, struct mneme_error *error) {
    char events[MNEME_TOPIC_NAME_BYTES];
    char embed[MNEME_EDITION_PROGRESS_BYTES];
    struct mneme_generation generation;
    int64_t started = mneme_clock_monotonic_micros();
    int status = find_generation(&generation, config, model, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(events, config, error);
    }
    if (status == MNEME_OK) {
        mneme_edition_progress(embed, generation.model, generation.edition, true);
        status = wait_in(config, MNEME_PROJECTION_EMBED, embed, events, positions, count, wait, error);
    }
    struct mneme_query_wait rest = rest_of(wait, started);
    return status == MNEME_OK ? wait_for_store(config, model, generation.topic, &rest, error) : status;
}

/* --- whether there is anything to wait for --- */

static bool has_begun(const struct mneme_config *config, enum mneme_projection schema,
                      const char *projection) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_error error = {0};
    char topic[MNEME_TOPIC_NAME_BYTES];
    bool has_begun = false;
    if (mneme_kafka_events_topic(topic, config, &error) == MNEME_OK &&
        mneme_pg_connect_to(&postgres, config, schema, "mneme-wait", &error) == MNEME_OK) {
        (void)mneme_position_has_begun(&has_begun, postgres, projection, topic, &error);
    }
    mneme_pg_close(postgres);
    return has_begun;
}

bool mneme_search_has_begun(const struct mneme_config *config) {
    return has_begun(config, MNEME_PROJECTION_SEARCH, mneme_projections[MNEME_PROJECTION_SEARCH].name);
}

bool mneme_vectors_have_begun(const struct mneme_config *config, const char *model) {
    char embed[MNEME_EDITION_PROGRESS_BYTES];
    struct mneme_generation generation;
    struct mneme_error error = {0};
    if (find_generation(&generation, config, model, &error) != MNEME_OK) {
        return false;
    }
    mneme_edition_progress(embed, generation.model, generation.edition, true);
    return has_begun(config, MNEME_PROJECTION_EMBED, embed);
}
