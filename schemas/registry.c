/*
 * The registry's two requests, each with its own client, so that any thread may ask.
 */
#include "schemas/registry.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/redact.h"
#include "common/http/http.h"
#include "common/json/write.h"

#define MAX_TRIES 4
#define FIRST_PAUSE_MS 100
#define LONGEST_PAUSE_MS 1000
#define MAX_ANSWER_BYTES (4U << 20)
#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"

struct mneme_registry {
    char *base_url;
    int64_t timeout_ms;
};

/* What the registry's HTTP statuses mean; whole classes come last. */
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

static int open_client(struct mneme_http **out, const char *base_url, struct mneme_error *error) {
    static const char *const headers[] = {"Content-Type: " CONTENT_TYPE,
                                          "Accept: " CONTENT_TYPE ", application/json", NULL};
    const struct mneme_http_options options = {.base_url = base_url,
                                               .base_url_setting = "SCHEMA_REGISTRY_URL",
                                               .service = "the registry",
                                               .headers = headers};
    return mneme_http_open(out, &options, error);
}

int mneme_registry_new(struct mneme_registry **out, const char *base_url, int64_t timeout_ms,
                       struct mneme_error *error) {
    struct mneme_http *client = NULL;
    int status = open_client(&client, base_url, error); /* checks the address */
    mneme_http_close(client);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_registry *registry = calloc(1, sizeof *registry);
    char *url = strdup(base_url);
    if (registry == NULL || url == NULL) {
        free(registry);
        free(url);
        return out_of_memory(error);
    }
    registry->base_url = url;
    registry->timeout_ms = timeout_ms;
    *out = registry;
    return MNEME_OK;
}

void mneme_registry_destroy(struct mneme_registry *registry) {
    if (registry != NULL) {
        free(registry->base_url);
        free(registry);
    }
}

/* The registry's error code if it has no schema with an id: a 404 without it may come from any server, and
 * suggests that the address is wrong. */
#define NO_SUCH_SCHEMA 40403

/* The registry's own words for a failure, else those of HTTP; *code is the error code in its answer, 0 if
 * there is none. */
static int explain(json_int_t *code, const struct mneme_http_answer *answer, const struct mneme_http *client,
                   const char *what, struct mneme_error *error) {
    enum mneme_status status = mneme_registry_classify(answer->status);
    const char *url = mneme_http_shown_url(client);
    static const char *const advice[] = {
        [-MNEME_E_UNAVAILABLE] = "check that it is running and that SCHEMA_REGISTRY_URL is right",
        [-MNEME_E_DENIED] = "check the user and password in SCHEMA_REGISTRY_URL",
        [-MNEME_E_CONFLICT] = "a schema of this subject forbids it; see the registry's compatibility rule",
        [-MNEME_E_INVALID] = "see what else is registered under this subject",
        [-MNEME_E_NOT_FOUND] = "check SCHEMA_REGISTRY_URL and that nobody deleted it",
        [-MNEME_E_INTERNAL] = "check that SCHEMA_REGISTRY_URL is the address of a schema registry",
    };
    json_t *body = json_loadb(answer->body.data, answer->body.len, 0, NULL);
    const char *message = json_string_value(json_object_get(body, "message"));
    *code = json_integer_value(json_object_get(body, "error_code"));
    if (answer->status == 0) {
        status = mneme_error_set(error, status, "%s: the schema registry at %s does not answer: %s; %s", what,
                                 url, answer->reason, advice[-status]);
    } else {
        status =
            mneme_error_set(error, status == MNEME_E_CONFLICT ? MNEME_E_INVALID : status,
                            "%s: the schema registry at %s answered %ld: %.300s; %s", what, url,
                            answer->status, message == NULL ? "no reason given" : message, advice[-status]);
    }
    json_decref(body);
    return status;
}

