/*
 * The table of known models, from what their makers say of them.
 */
#include "embedding/models.h"

#include <fnmatch.h>
#include <string.h>

#define RETRIEVAL "Represent this sentence for searching relevant passages: "

static const struct mneme_known_model known[] = {
    {"bge-m3*", "", ""},
    {"bge-*-en*", RETRIEVAL, ""},
    {"mxbai-embed-large*", RETRIEVAL, ""},
    {"snowflake-arctic-embed*v2*", "query: ", ""},
    {"snowflake-arctic-embed*", RETRIEVAL, ""},
    {"e5-mistral*", "", ""},
    {"e5-*", "query: ", "passage: "},
    {"multilingual-e5-*instruct*", "", ""},
    {"multilingual-e5-*", "query: ", "passage: "},
    {"nomic-embed-text*", "search_query: ", "search_document: "},
    {"*", "", ""},
};

const struct mneme_known_model *mneme_known_model(const char *name) {
    const char *slash = strrchr(name, '/');
    const char *last = slash == NULL ? name : slash + 1;
    size_t i = 0;
    while (fnmatch(known[i].pattern, last, FNM_CASEFOLD) != 0 && known[i].pattern[1] != '\0') {
        i++;
    }
    return &known[i];
}

static const char *prefix(const struct mneme_config *config, enum mneme_setting setting,
                          const char *of_model) {
    const char *given = mneme_config_string(config, setting);
    return strcmp(given, "auto") == 0 ? of_model : given;
}

void mneme_embedding_model_of(struct mneme_embedding_model *out, const struct mneme_config *config) {
    const char *name = mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL);
    const struct mneme_known_model *model = mneme_known_model(name);
    *out = (struct mneme_embedding_model){
        .name = name,
        .query_prefix = prefix(config, MNEME_SETTING_EMBEDDING_QUERY_PREFIX, model->query_prefix),
        .passage_prefix = prefix(config, MNEME_SETTING_EMBEDDING_PASSAGE_PREFIX, model->passage_prefix),
        .dimensions = (size_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_DIMENSIONS),
    };
}
