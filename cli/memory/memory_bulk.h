/*
 * Many memories at once: finding all that a filter selects, and publishing an event for each as they are
 * read. The brokers' answers come on the publisher's thread, so what it writes to is guarded by a lock.
 */
#ifndef MNEME_CLI_MEMORY_BULK_H
#define MNEME_CLI_MEMORY_BULK_H

#include <pthread.h>

#include "cli/write.h"
#include "queries/memory.h"

#define MNEME_BULK_PAGE 1000 /* rows to ask for at once */

/* What is done to each memory. */
enum mneme_bulk_kind {
    MNEME_BULK_DELETE,
    MNEME_BULK_ARCHIVE, /* only if the memory still has the version that was read */
    MNEME_BULK_KIND_COUNT,
};

struct mneme_bulk {
    const struct mneme_cli *cli;
    enum mneme_bulk_kind kind;
    struct mneme_client *client;
    int64_t published;
    int status;
    struct mneme_error error;

    pthread_mutex_t lock; /* guards what is below */
    int64_t acknowledged, failed;
    char first_failure[MNEME_ERROR_MESSAGE_BYTES];
};

/* Opens the publisher. End it in any case. */
int mneme_bulk_begin(struct mneme_bulk *bulk, const struct mneme_cli *cli, enum mneme_bulk_kind kind);

/* Publishes the event of a memory, of which id, stream_id, the scope and (for MNEME_BULK_ARCHIVE) the version
 * are needed; --reason is its reason. False to end the visit: bulk->status tells, or an interrupt. */
bool mneme_bulk_add(struct mneme_bulk *bulk, const struct mneme_memory_row *memory);

/* Waits until every event is reported; MNEME_OK when all are in the log, else bulk->error. */
int mneme_bulk_finish(struct mneme_bulk *bulk);

void mneme_bulk_clean_up(struct mneme_bulk *bulk);

/* The memories of the call's scope (--user, --agent, --run, --conversation), unfiltered. MNEME_E_UNSAFE
 * without a scope, or with one that is empty: that must not widen it to everything. */
int mneme_bulk_scope(struct mneme_memory_filter *out, const struct mneme_cli *cli, enum mneme_bulk_kind kind,
                     struct mneme_error *error);

/* Visits all memories that pass the filter, page by page, until the visitor gives false or the call is
 * interrupted. The filter's cursor and limit are overwritten. */
int mneme_bulk_visit(struct mneme_postgres *postgres, struct mneme_memory_filter *filter,
                     mneme_row_visitor *visit, void *context, struct mneme_error *error);

#endif
