/*
 * Opening and closing; a call is in embedder_call.c.
 */
#include <stdlib.h>

#include "common/base/clock.h"
#include "endpoints/embedding/embedder_state.h"

#define ARENA_BLOCK_BYTES ((size_t)1024 * 1024)
#define CONNECT_TIMEOUT_MS 5000

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "texts were not embedded: out of memory; free some memory");
}

/* Copies the model's strings. */
static int take_model(struct mneme_embedder *embedder, const struct mneme_embedder_model_info *model,
                      struct mneme_error *error) {
    const char *const strings[] = {model->name, model->query_prefix, model->passage_prefix};
    size_t at[3];
    for (size_t i = 0; i < 3; i++) {
        at[i] = embedder->strings.len;
        mneme_buffer_append(&embedder->strings, strings[i], strlen(strings[i]) + 1);
    }
    if (embedder->strings.failed) {
        return no_memory(error);
    }
    const char *base = embedder->strings.data;
    embedder->model =
        (struct mneme_embedder_model_info){base + at[0], base + at[1], base + at[2], model->dimensions};
    embedder->dimensions = model->dimensions;
    return MNEME_OK;
}

static void take_settings(struct mneme_embedder *embedder, const struct mneme_config *config) {
    embedder->asked_dimensions = (size_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_DIMENSIONS);
    embedder->batch = (size_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_BATCH);
    embedder->timeout_ms = mneme_config_long(config, MNEME_SETTING_EMBEDDING_TIMEOUT_MS);
    embedder->tries = mneme_config_long(config, MNEME_SETTING_EMBEDDING_TRIES);
    embedder->first_pause_ms = mneme_config_long(config, MNEME_SETTING_RETRY_INITIAL_MS);
    embedder->longest_pause_ms = mneme_config_long(config, MNEME_SETTING_RETRY_MAX_MS);
    mneme_breaker_init(&embedder->breaker,
                       mneme_config_long(config, MNEME_SETTING_EMBEDDING_BREAKER_FAILURES),
                       mneme_config_long(config, MNEME_SETTING_EMBEDDING_BREAKER_OPEN_MS) * 1000);
    mneme_rate_init(&embedder->rate, mneme_config_long(config, MNEME_SETTING_EMBEDDING_RATE),
                    mneme_clock_monotonic_micros());
}

static int open_endpoint(struct mneme_embedder *embedder, const struct mneme_config *config,
                         struct mneme_error *error) {
    static const char *const headers[] = {"Content-Type: application/json", "Accept: application/json", NULL};
    const struct mneme_http_options options = {
        .base_url = mneme_config_string(config, MNEME_SETTING_OPENAI_BASE_URL),
        .base_url_setting = "OPENAI_BASE_URL",
        .service = "an OpenAI-compatible endpoint, such as http://127.0.0.1:8080/v1",
        .bearer = mneme_config_string(config, MNEME_SETTING_OPENAI_API_KEY),
        .bearer_setting = "OPENAI_API_KEY",
        .headers = headers,
        .slots = (size_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_CONCURRENCY),
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
    };
    int status = mneme_http_open(&embedder->http, &options, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_buffer_printf(&embedder->shown_url, "%s" MNEME_EMBEDDER_PATH, mneme_http_shown_url(embedder->http));
    mneme_buffer_append_byte(&embedder->shown_url, '\0');
    embedder->in_flight = calloc(mneme_http_slots(embedder->http), sizeof *embedder->in_flight);
    embedder->requests = calloc(mneme_http_slots(embedder->http), sizeof *embedder->requests);
    return embedder->in_flight == NULL || embedder->requests == NULL || embedder->shown_url.failed
               ? no_memory(error)
               : MNEME_OK;
}

int mneme_embedder_open(struct mneme_embedder **out, const struct mneme_config *config,
                        const struct mneme_embedder_model_info *model, struct mneme_error *error) {
    struct mneme_embedder_model_info of_settings;
    mneme_embedder_model_of(&of_settings, config);
    struct mneme_embedder *embedder = calloc(1, sizeof *embedder);
    if (embedder == NULL) {
        return no_memory(error);
    }
    mneme_arena_init(&embedder->arena, ARENA_BLOCK_BYTES);
    take_settings(embedder, config);
    int status = take_model(embedder, model == NULL ? &of_settings : model, error);
    if (status == MNEME_OK) {
        status = open_endpoint(embedder, config, error);
    }
    if (status != MNEME_OK) {
        mneme_embedder_close(embedder);
        return status;
    }
    *out = embedder;
    return MNEME_OK;
}

void mneme_embedder_close(struct mneme_embedder *embedder) {
    if (embedder != NULL) {
        for (size_t i = 0; embedder->requests != NULL && i < mneme_http_slots(embedder->http); i++) {
            mneme_buffer_clean_up(&embedder->requests[i]);
        }
        mneme_http_close(embedder->http);
        mneme_buffer_clean_up(&embedder->shown_url);
        mneme_buffer_clean_up(&embedder->strings);
        mneme_buffer_clean_up(&embedder->scratch);
        mneme_arena_clean_up(&embedder->arena);
        free(embedder->in_flight);
        free(embedder->requests);
        free(embedder);
    }
}

size_t mneme_embedder_dimensions(const struct mneme_embedder *embedder) {
    return embedder->dimensions;
}

const struct mneme_embedder_model_info *mneme_embedder_model(const struct mneme_embedder *embedder) {
    return &embedder->model;
}
