/*
 * What an endpoint's HTTP status means for a request.
 */
#ifndef MNEME_ENDPOINTS_VERDICT_H
#define MNEME_ENDPOINTS_VERDICT_H

#include "common/base/types.h"

enum mneme_endpoint_verdict {
    MNEME_ENDPOINT_OK,       /* there is an answer to be read */
    MNEME_ENDPOINT_RETRY,    /* the endpoint fails for now */
    MNEME_ENDPOINT_BUSY,     /* it works, and wants to be asked less often */
    MNEME_ENDPOINT_CONTENTS, /* it will not take what is in this request */
    MNEME_ENDPOINT_DENIED,   /* it does not take the key */
    MNEME_ENDPOINT_WRONG,    /* no endpoint of this kind, or not under this address or by this model */
};

/* The table of statuses; 0 stands for no answer at all. */
enum mneme_endpoint_verdict mneme_endpoint_classify(long http_status);

/* Whether what an endpoint says of its failure is that a text is too long, which some tell with a status of
 * 5xx: it is about the contents of the request then. */
bool mneme_endpoint_says_too_long(struct mneme_str reason);

/* What to do after that verdict: the end of an error's sentence. "" for MNEME_ENDPOINT_OK. */
const char *mneme_endpoint_advice(enum mneme_endpoint_verdict verdict);

#endif
