/*
 * Every operation of Mneme from C, by name: memory.add, memory.list, search, recall and the rest.
 *
 *   mneme_connect(&mneme, NULL, NULL, 0, &error);
 *   mneme_request_new(&request, mneme, "memory.add", &error);
 *   mneme_request_set(request, "text", "Ada prefers tea", &error);
 *   mneme_request_set(request, "user_id", "ada", &error);
 *   mneme_call(mneme, request, on_row, NULL, 10000, &error);
 *   mneme_request_free(request);
 *   mneme_disconnect(mneme);
 *
 * An unknown name gives MNEME_E_USAGE; the message names the nearest one. `mneme NOUN VERB --help` explains
 * each field; a field has the option's name with underscores, and user, agent, run, conversation and stream
 * end with _id here.
 *
 * Thread rules: any number of threads may use one struct mneme at once, except for mneme_disconnect. A
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

/* Takes each setting from the first of these that has it: `settings` (may be NULL), the environment, the file
 * `config_path` (NULL: $MNEME_CONFIG), the defaults. Connects on first use. The caller disconnects *out,
 * which is NULL on an error. */
MNEME_API int mneme_connect(struct mneme **out, const char *config_path,
                            const struct mneme_client_setting *settings, size_t setting_count,
                            struct mneme_error *error);

/* Waits until everything that was submitted is acknowledged or has failed. NULL is allowed. */
MNEME_API void mneme_disconnect(struct mneme *mneme);

/* The name of each operation, such as "memory.add"; NULL after the last. */
MNEME_API const char *mneme_operation_name(size_t index);

/* --- requests --- */

struct mneme_request;

/* Makes a request for the operation, without values. MNEME_E_USAGE: unknown operation; the message names the
 * nearest one. The caller frees *out; it must not outlive `mneme`. */
MNEME_API int mneme_request_new(struct mneme_request **out, struct mneme *mneme, const char *operation,
                                struct mneme_error *error);
MNEME_API void mneme_request_free(struct mneme_request *request); /* NULL is allowed */

/* Removes all values, so that the request can be used again. */
MNEME_API void mneme_request_clear(struct mneme_request *request);

/* Sets a field from text, which is copied: "0.9", "true", "a,b", "2026-01-31", "7d", "3:17", or any text
 * where the field takes text. Setting a field that takes several values again adds to them. The message of
 * MNEME_E_USAGE or MNEME_E_INVALID names the field and says what it takes. */
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

/* A row of an answer. The row, and every string taken from it, is valid only during the call of on_row. */
struct mneme_result;

/* The row as one JSON object. */
MNEME_API struct mneme_str mneme_result_json(struct mneme_result *row);

/* A column's value as text: a string as it is, anything else as JSON; null when the value is null or there is
 * no such column. */
MNEME_API struct mneme_str mneme_result_text(struct mneme_result *row, const char *column);

/* A column's number; `fallback` when it is null or not a number, or there is no such column. */
MNEME_API int64_t mneme_result_long(const struct mneme_result *row, const char *column, int64_t fallback);
MNEME_API double mneme_result_double(const struct mneme_result *row, const char *column, double fallback);

/* Called for each row, on the calling thread. Returning false ends the call early, which is not an error. */
typedef bool mneme_result_fn(struct mneme_result *row, void *context);

/*
 * Runs the request and passes its rows to on_row (may be NULL). Returns when it is done, after at most
 * timeout_ms (0: as the settings say). A write returns when the brokers have it; with the field `wait`, when
 * its verdict is known. A read waits a moment (MNEME_READ_OWN_WRITES_MS) for what this struct mneme wrote
 * within the last minute; with the field at_least it fails rather than answer without it. A read that
 * continues with new rows (`follow` of events) ends when on_row returns false or after timeout_ms, neither of
 * which is an error.
 * MNEME_E_USAGE: the request is incomplete; nothing was sent. MNEME_E_CONFLICT, MNEME_E_NOT_FOUND: also when
 * a write that waited was not accepted, after the row that says so. MNEME_E_TIMEOUT, MNEME_E_UNAVAILABLE,
 * MNEME_E_DENIED: from the services.
 */
MNEME_API int mneme_call(struct mneme *mneme, struct mneme_request *request, mneme_result_fn *on_row,
                         void *context, int timeout_ms, struct mneme_error *error);

/* --- notes: messages that accompany the rows --- */

/* A note is not an error: the answer is complete, or the note says what it may lack. */
struct mneme_note;

enum mneme_note_kind {
    MNEME_NOTE_WARNING = 1, /* for example: this recall is not recorded; the event was parked */
    MNEME_NOTE_MISSING = 2, /* what this program wrote last is not in the answer yet */
    MNEME_NOTE_STALE = 3,   /* acknowledged events are missing: they wait behind one that cannot be applied */
};

MNEME_API enum mneme_note_kind mneme_note_kind(const struct mneme_note *note);

/* One sentence, without a full stop: what is wrong and what to do. */
MNEME_API struct mneme_str mneme_note_text(const struct mneme_note *note);

/* Called on the calling thread, before, between or after the rows. The note and its text are valid only
 * during the call. */
typedef void mneme_note_fn(const struct mneme_note *note, void *context);

/* Sets the function that gets the notes of the request's calls; NULL (the default): notes are dropped.
 * mneme_request_clear keeps it. */
MNEME_API void mneme_request_on_note(struct mneme_request *request, mneme_note_fn *on_note, void *context);

#ifdef __cplusplus
}
#endif

#endif
