/*
 * The multi interface of libcurl, which drives one request as well as many.
 */
#include "common/http/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/redact.h"
#include "common/base/text_check.h"

#define SLICE_MS 100 /* interval of checks whether a request is interrupted */

struct slot {
    CURL *easy; /* NULL: never used */
    bool is_busy;
    struct mneme_buffer url; /* NUL-terminated */
    struct mneme_buffer answer;
    size_t max_answer_bytes;
    bool is_too_long;
    int64_t retry_after_ms;
    char curl_reason[CURL_ERROR_SIZE];
    struct mneme_buffer reason; /* NUL-terminated */
};

struct mneme_http {
    CURLM *multi;
    struct mneme_buffer base_url;  /* without a slash at its end; not NUL-terminated */
    struct mneme_buffer shown_url; /* NUL-terminated */
    struct curl_slist *headers;
    long connect_timeout_ms;
    struct slot *slots;
    size_t slot_count;
};

/* libcurl counts its users itself, but not on every platform when the first ones start at the same time. */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up_curl(void) {
    (void)curl_global_init(CURL_GLOBAL_DEFAULT); /* if it fails, so does curl_multi_init */
}

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot send a request: out of memory; free some memory");
}

static int set_url(struct mneme_http *http, const struct mneme_http_options *options,
                   struct mneme_error *error) {
    const char *url = options->base_url;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot use %s: it begins with neither http:// nor https://; set it to the address of %s",
            options->base_url_setting, options->service);
    }
    size_t len = strlen(url);
    while (url[len - 1] == '/') {
        len--;
    }
    mneme_buffer_append(&http->base_url, url, len);
    mneme_redact(&http->shown_url, (struct mneme_str){url, len});
    mneme_buffer_append_byte(&http->shown_url, '\0');
    return http->base_url.failed || http->shown_url.failed ? out_of_memory(error) : MNEME_OK;
}

static bool add_header(struct mneme_http *http, const char *header) {
    struct curl_slist *headers = curl_slist_append(http->headers, header);
    http->headers = headers == NULL ? http->headers : headers;
    return headers != NULL;
}

static int set_headers(struct mneme_http *http, const struct mneme_http_options *options,
                       struct mneme_error *error) {
    const char *key = options->bearer == NULL ? "" : options->bearer;
    if (mneme_has_control(mneme_str_from(key))) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot use %s: it contains a control character; set it to the key alone, on one line",
            options->bearer_setting);
    }
    struct mneme_buffer authorization = {0};
    mneme_buffer_printf(&authorization, "Authorization: Bearer %s", key);
    mneme_buffer_append_byte(&authorization, '\0');
    /* Without the first header, curl waits for permission to send a long body. */
    bool is_set = !authorization.failed && add_header(http, "Expect:") &&
                  (key[0] == '\0' || add_header(http, authorization.data));
    for (size_t i = 0; is_set && options->headers != NULL && options->headers[i] != NULL; i++) {
        is_set = add_header(http, options->headers[i]);
    }
    mneme_buffer_clean_up(&authorization);
    return is_set ? MNEME_OK : out_of_memory(error);
}

int mneme_http_open(struct mneme_http **out, const struct mneme_http_options *options,
                    struct mneme_error *error) {
    (void)pthread_once(&once, set_up_curl);
    struct mneme_http *http = calloc(1, sizeof *http);
    if (http == NULL) {
        return out_of_memory(error);
    }
    http->slot_count = options->slots == 0 ? 1 : options->slots;
    http->slots = calloc(http->slot_count, sizeof *http->slots);
    http->multi = curl_multi_init();
    http->connect_timeout_ms = (long)options->connect_timeout_ms;
    int status = http->slots == NULL || http->multi == NULL ? out_of_memory(error) : MNEME_OK;
    if (status == MNEME_OK) {
        status = set_url(http, options, error);
    }
    if (status == MNEME_OK) {
        status = set_headers(http, options, error);
    }
    if (status != MNEME_OK) {
        mneme_http_close(http);
        return status;
    }
    *out = http;
    return MNEME_OK;
}

