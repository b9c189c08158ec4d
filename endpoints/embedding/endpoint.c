/*
 * The multi interface of libcurl. Redirects are not followed and no scheme but http and https is spoken, so
 * that an answer cannot send texts or the key elsewhere.
 */
#include "endpoints/embedding/endpoint.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/redact.h"
#include "endpoints/http_status.h"

#define CONNECT_TIMEOUT_MS 5000L
#define PATH "/embeddings"

struct slot {
    CURL *easy; /* NULL: never used */
    bool is_busy;
    struct mneme_buffer request, answer;
    size_t max_answer_bytes;
    bool is_too_long;
    int64_t retry_after_ms;
    char reason[CURL_ERROR_SIZE];
};

struct mneme_endpoint {
    CURLM *multi;
    struct mneme_buffer url;       /* NUL-terminated */
    struct mneme_buffer shown_url; /* without its password; NUL-terminated */
    struct curl_slist *headers;
    struct slot *slots;
    size_t slot_count;
};

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot ask the embedding endpoint: out of memory; free some memory");
}

static int set_url(struct mneme_endpoint *endpoint, const char *base, struct mneme_error *error) {
    if (strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "OPENAI_BASE_URL cannot be used: it begins with neither http:// nor https://; "
                               "give the address of an OpenAI-compatible endpoint, such as "
                               "http://127.0.0.1:8080/v1");
    }
    size_t len = strlen(base);
    while (base[len - 1] == '/') {
        len--;
    }
    mneme_buffer_append(&endpoint->url, base, len);
    mneme_buffer_append(&endpoint->url, PATH, sizeof PATH);
    mneme_redact(&endpoint->shown_url, mneme_str_from(endpoint->url.failed ? "" : endpoint->url.data));
    mneme_buffer_append_byte(&endpoint->shown_url, '\0');
    return endpoint->url.failed || endpoint->shown_url.failed ? out_of_memory(error) : MNEME_OK;
}

static bool add_header(struct mneme_endpoint *endpoint, const char *header) {
    struct curl_slist *headers = curl_slist_append(endpoint->headers, header);
    endpoint->headers = headers == NULL ? endpoint->headers : headers;
    return headers != NULL;
}

static int set_headers(struct mneme_endpoint *endpoint, const char *key, struct mneme_error *error) {
    struct mneme_buffer authorization = {0};
    mneme_buffer_printf(&authorization, "Authorization: Bearer %s", key);
    mneme_buffer_append_byte(&authorization, '\0');
    /* Without the third one curl would wait whether the endpoint wants a long body at all. */
    bool is_set = !authorization.failed && add_header(endpoint, "Content-Type: application/json") &&
                  add_header(endpoint, "Accept: application/json") && add_header(endpoint, "Expect:") &&
                  (key[0] == '\0' || add_header(endpoint, authorization.data));
    mneme_buffer_clean_up(&authorization);
    return is_set ? MNEME_OK : out_of_memory(error);
}

int mneme_endpoint_open(struct mneme_endpoint **out, const struct mneme_config *config,
                        struct mneme_error *error) {
    struct mneme_endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (endpoint == NULL) {
        return out_of_memory(error);
    }
    endpoint->slot_count = (size_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_CONCURRENCY);
    endpoint->slots = calloc(endpoint->slot_count, sizeof *endpoint->slots);
    endpoint->multi = curl_multi_init();
    int status = endpoint->slots == NULL || endpoint->multi == NULL ? out_of_memory(error) : MNEME_OK;
    if (status == MNEME_OK) {
        status = set_url(endpoint, mneme_config_string(config, MNEME_SETTING_OPENAI_BASE_URL), error);
    }
    if (status == MNEME_OK) {
        status = set_headers(endpoint, mneme_config_string(config, MNEME_SETTING_OPENAI_API_KEY), error);
    }
    if (status != MNEME_OK) {
        mneme_endpoint_close(endpoint);
        return status;
    }
    *out = endpoint;
    return MNEME_OK;
}

void mneme_endpoint_close(struct mneme_endpoint *endpoint) {
    if (endpoint == NULL) {
        return;
    }
    if (endpoint->slots != NULL) {
        mneme_endpoint_cancel(endpoint);
        for (size_t i = 0; i < endpoint->slot_count; i++) {
            curl_easy_cleanup(endpoint->slots[i].easy);
            mneme_buffer_clean_up(&endpoint->slots[i].request);
            mneme_buffer_clean_up(&endpoint->slots[i].answer);
        }
    }
    curl_multi_cleanup(endpoint->multi);
    curl_slist_free_all(endpoint->headers);
    mneme_buffer_clean_up(&endpoint->url);
    mneme_buffer_clean_up(&endpoint->shown_url);
    free(endpoint->slots);
    free(endpoint);
}

