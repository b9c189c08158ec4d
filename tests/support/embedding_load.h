/*
 * Vectors as a model makes them, without a model: clusters in space, of documents of users by chance. The
 * same number makes the same document everywhere, so that what is found can be checked against what was made.
 */
#ifndef MNEME_TESTS_EMBEDDING_LOAD_H
#define MNEME_TESTS_EMBEDDING_LOAD_H

#include "common/config/config.h"
#include "schemas/embedding.h"
#include "stores/vectors/store.h"

struct mneme_embedding_load {
    long vectors;
    long users;
    int dimensions;
    const char *model;
};

/* The vector of a document, or with a number beyond them that of a question; of length 1. */
void mneme_embedding_load_vector(float *out, const struct mneme_embedding_load *load, long number);

/* The user of a document. */
long mneme_embedding_load_user(const struct mneme_embedding_load *load, long number);

/* Document `number` as a record; texts and vector are in `arena`. Its source is its number. */
struct mneme_embedding mneme_embedding_load_record(const struct mneme_embedding_load *load, long number,
                                                   struct mneme_arena *arena);

/* The same as a change of a vector store. */
struct mneme_vector_change mneme_embedding_load_change(const struct mneme_embedding_load *load, long number,
                                                       struct mneme_arena *arena);

/* --- onto the topic --- */

struct mneme_embedding_writer;

/* Makes the model's topic if need be. */
int mneme_embedding_writer_open(struct mneme_embedding_writer **out, const struct mneme_config *config,
                                const char *model, struct mneme_error *error);
void mneme_embedding_writer_close(struct mneme_embedding_writer *writer);

/* Writes the record where its key belongs, with the header that tells its source; waits while the queue is
 * full. */
int mneme_embedding_writer_put(struct mneme_embedding_writer *writer, const struct mneme_embedding *embedding,
                               struct mneme_error *error);

/* The same of a document that is gone. */
int mneme_embedding_writer_remove(struct mneme_embedding_writer *writer,
                                  const struct mneme_embedding *embedding, int64_t source_sequence,
                                  struct mneme_error *error);

/* Whatever bytes under the document's key. */
int mneme_embedding_writer_garbage(struct mneme_embedding_writer *writer,
                                   const struct mneme_embedding *embedding, struct mneme_str value,
                                   struct mneme_error *error);

/* Waits until all is in the log. */
int mneme_embedding_writer_flush(struct mneme_embedding_writer *writer, struct mneme_error *error);

/* Documents from..to of the load, and waits for them. */
int mneme_embedding_load_publish(const struct mneme_config *config, const struct mneme_embedding_load *load,
                                 long from, long to, struct mneme_error *error);

#endif
