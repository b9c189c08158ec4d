/*
 * Two tables, and the two forms of Retry-After (RFC 9110, section 10.2.3).
 */
#include "endpoints/http_status.h"

#include <curl/curl.h>

#define MAX_RETRY_AFTER_MS (INT64_C(24) * 60 * 60 * 1000)
#define DATE_BYTES 40

/* The first row that holds the status. */
static const struct {
    long from, to;
    enum mneme_http_verdict verdict;
} rules[] = {
    {0, 0, MNEME_HTTP_RETRY},        {200, 200, MNEME_HTTP_OK},       {201, 299, MNEME_HTTP_RETRY},
    {400, 400, MNEME_HTTP_CONTENTS}, {401, 403, MNEME_HTTP_DENIED},   {408, 408, MNEME_HTTP_RETRY},
    {409, 409, MNEME_HTTP_RETRY},    {413, 413, MNEME_HTTP_CONTENTS}, {422, 422, MNEME_HTTP_CONTENTS},
    {423, 425, MNEME_HTTP_RETRY},    {429, 429, MNEME_HTTP_BUSY},     {501, 501, MNEME_HTTP_WRONG},
    {505, 505, MNEME_HTTP_WRONG},    {500, 599, MNEME_HTTP_RETRY},
};

enum mneme_http_verdict mneme_http_classify(long http_status) {
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (http_status >= rules[i].from && http_status <= rules[i].to) {
            return rules[i].verdict;
        }
    }
    return MNEME_HTTP_WRONG;
}

bool mneme_http_tells_too_long(struct mneme_str reason) {
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

const char *mneme_http_advice(enum mneme_http_verdict verdict) {
    static const char *const advice[] = {
        [MNEME_HTTP_OK] = "",
        [MNEME_HTTP_RETRY] = "check that it is running and that OPENAI_BASE_URL is right",
        [MNEME_HTTP_BUSY] = "set MNEME_EMBEDDING_RATE to what it allows",
        [MNEME_HTTP_CONTENTS] = "shorten or change the text",
        [MNEME_HTTP_DENIED] = "check OPENAI_API_KEY",
        [MNEME_HTTP_WRONG] = "check OPENAI_BASE_URL and EMBEDDING_MODEL",
    };
    return advice[verdict];
}

static int64_t bounded(int64_t ms) {
    return ms < 0 ? 0 : ms > MAX_RETRY_AFTER_MS ? MAX_RETRY_AFTER_MS : ms;
}

static int64_t parse_seconds(struct mneme_str value) {
    int64_t seconds = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return -1;
        }
        if (seconds <= MAX_RETRY_AFTER_MS) {
            seconds = seconds * 10 + (value.data[i] - '0');
        }
    }
    return value.len == 0 ? -1 : bounded(seconds * 1000);
}

/* curl knows the forms of a date that senders use. */
static int64_t parse_date(struct mneme_str value, int64_t now_micros) {
    char text[DATE_BYTES];
    if (value.len >= sizeof text) {
        return -1;
    }
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    time_t date = curl_getdate(text, NULL);
    return date == -1 ? -1 : bounded((int64_t)date * 1000 - now_micros / 1000);
}

int64_t mneme_retry_after_ms(struct mneme_str value, int64_t now_micros) {
    while (value.len > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
        value.data++;
        value.len--;
    }
    while (value.len > 0 && strchr(" \t\r\n", value.data[value.len - 1]) != NULL) {
        value.len--;
    }
    int64_t ms = parse_seconds(value);
    return ms >= 0 ? ms : parse_date(value, now_micros);
}
