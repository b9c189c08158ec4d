/*
 * The state of one batch while it is folded into the tables: the streams, rows and ids that it touches, found
 * before it is decided, with their changes. All of it is in one arena, which is reset for the next batch.
 *
 * The order of work: plan (what must be looked up), look-ups, then decide and write the ledger partition by
 * partition, then the rows. Within a partition, streams are processed in the order of their keys, so that
 * rows that are adjacent in the indexes are written together. Verdicts do not depend on this order, since
 * streams are independent. State may be changed freely here, since it outlives the batch only if the
 * transaction commits.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_FOLD_H
#define MNEME_CONSUMERS_POSTGRES_FOLD_H

#include <openssl/evp.h>

#include "common/base/hash.h"
#include "common/base/uuid.h"
#include "common/postgres/postgres.h"
#include "consumers/postgres/fold/mappings.h"
#include "consumers/postgres/ledger/ledger_row.h"
#include "consumers/runtime/projection.h"
#include "consumers/store/stream_cache.h"

/* A stream that the batch touches. */
struct mneme_fold_stream {
    struct mneme_str key; /* as in Kafka: the runtime has checked that it is tenant "/" stream_id */
    struct mneme_str tenant, stream_id;
    struct mneme_stream_state state;
    int64_t last_recorded_at;
    int32_t partition;
    struct mneme_fold_partition *of;
    bool is_known;     /* state is that of the table or cache; if not set, it must not be read */
    bool is_in_store;  /* its row exists */
    bool is_touched;   /* one of its events was decided: its row must be written */
    bool has_children; /* one of its events appends to a parent row */
    struct mneme_fold_item *first, **last; /* its items in the order of the log */
};

/* An event id that may be a duplicate: it is not above the stream's highest. */
struct mneme_fold_suspect {
    const struct mneme_fold_stream *stream;
    struct mneme_uuid event_id;
    bool is_seen; /* in the ledger, or earlier in the batch */
};

/* A part of a row's key. */
union mneme_fold_id {
    struct mneme_uuid uuid;
    struct mneme_str text;
};

/* A row that the batch touches. Masks have one bit for each column of its table. */
struct mneme_fold_row {
    const struct mneme_fold_table_plan *table;
    struct mneme_fold_stream *stream;
    union mneme_fold_id id, second; /* by the kinds of the table's columns; no second: zero */
    int64_t index;
    struct mneme_fold_row *parent;                     /* of a child row */
    struct mneme_fold_row *first_child, *next_sibling; /* only those that the batch touches */
    union mneme_cell *cells;                           /* by column; key columns are not kept here */
    uint64_t known;                                    /* cells that hold the row's present value */
    uint64_t nulls;                                    /* of the known ones */
    uint64_t changed;    /* of the known ones, those that the store does not have yet */
    int64_t next_bound;  /* the indexes of its children are below this, whatever the verdicts are */
    uint32_t generation; /* how often the parent was created again in this batch */
    bool is_in_store;    /* the table has the row */
    bool is_there;       /* the row exists now, deleted or not */
    bool wipes_children; /* the table's children must be moved into its history */
    const struct mneme_batch_item *wiped_by; /* the event that moves them */
    struct mneme_fold_row *next;
};

/* A version of a row that an event of the batch has ended. */
struct mneme_fold_past {
    const struct mneme_fold_row *row; /* for its key */
    const union mneme_cell *cells;    /* as they were */
    uint64_t known, nulls, changed;
    const struct mneme_batch_item *end; /* the event */
    bool is_written;                    /* early, since the table's row was about to be removed */
    struct mneme_fold_past *next;
};

enum mneme_fold_verdict {
    MNEME_FOLD_ACCEPTED,
    MNEME_FOLD_REJECTED,
    MNEME_FOLD_DUPLICATE,
    MNEME_FOLD_NOT_FOUND,
    MNEME_FOLD_EXISTS,
};
extern const char *const mneme_fold_verdict_names[];

struct mneme_fold_decision {
    enum mneme_fold_verdict verdict;
    struct mneme_opt_long version; /* of the stream, when accepted */
    struct mneme_opt_long actual;  /* when not */
};

