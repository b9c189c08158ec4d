/*
 * The state of the projections (OP4): progress against the log, parked events, and the sizes of the tables.
 * For operators of Mneme: it spans all tenants and shows no content.
 */
#ifndef MNEME_QUERIES_STATUS_H
#define MNEME_QUERIES_STATUS_H

#include "common/postgres/schema.h"
#include "queries/log_ends.h"
#include "queries/question.h"
#include "stores/vectors/generation.h"

/* Enters a schema: the queries below are about the one that was entered last, and the connection must not be
 * used for anything else afterwards. *is_there says whether a projection is kept there at all; a projection
 * without its own schema uses the ledger's. */
int mneme_status_enter(bool *is_there, struct mneme_postgres *postgres, const struct mneme_config *config,
                       const struct mneme_projection_facts *projection, struct mneme_error *error);

/* One partition of one projection. */
struct mneme_progress_row {
    struct mneme_str projection, topic;
    int64_t partition, next_offset, topic_partitions;
    struct mneme_str owner; /* the worker that folded it last */
    int64_t updated_at;
};

/* Visits struct mneme_progress_row by projection, topic and partition. */
int mneme_status_progress(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                          struct mneme_error *error);

/* A key whose events wait behind one that cannot be applied. */
struct mneme_parked_row {
    struct mneme_str projection, topic;
    int64_t partition, kafka_offset; /* of the event that cannot be applied */
    struct mneme_str key;            /* bytes that are not printable ASCII are escaped */
    struct mneme_str reason;
    int64_t waiting; /* how many events are parked with it, itself included */
    int64_t parked_at;
};
void mneme_parked_row_json(const struct mneme_parked_row *row, struct mneme_json_writer *json);

/* Visits struct mneme_parked_row, the oldest first, up to `limit`. */
int mneme_status_parked(struct mneme_postgres *postgres, int64_t limit, mneme_row_visitor *visit,
                        void *context, struct mneme_error *error);

struct mneme_parked_count_row {
    struct mneme_str projection, topic;
    int64_t events;
};
/* Visits struct mneme_parked_count_row: how many events are parked, for each projection that has any. */
int mneme_status_parked_counts(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                               struct mneme_error *error);

/* A worker waits before a message whose schema it does not know. Only in the schema of the ledger. */
struct mneme_wait_row {
    struct mneme_str projection; /* the group's name */
    struct mneme_str topic;
    int64_t partition, kafka_offset;
    struct mneme_str reason;
    int64_t since, looked_at; /* looked_at: the last attempt */
};
void mneme_wait_row_json(const struct mneme_wait_row *row, struct mneme_json_writer *json);

/* Visits struct mneme_wait_row by topic and position. A row may describe a wait that is over: that is so if
 * the projection has passed the offset. */
int mneme_status_waits(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                       struct mneme_error *error);

struct mneme_refused_row {
    struct mneme_str projection;
    int64_t documents;
};
/* Visits struct mneme_refused_row for each embedding model: how many documents have a text of which the
 * endpoint refused all or a part. Only in the schema of embed. */
int mneme_status_refused(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                         struct mneme_error *error);

/* One object: generation, state, store, model, dimensions (null until they are known), metric, topic. */
void mneme_status_generation_json(const struct mneme_generation *generation, struct mneme_json_writer *json);

struct mneme_status_table_row {
    struct mneme_str schema, table;
    int64_t rows;
    bool is_estimate; /* rows are counted up to 10,000, and estimated beyond that */
    int64_t bytes;    /* including indexes */
};
void mneme_status_table_row_json(const struct mneme_status_table_row *row, struct mneme_json_writer *json);

/* Visits struct mneme_status_table_row: the tables of the schema that was entered, the largest first. */
int mneme_status_tables(struct mneme_postgres *postgres, mneme_row_visitor *visit, void *context,
                        struct mneme_error *error);

#endif