void mneme_http_close(struct mneme_http *http) {
    if (http == NULL) {
        return;
    }
    if (http->slots != NULL) {
        mneme_http_cancel(http);
        for (size_t i = 0; i < http->slot_count; i++) {
            curl_easy_cleanup(http->slots[i].easy);
            mneme_buffer_clean_up(&http->slots[i].url);
            mneme_buffer_clean_up(&http->slots[i].answer);
            mneme_buffer_clean_up(&http->slots[i].reason);
        }
    }
    curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->headers);
    mneme_buffer_clean_up(&http->base_url);
    mneme_buffer_clean_up(&http->shown_url);
    free(http->slots);
    free(http);
}

const char *mneme_http_shown_url(const struct mneme_http *http) {
    return http->shown_url.data;
}

size_t mneme_http_slots(const struct mneme_http *http) {
    return http->slot_count;
}

/* --- a request --- */

static size_t receive(char *data, size_t item_bytes, size_t items, void *context) {
    struct slot *slot = context;
    size_t len = item_bytes * items;
    if (slot->answer.len + len > slot->max_answer_bytes) {
        slot->is_too_long = true;
        return 0; /* curl ends the request with an error */
    }
    mneme_buffer_append(&slot->answer, data, len);
    return slot->answer.failed ? 0 : len;
}

static size_t receive_header(char *data, size_t item_bytes, size_t items, void *context) {
    static const struct mneme_str name = MNEME_STR_LIT("retry-after:");
    struct slot *slot = context;
    size_t len = item_bytes * items;
    if (len > name.len && strncasecmp(data, name.data, name.len) == 0) {
        slot->retry_after_ms = mneme_http_retry_after_ms((struct mneme_str){data + name.len, len - name.len},
                                                         mneme_clock_now_micros());
    }
    return len;
}

/* The handle keeps its connection between requests, and nothing else. */
static CURLcode set_up(const struct mneme_http *http, struct slot *slot,
                       const struct mneme_http_request *request) {
    CURL *easy = slot->easy;
    bool has_body = request->body.data != NULL;
    const char *method = request->method != NULL ? request->method : has_body ? "POST" : "GET";
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_FOLLOWLOCATION, 0L},
        {CURLOPT_NOSIGNAL, 1L},
        {CURLOPT_TCP_KEEPALIVE, 1L},
        {CURLOPT_CONNECTTIMEOUT_MS, http->connect_timeout_ms},
        {CURLOPT_TIMEOUT_MS, request->timeout_ms < 1 ? 1L : (long)request->timeout_ms},
    };
    const struct {
        CURLoption option;
        const void *value;
    } pointers[] = {
        {CURLOPT_URL, slot->url.data},
        {CURLOPT_PROTOCOLS_STR, "http,https"},
        {CURLOPT_HTTPHEADER, http->headers},
        {CURLOPT_USERAGENT, "mneme/" MNEME_VERSION},
        {CURLOPT_ERRORBUFFER, slot->curl_reason},
        {CURLOPT_WRITEDATA, slot},
        {CURLOPT_HEADERDATA, slot},
        {CURLOPT_PRIVATE, slot},
        {CURLOPT_CUSTOMREQUEST, method},
    };
    curl_easy_reset(easy);
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
    }
    if (code == CURLE_OK && has_body) {
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    }
    if (code == CURLE_OK && has_body) {
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == CURLE_OK; i++) {
        code = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
    }
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers && code == CURLE_OK; i++) {
        code = curl_easy_setopt(easy, pointers[i].option, pointers[i].value);
    }
    return code;
}

int mneme_http_start(struct mneme_http *http, size_t index, const struct mneme_http_request *request,
                     struct mneme_error *error) {
    struct slot *slot = &http->slots[index];
    mneme_buffer_clear(&slot->url);
    mneme_buffer_append_str(&slot->url, mneme_buffer_str(&http->base_url));
    mneme_buffer_append(&slot->url, request->path, strlen(request->path) + 1);
    mneme_buffer_clear(&slot->answer);
    slot->max_answer_bytes = request->max_answer_bytes;
    slot->is_too_long = false;
    slot->retry_after_ms = -1;
    slot->curl_reason[0] = '\0';
    if (slot->easy == NULL) {
        slot->easy = curl_easy_init();
    }
    if (slot->url.failed || slot->easy == NULL || set_up(http, slot, request) != CURLE_OK ||
        curl_multi_add_handle(http->multi, slot->easy) != CURLM_OK) {
        return out_of_memory(error);
    }
    slot->is_busy = true;
    return MNEME_OK;
}

