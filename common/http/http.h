/*
 * HTTP requests to one service over libcurl, which is set up only here. Redirects are not followed and only
 * http and https are allowed, so that an answer cannot send texts or keys elsewhere. The caller decides what
 * a status means, and whether to try again.
 *
 * A client belongs to one thread at a time; any number of clients may work in parallel. It has a fixed number
 * of slots, each for one request at a time, with connections that are kept for the next request. Its messages
 * never contain the key or the password of the address.
 */
#ifndef MNEME_COMMON_HTTP_HTTP_H
#define MNEME_COMMON_HTTP_HTTP_H

#include "common/base/buffer.h"
#include "common/base/error.h"

struct mneme_http;

/* Texts are copied. */
struct mneme_http_options {
    const char *base_url;         /* http or https; may carry a path and credentials */
    const char *base_url_setting; /* for messages: the setting with the address … */
    const char *service;          /* … and the service at that address, such as "a schema registry" */
    const char *bearer;           /* the key that is sent with each request; NULL or "": none */
    const char *bearer_setting;   /* for messages */
    const char *const *headers;   /* "Name: value", NULL-terminated; may be NULL */
    size_t slots;                 /* 0: one */
    int64_t connect_timeout_ms;   /* 0: only the request's own time-out applies */
};

/* Makes no request yet. MNEME_E_USAGE for an address that is not http or https, or a key that contains a
 * control character. */
int mneme_http_open(struct mneme_http **out, const struct mneme_http_options *options,
                    struct mneme_error *error);

/* Abandons requests in flight. NULL is allowed. */
void mneme_http_close(struct mneme_http *http);

/* The address without its password and trailing slash; valid as long as the client. */
const char *mneme_http_shown_url(const struct mneme_http *http);

size_t mneme_http_slots(const struct mneme_http *http);

struct mneme_http_request {
    const char *path;      /* appended to the base URL, begins with a slash; copied */
    const char *method;    /* NULL: POST with a body, else GET; must outlive the request */
    struct mneme_str body; /* null: none; must outlive the request */
    int64_t timeout_ms;    /* for the whole request */
    size_t max_answer_bytes;
};

enum mneme_http_outcome {
    MNEME_HTTP_ANSWERED,
    MNEME_HTTP_FAILED, /* no connection, or it was lost */
    MNEME_HTTP_TIMED_OUT,
    MNEME_HTTP_TOO_LONG, /* the answer is too long, and was cut off */
    MNEME_HTTP_NO_MEMORY,
    MNEME_HTTP_INTERRUPTED,
};

/* The outcome of a request. Texts are valid until the slot's next request. */
struct mneme_http_answer {
    size_t slot;
    enum mneme_http_outcome outcome;
    long status; /* 0 unless there is an answer */
    struct mneme_str body;
    int64_t retry_after_ms; /* of mneme_http_retry_after_ms; -1: not given */
    const char *reason;     /* if there is no answer: the reason, to follow "does not answer: " */
};

/* Sends a request from that slot, which must be free. MNEME_E_NO_MEMORY: nothing was sent. */
int mneme_http_start(struct mneme_http *http, size_t slot, const struct mneme_http_request *request,
                     struct mneme_error *error);

/* Drives all requests until one is complete, for at most wait_ms; false when none is. */
bool mneme_http_take(struct mneme_http_answer *answer, struct mneme_http *http, int wait_ms);

/* Abandons all requests in flight, and frees all slots. */
void mneme_http_cancel(struct mneme_http *http);

/* Called about ten times a second while waiting for a request; true ends the wait. */
typedef bool mneme_http_interrupt(void *context);

/* Sends one request from the first slot, while nothing is in flight, and blocks until it has succeeded or
 * failed, or until `is_interrupted` (may be NULL) returns true. MNEME_E_NO_MEMORY: nothing was sent. */
int mneme_http_ask(struct mneme_http_answer *answer, struct mneme_http *http,
                   const struct mneme_http_request *request, mneme_http_interrupt *is_interrupted,
                   void *context, struct mneme_error *error);

/* Appends the text as one part of a path: every byte that is not a letter, a digit or one of -._~ is encoded.
 */
void mneme_http_append_part(struct mneme_buffer *out, struct mneme_str text);

/* The value of a Retry-After header, seconds or a date, as milliseconds from `now_micros` on; 0 for a date in
 * the past, -1 for anything else. At most a day. */
int64_t mneme_http_retry_after_ms(struct mneme_str value, int64_t now_micros);

#endif
