/*
 * Whether the services behind HTTP answer that no reader keeps open: the embedding endpoint and the schema
 * registry.
 */
#ifndef MNEME_QUERIES_STATUS_ENDPOINTS_H
#define MNEME_QUERIES_STATUS_ENDPOINTS_H

#include "common/config/config.h"

/* One request without effect each, within timeout_ms. *is_unused: the settings do not name the service.
 * MNEME_OK when it answers, whatever; MNEME_E_DENIED when it does not take the key, MNEME_E_UNAVAILABLE when
 * it fails or is away. `detail` gets where it answers. */
int mneme_status_ask_embedding(bool *is_unused, char *detail, size_t detail_bytes,
                               const struct mneme_config *config, int64_t timeout_ms,
                               struct mneme_error *error);
int mneme_status_ask_registry(bool *is_unused, char *detail, size_t detail_bytes,
                              const struct mneme_config *config, int64_t timeout_ms,
                              struct mneme_error *error);

#endif