struct mneme_fold_item {
    const struct mneme_batch_item *from;
    struct mneme_fold_stream *stream;   /* NULL: the item is parked */
    struct mneme_fold_suspect *suspect; /* NULL: the event is new */
    bool is_planned;
    bool has_children;                    /* it appends some, unless they exist */
    bool has_new_children;                /* one of them has a new index */
    bool is_same[MNEME_FOLD_MAX_ACTIONS]; /* the child exists already, with the same text */
    struct mneme_fold_row *rows[MNEME_FOLD_MAX_ACTIONS];
    struct mneme_fold_item *next;        /* of its stream */
    struct mneme_fold_item *next_in_log; /* of its partition */
    struct mneme_fold_decision decision;
    size_t row_at, row_len; /* of its row of the ledger, in the partition's */
};

/* The batch's share of one partition of the log. */
struct mneme_fold_partition {
    struct mneme_fold_stream **streams; /* some of the fold's, in the order of their keys */
    size_t stream_count;
    struct mneme_fold_item *first, **last; /* its items in the order of the log */
    struct mneme_fold_item *next;          /* the first whose row is not made yet */
    struct mneme_ledger_head head;         /* behind the rows that were made */
    struct mneme_buffer *rows;             /* borrowed from the writer */
};

struct mneme_fold_exception {
    struct mneme_position position;
    enum mneme_fold_verdict verdict;
    int64_t actual;
    struct mneme_fold_exception *next;
};

/* Accesses of one memory, reported by one stream. */
struct mneme_fold_access {
    const struct mneme_fold_stream *stream;
    struct mneme_uuid memory_id;
    int64_t count;
    int64_t last_accessed_at;
    struct mneme_fold_access *next;
};

/* Streams, suspects or rows to look up. */
struct mneme_fold_request {
    void **entries; /* in the arena */
    size_t count, capacity;
};

struct mneme_fold {
    /* For as long as the projection is open. */
    struct mneme_arena arena;
    const struct mneme_mapping_plan *mappings;
    const struct mneme_fold_table_plan *tables;
    struct mneme_stream_cache *cache;
    struct mneme_buffer scratch;            /* for text that is then copied into the arena */
    const struct mneme_ledger_heads *heads; /* of the partitions that batches have */
    EVP_MD_CTX *sha256_context;
    EVP_MD *sha256;
    uint64_t seed; /* of hashes: not predictable from outside */

    /* Of one batch. */
    struct mneme_batch *batch;
    struct mneme_fold_item *items; /* one for each item of the batch */
    size_t parked_count;
    struct mneme_hash streams_by_key, suspects_by_id, rows_by_key;
    struct mneme_fold_row *first_row[MNEME_FOLD_TABLE_COUNT], **last_row[MNEME_FOLD_TABLE_COUNT];
    struct mneme_fold_past *first_past[MNEME_FOLD_TABLE_COUNT], **last_past[MNEME_FOLD_TABLE_COUNT];
    struct mneme_hash accesses_by_memory;
    struct mneme_fold_access *first_access;
    size_t access_count;
    struct mneme_fold_exception *first_exception, **last_exception;

    struct mneme_fold_stream **streams; /* by partition and key */
    size_t stream_count;
    struct mneme_fold_partition *partitions; /* those with streams */
    size_t partition_count;

    /* The next round of look-ups. */
    struct mneme_fold_request wanted_streams, wanted_suspects, wanted_rows[MNEME_FOLD_TABLE_COUNT];
};

/* Begins a batch, discarding the previous one. MNEME_E_NO_MEMORY. */
int mneme_fold_begin(struct mneme_fold *fold, struct mneme_batch *batch, struct mneme_error *error);

/* --- plan.c: finds what must be looked up before the batch can be decided --- */

/* Finds the partitions and streams of the batch and, as far as possible without looking up streams, the rows
 * and ids. MNEME_E_CONFLICT when the head of a partition is not known: it was not claimed. */
int mneme_fold_plan(struct mneme_fold *fold, struct mneme_error *error);

