/*
 * Reads a whole generation from Chroma, collection by collection, page by page.
 */
#include <endian.h>
#include <stdio.h>

#include "common/json/write.h"
#include "stores/vectors/chroma/chroma.h"
#include "stores/vectors/chroma/metadata.h"

#define PAGE 1000
#define LIST_PAGE 500

static const char what[] = "cannot read the vectors";

/* Converts this machine's numbers to those of a record. */
static void to_record(struct mneme_buffer *floats) {
    for (size_t at = 0; at + sizeof(uint32_t) <= floats->len; at += sizeof(uint32_t)) {
        uint32_t bits;
        memcpy(&bits, floats->data + at, sizeof bits);
        bits = htole32(bits);
        memcpy(floats->data + at, &bits, sizeof bits);
    }
}

static int visit_row(struct mneme_chroma *store, const json_t *answer, size_t index,
                     struct mneme_buffer *floats, mneme_vector_visit *visit, void *context,
                     struct mneme_error *error) {
    const json_t *embedding = json_array_get(json_object_get(answer, "embeddings"), index);
    struct mneme_vector_change change = {0};
    mneme_buffer_clear(floats);
    if (!mneme_chroma_read_metadata(&change, json_array_get(json_object_get(answer, "metadatas"), index)) ||
        !mneme_chroma_read_vector(floats, json_array_size(embedding), embedding)) {
        return mneme_chroma_not_understood(store, what, error);
    }
    if (floats->failed) {
        return mneme_chroma_out_of_memory(error);
    }
    to_record(floats);
    change.vector = mneme_buffer_str(floats);
    return visit(context, &change);
}

static int scan_page(size_t *seen, struct mneme_chroma *store, const char *id, size_t offset,
                     struct mneme_buffer *floats, mneme_vector_visit *visit, void *context,
                     struct mneme_error *error) {
    char path[96];
    json_t *answer = NULL;
    mneme_buffer_clear(&store->request);
    mneme_buffer_printf(&store->request,
                        "{\"limit\":%d,\"offset\":%zu,\"include\":[\"metadatas\",\"embeddings\"]}", PAGE,
                        offset);
    snprintf(path, sizeof path, "/collections/%.40s/get", id);
    int status = mneme_chroma_call(&answer, store, "POST", path, true, what, error);
    *seen = json_array_size(json_object_get(answer, "ids"));
    for (size_t i = 0; i < *seen && status == MNEME_OK; i++) {
        status = visit_row(store, answer, i, floats, visit, context, error);
    }
    json_decref(answer);
    return status;
}

static int scan_collection(struct mneme_chroma *store, const char *id, mneme_vector_visit *visit,
                           void *context, struct mneme_error *error) {
    struct mneme_buffer floats = {0};
    size_t seen = PAGE;
    int status = MNEME_OK;
    for (size_t offset = 0; status == MNEME_OK && seen == PAGE; offset += PAGE) {
        status = scan_page(&seen, store, id, offset, &floats, visit, context, error);
    }
    mneme_buffer_clean_up(&floats);
    return status;
}

int mneme_chroma_scan(void *opened, mneme_vector_visit *visit, void *context, struct mneme_error *error) {
    struct mneme_chroma *store = opened;
    char prefix[MNEME_CHROMA_NAME_BYTES];
    char path[64];
    size_t listed = LIST_PAGE;
    int status = MNEME_OK;
    mneme_chroma_prefix(prefix, store);
    for (size_t offset = 0; status == MNEME_OK && listed == LIST_PAGE; offset += LIST_PAGE) {
        json_t *page = NULL;
        json_t *item;
        size_t index;
        snprintf(path, sizeof path, "/collections?limit=%d&offset=%zu", LIST_PAGE, offset);
        status = mneme_chroma_call(&page, store, "GET", path, false, what, error);
        listed = json_array_size(page);
        json_array_foreach(page, index, item) {
            const char *name = json_string_value(json_object_get(item, "name"));
            const char *id = json_string_value(json_object_get(item, "id"));
            if (status == MNEME_OK && name != NULL && id != NULL &&
                strncmp(name, prefix, strlen(prefix)) == 0) {
                status = scan_collection(store, id, visit, context, error);
            }
        }
        json_decref(page);
    }
    return status;
}
