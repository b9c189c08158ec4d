/*
 * What a batch writes to the topic and the tables: records of documents, records without a value for removed
 * documents, and the rows that say which documents have a record.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_WRITE_H
#define MNEME_CONSUMERS_EMBED_EMBED_WRITE_H

#include "consumers/documents/documents.h"
#include "consumers/embed/embed_records.h"
#include "consumers/embed/embed_texts.h"
#include "schemas/embedding.h"

/* A document that exists at the end of the batch. */
struct mneme_embed_entry {
    const struct mneme_document *document;
    struct mneme_embed_text *parts; /* of its text, in their order */
    uint8_t text_hash[MNEME_TEXT_HASH_BYTES];
};

/* State of the writer; borrowed except for the buffers. */
struct mneme_embed_writer {
    struct mneme_postgres *postgres;
    struct mneme_embed_records *records;
    struct mneme_embedding_codec *codec;
    const struct mneme_embedder_model_info *model;
    int32_t edition; /* of the model's records */
    size_t dimensions;
    struct mneme_arena *arena; /* of the batch */
    struct mneme_buffer key, value;
};

void mneme_embed_writer_clean_up(struct mneme_embed_writer *writer);

/* Adds one record; a null value means that the document was removed. */
int mneme_embed_add_record(struct mneme_embed_writer *writer, const struct mneme_embedding_key *key,
                           struct mneme_str value, int64_t source_sequence, struct mneme_error *error);

/* Adds the records of the vectors that callers add and delete in the batch, in the order of the log: they
 * reach the stores in the same way as those of texts. is_accepted has one flag for each item. */
int mneme_embed_forward_vectors(struct mneme_embed_writer *writer, const struct mneme_batch *batch,
                                const bool *is_accepted, struct mneme_error *error);

/* How many parts of a document have a vector; *refusal is the reason why a part has none, NULL if each has
 * one. */
size_t mneme_embed_part_count(const struct mneme_embed_entry *entry, const char **refusal);

/* Changes the rows and adds the records, those of removals first. A record has the vectors of all parts of
 * its document; a document of which the endpoint accepted no part has a row and no record. Call within the
 * transaction that has moved the progress; the caller flushes the records before it commits. */
int mneme_embed_write(struct mneme_embed_writer *writer, const struct mneme_documents *documents,
                      const struct mneme_embed_entry *entries, size_t count, struct mneme_error *error);

#endif