/* Retries until there is a final answer, or the tries are used up. A conflict is final when it comes twice:
 * the first may be with the same schema, just being registered by another program or by a try that timed out.
 * A missing schema is final only after all tries: a follower server may lag behind. */
static int request(json_t **out, json_int_t *code, const struct mneme_registry *registry, const char *what,
                   const struct mneme_buffer *path, const struct mneme_buffer *body,
                   struct mneme_error *error) {
    struct mneme_http *client = NULL;
    struct mneme_http_answer answer = {0};
    struct mneme_backoff backoff;
    if (path->failed || (body != NULL && body->failed)) {
        return out_of_memory(error);
    }
    const struct mneme_http_request asked = {.path = path->data,
                                             .body = body == NULL ? MNEME_STR_NULL : mneme_buffer_str(body),
                                             .timeout_ms = registry->timeout_ms,
                                             .max_answer_bytes = MAX_ANSWER_BYTES};
    int result = open_client(&client, registry->base_url, error);
    enum mneme_status status = MNEME_E_UNAVAILABLE;
    int conflicts = 0;
    mneme_backoff_init(&backoff, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    for (int tries = 0; result == MNEME_OK && tries < MAX_TRIES &&
                        (status == MNEME_E_UNAVAILABLE || (body != NULL && conflicts == 1) ||
                         (body == NULL && status == MNEME_E_NOT_FOUND));
         tries++) {
        if (tries > 0) {
            mneme_clock_pause(mneme_backoff_next_ms(&backoff) * 1000);
        }
        result = mneme_http_ask(&answer, client, &asked, NULL, NULL, error);
        status = mneme_registry_classify(answer.status); /* without an answer the status is 0 */
        conflicts = status == MNEME_E_CONFLICT ? conflicts + 1 : 0;
    }
    if (result == MNEME_OK && status != MNEME_OK) {
        result = explain(code, &answer, client, what, error);
    } else if (result == MNEME_OK) {
        json_error_t reason;
        *out = json_loadb(answer.body.data, answer.body.len, 0, &reason);
        if (*out == NULL) {
            result = mneme_error_set(error, MNEME_E_INTERNAL,
                                     "%s: the answer of %s is not JSON: %s; check that SCHEMA_REGISTRY_URL "
                                     "is the address of a schema registry",
                                     what, mneme_http_shown_url(client), reason.text);
        }
    }
    mneme_http_close(client);
    return result;
}

static int not_understood(const struct mneme_registry *registry, const char *what,
                          struct mneme_error *error) {
    struct mneme_buffer url = {0};
    mneme_redact(&url, mneme_str_from(registry->base_url));
    int status = mneme_error_set(error, MNEME_E_INTERNAL,
                                 "%s: the answer of %.*s lacks the expected member; check that "
                                 "SCHEMA_REGISTRY_URL is the address of a "
                                 "schema registry",
                                 what, MNEME_STR_ARG(mneme_buffer_str(&url)));
    mneme_buffer_clean_up(&url);
    return status;
}

int mneme_registry_register(int32_t *id, const struct mneme_registry *registry, const char *subject,
                            const char *schema_json, struct mneme_error *error) {
    static const char what[] = "cannot register the event schema";
    struct mneme_buffer path = {0};
    struct mneme_buffer body = {0};
    json_t *answer = NULL;
    json_int_t code = 0;
    mneme_buffer_append_str(&path, MNEME_STR_LIT("/subjects/"));
    mneme_http_append_part(&path, mneme_str_from(subject));
    mneme_buffer_append(&path, "/versions", sizeof "/versions");
    struct mneme_json_writer json = {.out = &body};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("schema"));
    mneme_json_string(&json, mneme_str_from(schema_json));
    mneme_json_end_object(&json);
    int status = request(&answer, &code, registry, what, &path, &body, error);
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
    mneme_buffer_append_byte(&path, '\0');
    int status = request(&answer, &code, registry, what, &path, NULL, error);
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