static void set_reason(struct slot *slot, CURLcode code) {
    mneme_buffer_clear(&slot->reason);
    if (slot->answer.failed) {
        mneme_buffer_append_str(&slot->reason, MNEME_STR_LIT("there is no memory left for the answer"));
    } else if (slot->is_too_long) {
        mneme_buffer_printf(&slot->reason, "the answer exceeds %zu bytes", slot->max_answer_bytes);
    } else {
        const char *said = slot->curl_reason[0] != '\0' ? slot->curl_reason : curl_easy_strerror(code);
        mneme_redact(&slot->reason, mneme_str_from(said));
    }
    mneme_buffer_append_byte(&slot->reason, '\0');
}

static enum mneme_http_outcome outcome_of(const struct slot *slot, CURLcode code) {
    return code == CURLE_OK                                     ? MNEME_HTTP_ANSWERED
           : slot->answer.failed || code == CURLE_OUT_OF_MEMORY ? MNEME_HTTP_NO_MEMORY
           : slot->is_too_long                                  ? MNEME_HTTP_TOO_LONG
           : code == CURLE_OPERATION_TIMEDOUT                   ? MNEME_HTTP_TIMED_OUT
                                                                : MNEME_HTTP_FAILED;
}

static void fill_answer(struct mneme_http_answer *answer, const struct mneme_http *http, struct slot *slot,
                        CURLcode code) {
    *answer = (struct mneme_http_answer){.slot = (size_t)(slot - http->slots),
                                         .retry_after_ms = slot->retry_after_ms,
                                         .body = mneme_buffer_str(&slot->answer),
                                         .reason = ""};
    if (code == CURLE_OK) {
        code = curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    }
    answer->outcome = outcome_of(slot, code);
    if (code != CURLE_OK) {
        answer->status = 0;
        set_reason(slot, code);
        answer->reason = slot->reason.failed ? "memory is exhausted" : slot->reason.data;
    }
}

static bool take_done(struct mneme_http_answer *answer, struct mneme_http *http) {
    int left;
    for (CURLMsg *message = curl_multi_info_read(http->multi, &left); message != NULL;
         message = curl_multi_info_read(http->multi, &left)) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        /* Removing the handle invalidates the message. */
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct slot *slot = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
        curl_multi_remove_handle(http->multi, easy);
        slot->is_busy = false;
        fill_answer(answer, http, slot, code);
        return true;
    }
    return false;
}

bool mneme_http_take(struct mneme_http_answer *answer, struct mneme_http *http, int wait_ms) {
    int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)wait_ms * 1000;
    for (;;) {
        int running = 0;
        CURLMcode code = curl_multi_perform(http->multi, &running);
        if (take_done(answer, http)) {
            return true;
        }
        int64_t left = deadline - mneme_clock_monotonic_micros();
        if (left <= 0) {
            return false;
        }
        if (code != CURLM_OK ||
            curl_multi_poll(http->multi, NULL, 0, (int)(left / 1000 + 1), NULL) != CURLM_OK) {
            mneme_clock_pause(left);
        }
    }
}

void mneme_http_cancel(struct mneme_http *http) {
    for (size_t i = 0; i < http->slot_count; i++) {
        if (http->slots[i].is_busy) {
            curl_multi_remove_handle(http->multi, http->slots[i].easy);
            http->slots[i].is_busy = false;
        }
    }
}

int mneme_http_ask(struct mneme_http_answer *answer, struct mneme_http *http,
                   const struct mneme_http_request *request, mneme_http_interrupt *is_interrupted,
                   void *context, struct mneme_error *error) {
    int status = mneme_http_start(http, 0, request, error);
    bool is_over = status != MNEME_OK;
    while (!is_over) {
        is_over = mneme_http_take(answer, http, SLICE_MS);
        if (!is_over && is_interrupted != NULL && is_interrupted(context)) {
            mneme_http_cancel(http);
            *answer = (struct mneme_http_answer){
                .outcome = MNEME_HTTP_INTERRUPTED, .retry_after_ms = -1, .reason = "it was interrupted"};
            is_over = true;
        }
    }
    return status;
}

void mneme_http_append_part(struct mneme_buffer *out, struct mneme_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("-._~", byte) != NULL);
        if (is_plain) {
            mneme_buffer_append_byte(out, byte);
        } else {
            mneme_buffer_printf(out, "%%%02X", (unsigned)byte);
        }
    }
}
