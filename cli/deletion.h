/*
 * Publishing many memory_deleted events as their memories are read. The brokers' answers come on the
 * publisher's thread, so what it writes to is guarded by a lock.
 */
#ifndef MNEME_CLI_DELETION_H
#define MNEME_CLI_DELETION_H

#include <pthread.h>

#include "cli/write.h"
#include "queries/memory.h"

#define MNEME_DELETION_PAGE 1000 /* rows to ask for at once */

struct mneme_deletion {
    const struct mneme_cli *cli;
    struct mneme_client *client;
    int64_t published;
    int status;
    struct mneme_error error;

    /* The last row of the page: where to go on. Its strings lie in the arena. */
    struct mneme_arena arena;
    bool has_last;
    int64_t last_created_at;
    struct mneme_uuid last_id;
    struct mneme_str last_stream_id;

    pthread_mutex_t lock; /* guards what is below */
    int64_t acknowledged, failed;
    char first_failure[MNEME_ERROR_MESSAGE_BYTES];
};

/* Opens the publisher. End it in any case. */
int mneme_deletion_begin(struct mneme_deletion *deletion, const struct mneme_cli *cli);

/* Publishes the deletion of a memory, of which id, stream_id, created_at and the scope are needed; --reason
 * is its reason. False to end the visit: deletion->status tells, or an interrupt. */
bool mneme_deletion_add(struct mneme_deletion *deletion, const struct mneme_memory_row *memory);

/* Waits until every event is reported; MNEME_OK when all are in the log, else deletion->error. */
int mneme_deletion_finish(struct mneme_deletion *deletion);

void mneme_deletion_clean_up(struct mneme_deletion *deletion);

/* On a terminal the user has to agree, unless --yes. */
bool mneme_deletion_is_agreed(const struct mneme_cli *cli, const char *question);

#endif
