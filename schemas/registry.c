/*
 * The registry's two requests over libcurl. Redirects are not followed and no scheme but http and https is
 * spoken, so that an answer cannot send the worker elsewhere; answers have a limit of size.
 */
#include "schemas/registry.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/backoff.h"
#include "common/base/redact.h"
#include "common/json/write.h"

#define MAX_TRIES 4
#define FIRST_PAUSE_MS 100
#define LONGEST_PAUSE_MS 1000
#define MAX_ANSWER_BYTES (4U << 20)
#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"

struct mneme_registry {
    char *base_url;                /* without a slash at its end */
    struct mneme_buffer shown_url; /* without its password; NUL-terminated */
    int64_t timeout_ms;
};

struct answer {
    struct mneme_buffer body;
    long http_status; /* 0: none came */
    char reason[CURL_ERROR_SIZE];
};

/* What the registry's HTTP statuses mean, those of a class last. */
static const struct {
    long from, to;
    enum mneme_status status;
} http_rules[] = {
    {200, 299, MNEME_OK},          {401, 401, MNEME_E_DENIED},      {403, 403, MNEME_E_DENIED},
    {404, 404, MNEME_E_NOT_FOUND}, {408, 408, MNEME_E_UNAVAILABLE}, {409, 409, MNEME_E_CONFLICT},
    {422, 422, MNEME_E_INVALID},   {429, 429, MNEME_E_UNAVAILABLE}, {500, 599, MNEME_E_UNAVAILABLE},
};

enum mneme_status mneme_registry_classify(long http_status) {
    for (size_t i = 0; i < sizeof http_rules / sizeof http_rules[0]; i++) {
        if (http_status >= http_rules[i].from && http_status <= http_rules[i].to) {
            return http_rules[i].status;
        }
    }
    return http_status == 0 ? MNEME_E_UNAVAILABLE : MNEME_E_INTERNAL;
}

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot ask the schema registry: out of memory; free some memory");
}

int mneme_registry_new(struct mneme_registry **out, const char *base_url, int64_t timeout_ms,
                       struct mneme_error *error) {
    if (strncmp(base_url, "http://", 7) != 0 && strncmp(base_url, "https://", 8) != 0) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "SCHEMA_REGISTRY_URL cannot be used: it begins with neither http:// nor https://; "
            "give the address of the registry");
    }
    struct mneme_registry *registry = calloc(1, sizeof *registry);
    char *url = strdup(base_url);
    if (registry == NULL || url == NULL) {
        free(registry);
        free(url);
        return out_of_memory(error);
    }
    for (size_t len = strlen(url); len > 0 && url[len - 1] == '/'; len--) {
        url[len - 1] = '\0';
    }
    registry->base_url = url;
    registry->timeout_ms = timeout_ms;
    mneme_redact(&registry->shown_url, mneme_str_from(url));
    mneme_buffer_append_byte(&registry->shown_url, '\0');
    if (registry->shown_url.failed) {
        mneme_registry_destroy(registry);
        return out_of_memory(error);
    }
    *out = registry;
    return MNEME_OK;
}

void mneme_registry_destroy(struct mneme_registry *registry) {
    if (registry != NULL) {
        mneme_buffer_clean_up(&registry->shown_url);
        free(registry->base_url);
        free(registry);
    }
}

static size_t receive(char *data, size_t item_bytes, size_t items, void *context) {
    struct answer *answer = context;
    size_t len = item_bytes * items;
    if (answer->body.len + len > MAX_ANSWER_BYTES) {
        return 0; /* curl ends the request with an error */
    }
    mneme_buffer_append(&answer->body, data, len);
    return answer->body.failed ? 0 : len;
}

