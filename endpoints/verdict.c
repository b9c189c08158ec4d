/*
 * A table of statuses and one of advice.
 */
#include "endpoints/verdict.h"

#include <string.h>

/* The first row that includes the status applies. */
static const struct {
    long from, to;
    enum mneme_endpoint_verdict verdict;
} rules[] = {
    {0, 0, MNEME_ENDPOINT_RETRY},        {200, 200, MNEME_ENDPOINT_OK},
    {201, 299, MNEME_ENDPOINT_RETRY},    {400, 400, MNEME_ENDPOINT_CONTENTS},
    {401, 403, MNEME_ENDPOINT_DENIED},   {408, 408, MNEME_ENDPOINT_RETRY},
    {409, 409, MNEME_ENDPOINT_RETRY},    {413, 413, MNEME_ENDPOINT_CONTENTS},
    {422, 422, MNEME_ENDPOINT_CONTENTS}, {423, 425, MNEME_ENDPOINT_RETRY},
    {429, 429, MNEME_ENDPOINT_BUSY},     {501, 501, MNEME_ENDPOINT_WRONG},
    {505, 505, MNEME_ENDPOINT_WRONG},    {500, 599, MNEME_ENDPOINT_RETRY},
};

enum mneme_endpoint_verdict mneme_endpoint_classify(long http_status) {
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (http_status >= rules[i].from && http_status <= rules[i].to) {
            return rules[i].verdict;
        }
    }
    return MNEME_ENDPOINT_WRONG;
}

bool mneme_endpoint_says_too_long(struct mneme_str reason) {
    static const char *const phrases[] = {"context length",         "context size",      "context window",
                                          "too large to process",   "input is too long", "too many tokens",
                                          "maximum sequence length"};
    char text[512];
    size_t len = reason.len < sizeof text ? reason.len : sizeof text - 1;
    if (len > 0) {
        memcpy(text, reason.data, len);
    }
    text[len] = '\0';
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (strcasestr(text, phrases[i]) != NULL) {
            return true;
        }
    }
    return false;
}

const char *mneme_endpoint_advice(enum mneme_endpoint_verdict verdict) {
    static const char *const advice[] = {
        [MNEME_ENDPOINT_OK] = "",
        [MNEME_ENDPOINT_RETRY] = "check that it is running and that OPENAI_BASE_URL is right",
        [MNEME_ENDPOINT_BUSY] = "set MNEME_EMBEDDING_RATE to what it allows",
        [MNEME_ENDPOINT_CONTENTS] = "shorten or change the text",
        [MNEME_ENDPOINT_DENIED] = "check OPENAI_API_KEY",
        [MNEME_ENDPOINT_WRONG] = "check OPENAI_BASE_URL and EMBEDDING_MODEL",
    };
    return advice[verdict];
}
