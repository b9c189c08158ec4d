/*
 * Requests a list, which costs the service nothing. A service that has no such list says so, which is an
 * answer, too.
 */
#include "queries/status_endpoints.h"

#include <stdio.h>

#include "common/http/http.h"

#define MAX_ANSWER_BYTES ((size_t)1024 * 1024)

static bool is_refusal(long status) {
    return status == 401 || status == 403;
}

static bool is_failure(long status) {
    return status == 500 || (status >= 502 && status <= 504);
}

static int ask(char *detail, size_t detail_bytes, const struct mneme_http_options *options, const char *path,
               int64_t timeout_ms, struct mneme_error *error) {
    const struct mneme_http_request request = {
        .path = path, .timeout_ms = timeout_ms, .max_answer_bytes = MAX_ANSWER_BYTES};
    struct mneme_http *http = NULL;
    struct mneme_http_answer answer = {0};
    int status = mneme_http_open(&http, options, error);
    if (status == MNEME_OK) {
        status = mneme_http_ask(&answer, http, &request, NULL, NULL, error);
    }
    if (status == MNEME_OK && answer.outcome != MNEME_HTTP_ANSWERED &&
        answer.outcome != MNEME_HTTP_TOO_LONG) {
        status = mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                 "%s at %s does not answer: %s; check that it runs, and %s", options->service,
                                 mneme_http_shown_url(http), answer.reason, options->base_url_setting);
    } else if (status == MNEME_OK && is_refusal(answer.status)) {
        status = mneme_error_set(error, MNEME_E_DENIED, "%s at %s refuses access: HTTP %ld; check %s",
                                 options->service, mneme_http_shown_url(http), answer.status,
                                 options->bearer_setting != NULL ? options->bearer_setting
                                                                 : options->base_url_setting);
    } else if (status == MNEME_OK && is_failure(answer.status)) {
        status = mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s at %s fails: HTTP %ld; see its log",
                                 options->service, mneme_http_shown_url(http), answer.status);
    }
    if (status == MNEME_OK) {
        snprintf(detail, detail_bytes, "%s answers", mneme_http_shown_url(http));
    }
    mneme_http_close(http);
    return status;
}

/* A setting that is only the default may name a service that does not exist here. */
static bool is_given(const struct mneme_config *config, enum mneme_setting setting) {
    return mneme_config_source(config, setting) != MNEME_FROM_DEFAULT &&
           mneme_config_string(config, setting)[0] != '\0';
}

static int tell_unused(bool *is_unused, char *detail, size_t detail_bytes, enum mneme_setting setting) {
    *is_unused = true;
    snprintf(detail, detail_bytes, "%s is not set", mneme_setting_info(setting)->env);
    return MNEME_OK;
}

int mneme_status_ask_embedding(bool *is_unused, char *detail, size_t detail_bytes,
                               const struct mneme_config *config, int64_t timeout_ms,
                               struct mneme_error *error) {
    const struct mneme_http_options options = {
        .base_url = mneme_config_string(config, MNEME_SETTING_OPENAI_BASE_URL),
        .base_url_setting = mneme_setting_info(MNEME_SETTING_OPENAI_BASE_URL)->env,
        .service = "the embedding endpoint",
        .bearer = mneme_config_string(config, MNEME_SETTING_OPENAI_API_KEY),
        .bearer_setting = mneme_setting_info(MNEME_SETTING_OPENAI_API_KEY)->env,
    };
    *is_unused = false;
    return is_given(config, MNEME_SETTING_OPENAI_BASE_URL)
               ? ask(detail, detail_bytes, &options, "/models", timeout_ms, error)
               : tell_unused(is_unused, detail, detail_bytes, MNEME_SETTING_OPENAI_BASE_URL);
}

int mneme_status_ask_registry(bool *is_unused, char *detail, size_t detail_bytes,
                              const struct mneme_config *config, int64_t timeout_ms,
                              struct mneme_error *error) {
    const struct mneme_http_options options = {
        .base_url = mneme_config_string(config, MNEME_SETTING_SCHEMA_REGISTRY_URL),
        .base_url_setting = mneme_setting_info(MNEME_SETTING_SCHEMA_REGISTRY_URL)->env,
        .service = "the schema registry",
    };
    *is_unused = false;
    return is_given(config, MNEME_SETTING_SCHEMA_REGISTRY_URL)
               ? ask(detail, detail_bytes, &options, "/schemas/types", timeout_ms, error)
               : tell_unused(is_unused, detail, detail_bytes, MNEME_SETTING_SCHEMA_REGISTRY_URL);
}