/* Plans the rest, after the streams and rows of the first round were looked up. */
int mneme_fold_plan_rest(struct mneme_fold *fold, struct mneme_error *error);

/* --- rows.c: the rows in memory --- */

/* The row of that key; if the batch did not touch it before, it is made as one that does not exist (*is_new).
 * NULL when memory is exhausted. `index` counts for tables that have one. The event must name an id. */
struct mneme_fold_row *mneme_fold_row_find(struct mneme_fold *fold, bool *is_new,
                                           const struct mneme_action_plan *action,
                                           struct mneme_fold_stream *stream, const struct mneme_event *event,
                                           int64_t index);

/* Whether the event takes the action, which may be only for events with some field. */
bool mneme_fold_is_done(const struct mneme_action_plan *action, const struct mneme_event *event);

/* Whether the event names the action's row: an id of the scope may be missing. */
bool mneme_fold_names_row(const struct mneme_action_plan *action, const struct mneme_event *event);

/* Links a child row to its parent; may be repeated. */
void mneme_fold_row_adopt(struct mneme_fold_row *parent, struct mneme_fold_row *child);

/* Whether readers see the row: it exists, is not deleted, and its parent has neither been created again nor
 * forgotten it since. */
bool mneme_fold_row_is_live(const struct mneme_fold_row *row);

int64_t mneme_fold_row_version(const struct mneme_fold_row *row); /* 0 if it never existed */

/* Cells of the row, allocated at the first need; false when memory is exhausted. */
bool mneme_fold_row_reserve(struct mneme_fold *fold, struct mneme_fold_row *row);

/* Sets a cell of a row that has them, and one that is a number. */
void mneme_fold_row_set(struct mneme_fold_row *row, int column, union mneme_cell cell, bool is_null);
void mneme_fold_row_set_long(struct mneme_fold_row *row, int column, int64_t value);

/* Carries out an accepted action; false when memory is exhausted. */
bool mneme_fold_row_apply(struct mneme_fold *fold, struct mneme_fold_row *row,
                          const struct mneme_action_plan *action, const struct mneme_batch_item *item);

/* --- sources.c: values of columns --- */

/* Gives columns of the row their values; false when memory is exhausted. */
bool mneme_fold_apply_sources(struct mneme_fold *fold, struct mneme_fold_row *row,
                              const struct mneme_source_plan *sources, size_t count,
                              const struct mneme_batch_item *item, bool is_new_row);

/* Whether the child at an index has the event's text, by the action's SHA-256. False when memory is
 * exhausted. */
bool mneme_fold_is_same_text(struct mneme_fold *fold, bool *is_same, const struct mneme_fold_row *row,
                             const struct mneme_action_plan *action, const struct mneme_event *event);

/* --- past.c: ended versions --- */

/* Copies the row for its history, since the event ends this version. False when memory is exhausted. */
bool mneme_fold_supersede(struct mneme_fold *fold, const struct mneme_fold_row *row,
                          const struct mneme_batch_item *end);

/* Whether all of its columns are known here, not only in the table. */
bool mneme_fold_past_is_whole(const struct mneme_fold_past *past);

/* --- accesses.c --- */

/* Counts the accesses of an accepted event: memory_accessed, or memory_retrieved. False when memory is
 * exhausted. */
bool mneme_fold_count_accesses(struct mneme_fold *fold, const struct mneme_fold_item *item);

/* The parameters of fold_add_accesses; there are fold->access_count of them. */
int mneme_fold_access_params(struct mneme_fold *fold, struct mneme_pg_params *params,
                             struct mneme_error *error);

/* --- decide.c --- */

/* The verdict of one item, and its effects on the rows in memory. The items of a stream must be decided in
 * order. MNEME_E_NO_MEMORY. */
int mneme_fold_decide(struct mneme_fold *fold, struct mneme_fold_decision *decision,
                      struct mneme_fold_item *item, struct mneme_error *error);

/* --- lookups.c --- */

#define MNEME_FOLD_MAX_QUESTIONS (2 + MNEME_FOLD_TABLE_COUNT)

