/*
 * HTTP requests to one service over libcurl, which is set up here alone. Redirects are not followed and no
 * scheme but http and https is spoken, so that an answer cannot send texts or keys elsewhere. What a status
 * means, and whether to try again, is for the caller to say.
 *
 * A client belongs to one thread at a time; any number of clients may work beside each other. It has a fixed
 * number of slots, each good for one request at a time, over connections that are kept for the next request.
 * Nothing that it says holds the key or the password of the address.
 */
#ifndef MNEME_COMMON_HTTP_HTTP_H
#define MNEME_COMMON_HTTP_HTTP_H

#include "common/base/buffer.h"
#include "common/base/error.h"

struct mneme_http;

/* Texts are copied. */
struct mneme_http_options {
    const char *base_url;         /* http or https; may carry a path and credentials */
    const char *base_url_setting; /* for messages: where the address comes from … */
    const char *service;          /* … and what it is of, as in "a schema registry" */
    const char *bearer;           /* the key that each request carries; NULL or "": none */
    const char *bearer_setting;   /* for messages */
    const char *const *headers;   /* "Name: value", NULL at their end; may be NULL */
    size_t slots;                 /* 0: one */
    int64_t connect_timeout_ms;   /* 0: only the request's own bound counts */
};

/* Makes no request yet. MNEME_E_USAGE for an address that is not http or https, or a key that holds a control
 * character. */
int mneme_http_open(struct mneme_http **out, const struct mneme_http_options *options,
                    struct mneme_error *error);

/* Gives up what is in flight. NULL is fine. */
void mneme_http_close(struct mneme_http *http);

/* The address without its password, and without a slash at its end; valid as long as the client. */
const char *mneme_http_shown_url(const struct mneme_http *http);

size_t mneme_http_slots(const struct mneme_http *http);

struct mneme_http_request {
    const char *path;      /* behind the base URL, with a slash at its beginning; copied */
    const char *method;    /* NULL: POST with a body, else GET; must outlive the request */
    struct mneme_str body; /* null: none; must outlive the request */
    int64_t timeout_ms;    /* for all of it */
    size_t max_answer_bytes;
};

enum mneme_http_outcome {
    MNEME_HTTP_ANSWERED,
    MNEME_HTTP_FAILED, /* no connection, or it was lost */
    MNEME_HTTP_TIMED_OUT,
    MNEME_HTTP_TOO_LONG, /* the answer, which was cut off */
    MNEME_HTTP_NO_MEMORY,
    MNEME_HTTP_INTERRUPTED,
};

/* What became of a request. Texts live until the slot's next request. */
struct mneme_http_answer {
    size_t slot;
    enum mneme_http_outcome outcome;
    long status; /* 0 unless there is an answer */
    struct mneme_str body;
    int64_t retry_after_ms; /* mneme_http_retry_after_ms; -1: it does not say */
    const char *reason;     /* without an answer: why, to be put behind "does not answer: " */
};

/* Sends a request from that slot, which must be free. MNEME_E_NO_MEMORY: nothing was sent. */
int mneme_http_start(struct mneme_http *http, size_t slot, const struct mneme_http_request *request,
                     struct mneme_error *error);

/* Drives all requests until one is over, for at most wait_ms; false when none is. */
bool mneme_http_take(struct mneme_http_answer *answer, struct mneme_http *http, int wait_ms);

/* Gives up what is in flight: none of it is taken any more, and all slots are free. */
void mneme_http_cancel(struct mneme_http *http);

/* Asked about ten times a second while a request is waited for; true ends it. */
typedef bool mneme_http_interrupt(void *context);

/* One request from the first slot, while nothing is in flight: blocks until it is over, whatever becomes of
 * it, or until `is_interrupted` (may be NULL) says so. MNEME_E_NO_MEMORY: nothing was sent. */
int mneme_http_ask(struct mneme_http_answer *answer, struct mneme_http *http,
                   const struct mneme_http_request *request, mneme_http_interrupt *is_interrupted,
                   void *context, struct mneme_error *error);

/* Appends the text with every byte encoded that is not a letter, a digit or one of -._~: one part of a path.
 */
void mneme_http_append_part(struct mneme_buffer *out, struct mneme_str text);

/* The value of a Retry-After header, seconds or a date, as milliseconds from `now_micros` on; 0 for a date
 * that is over, -1 for what is neither. At most a day. */
int64_t mneme_http_retry_after_ms(struct mneme_str value, int64_t now_micros);

#endif
