/*
 * Equal texts are adjacent once they are sorted by hash, so the first of them is embedded and the others copy
 * its result.
 */
#include "consumers/embed/embed_texts.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "common/base/floats.h"
#include "consumers/documents/parts.h"
#include "sql/embedded.h"

#define CHUNK 512 /* texts between two writes of the cache: some seconds of a model's work */

/* A text of this few bytes is refused for its content, not for its length. */
#define SHORTEST_CUT 64

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "texts were not embedded: memory is exhausted; free some");
}

bool mneme_embed_hash(uint8_t out[MNEME_TEXT_HASH_BYTES], struct mneme_str prefix, struct mneme_str text) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(context, prefix.data, prefix.len) == 1 &&
                   EVP_DigestUpdate(context, text.data, text.len) == 1 &&
                   EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return is_done;
}

static int compare_texts(const void *a, const void *b) {
    const struct mneme_embed_text *const *one = a;
    const struct mneme_embed_text *const *other = b;
    return memcmp((*one)->input_hash, (*other)->input_hash, MNEME_TEXT_HASH_BYTES);
}

/* A request costs what its longest text costs for each of them. */
static int compare_lengths(const void *a, const void *b) {
    const struct mneme_embed_text *const *one = a;
    const struct mneme_embed_text *const *other = b;
    return ((*one)->text.len > (*other)->text.len) - ((*one)->text.len < (*other)->text.len);
}

static struct mneme_str input_hash(const struct mneme_embed_text *text) {
    return (struct mneme_str){(const char *)text->input_hash, MNEME_TEXT_HASH_BYTES};
}

/* The one among the sorted texts that has this hash, or NULL. */
static struct mneme_embed_text *find(struct mneme_embed_text **sorted, size_t count, const char *hash) {
    struct mneme_embed_text key;
    const struct mneme_embed_text *pointer = &key;
    memcpy(key.input_hash, hash, MNEME_TEXT_HASH_BYTES);
    struct mneme_embed_text **found = bsearch(&pointer, sorted, count, sizeof *sorted, compare_texts);
    return found == NULL ? NULL : *found;
}

/* Whether the bytes are a vector as the model gives them now. */
static bool is_fitting(const struct mneme_embedder *embedder, int bytes) {
    size_t dimensions = mneme_embedder_dimensions(embedder);
    return bytes > 0 && (size_t)bytes % sizeof(float) == 0 &&
           (dimensions == 0 || (size_t)bytes == dimensions * sizeof(float));
}

static int take_cached(struct mneme_embed_text **sorted, size_t count, const struct mneme_embedder *embedder,
                       const PGresult *rows, struct mneme_arena *arena, struct mneme_error *error) {
    for (int row = 0; row < PQntuples(rows); row++) {
        struct mneme_embed_text *text = PQgetlength(rows, row, 0) == MNEME_TEXT_HASH_BYTES
                                            ? find(sorted, count, PQgetvalue(rows, row, 0))
                                            : NULL;
        int bytes = PQgetlength(rows, row, 1);
        if (text != NULL && is_fitting(embedder, bytes)) {
            text->vector =
                mneme_arena_copy(arena, (struct mneme_str){PQgetvalue(rows, row, 1), (size_t)bytes});
            if (text->vector.data == NULL) {
                return no_memory(error);
            }
        }
    }
    return MNEME_OK;
}

static int look_up(struct mneme_embed_text **sorted, size_t count, const struct mneme_embedder *embedder,
                   struct mneme_postgres *postgres, struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    struct mneme_str *hashes = mneme_arena_alloc(arena, count * sizeof *hashes);
    if (hashes == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        hashes[i] = input_hash(sorted[i]);
    }
    mneme_pg_param_str(&params, mneme_str_from(mneme_embedder_model(embedder)->name));
    mneme_pg_param_bytes_array(&params, hashes, count);
    int status = mneme_pg_query(&rows, postgres, mneme_sql_embed_cache_find, &params, true, error);
    if (status == MNEME_OK) {
        status = take_cached(sorted, count, embedder, rows, arena, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

/* After a crash of the server no text must be paid for twice; all else is folded again from the log. */
static int keep(struct mneme_embed_text **texts, size_t count, const char *model,
                struct mneme_postgres *postgres, struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_str *hashes = mneme_arena_alloc(arena, count * sizeof *hashes);
    struct mneme_str *vectors = mneme_arena_alloc(arena, count * sizeof *vectors);
    if (hashes == NULL || vectors == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        hashes[i] = input_hash(texts[i]);
        vectors[i] = texts[i]->vector;
    }
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(model));
    mneme_pg_param_bytes_array(&params, hashes, count);
    mneme_pg_param_bytes_array(&params, vectors, count);
    const struct mneme_pg_call calls[] = {{"BEGIN", NULL},
                                          {"SET LOCAL synchronous_commit = on", NULL},
                                          {mneme_sql_embed_cache_keep, &params},
                                          {"COMMIT", NULL}};
    int status = mneme_pg_pipeline(NULL, postgres, calls, sizeof calls / sizeof *calls, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static bool take_vector(struct mneme_embed_text *text, const float *vector, size_t dimensions,
                        struct mneme_arena *arena) {
    size_t bytes = dimensions * sizeof(float);
    char *place = mneme_arena_alloc(arena, bytes);
    struct mneme_buffer out = {.data = place, .capacity = bytes};
    if (place == NULL) {
        return false;
    }
    mneme_floats_put(&out, vector, dimensions);
    text->vector = (struct mneme_str){place, bytes};
    return true;
}

/* Embeds some texts and caches their vectors, even if others failed. */
static int embed_chunk(struct mneme_embed_text **texts, size_t count, struct mneme_embedder *embedder,
                       struct mneme_postgres *postgres, struct mneme_arena *arena,
                       struct mneme_error *error) {
    struct mneme_embedder_item items[CHUNK];
    struct mneme_embed_text *embedded[CHUNK];
    size_t embedded_count = 0;
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct mneme_embedder_item){.text = texts[i]->text};
    }
    int status = mneme_embedder_embed(embedder, MNEME_EMBEDDER_PASSAGE, items, count, NULL, error);
    for (size_t i = 0; i < count; i++) {
        if (items[i].refusal != NULL) {
            texts[i]->refusal = mneme_arena_copy(arena, mneme_str_from(items[i].refusal)).data;
        }
        if (items[i].refusal != NULL && texts[i]->refusal == NULL) {
            return no_memory(error);
        }
        if (items[i].vector == NULL) {
            continue;
        }
        if (!take_vector(texts[i], items[i].vector, mneme_embedder_dimensions(embedder), arena)) {
            return no_memory(error);
        }
        embedded[embedded_count++] = texts[i];
    }
    if (embedded_count > 0) {
        struct mneme_error not_kept = {0};
        int kept =
            keep(embedded, embedded_count, mneme_embedder_model(embedder)->name, postgres, arena, &not_kept);
        if (status == MNEME_OK && kept != MNEME_OK) {
            status = mneme_error_set(error, (enum mneme_status)kept, "%s", not_kept.message);
        }
    }
    return status;
}

/* The first of equal ones. */
static size_t drop_equal(struct mneme_embed_text **sorted, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_texts(&sorted[kept - 1], &sorted[i]) != 0) {
            sorted[kept++] = sorted[i];
        }
    }
    return kept;
}