bool mneme_fold_has_no_lookups(const struct mneme_fold *fold);

/* The statements of the look-ups, each with one of `params`; both have room for MNEME_FOLD_MAX_QUESTIONS.
 * MNEME_E_NO_MEMORY. */
int mneme_fold_ask(struct mneme_fold *fold, struct mneme_pg_call *calls, struct mneme_pg_params *params,
                   size_t *asked, struct mneme_error *error);

/* Reads their answers, in the same order, and empties the lists of look-ups. MNEME_E_NO_MEMORY. */
int mneme_fold_read_answers(struct mneme_fold *fold, PGresult *const *answers, struct mneme_error *error);

/* Adds an array of ids of the column's kind; false when memory is exhausted. */
bool mneme_fold_id_param(struct mneme_fold *fold, struct mneme_pg_params *params, enum mneme_column_kind kind,
                         const union mneme_fold_id *ids, size_t count);

/* --- write_*.c: all on the connection of an open transaction; MNEME_E_NO_MEMORY or what Postgres says --- */

/* What a writer needs besides the fold. Buffers are kept from batch to batch. */
struct mneme_fold_writer {
    struct mneme_postgres *postgres;
    struct mneme_buffer rows;    /* of the COPY that runs */
    struct mneme_buffer json;    /* of a statement's arrays */
    struct mneme_buffer made[2]; /* the ledger's rows of the partition that is sent, and of the next one */
    struct mneme_ledger_writer ledger;
    const char *projection, *topic;
};

/* Decides the items and sends their rows of the ledger; leaves each partition's head behind its last row. */
int mneme_fold_write_ledger(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                            struct mneme_error *error);

/* Writes new rows, each table's by COPY. */
int mneme_fold_write_rows(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                          struct mneme_error *error);

/* Writes ended versions that are known whole, each table's by COPY into its history. */
int mneme_fold_write_past(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                          struct mneme_error *error);

/* Writes the columns of a row as COPY takes them. */
void mneme_fold_copy_columns(struct mneme_buffer *rows, const struct mneme_fold_row *row,
                             const union mneme_cell *cells, uint64_t nulls);

/* Copies ended versions of rows that only the table has whole into its history. Call before the rows are
 * changed; statement and parameters as below. */
int mneme_fold_change_past(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                           enum mneme_fold_table_id table, const char **sql, struct mneme_pg_params *params,
                           struct mneme_error *error);

/* Changes rows of the table. The statement for the last part is returned in *sql (in the arena, NULL if there
 * is none) and *params, to be run with others; in a huge batch, earlier parts are run at once. */
int mneme_fold_change_rows(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                           enum mneme_fold_table_id table, const char **sql, struct mneme_pg_params *params,
                           struct mneme_error *error);

/* Moves children of parents that were created again into the history; call before any row is written. */
int mneme_fold_wipe_children(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                             struct mneme_error *error);

/* Writes new streams, exceptions and parked events. */
int mneme_fold_write_rest(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                          struct mneme_error *error);

/* The parameters of fold_update_streams for the streams that have a row already; *count of them. */
int mneme_fold_stream_params(struct mneme_fold *fold, struct mneme_pg_params *params, size_t *count,
                             struct mneme_error *error);

/* --- shared --- */

bool mneme_fold_want(struct mneme_fold *fold, struct mneme_fold_request *request, void *entry);
int mneme_fold_no_memory(struct mneme_error *error);

/* Postgres counts microseconds from 2000-01-01. */
#define MNEME_FOLD_PG_EPOCH_MICROS INT64_C(946684800000000)

/* All columns of the table. */
static inline uint64_t mneme_fold_all_columns(const struct mneme_fold_table_plan *table) {
    return (UINT64_C(1) << table->column_count) - 1;
}

/* A field of a payload that may be null; null too when the event has none (SIZE_MAX). */
static inline struct mneme_opt_long mneme_fold_opt_long(const void *payload, size_t offset) {
    struct mneme_opt_long value = {0};
    if (offset != SIZE_MAX) {
        memcpy(&value, (const char *)payload + offset, sizeof value);
    }
    return value;
}

#endif
