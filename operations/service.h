/*
 * What operations run on, one per process: settings, one publisher, connections to Postgres, readers of the
 * hot tier, and one watcher that all waits share. Each is opened when it is first needed.
 *
 * Any number of threads may run requests at once, each its own request. A waiting request can be cancelled
 * through its struct mneme_cancel.
 */
#ifndef MNEME_OPERATIONS_SERVICE_H
#define MNEME_OPERATIONS_SERVICE_H

#include "operations/call.h"
#include "producers/client.h"

struct mneme_locks;
struct mneme_service;

/* The caller's own writes, so that it can read them without asking for it. A process that makes only one call
 * keeps them in a file. */
struct mneme_op_own_writes {
    const struct mneme_position *positions;
    size_t count;  /* 0: nothing lately */
    unsigned held; /* enum mneme_op_store: the stores that are known to hold them */
    int64_t stamp; /* names this state of the notes, for `hold` */
};
struct mneme_op_own_writes_ops {
    /* Loads the recent writes; strings and positions are in the arena. */
    void (*load)(struct mneme_op_own_writes *out, struct mneme_arena *arena, void *context);
    /* Notes that more stores hold them. May be NULL. */
    void (*hold)(const struct mneme_op_own_writes *writes, void *context);
    /* The positions written last, for at_least "last": MNEME_E_NOT_FOUND when there are none. */
    int (*last)(const struct mneme_position **out, size_t *count, struct mneme_arena *arena, void *context,
                struct mneme_error *error);
    /* The highest offset of each partition that was acknowledged (-1: none), when the publisher closes. */
    void (*save)(const int64_t *offsets, size_t partitions, void *context);
    void *context;
};

struct mneme_service_options {
    const char *purpose;   /* the application's name at Postgres, such as "mneme-cli"; a constant */
    int64_t connect_tries; /* connection attempts if Postgres is away; 0: as MNEME_PG_CONNECT_TRIES says */
    const struct mneme_op_own_writes_ops
        *own; /* NULL: own writes are not known, and reads wait only for at_least */
};

/* Connects to nothing yet. `config` must outlive the service; the options are borrowed. */
int mneme_service_open(struct mneme_service **out, const struct mneme_config *config,
                       const struct mneme_service_options *options, struct mneme_error *error);

/* Waits for events under way like mneme_close, up to timeout_ms (-1: until each is acknowledged or has
 * failed). NULL is allowed. No request may be running. */
void mneme_service_close(struct mneme_service *service, int timeout_ms);

/*
 * Runs a completed request and passes its rows to the sink. Returns when all is done: for a write, when the
 * brokers have it, and with `wait` when the projection has judged it. A verdict other than accepted is not an
 * error of the call: outcome->verdict holds it.
 */
int mneme_service_run(struct mneme_op_outcome *outcome, struct mneme_service *service,
                      struct mneme_op_request *request, const struct mneme_op_sink *sink,
                      const struct mneme_cancel *cancel, struct mneme_error *error);

/*
 * Queues the events of a completed write and returns at once; `on_delivery` is called for each as described
 * at mneme_publish. Only for requests that are writes (mneme_op_request_is_write) and name their stream.
 * *count is the number of events.
 */
int mneme_service_submit(size_t *count, struct mneme_service *service, struct mneme_op_request *request,
                         mneme_delivery_fn *on_delivery, void *context, struct mneme_error *error);

/* Waits like mneme_flush for everything that was published before; MNEME_OK when nothing was. */
int mneme_service_flush(struct mneme_service *service, int timeout_ms, struct mneme_error *error);

/* What the brokers have acknowledged from this service's publisher, in the arena. */
int mneme_service_written(struct mneme_client_written *out, struct mneme_service *service,
                          struct mneme_arena *arena, struct mneme_error *error);

/* --- for operations --- */

/* The publisher, opened at the first request; owned by the service. */
int mneme_service_client(struct mneme_client **out, struct mneme_service *service, struct mneme_error *error);

/* The same; the cancel (may be NULL) ends the wait. */
int mneme_service_client_within(struct mneme_client **out, struct mneme_service *service,
                                const struct mneme_cancel *cancel, struct mneme_error *error);

/* A publisher for events that may be lost: unreachable brokers are not waited for, and the others must answer
 * within the timeout_ms of the first call. Owned by the service. */
int mneme_service_recorder(struct mneme_client **out, struct mneme_service *service, int timeout_ms,
                           struct mneme_error *error);

/* Lends a connection for reading, exclusively until it is returned. The cancel ends its statements and must
 * live until then. *has_parked: acknowledged events of some key wait behind one that cannot be applied. */
int mneme_service_lend_postgres(struct mneme_postgres **out, bool *has_parked, struct mneme_service *service,
                                const struct mneme_cancel *cancel, struct mneme_error *error);
void mneme_service_return_postgres(struct mneme_service *service, struct mneme_postgres *postgres);

/* Lends a reader of the hot tier in the same way. */
int mneme_service_lend_hot(struct mneme_hot_reader **out, struct mneme_service *service,
                           struct mneme_error *error);
void mneme_service_return_hot(struct mneme_service *service, struct mneme_hot_reader *reader);

/* Lends the lock servers in the same way. */
int mneme_service_lend_locks(struct mneme_locks **out, struct mneme_service *service,
                             struct mneme_error *error);
void mneme_service_return_locks(struct mneme_service *service, struct mneme_locks *locks);

const struct mneme_op_own_writes_ops *mneme_service_own_writes(const struct mneme_service *service);
const char *mneme_service_purpose(const struct mneme_service *service);
const char *mneme_service_topic(const struct mneme_service *service);
struct mneme_watcher *mneme_service_watcher(struct mneme_service *service);

#endif
