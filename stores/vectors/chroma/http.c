/*
 * Requests to Chroma over one connection that is kept. Redirects are not followed and no scheme but http and
 * https is spoken; answers have a limit of size. What an answer means is a table.
 */
#include <limits.h>
#include <stdio.h>

#include "stores/vectors/chroma/chroma.h"

#define MAX_ANSWER_BYTES ((size_t)512 << 20)

#define NOT_THERE "check that it is running and that CHROMA_URL is right"

/* What a status means, and what to do then. */
static const struct rule {
    long from, to;
    enum mneme_status status;
    const char *advice;
} rules[] = {
    {200, 299, MNEME_OK, ""},
    {400, 400, MNEME_E_INVALID, "see what Chroma says"},
    {401, 401, MNEME_E_DENIED, "check the user and password in CHROMA_URL"},
    {403, 403, MNEME_E_DENIED, "check the user and password in CHROMA_URL"},
    {404, 404, MNEME_E_NOT_FOUND, "check CHROMA_URL, MNEME_CHROMA_TENANT and MNEME_CHROMA_DATABASE"},
    {408, 408, MNEME_E_UNAVAILABLE, NOT_THERE},
    {413, 413, MNEME_E_TOO_LARGE, "lower MNEME_BATCH_MAX_EVENTS"},
    {422, 422, MNEME_E_INVALID, "see what Chroma says"},
    /* Whatever else speaks there may be replaced by Chroma: it is asked again. */
    {0, INT_MAX, MNEME_E_UNAVAILABLE, NOT_THERE},
};

static const struct rule *rule_of(long http_status) {
    const struct rule *rule = rules;
    while (http_status < rule->from || http_status > rule->to) {
        rule++;
    }
    return rule;
}

enum mneme_status mneme_chroma_classify(long http_status) {
    return rule_of(http_status)->status;
}

int mneme_chroma_out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "the vectors were not handled: out of memory; free some memory");
}

static size_t receive(char *data, size_t item_bytes, size_t items, void *context) {
    struct mneme_buffer *answer = context;
    size_t len = item_bytes * items;
    if (answer->len + len > MAX_ANSWER_BYTES) {
        return 0; /* curl ends the request with an error */
    }
    mneme_buffer_append(answer, data, len);
    return answer->failed ? 0 : len;
}

static CURLcode set_up(struct mneme_chroma *store, const char *method, const char *url, bool has_body,
                       const char *reason) {
    CURL *curl = store->curl;
    curl_easy_reset(curl); /* keeps the connection */
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_FOLLOWLOCATION, 0L},
        {CURLOPT_NOSIGNAL, 1L},
        {CURLOPT_TIMEOUT_MS, (long)store->timeout_ms},
        {CURLOPT_TCP_KEEPALIVE, 1L},
    };
    const struct {
        CURLoption option;
        const void *value;
    } pointers[] = {
        {CURLOPT_URL, url},
        {CURLOPT_PROTOCOLS_STR, "http,https"},
        {CURLOPT_CUSTOMREQUEST, method},
        {CURLOPT_HTTPHEADER, store->headers},
        {CURLOPT_USERAGENT, "mneme/" MNEME_VERSION},
        {CURLOPT_ERRORBUFFER, reason},
        {CURLOPT_WRITEDATA, &store->answer},
    };
    CURLcode code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == CURLE_OK; i++) {
        code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
    }
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers && code == CURLE_OK; i++) {
        code = curl_easy_setopt(curl, pointers[i].option, pointers[i].value);
    }
    if (code == CURLE_OK && has_body) {
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)store->request.len);
    }
    if (code == CURLE_OK && has_body) {
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, store->request.data);
    }
    return code;
}

