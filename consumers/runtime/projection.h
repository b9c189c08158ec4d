/*
 * A projection as the runtime sees it: one constant table of operations. The runtime polls, decodes, batches,
 * retries, parks, and follows rebalances; it does not know where a projection keeps its rows.
 *
 * All operations are called from one thread, the sink thread of the worker, never two at a time. Between
 * `open` and `close` the runtime calls assign, apply, idle and revoke in any order; after FENCED it revokes
 * before it assigns again. An operation may block, but returns within its own time-outs; it never retries by
 * itself.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_PROJECTION_H
#define MNEME_CONSUMERS_RUNTIME_PROJECTION_H

#include "common/config/projections.h"
#include "common/kafka/kafka.h"
#include "consumers/log/batch.h"
#include "consumers/log/marks.h"
#include "consumers/log/source.h"

/* For all but APPLIED: nothing of the call happened. */
enum mneme_apply_result {
    /* The whole batch, with its progress, is durable or will be decided in the same way again. */
    MNEME_APPLIED,
    /* The sink cannot be used for now: try again later, without limit. */
    MNEME_RETRY,
    /* Some event in the batch can never be applied: the runtime halves the batch until it finds that event,
     * marks it as parked and applies again. */
    MNEME_REJECT,
    /* Another consumer owns a partition of the batch: drop it and rejoin. */
    MNEME_FENCED,
    /* A person must act: stop with the error's message. */
    MNEME_FATAL,
};

/* A key whose events wait behind one that cannot be applied. */
struct mneme_parked_key {
    int32_t partition;
    struct mneme_str key;
    int64_t blocked_by; /* offset of the first parked event of the key */
};

struct mneme_assignment {
    const char *topic;
    int32_t topic_partitions; /* of the whole topic */
    const int32_t *partitions;
    int64_t *next_offsets; /* out: where to go on reading, one for each partition; 0 when it never began */
    /* out, unless NULL: of the last events before those offsets, as the batches gave them; unset: not known
     */
    struct mneme_log_digest *last_digests;
    size_t count;
    /* out: keys parked in these partitions, passed over with parks_alone; owned by the projection, valid
     * until its next call */
    const struct mneme_parked_key *parked_keys;
    size_t parked_key_count;
};

struct mneme_rebuild_ops; /* consumers/runtime/rebuild.h */

struct mneme_projection_ops {
    const struct mneme_projection_facts *facts;

    /* Returns which log is folded; NULL: the events topic. Called before `open`, and again before the group
     * is joined again after FENCED, since it may be another log then; and every few seconds while there is
     * nothing to apply, on another thread than the other operations. The topic exists afterwards. */
    int (*source)(struct mneme_log_source *source, const struct mneme_config *config,
                  struct mneme_error *error);

    /* Makes the projection's state and checks that its store is fit for use (schema migrated …). The error
     * says what to do. Called once, first. */
    int (*open)(void **projection, const struct mneme_config *config, struct mneme_error *error);

    /* Claims the partitions (the former owner is fenced from here on) and fills the out-parameters. Called
     * with only the newly assigned partitions. RETRY, FATAL, APPLIED, or FENCED when the log is another one
     * now. */
    enum mneme_apply_result (*assign)(void *projection, struct mneme_assignment *assignment,
                                      struct mneme_error *error);

    /* Applies the batch's items in order and moves the progress of each partition in it, all or nothing. A
     * batch without items only moves progress. Items with a park_reason are stored as parked, atomically with
     * the rest. The batch belongs to the runtime. */
    enum mneme_apply_result (*apply)(void *projection, struct mneme_batch *batch, struct mneme_error *error);

    /* Called about once a second while nothing is applied, whether partitions are assigned or not; NULL:
     * there is nothing to do then. FENCED makes the worker join the group again, FATAL ends it, RETRY is
     * logged; APPLIED means that all is well. */
    enum mneme_apply_result (*idle)(void *projection, struct mneme_error *error);

    /* The partitions are no longer ours: forget their state. Must not need the store. */
    void (*revoke)(void *projection, const int32_t *partitions, size_t count);

    void (*close)(void *projection);

    const struct mneme_rebuild_ops *rebuild; /* NULL: it is made again in another way */
    size_t max_batch_events;                 /* for projections with much work per event; 0: as set */

    /* What an event makes here takes the place of what was there as a whole, and is guarded by its source
     * position: one that cannot be applied is parked alone, and the next of its key goes on. Else later
     * events of its key wait behind it. */
    bool parks_alone;

    /* Reads which messages of a topic were parked by hand or dropped; NULL: none ever are. Called on another
     * thread than the other operations. */
    mneme_log_marks_reader *read_marks;

    /* Records that the log is lost or another one, with the message that the worker ends with, or with NULL
     * that it is the folded one; NULL: not recorded. Threads as for read_marks. */
    void (*note_loss)(const struct mneme_config *config, const char *reason);

    /* Records, for the status, that a worker waits at a message of an unknown schema, again at each attempt,
     * or goes on; NULL: not recorded. Threads as for read_marks. */
    int (*note_wait)(const struct mneme_config *config, const struct mneme_schema_wait *wait,
                     struct mneme_error *error);
};

/* Whether the `mneme rebuild` that makes it again takes --accept-loss. */
static inline bool mneme_projection_takes_loss(const struct mneme_projection_ops *projection) {
    return projection->facts->rebuilt_by == NULL && projection->rebuild != NULL;
}

/* The projection's source, or the events topic. */
int mneme_projection_source(struct mneme_log_source *source, const struct mneme_projection_ops *projection,
                            const struct mneme_config *config, struct mneme_error *error);

#endif