/* One request; false when no answer came. `body` is NULL for GET. */
static bool request_once(struct answer *answer, const struct mneme_registry *registry, const char *url,
                         const struct mneme_buffer *body) {
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: " CONTENT_TYPE);
    struct curl_slist *all_headers = curl_slist_append(headers, "Accept: " CONTENT_TYPE ", application/json");
    bool is_set = curl != NULL && all_headers != NULL &&
                  curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)registry->timeout_ms) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, all_headers) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_USERAGENT, "mneme/" MNEME_VERSION) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, answer->reason) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) == CURLE_OK;
    if (is_set && body != NULL) {
        is_set = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) == CURLE_OK &&
                 curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data) == CURLE_OK;
    }
    mneme_buffer_clear(&answer->body);
    answer->http_status = 0;
    answer->reason[0] = '\0';
    CURLcode code = is_set ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK) {
        code = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->http_status);
    }
    if (code != CURLE_OK && answer->reason[0] == '\0') {
        (void)snprintf(answer->reason, sizeof answer->reason, "%s", curl_easy_strerror(code));
    }
    curl_slist_free_all(all_headers == NULL ? headers : all_headers);
    curl_easy_cleanup(curl);
    return code == CURLE_OK;
}

/* What the registry says itself where it has no schema of an id: a mere 404 may come from any server, and
 * says that the address is wrong. */
#define NO_SUCH_SCHEMA 40403

/* The registry's own words on a failure, else those of HTTP; *code is that of its answer, 0 where it has
 * none. */
static int explain(json_int_t *code, const struct answer *answer, const struct mneme_registry *registry,
                   const char *what, struct mneme_error *error) {
    enum mneme_status status = mneme_registry_classify(answer->http_status);
    static const char *const advice[] = {
        [-MNEME_E_UNAVAILABLE] = "check that it is running and that SCHEMA_REGISTRY_URL is right",
        [-MNEME_E_DENIED] = "check the user and password in SCHEMA_REGISTRY_URL",
        [-MNEME_E_CONFLICT] = "a schema of this subject forbids it; see the registry's compatibility rule",
        [-MNEME_E_INVALID] = "see what else is registered under this subject",
        [-MNEME_E_NOT_FOUND] = "check SCHEMA_REGISTRY_URL and that nobody deleted it",
        [-MNEME_E_INTERNAL] = "check that SCHEMA_REGISTRY_URL is the address of a schema registry",
    };
    json_t *body = json_loadb(mneme_buffer_str(&answer->body).data, answer->body.len, 0, NULL);
    const char *message = json_string_value(json_object_get(body, "message"));
    *code = json_integer_value(json_object_get(body, "error_code"));
    if (answer->http_status == 0) {
        status = mneme_error_set(error, status, "%s: the schema registry at %s does not answer: %s; %s", what,
                                 registry->shown_url.data, answer->reason, advice[-status]);
    } else {
        status = mneme_error_set(error, status == MNEME_E_CONFLICT ? MNEME_E_INVALID : status,
                                 "%s: the schema registry at %s answered %ld: %.300s; %s", what,
                                 registry->shown_url.data, answer->http_status,
                                 message == NULL ? "no reason given" : message, advice[-status]);
    }
    json_decref(body);
    return status;
}

static void pause_ms(int64_t ms) {
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&left, NULL); /* a signal ends it early; then the next try comes sooner */
}

/* Asks until there is an answer that will not change by asking again, or the tries are used up. A conflict is
 * believed when it is told twice: the first may be with the same schema, on its way from another program or
 * from a try that was not answered in time. That a schema is not there is believed when all tries tell it: a
 * server that follows another may lag behind. */
static int request(json_t **out, json_int_t *code, const struct mneme_registry *registry, const char *what,
                   const struct mneme_buffer *path, const struct mneme_buffer *body,
                   struct mneme_error *error) {
    struct mneme_buffer url = {0};
    struct answer answer = {0};
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    mneme_buffer_printf(&url, "%s%.*s", registry->base_url, (int)path->len, path->data);
    mneme_buffer_append_byte(&url, '\0');
    enum mneme_status status =
        url.failed || (body != NULL && body->failed) ? MNEME_E_NO_MEMORY : MNEME_E_UNAVAILABLE;
    int conflicts = 0;
    for (int tries = 0; (status == MNEME_E_UNAVAILABLE || (body != NULL && conflicts == 1) ||
                         (body == NULL && status == MNEME_E_NOT_FOUND)) &&
                        tries < MAX_TRIES;
         tries++) {
        if (tries > 0) {
            pause_ms(mneme_backoff_next_ms(&backoff));
        }
        (void)request_once(&answer, registry, url.data, body); /* without an answer the status is 0 */
        status = mneme_registry_classify(answer.http_status);
        conflicts = status == MNEME_E_CONFLICT ? conflicts + 1 : 0;
    }
    int result = MNEME_OK;
    if (status == MNEME_E_NO_MEMORY) {
        result = out_of_memory(error);
    } else if (status != MNEME_OK) {
        result = explain(code, &answer, registry, what, error);
    } else {
        json_error_t reason;
        *out = json_loadb(mneme_buffer_str(&answer.body).data, answer.body.len, 0, &reason);
        if (*out == NULL) {
            result =
                mneme_error_set(error, MNEME_E_INTERNAL,
                                "%s: the answer of %s is no JSON: %s; check that SCHEMA_REGISTRY_URL is the "
                                "address of a schema registry",
                                what, registry->shown_url.data, reason.text);
        }
    }
    mneme_buffer_clean_up(&answer.body);
    mneme_buffer_clean_up(&url);
    return result;
}

