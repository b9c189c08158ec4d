/*
 * Defaults for every projection.
 */
#include "consumers/runtime/projection.h"

int mneme_projection_source(struct mneme_log_source *source, const struct mneme_projection_ops *projection,
                            const struct mneme_config *config, struct mneme_error *error) {
    *source = (struct mneme_log_source){.is_of_records = false};
    return projection->source == NULL ? mneme_kafka_events_topic(source->topic, config, error)
                                      : projection->source(source, config, error);
}
