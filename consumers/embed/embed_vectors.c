/*
 * Vectors of callers: no model is needed, and no row is kept of them here.
 */
#include "consumers/embed/embed_write.h"

#include <openssl/sha.h>

#define KIND MNEME_STR_LIT("vector")

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}

/* "<vector_id>/<collection>"; null when memory is exhausted. */
static struct mneme_str make_ref(struct mneme_arena *arena, struct mneme_str vector_id,
                                 struct mneme_str collection) {
    size_t len = vector_id.len + 1 + collection.len;
    char *ref = mneme_arena_alloc(arena, len);
    if (ref == NULL) {
        return MNEME_STR_NULL;
    }
    memcpy(ref, vector_id.data, vector_id.len);
    ref[vector_id.len] = '/';
    memcpy(ref + vector_id.len + 1, collection.data, collection.len);
    return (struct mneme_str){ref, len};
}

static int encode(struct mneme_embed_writer *writer, const struct mneme_event *event,
                  const struct mneme_embedding_key *key, int64_t sequence, struct mneme_error *error) {
    const struct mneme_vector_indexed *indexed = &event->payload.vector_indexed;
    uint8_t hash_of_nothing[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)"", 0, hash_of_nothing);
    const struct mneme_embedding embedding = {
        .tenant = key->tenant,
        .stream_id = key->stream_id,
        .kind = key->kind,
        .ref = key->ref,
        .user_id = event->scope.user_id,
        .agent_id = event->scope.agent_id,
        .run_id = event->scope.run_id,
        .conversation_id = event->scope.conversation_id,
        .created_at = event->occurred_at,
        .text = MNEME_STR_LIT(""),
        .text_hash = {(const char *)hash_of_nothing, sizeof hash_of_nothing},
        .model = MNEME_STR_LIT(""),
        .query_prefix = MNEME_STR_LIT(""),
        .passage_prefix = MNEME_STR_LIT(""),
        .dimensions = (int64_t)(indexed->vector.len / sizeof(float)),
        .vector = indexed->vector,
        .metric = indexed->metric,
        .metadata = indexed->metadata,
        .source_sequence = sequence,
    };
    mneme_buffer_clear(&writer->value);
    return mneme_embedding_encode(writer->codec, &embedding, &writer->value, error);
}

static int forward(struct mneme_embed_writer *writer, const struct mneme_batch_item *item,
                   struct mneme_error *error) {
    const struct mneme_event *event = &item->event;
    bool is_there = event->type == MNEME_EVENT_VECTOR_INDEXED;
    const struct mneme_vector_indexed *indexed = &event->payload.vector_indexed;
    const struct mneme_vector_deleted *deleted = &event->payload.vector_deleted;
    const struct mneme_embedding_key key = {
        .kind = KIND,
        .ref = make_ref(writer->arena, is_there ? indexed->vector_id : deleted->vector_id,
                        is_there ? indexed->collection : deleted->collection),
        .tenant = event->tenant,
        .stream_id = event->stream_id,
    };
    int64_t sequence = mneme_sequence_id(item->position);
    int status = key.ref.data == NULL ? no_memory(error) : MNEME_OK;
    if (status == MNEME_OK && is_there) {
        status = encode(writer, event, &key, sequence, error);
    }
    return status == MNEME_OK
               ? mneme_embed_add_record(writer, &key,
                                        is_there ? mneme_buffer_str(&writer->value) : MNEME_STR_NULL,
                                        sequence, error)
               : status;
}

int mneme_embed_forward_vectors(struct mneme_embed_writer *writer, const struct mneme_batch *batch,
                                const bool *is_accepted, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (is_accepted[i] && (item->event.type == MNEME_EVENT_VECTOR_INDEXED ||
                               item->event.type == MNEME_EVENT_VECTOR_DELETED)) {
            status = forward(writer, item, error);
        }
    }
    return status;
}
