/*
 * Names of an embedding: its topic, and its key, which people also read in other tools.
 */
#include "common/base/percent.h"
#include "schemas/embedding.h"

#include <ctype.h>
#include <stdio.h>

#define SEPARATOR '/'
#define RESERVED "/"
#define PARTS 4

int mneme_embeddings_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                           const char *model, struct mneme_error *error) {
    return mneme_embeddings_edition_topic(text, config, model, 1, error);
}

int mneme_embeddings_edition_topic(char text[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                                   const char *model, int32_t edition, struct mneme_error *error) {
    char events[MNEME_TOPIC_NAME_BYTES];
    char number[16] = "";
    int status = mneme_kafka_events_topic(events, config, error); /* also checks the prefix */
    if (status != MNEME_OK) {
        return status;
    }
    const char *prefix = mneme_config_string(config, MNEME_SETTING_TOPIC_PREFIX);
    if (edition > 1) {
        snprintf(number, sizeof number, "-%d", (int)edition);
    }
    int len = snprintf(text, MNEME_TOPIC_NAME_BYTES, "%sembeddings%s.%s", prefix, number, model);
    if (len < 0 || len >= MNEME_TOPIC_NAME_BYTES || model[0] == '\0') {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "cannot name the topic of embeddings: the name of the model has %zu bytes, but with "
            "MNEME_TOPIC_PREFIX at most %d are allowed; give the model another name",
            strlen(model), MNEME_TOPIC_NAME_BYTES - 1);
    }
    for (char *at = text + strlen(prefix); *at != '\0'; at++) {
        bool is_allowed =
            (unsigned char)*at < 0x80 && (isalnum((unsigned char)*at) || strchr("._-", *at) != NULL);
        *at = is_allowed ? *at : '-';
    }
    return MNEME_OK;
}

void mneme_embedding_key_write(struct mneme_buffer *out, const struct mneme_embedding_key *key) {
    const struct mneme_str parts[PARTS] = {key->kind, key->ref, key->tenant, key->stream_id};
    for (size_t i = 0; i < PARTS; i++) {
        if (i > 0) {
            mneme_buffer_append_byte(out, SEPARATOR);
        }
        mneme_percent_encode(out, parts[i], RESERVED);
    }
}

static int refuse(struct mneme_str text, struct mneme_error *error) {
    return mneme_error_set(
        error, MNEME_E_INVALID,
        "\"%.*s\" is not a key of an embedding: it is not kind/ref/tenant/stream_id; see who "
        "wrote it",
        text.len > 200 ? 200 : (int)text.len, text.data == NULL ? "" : text.data);
}

static int read_part(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str part,
                     struct mneme_error *error) {
    *out = part;
    if (memchr(part.data, '%', part.len) == NULL) {
        return MNEME_OK;
    }
    struct mneme_buffer decoded = {0};
    int status = MNEME_OK;
    if (!mneme_percent_decode(&decoded, part)) {
        status = refuse(part, error);
    } else {
        *out = mneme_arena_copy(arena, mneme_buffer_str(&decoded));
        if (decoded.failed || out->data == NULL) {
            status = mneme_error_set(error, MNEME_E_NO_MEMORY, "a key was not read: out of memory");
        }
    }
    mneme_buffer_clean_up(&decoded);
    return status;
}

int mneme_embedding_key_read(struct mneme_embedding_key *key, struct mneme_arena *arena,
                             struct mneme_str text, struct mneme_error *error) {
    struct mneme_str *const parts[PARTS] = {&key->kind, &key->ref, &key->tenant, &key->stream_id};
    struct mneme_str rest = text;
    for (size_t i = 0; i < PARTS; i++) {
        const char *at = rest.len == 0 ? NULL : memchr(rest.data, SEPARATOR, rest.len);
        if (rest.len == 0 || (at == NULL) != (i == PARTS - 1)) {
            return refuse(text, error);
        }
        struct mneme_str part = {rest.data, at == NULL ? rest.len : (size_t)(at - rest.data)};
        rest = at == NULL ? (struct mneme_str){rest.data + rest.len, 0}
                          : (struct mneme_str){at + 1, rest.len - part.len - 1};
        int status = part.len == 0 ? refuse(text, error) : read_part(parts[i], arena, part, error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    return MNEME_OK;
}
