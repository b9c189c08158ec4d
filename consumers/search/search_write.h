/*
 * From changes of documents to rows: the versions of a batch go by COPY into a staging table, and one
 * statement for each table does the rest. All of it in the caller's transaction.
 */
#ifndef MNEME_CONSUMERS_SEARCH_WRITE_H
#define MNEME_CONSUMERS_SEARCH_WRITE_H

#include "common/analysis/analysis.h"
#include "consumers/documents/documents.h"

#define MNEME_SEARCH_MAX_CALLS 4 /* of mneme_search_changes */

struct mneme_search_writer {
    struct mneme_analysis *analysis; /* borrowed */
    struct mneme_terms terms;        /* of one document */
    struct mneme_buffer rows, scratch;
    struct mneme_pg_params params[MNEME_SEARCH_MAX_CALLS];
};

void mneme_search_writer_clean_up(struct mneme_search_writer *writer);

/* Sends the versions to the staging table. MNEME_E_NO_MEMORY or what Postgres says. */
int mneme_search_stage(struct mneme_search_writer *writer, struct mneme_postgres *postgres,
                       const struct mneme_documents *documents, struct mneme_error *error);

/* The statements that carry the changes out, to be run in this order; *count of them. The arena holds their
 * arrays. MNEME_E_NO_MEMORY. */
int mneme_search_changes(struct mneme_search_writer *writer, struct mneme_pg_call *calls, size_t *count,
                         const struct mneme_documents *documents, struct mneme_arena *arena,
                         struct mneme_error *error);

#endif
