/*
 * A generation of vectors in a store, in a fresh database: tests write changes to it and ask it, without
 * Kafka. The store's service is that of the environment.
 */
#ifndef MNEME_TESTS_VECTOR_CASE_H
#define MNEME_TESTS_VECTOR_CASE_H

#include "common/postgres/schema.h"
#include "stores/vectors/store.h"
#include "tests/support/fixture.h"

#define MNEME_VECTOR_CASE_DIMENSIONS 8

struct mneme_vector_case {
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres; /* of the writer */
    struct mneme_postgres *reader;
    struct mneme_generation generation;
    void *store;                   /* for writing */
    struct mneme_vectors *vectors; /* for asking */
    struct mneme_arena arena;      /* what changes point to */
    struct mneme_vector_matches matches;
    struct mneme_raw_matches raw_matches;
    struct mneme_error error;
};

/* A generation of so many dimensions in the store of that name, without anything in it. Fails the test when
 * it cannot. */
void mneme_vector_case_set_up(struct mneme_vector_case *vectors, const char *store,
                              enum mneme_generation_state state, enum mneme_vector_metric metric);

/* Drops it; does nothing for a zeroed one. */
void mneme_vector_case_tear_down(struct mneme_vector_case *vectors);

/* A document of the user: a memory with that ref in the user's stream, whose vector begins with these. */
struct mneme_vector_change mneme_vector_case_document(struct mneme_vector_case *vectors, const char *tenant,
                                                      const char *user, const char *ref,
                                                      int64_t source_sequence, float x, float y, float z);

/* Gives the document that many parts in the place of its vector, each of which begins with three of the
 * numbers; 0 is one vector. */
void mneme_vector_case_set_parts(struct mneme_vector_case *vectors, struct mneme_vector_change *change,
                                 const float *numbers, size_t parts);

/* How many vectors of the generation a scan gives. */
size_t mneme_vector_case_count(struct mneme_vector_case *vectors);

/* A raw vector of as many dimensions as floats, and one that is gone. */
struct mneme_vector_change mneme_vector_case_raw(struct mneme_vector_case *vectors, const char *tenant,
                                                 const char *collection, const char *id,
                                                 int64_t source_sequence, const char *metadata_json,
                                                 const float *floats, size_t dimensions);
struct mneme_vector_change mneme_vector_case_gone(struct mneme_vector_change change, int64_t source_sequence);

/* Writes in a transaction of its own, which is committed if `is_committed`; the status of the write. */
int mneme_vector_case_write(struct mneme_vector_case *vectors, const struct mneme_vector_change *changes,
                            size_t count, bool is_committed);

/* Asks by a vector that begins with these, and gives the refs, separated by spaces; valid until the next. */
const char *mneme_vector_case_ask(struct mneme_vector_case *vectors, const char *tenant, const char *user,
                                  float x, float y, float z, size_t k);

/* Asks a collection of raw vectors: "id metadata;" each. */
const char *mneme_vector_case_ask_raw(struct mneme_vector_case *vectors, const char *tenant,
                                      const char *collection, const char *filter_json, const float *floats,
                                      size_t dimensions, size_t k);

#endif