const char *mneme_endpoint_shown_url(const struct mneme_endpoint *endpoint) {
    return endpoint->shown_url.data;
}

size_t mneme_endpoint_slots(const struct mneme_endpoint *endpoint) {
    return endpoint->slot_count;
}

struct mneme_buffer *mneme_endpoint_body(struct mneme_endpoint *endpoint, size_t slot) {
    struct mneme_buffer *body = &endpoint->slots[slot].request;
    mneme_buffer_clear(body);
    return body;
}

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
        slot->retry_after_ms = mneme_retry_after_ms((struct mneme_str){data + name.len, len - name.len},
                                                    mneme_clock_now_micros());
    }
    return len;
}

/* What is the same for all requests of a slot. */
static bool set_up(const struct mneme_endpoint *endpoint, struct slot *slot) {
    slot->easy = curl_easy_init();
    CURL *easy = slot->easy;
    return easy != NULL && curl_easy_setopt(easy, CURLOPT_URL, endpoint->url.data) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, endpoint->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "mneme/" MNEME_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, slot) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->reason) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK;
}

int mneme_endpoint_start(struct mneme_endpoint *endpoint, size_t index, int64_t timeout_ms,
                         size_t max_answer_bytes, struct mneme_error *error) {
    struct slot *slot = &endpoint->slots[index];
    mneme_buffer_clear(&slot->answer);
    slot->max_answer_bytes = max_answer_bytes;
    slot->is_too_long = false;
    slot->retry_after_ms = -1;
    slot->reason[0] = '\0';
    if (slot->request.failed || (slot->easy == NULL && !set_up(endpoint, slot))) {
        curl_easy_cleanup(slot->easy);
        slot->easy = NULL;
        return out_of_memory(error);
    }
    CURL *easy = slot->easy;
    bool is_set =
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(timeout_ms < 1 ? 1 : timeout_ms)) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->request.len) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot->request.data) == CURLE_OK;
    if (!is_set || curl_multi_add_handle(endpoint->multi, easy) != CURLM_OK) {
        return out_of_memory(error);
    }
    slot->is_busy = true;
    return MNEME_OK;
}

static void fill_reply(struct mneme_endpoint_reply *reply, const struct mneme_endpoint *endpoint,
                       struct slot *slot, CURLcode code) {
    *reply = (struct mneme_endpoint_reply){
        .slot = (size_t)(slot - endpoint->slots),
        .is_timeout = code == CURLE_OPERATION_TIMEDOUT,
        .retry_after_ms = slot->retry_after_ms,
        .body = mneme_buffer_str(&slot->answer),
        .reason = slot->reason,
    };
    if (code == CURLE_OK) {
        code = curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &reply->http_status);
    }
    if (code != CURLE_OK) {
        reply->http_status = 0;
        if (slot->is_too_long) {
            (void)snprintf(slot->reason, sizeof slot->reason, "the answer is longer than %zu bytes",
                           slot->max_answer_bytes);
        } else if (slot->reason[0] == '\0') {
            (void)snprintf(slot->reason, sizeof slot->reason, "%s", curl_easy_strerror(code));
        }
    }
}

static bool take_done(struct mneme_endpoint_reply *reply, struct mneme_endpoint *endpoint) {
    int left;
    for (CURLMsg *message = curl_multi_info_read(endpoint->multi, &left); message != NULL;
         message = curl_multi_info_read(endpoint->multi, &left)) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        /* Taking the handle away ends the life of the message. */
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct slot *slot = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
        curl_multi_remove_handle(endpoint->multi, easy);
        slot->is_busy = false;
        fill_reply(reply, endpoint, slot, code);
        return true;
    }
    return false;
}

bool mneme_endpoint_take(struct mneme_endpoint_reply *reply, struct mneme_endpoint *endpoint, int wait_ms) {
    int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)wait_ms * 1000;
    for (;;) {
        int running = 0;
        CURLMcode code = curl_multi_perform(endpoint->multi, &running);
        if (take_done(reply, endpoint)) {
            return true;
        }
        int64_t left = deadline - mneme_clock_monotonic_micros();
        if (left <= 0) {
            return false;
        }
        if (code != CURLM_OK ||
            curl_multi_poll(endpoint->multi, NULL, 0, (int)(left / 1000 + 1), NULL) != CURLM_OK) {
            mneme_clock_pause(left);
        }
    }
}

void mneme_endpoint_cancel(struct mneme_endpoint *endpoint) {
    for (size_t i = 0; i < endpoint->slot_count; i++) {
        if (endpoint->slots[i].is_busy) {
            curl_multi_remove_handle(endpoint->multi, endpoint->slots[i].easy);
            endpoint->slots[i].is_busy = false;
        }
    }
}