/* Sets each text's vector from the cache or the endpoint, or its refusal. */
static int embed_round(struct mneme_embed_text **texts, size_t count, struct mneme_embedder *embedder,
                       struct mneme_postgres *postgres, struct mneme_arena *arena,
                       struct mneme_error *error) {
    struct mneme_str prefix = mneme_str_from(mneme_embedder_model(embedder)->passage_prefix);
    struct mneme_embed_text **sorted = mneme_arena_alloc(arena, count * sizeof *sorted);
    struct mneme_embed_text **missing = mneme_arena_alloc(arena, count * sizeof *missing);
    if (sorted == NULL || missing == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        texts[i]->vector = MNEME_STR_NULL;
        texts[i]->refusal = NULL;
        sorted[i] = texts[i];
        if (!mneme_embed_hash(texts[i]->input_hash, prefix, texts[i]->text)) {
            return no_memory(error);
        }
    }
    qsort(sorted, count, sizeof *sorted, compare_texts);
    size_t unique = drop_equal(sorted, count);
    int status = look_up(sorted, unique, embedder, postgres, arena, error);
    size_t missing_count = 0;
    for (size_t i = 0; i < unique; i++) {
        if (sorted[i]->vector.data == NULL) {
            missing[missing_count++] = sorted[i];
        }
    }
    qsort(missing, missing_count, sizeof *missing, compare_lengths);
    for (size_t i = 0; status == MNEME_OK && i < missing_count; i += CHUNK) {
        size_t rest = missing_count - i;
        status = embed_chunk(missing + i, rest < CHUNK ? rest : CHUNK, embedder, postgres, arena, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        const struct mneme_embed_text *first = find(sorted, unique, (const char *)texts[i]->input_hash);
        texts[i]->vector = first->vector;
        texts[i]->refusal = first->refusal;
    }
    return status;
}

/* Cuts refused texts in halves, which are collected in `halves`. */
static int cut_refused(struct mneme_embed_text **halves, size_t *half_count, struct mneme_embed_text **texts,
                       size_t count, struct mneme_arena *arena, struct mneme_error *error) {
    *half_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct mneme_embed_text *text = texts[i];
        if (text->vector.data != NULL || text->text.len <= SHORTEST_CUT) {
            continue;
        }
        struct mneme_str rest = text->text;
        struct mneme_str first = mneme_document_take_part(&rest, (rest.len + 1) / 2);
        struct mneme_str second = mneme_document_take_part(&rest, rest.len + 1);
        if (second.data == NULL) {
            continue;
        }
        struct mneme_embed_text *behind = mneme_arena_calloc(arena, 1, sizeof *behind);
        if (behind == NULL) {
            return no_memory(error);
        }
        behind->text = second;
        behind->next = text->next;
        text->text = first;
        text->next = behind;
        halves[(*half_count)++] = text;
        halves[(*half_count)++] = behind;
    }
    return MNEME_OK;
}

int mneme_embed_texts(struct mneme_embed_text **texts, size_t count, struct mneme_embedder *embedder,
                      struct mneme_postgres *postgres, struct mneme_arena *arena, struct mneme_error *error) {
    int status = MNEME_OK;
    while (status == MNEME_OK && count > 0) {
        status = embed_round(texts, count, embedder, postgres, arena, error);
        struct mneme_embed_text **halves =
            status == MNEME_OK ? mneme_arena_alloc(arena, 2 * count * sizeof *halves) : NULL;
        if (status == MNEME_OK && halves == NULL) {
            status = no_memory(error);
        }
        if (status == MNEME_OK) {
            status = cut_refused(halves, &count, texts, count, arena, error);
            texts = halves;
        }
    }
    return status;
}
