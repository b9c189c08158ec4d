/*
 * Checks the HTTP services to which no reader keeps a connection: the embedding endpoint and the schema
 * registry.
 */
#ifndef MNEME_QUERIES_STATUS_ENDPOINTS_H
#define MNEME_QUERIES_STATUS_ENDPOINTS_H

#include "common/config/config.h"

/* Each sends one request without effect, within timeout_ms. *is_unused: the settings do not name the service.
 * MNEME_OK for any answer; MNEME_E_DENIED when the key is refused, MNEME_E_UNAVAILABLE when the service fails
 * or is away. `detail` receives the address that answers. */
int mneme_status_ask_embedding(bool *is_unused, char *detail, size_t detail_bytes,
                               const struct mneme_config *config, int64_t timeout_ms,
                               struct mneme_error *error);
int mneme_status_ask_registry(bool *is_unused, char *detail, size_t detail_bytes,
                              const struct mneme_config *config, int64_t timeout_ms,
                              struct mneme_error *error);

#endif
