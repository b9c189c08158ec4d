/*
 * The event as the program holds it: the envelope and one typed payload. The structs, the enum of types and
 * the tables are generated from the newest schema (build/…/generated/mneme/event_types.h).
 *
 *   struct mneme_event { struct mneme_uuid event_id; struct mneme_str tenant; …; struct mneme_scope scope; …;
 *                        enum mneme_event_type type; union { struct mneme_memory_created memory_created; … }
 * payload; };
 */
#ifndef MNEME_SCHEMAS_EVENT_H
#define MNEME_SCHEMAS_EVENT_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/json/write.h"
#include "mneme/event_types.h" /* generated: structs, enum mneme_event_type, MNEME_EVENT_TYPE_COUNT */
#include "schemas/descriptor.h"

/* Generated tables. */
extern const struct mneme_record_info mneme_envelope_info; /* of struct mneme_event, without payload */
extern const struct mneme_record_info
    mneme_payload_info[MNEME_EVENT_TYPE_COUNT]; /* by enum mneme_event_type */
extern const char mneme_event_schema_json[];    /* the newest .avsc */

/* The released schemas, oldest first. */
struct mneme_released_schema {
    int version;
    const char *json;
};
extern const struct mneme_released_schema mneme_released_schemas[];
extern const size_t mneme_released_schema_count;

/* The name of a type, such as "memory_created"; for Custom events see mneme_event_type_name. */
static inline const char *mneme_event_type_text(enum mneme_event_type type) {
    return mneme_payload_info[type].event_type;
}

/* The type's name in the ledger: that of the type, or for Custom the user's own name. Borrowed from the
 * event. */
struct mneme_str mneme_event_type_name(const struct mneme_event *event);

/* The type of that name, or -1. */
int mneme_event_type_by_name(struct mneme_str name);

/* The payload; never NULL. */
const void *mneme_event_payload(const struct mneme_event *event);

/* The subject: user, else agent, else null. */
struct mneme_str mneme_event_subject(const struct mneme_event *event);

/* The scope's field of that name, such as "conversation_id"; null when it is null or there is no such field.
 */
struct mneme_str mneme_event_scope_value(const struct mneme_event *event, const char *name);
void mneme_event_set_scope_value(struct mneme_event *event, const char *name, struct mneme_str value);

/* The Kafka key "tenant/stream_id", appended to `out`. */
void mneme_event_key(const struct mneme_event *event, struct mneme_buffer *out);

/* The first version of the schema in which a text that is a JSON object counts as an object, with the other
 * rules of that version. Events of earlier versions keep their effects. */
#define MNEME_EVENT_RULES_2 2

/* Zeroes the event and sets its type, the newest version, and the default values of its fields. */
void mneme_event_prepare(struct mneme_event *event, enum mneme_event_type type);

/* The namespace of version 5 ids derived from tenant and idempotency key; the same in every schema. */
extern const struct mneme_uuid mneme_event_namespace;

/* The event id for an idempotency key: version 5 of tenant "/" key. MNEME_E_INVALID for a key that is empty,
 * has control characters or is longer than MNEME_IDEMPOTENCY_KEY_MAX_BYTES. Thread-safe. */
#define MNEME_IDEMPOTENCY_KEY_MAX_BYTES 512
int mneme_event_id_of_key(struct mneme_uuid *out, struct mneme_str tenant, struct mneme_str idempotency_key,
                          struct mneme_error *error);

/* The id of a field of that event (such as memory_id): version 5 of tenant "/" key "\n" field. */
int mneme_field_id_of_key(struct mneme_uuid *out, struct mneme_str tenant, struct mneme_str idempotency_key,
                          const char *field, struct mneme_error *error);

/* Checks every limit of the schema (SC4) and the content limit. MNEME_E_INVALID with a sentence that names
 * the field. Called when publishing and again when folding. Thread-safe, allocates nothing. */
int mneme_event_validate(const struct mneme_event *event, size_t content_max_chars,
                         struct mneme_error *error);

/* Whether every text of the event is UTF-8 or null. Thread-safe. */
bool mneme_event_is_utf8(const struct mneme_event *event);

/* Writes the value of a field, not null, of an event of that schema version as JSON: unchanged if it holds
 * JSON, else by its kind. */
void mneme_field_json(struct mneme_json_writer *json, const struct mneme_field_info *field, const void *at,
                      int schema_version);

/* Writes the payload as one JSON object (null fields are left out), as the ledger keeps it. */
void mneme_event_payload_json(const struct mneme_event *event, struct mneme_json_writer *json);

/* Writes an event of the log as one JSON object, with the keys of `mneme events --json` except those that
 * only the ledger knows. */
void mneme_event_logged_json(const struct mneme_event *event, struct mneme_position position,
                             int64_t recorded_at, struct mneme_json_writer *json);

/* Writes the whole event in the form that `mneme publish` reads and `mneme events --json` prints (without
 * position). */
void mneme_event_json(const struct mneme_event *event, struct mneme_json_writer *json);

/* Reads the form
 * {"type","user_id","agent_id","stream_id","expected_version","idempotency_key",…,"payload":{…}}. Absent ids
 * are made (event_id, memory_id and the like: v7, or v5 when an idempotency key is given, so that the same
 * line twice is the same event); an absent occurred_at is now; an absent stream_id is the subject; content
 * may be a plain string. Unknown keys and wrong types are refused by name. Strings are copied into the arena.
 * Does not call mneme_event_validate. */
int mneme_event_from_json(struct mneme_event *event, struct mneme_arena *arena, struct mneme_str line,
                          const char *default_tenant, struct mneme_error *error);

#endif
