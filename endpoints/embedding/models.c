/*
 * The table of known models, as documented by their makers.
 */
#include "endpoints/embedding/models.h"

#include <fnmatch.h>
#include <string.h>

#define RETRIEVAL "Represent this sentence for searching relevant passages: "

/* A token is three bytes of text or more: one Han character, or most of an English word. Models that take
 * thousands of tokens read more text than one vector can represent. */
#define SHORT_PART 750    /* 256 tokens */
#define USUAL_PART 1500   /* 512 tokens */
#define LONGEST_PART 6000 /* 2,048 tokens or more */

static const struct mneme_embedder_known_model known[] = {
    {"bge-m3*", "", "", LONGEST_PART},
    {"bge-*-en*", RETRIEVAL, "", USUAL_PART},
    {"mxbai-embed-large*", RETRIEVAL, "", USUAL_PART},
    {"snowflake-arctic-embed*v2*", "query: ", "", LONGEST_PART},
    {"snowflake-arctic-embed*", RETRIEVAL, "", USUAL_PART},
    {"e5-mistral*", "", "", LONGEST_PART},
    {"e5-*", "query: ", "passage: ", USUAL_PART},
    {"multilingual-e5-*instruct*", "", "", USUAL_PART},
    {"multilingual-e5-*", "query: ", "passage: ", USUAL_PART},
    {"nomic-embed-text*", "search_query: ", "search_document: ", LONGEST_PART},
    {"*minilm*", "", "", SHORT_PART},
    {"text-embedding-*", "", "", LONGEST_PART},
    {"*", "", "", USUAL_PART},
};

const struct mneme_embedder_known_model *mneme_embedder_known_model(const char *name) {
    const char *slash = strrchr(name, '/');
    const char *last = slash == NULL ? name : slash + 1;
    size_t i = 0;
    while (fnmatch(known[i].pattern, last, FNM_CASEFOLD) != 0 && i + 1 < sizeof known / sizeof *known) {
        i++;
    }
    return &known[i];
}

static const char *prefix(const struct mneme_config *config, enum mneme_setting setting,
                          const char *of_model) {
    const char *given = mneme_config_string(config, setting);
    return strcmp(given, "auto") == 0 ? of_model : given;
}

void mneme_embedder_model_of(struct mneme_embedder_model_info *out, const struct mneme_config *config) {
    const char *name = mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL);
    const struct mneme_embedder_known_model *model = mneme_embedder_known_model(name);
    *out = (struct mneme_embedder_model_info){
        .name = name,
        .query_prefix = prefix(config, MNEME_SETTING_EMBEDDING_QUERY_PREFIX, model->query_prefix),
        .passage_prefix = prefix(config, MNEME_SETTING_EMBEDDING_PASSAGE_PREFIX, model->passage_prefix),
        .dimensions = (size_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_DIMENSIONS),
    };
}

size_t mneme_embedder_part_bytes(const struct mneme_config *config, const char *name) {
    int64_t given = mneme_config_long(config, MNEME_SETTING_EMBEDDING_PART_BYTES);
    return given > 0 ? (size_t)given : mneme_embedder_known_model(name)->part_bytes;
}
