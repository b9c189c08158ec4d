/*
 * The functions of the first include/mneme/operations.h, as it declared them. Kept as it is. A compiler that
 * sees the newest header before it finds whatever was changed.
 */
#ifndef FORMER_FUNCTIONS_H
#define FORMER_FUNCTIONS_H

/* Connections and settings. */
struct mneme;

/* A setting by its environment name, such as {"KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"}. */
struct mneme_client_setting;

/* Settings come from `settings` (may be NULL), the environment, the file `config_path` (may be NULL:
 * $MNEME_CONFIG), and the defaults, in this order. Connects when something is first asked. The caller closes
 * *out, which is NULL on an error. */
MNEME_API int mneme_connect(struct mneme **out, const char *config_path,
                            const struct mneme_client_setting *settings, size_t setting_count,
                            struct mneme_error *error);

/* Waits until everything that was submitted is acknowledged or has failed. NULL is allowed. */
MNEME_API void mneme_disconnect(struct mneme *mneme);

/* The name of each operation, such as "memory.add"; NULL behind the last. */
MNEME_API const char *mneme_operation_name(size_t index);

/* --- requests --- */

struct mneme_request;

/* A request of the operation, without values. MNEME_E_USAGE names the nearest operation. The caller frees
 * *out; it must not outlive `mneme`. */
MNEME_API int mneme_request_new(struct mneme_request **out, struct mneme *mneme, const char *operation,
                                struct mneme_error *error);
MNEME_API void mneme_request_free(struct mneme_request *request); /* NULL is allowed */

/* Takes all values away, so that the request can be used again. */
MNEME_API void mneme_request_clear(struct mneme_request *request);

/* Sets a field from text, which is copied: "0.9", "true", "a,b", "2026-01-31", "7d", "3:17", or any text
 * where the field takes text. A field that takes several values may be set again: they add up. MNEME_E_USAGE
 * or MNEME_E_INVALID names the field and says what it takes. */
MNEME_API int mneme_request_set(struct mneme_request *request, const char *field, const char *value,
                                struct mneme_error *error);

/* The same with text that is not NUL-terminated. */
MNEME_API int mneme_request_set_str(struct mneme_request *request, const char *field, struct mneme_str value,
                                    struct mneme_error *error);

/* Sets the fields that a JSON object names, as the operation takes them over HTTP; null leaves a field unset.
 */
MNEME_API int mneme_request_set_json(struct mneme_request *request, struct mneme_str object,
                                     struct mneme_error *error);

/* --- answers --- */

/* A row of an answer; valid, with all it gives, while on_row is called. */
struct mneme_result;

/* The row as one JSON object. */
MNEME_API struct mneme_str mneme_result_json(struct mneme_result *row);

/* A column's value as text: a string as it is, anything else as JSON has it; null where it is null or there
 * is no such column. */
MNEME_API struct mneme_str mneme_result_text(struct mneme_result *row, const char *column);

/* A column's number; `fallback` where it is null, no number, or there is no such column. */
MNEME_API int64_t mneme_result_long(const struct mneme_result *row, const char *column, int64_t fallback);
MNEME_API double mneme_result_double(const struct mneme_result *row, const char *column, double fallback);

/* Called on the thread that calls, for each row. False: no more are wanted, which is no error. */
typedef bool mneme_result_fn(struct mneme_result *row, void *context);

/*
 * Runs the request and gives its rows to on_row (may be NULL). Returns when all is done, at most timeout_ms
 * (0: as long as the settings say) later: of a write when the brokers have it, with its field `wait` when it
 * is judged. MNEME_E_USAGE for a request that is not complete, before anything is asked; MNEME_E_CONFLICT and
 * MNEME_E_NOT_FOUND also where a write that waited was not accepted, behind the row that says so;
 * MNEME_E_TIMEOUT, MNEME_E_UNAVAILABLE, MNEME_E_DENIED of the services.
 */
MNEME_API int mneme_call(struct mneme *mneme, struct mneme_request *request, mneme_result_fn *on_row,
                         void *context, int timeout_ms, struct mneme_error *error);

/* What the brokers said of one event of a submitted write. */
struct mneme_receipt;
typedef void mneme_delivery_fn(const struct mneme_receipt *receipt, void *context);

/* Queues the events of a write and returns at once; on_delivery (may be NULL) is called for each by another
 * thread, as mneme_publish says. MNEME_E_USAGE for an operation that has to ask something first, such as a
 * change of a memory whose stream is not named: mneme_call does that. */
MNEME_API int mneme_submit(struct mneme *mneme, struct mneme_request *request, mneme_delivery_fn *on_delivery,
                           void *context, struct mneme_error *error);

#endif
