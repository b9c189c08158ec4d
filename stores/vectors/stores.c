/*
 * The list of stores, and the checks that all of them share.
 */
#include "stores/vectors/store.h"

static const struct mneme_vector_store_ops *const stores[] = {&mneme_pgvector_store, &mneme_chroma_store};

const struct mneme_vector_store_ops *mneme_vector_store_find(const char *name) {
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        if (strcmp(stores[i]->name, name) == 0) {
            return stores[i];
        }
    }
    return NULL;
}

int mneme_vector_store_open(void **store, const struct mneme_config *config, struct mneme_postgres *postgres,
                            const struct mneme_generation *generation, struct mneme_error *error) {
    return generation->store->open(store, config, postgres, generation, error);
}

static int check_document(const struct mneme_vector_change *change, const struct mneme_generation *generation,
                          struct mneme_error *error) {
    size_t dimensions = mneme_vector_change_part(change, 0).len / sizeof(float);
    if (dimensions == (size_t)generation->dimensions) {
        return MNEME_OK;
    }
    return mneme_error_set(
        error, MNEME_E_UNSAFE,
        "cannot write the vectors: one in topic %s has %zu dimensions, but generation %d has %d: the "
        "endpoint now returns other vectors for model %s; change the endpoint back, or serve the new model "
        "under another name and run `mneme reembed --model NAME`",
        generation->topic, dimensions, generation->number, generation->dimensions, generation->model);
}

static bool is_same_collection(const struct mneme_vector_change *a, const struct mneme_vector_change *b) {
    return mneme_str_equal(a->scope.tenant, b->scope.tenant) && mneme_str_equal(a->collection, b->collection);
}

int mneme_vector_changes_check(const struct mneme_vector_change *changes, size_t count,
                               struct mneme_postgres *postgres, const struct mneme_generation *generation,
                               struct mneme_error *error) {
    const struct mneme_vector_change *before = NULL; /* with the same collection */
    struct mneme_vector_collection collection = {0};
    int status = MNEME_OK;
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        const struct mneme_vector_change *change = &changes[i];
        if (change->is_removal) {
            continue;
        }
        if (!mneme_vector_change_is_raw(change)) {
            status = check_document(change, generation, error);
            continue;
        }
        size_t dimensions = change->vector.len / sizeof(float);
        if (before == NULL || !is_same_collection(before, change)) {
            status = mneme_vector_collection_ensure(&collection, postgres, generation, change->scope.tenant,
                                                    change->collection, dimensions, change->metric, error);
            before = change;
        }
        if (status == MNEME_OK) {
            status = mneme_vector_collection_check(&collection, change->collection, dimensions,
                                                   change->metric, error);
        }
    }
    return status;
}
