/*
 * What an endpoint's HTTP status means for a request, and how long it asks to be left alone.
 */
#ifndef MNEME_ENDPOINTS_HTTP_STATUS_H
#define MNEME_ENDPOINTS_HTTP_STATUS_H

#include "common/base/types.h"

enum mneme_http_verdict {
    MNEME_HTTP_OK,       /* there is an answer to be read */
    MNEME_HTTP_RETRY,    /* the endpoint fails for now */
    MNEME_HTTP_BUSY,     /* it works, and wants to be asked less often */
    MNEME_HTTP_CONTENTS, /* it will not take what is in this request */
    MNEME_HTTP_DENIED,   /* it does not take the key */
    MNEME_HTTP_WRONG,    /* no endpoint of this kind, or not under this address or by this model */
};

/* The table of statuses; 0 stands for no answer at all. */
enum mneme_http_verdict mneme_http_classify(long http_status);

/* Whether what an endpoint says of its failure is that a text is too long, which some tell with a status of
 * 5xx: it is about the contents of the request then. */
bool mneme_http_tells_too_long(struct mneme_str reason);

/* What to do after that verdict: the end of an error's sentence. "" for MNEME_HTTP_OK. */
const char *mneme_http_advice(enum mneme_http_verdict verdict);

/* The value of a Retry-After header, seconds or a date, as milliseconds from `now_micros` on; 0 for a date
 * that is over, -1 for what is neither. At most a day. */
int64_t mneme_retry_after_ms(struct mneme_str value, int64_t now_micros);

#endif
