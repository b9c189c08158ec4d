/*
 * What an endpoint's HTTP status means for a request.
 */
#ifndef MNEME_ENDPOINTS_VERDICT_H
#define MNEME_ENDPOINTS_VERDICT_H

#include "common/base/types.h"

enum mneme_endpoint_verdict {
    MNEME_ENDPOINT_OK,       /* there is an answer to read */
    MNEME_ENDPOINT_RETRY,    /* the endpoint fails for the moment */
    MNEME_ENDPOINT_BUSY,     /* it works, but asks for fewer requests */
    MNEME_ENDPOINT_CONTENTS, /* it refuses the contents of this request */
    MNEME_ENDPOINT_DENIED,   /* it refuses the key */
    MNEME_ENDPOINT_WRONG,    /* there is no such endpoint at this address, or no such model */
};

/* The table of statuses; 0 stands for no answer at all. */
enum mneme_endpoint_verdict mneme_endpoint_classify(long http_status);

/* Whether the endpoint's reason is that a text is too long, which some endpoints report with a 5xx status.
 * The fault is then in the contents of the request. */
bool mneme_endpoint_says_too_long(struct mneme_str reason);

/* What to do after that verdict, as the end of an error sentence. "" for MNEME_ENDPOINT_OK. */
const char *mneme_endpoint_advice(enum mneme_endpoint_verdict verdict);

#endif
