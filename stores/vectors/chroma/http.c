/*
 * Requests to Chroma, and a table of what the answers mean.
 */
#include <limits.h>
#include <stdio.h>

#include "stores/vectors/chroma/chroma.h"

#define MAX_ANSWER_BYTES ((size_t)512 << 20)

#define NOT_THERE "check that it is running, and check CHROMA_URL"

/* The meaning of a status, and what to do. */
static const struct rule {
    long from, to;
    enum mneme_status status;
    const char *advice;
} rules[] = {
    {200, 299, MNEME_OK, ""},
    {400, 400, MNEME_E_INVALID, "read the log of Chroma"},
    {401, 401, MNEME_E_DENIED, "check the user and password in CHROMA_URL"},
    {403, 403, MNEME_E_DENIED, "check the user and password in CHROMA_URL"},
    {404, 404, MNEME_E_NOT_FOUND, "check CHROMA_URL, MNEME_CHROMA_TENANT and MNEME_CHROMA_DATABASE"},
    {408, 408, MNEME_E_UNAVAILABLE, NOT_THERE},
    {413, 413, MNEME_E_TOO_LARGE, "lower MNEME_BATCH_MAX_EVENTS"},
    {422, 422, MNEME_E_INVALID, "read the log of Chroma"},
    /* Another program that answers there may be replaced by Chroma, so trying again makes sense. */
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
                           "cannot process vectors: out of memory; free some memory");
}

/* Chroma's message about a failure, or the HTTP status. */
static int explain(const struct mneme_chroma *store, const struct mneme_http_answer *answer, const char *what,
                   struct mneme_error *error) {
    const struct rule *rule = rule_of(answer->status);
    const char *url = mneme_http_shown_url(store->http);
    if (answer->status == 0) {
        return mneme_error_set(error, rule->status, "%s: Chroma at %s does not answer: %s; %s", what, url,
                               answer->reason, rule->advice);
    }
    json_t *body = json_loadb(answer->body.data, answer->body.len, 0, NULL);
    const char *message = json_string_value(json_object_get(body, "message"));
    int status = mneme_error_set(error, rule->status, "%s: Chroma at %s answered %ld: %.300s; %s", what, url,
                                 answer->status, message == NULL ? "no reason given" : message, rule->advice);
    json_decref(body);
    return status;
}

int mneme_chroma_not_understood(const struct mneme_chroma *store, const char *what,
                                struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                           "%s: the server at %s is not Chroma, or another version of it; check CHROMA_URL",
                           what, mneme_http_shown_url(store->http));
}

int mneme_chroma_call(json_t **out, struct mneme_chroma *store, const char *method, const char *path,
                      bool has_body, const char *what, struct mneme_error *error) {
    mneme_buffer_clear(&store->path);
    mneme_buffer_append_str(&store->path, mneme_buffer_str(&store->prefix));
    mneme_buffer_append(&store->path, path, strlen(path) + 1);
    if (store->path.failed || (has_body && store->request.failed)) {
        return mneme_chroma_out_of_memory(error);
    }
    const struct mneme_http_request request = {
        .path = store->path.data,
        .method = method,
        .body = has_body ? mneme_buffer_str(&store->request) : MNEME_STR_NULL,
        .timeout_ms = store->timeout_ms,
        .max_answer_bytes = MAX_ANSWER_BYTES,
    };
    struct mneme_http_answer said;
    int status = mneme_http_ask(&said, store->http, &request, NULL, NULL, error);
    if (status != MNEME_OK || said.outcome == MNEME_HTTP_NO_MEMORY) {
        return mneme_chroma_out_of_memory(error);
    }
    if (mneme_chroma_classify(said.status) != MNEME_OK) {
        return explain(store, &said, what, error);
    }
    json_t *answer = json_loadb(said.body.data, said.body.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
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
        store->place_count = 0; /* it may have been created again */
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "%s: Chroma at %s has lost the collection %s; run `mneme rebuild vectors`",
                               what, mneme_http_shown_url(store->http), place->name);
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