static int not_understood(const struct mneme_registry *registry, const char *what,
                          struct mneme_error *error) {
    return mneme_error_set(
        error, MNEME_E_INTERNAL,
        "%s: the answer of %s has no such member; check that SCHEMA_REGISTRY_URL is the address of a "
        "schema registry",
        what, registry->shown_url.data);
}

int mneme_registry_register(int32_t *id, const struct mneme_registry *registry, const char *subject,
                            const char *schema_json, struct mneme_error *error) {
    static const char what[] = "cannot register the event schema";
    struct mneme_buffer path = {0};
    struct mneme_buffer body = {0};
    json_t *answer = NULL;
    json_int_t code = 0;
    char *escaped = curl_easy_escape(NULL, subject, 0);
    if (escaped == NULL) {
        return out_of_memory(error);
    }
    mneme_buffer_printf(&path, "/subjects/%s/versions", escaped);
    struct mneme_json_writer json = {.out = &body};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("schema"));
    mneme_json_string(&json, mneme_str_from(schema_json));
    mneme_json_end_object(&json);
    int status =
        path.failed ? out_of_memory(error) : request(&answer, &code, registry, what, &path, &body, error);
    if (status == MNEME_OK) {
        const json_t *member = json_object_get(answer, "id");
        json_int_t value = json_integer_value(member);
        if (json_is_integer(member) && value >= 0 && value <= INT32_MAX) {
            *id = (int32_t)value;
        } else {
            status = not_understood(registry, what, error);
        }
    }
    json_decref(answer);
    curl_free(escaped);
    mneme_buffer_clean_up(&body);
    mneme_buffer_clean_up(&path);
    return status;
}

int mneme_registry_schema(struct mneme_buffer *schema_json, const struct mneme_registry *registry, int32_t id,
                          struct mneme_error *error) {
    char what[64];
    struct mneme_buffer path = {0};
    json_t *answer = NULL;
    json_int_t code = 0;
    (void)snprintf(what, sizeof what, "cannot read the schema with id %" PRId32, id);
    mneme_buffer_printf(&path, "/schemas/ids/%" PRId32, id);
    int status =
        path.failed ? out_of_memory(error) : request(&answer, &code, registry, what, &path, NULL, error);
    if ((status == MNEME_E_NOT_FOUND && code != NO_SUCH_SCHEMA) || status == MNEME_E_INVALID) {
        status = mneme_error_set(error, MNEME_E_UNKNOWN_SCHEMA, "%s", error == NULL ? "" : error->message);
    } else if (status == MNEME_OK) {
        const char *type = json_string_value(json_object_get(answer, "schemaType"));
        const char *schema = json_string_value(json_object_get(answer, "schema"));
        if (schema == NULL) {
            status = not_understood(registry, what, error);
        } else if (type != NULL && strcmp(type, "AVRO") != 0) {
            status = mneme_error_set(error, MNEME_E_UNKNOWN_SCHEMA,
                                     "%s: it is of type %s, not AVRO; see who wrote it", what, type);
        } else {
            mneme_buffer_append(schema_json, schema, strlen(schema) + 1);
            status = schema_json->failed ? out_of_memory(error) : MNEME_OK;
        }
    }
    json_decref(answer);
    mneme_buffer_clean_up(&path);
    return status;
}
