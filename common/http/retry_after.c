/*
 * The two forms of Retry-After (RFC 9110, section 10.2.3).
 */
#include <curl/curl.h>
#include <string.h>

#include "common/http/http.h"

#define MAX_RETRY_AFTER_MS (INT64_C(24) * 60 * 60 * 1000)
#define DATE_BYTES 40

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

/* curl parses all forms of dates that senders use. */
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

int64_t mneme_http_retry_after_ms(struct mneme_str value, int64_t now_micros) {
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