/* Gives the HTTP status, 0 when no answer came. */
static long perform(struct mneme_chroma *store, const char *method, const char *path, bool has_body,
                    char reason[CURL_ERROR_SIZE]) {
    struct mneme_buffer url = {0};
    long http_status = 0;
    reason[0] = '\0';
    mneme_buffer_clear(&store->answer);
    mneme_buffer_printf(&url, "%s%s", store->base_url, path);
    mneme_buffer_append_byte(&url, 0);
    CURLcode code = url.failed ? CURLE_OUT_OF_MEMORY : set_up(store, method, url.data, has_body, reason);
    if (code == CURLE_OK) {
        code = curl_easy_perform(store->curl);
    }
    if (code == CURLE_OK) {
        code = curl_easy_getinfo(store->curl, CURLINFO_RESPONSE_CODE, &http_status);
    }
    if (code != CURLE_OK && reason[0] == '\0') {
        (void)snprintf(reason, CURL_ERROR_SIZE, "%s", curl_easy_strerror(code));
    }
    mneme_buffer_clean_up(&url);
    return code == CURLE_OK ? http_status : 0;
}

/* Chroma's own words on a failure, else those of HTTP. */
static int explain(const struct mneme_chroma *store, long http_status, const char *reason, const char *what,
                   struct mneme_error *error) {
    const struct rule *rule = rule_of(http_status);
    if (http_status == 0) {
        return mneme_error_set(error, rule->status, "%s: Chroma at %s does not answer: %s; %s", what,
                               store->shown.data, reason, rule->advice);
    }
    json_t *body = json_loadb(mneme_buffer_str(&store->answer).data, store->answer.len, 0, NULL);
    const char *message = json_string_value(json_object_get(body, "message"));
    int status = mneme_error_set(error, rule->status, "%s: Chroma at %s answered %ld: %.300s; %s", what,
                                 store->shown.data, http_status,
                                 message == NULL ? "no reason given" : message, rule->advice);
    json_decref(body);
    return status;
}

int mneme_chroma_not_understood(const struct mneme_chroma *store, const char *what,
                                struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                           "%s: what answers at %s is not Chroma, or another version of it; check CHROMA_URL",
                           what, store->shown.data);
}

int mneme_chroma_call(json_t **out, struct mneme_chroma *store, const char *method, const char *path,
                      bool has_body, const char *what, struct mneme_error *error) {
    char reason[CURL_ERROR_SIZE];
    if (has_body && store->request.failed) {
        return mneme_chroma_out_of_memory(error);
    }
    long http_status = perform(store, method, path, has_body, reason);
    if (store->answer.failed) {
        return mneme_chroma_out_of_memory(error);
    }
    if (mneme_chroma_classify(http_status) != MNEME_OK) {
        return explain(store, http_status, reason, what, error);
    }
    json_t *answer = json_loadb(mneme_buffer_str(&store->answer).data, store->answer.len,
                                JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (answer == NULL) {
        return mneme_chroma_not_understood(store, what, error);
    }
    if (out != NULL) {
        *out = answer;
    } else {
        json_decref(answer);
    }
    return MNEME_OK;
}

int mneme_chroma_post(json_t **out, struct mneme_chroma *store, const struct mneme_chroma_place *place,
                      const char *verb, const char *what, struct mneme_error *error) {
    char path[96];
    snprintf(path, sizeof path, "/collections/%s/%s", place->id, verb);
    int status = mneme_chroma_call(out, store, "POST", path, true, what, error);
    if (status == MNEME_E_NOT_FOUND) {
        store->place_count = 0; /* it may have been made again */
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "%s: Chroma at %s has lost the collection %s; run `mneme rebuild vectors`",
                               what, store->shown.data, place->name);
    }
    return status;
}

void mneme_chroma_put_include(struct mneme_json_writer *json, const char *first, const char *second) {
    mneme_json_key(json, MNEME_STR_LIT("include"));
    mneme_json_begin_array(json);
    mneme_json_string(json, mneme_str_from(first));
    if (second != NULL) {
        mneme_json_string(json, mneme_str_from(second));
    }
    mneme_json_end_array(json);
}

bool mneme_chroma_read_vector(struct mneme_buffer *floats, size_t dimensions, const json_t *embedding) {
    if (json_array_size(embedding) != dimensions) {
        return false;
    }
    for (size_t i = 0; i < dimensions; i++) {
        const json_t *number = json_array_get(embedding, i);
        float value = (float)json_number_value(number);
        if (!json_is_number(number)) {
            return false;
        }
        mneme_buffer_append(floats, &value, sizeof value);
    }
    return true;
}
