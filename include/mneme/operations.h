/*
 * Every operation of Mneme from C: remember, list, search, recall and the rest, by their names.
 *
 *   mneme_connect(&mneme, NULL, NULL, 0, &error);
 *   mneme_request_new(&request, mneme, "memory.add", &error);
 *   mneme_request_set(request, "text", "Ada prefers tea", &error);
 *   mneme_request_set(request, "user_id", "ada", &error);
 *   mneme_call(mneme, request, on_row, NULL, 10000, &error);
 *   mneme_request_free(request);
 *   mneme_disconnect(mneme);
 *
 * A name that this library does not know is MNEME_E_USAGE, with the nearest name. `mneme NOUN VERB --help`
 * says what each field is; its name here is the option's with underscores, or with _id behind user, agent,
 * run, conversation and stream.
 *
 * Thread rules: one struct mneme may be used by any number of threads at once, but for mneme_disconnect. A
 * request and a row belong to one thread at a time. A struct mneme does not survive fork().
 */
#ifndef MNEME_OPERATIONS_H
#define MNEME_OPERATIONS_H

#include <mneme/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Connections and settings. */
struct mneme;

/* A setting by its environment name, such as {"KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"}. */
struct mneme_client_setting {
    const char *name;
    const char *value;
};

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

/* Called on the thread that calls, for each row. False: no more are wanted, which is not an error. */
typedef bool mneme_result_fn(struct mneme_result *row, void *context);

/*
 * Runs the request and gives its rows to on_row (may be NULL). Returns when all is done, at most timeout_ms
 * (0: as long as the settings say) later: of a write when the brokers have it, with its field `wait` when it
 * is judged. A read waits a moment (MNEME_READ_OWN_WRITES_MS) for what this struct mneme wrote within the
 * last minute; its field at_least promises what it waits for. A read that goes on with rows as they come
 * (`follow` of events) ends when on_row wants no more, or after timeout_ms, which is not an error then.
 * MNEME_E_USAGE for a request that is not complete, before anything is asked; MNEME_E_CONFLICT and
 * MNEME_E_NOT_FOUND also where a write that waited was not accepted, behind the row that says so;
 * MNEME_E_TIMEOUT, MNEME_E_UNAVAILABLE, MNEME_E_DENIED of the services.
 */
MNEME_API int mneme_call(struct mneme *mneme, struct mneme_request *request, mneme_result_fn *on_row,
                         void *context, int timeout_ms, struct mneme_error *error);

/* --- notes: what is said beside the rows --- */

/* A note is not an error: the answer is there, and the note says what it may lack. */
struct mneme_note;

enum mneme_note_kind {
    MNEME_NOTE_WARNING = 1, /* such as: this recall is not recorded; the event was parked */
    MNEME_NOTE_MISSING = 2, /* what this program wrote last is not in the answer yet */
    MNEME_NOTE_STALE =
        3, /* acknowledged events are in no answer: they wait behind one that cannot be applied */
};

MNEME_API enum mneme_note_kind mneme_note_kind(const struct mneme_note *note);

/* One sentence, without a full stop: what it is and what to do. */
MNEME_API struct mneme_str mneme_note_text(const struct mneme_note *note);

/* Called on the thread that calls, before the rows, between them or behind them. The note, with its text, is
 * valid during the call. */
typedef void mneme_note_fn(const struct mneme_note *note, void *context);

/* Where the notes of the request's calls go; NULL: nowhere, as at first. mneme_request_clear leaves it. */
MNEME_API void mneme_request_on_note(struct mneme_request *request, mneme_note_fn *on_note, void *context);

#ifdef __cplusplus
}
#endif

#endif
