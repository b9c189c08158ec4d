/*
 * A Confluent-compatible schema registry: schemas by id, and the id of ours. One request at a time per call,
 * a few tries with back-off when the registry is away; the caller caches the answers.
 */
#ifndef MNEME_SCHEMAS_REGISTRY_H
#define MNEME_SCHEMAS_REGISTRY_H

#include "common/base/buffer.h"
#include "common/base/error.h"

struct mneme_registry; /* immutable: any number of threads may use it */

/* `base_url` is http or https and may carry a path and credentials. MNEME_E_USAGE for anything else. */
int mneme_registry_new(struct mneme_registry **out, const char *base_url, int64_t timeout_ms,
                       struct mneme_error *error);
void mneme_registry_destroy(struct mneme_registry *registry);

/* Registers the schema under the subject, or finds that it already exists. MNEME_E_INVALID when it is
 * incompatible with the existing ones, MNEME_E_UNAVAILABLE when the registry does not answer. Blocks. */
int mneme_registry_register(int32_t *id, const struct mneme_registry *registry, const char *subject,
                            const char *schema_json, struct mneme_error *error);

/* Appends the schema of that id and a NUL. MNEME_E_NOT_FOUND when the registry says that it does not have it,
 * MNEME_E_UNKNOWN_SCHEMA when the server is not a schema registry, or the schema is not Avro,
 * MNEME_E_UNAVAILABLE when it does not answer. Blocks. */
int mneme_registry_schema(struct mneme_buffer *schema_json, const struct mneme_registry *registry, int32_t id,
                          struct mneme_error *error);

/* What an HTTP status of the registry means; MNEME_E_UNAVAILABLE is worth another try. */
enum mneme_status mneme_registry_classify(long http_status);

#endif
