/*
 * What all calls of a process share, opened when first needed; and running one call.
 */
#include "operations/service.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/kafka/kafka.h"
#include "common/postgres/pool.h"
#include "operations/batch.h"
#include "operations/retrieved.h"
#include "operations/statements.h"
#include "operations/watcher.h"
#include "operations/write.h"
#include "producers/client.h"
#include "queries/stale.h"
#include "stores/locks/open.h"

#define CHECK_MICROS 20000 /* how often a caller's cancel is checked, since it does not signal */
#define MOST_IDLE 16       /* connections of each kind that are kept for later calls */

struct idle {
    void *items[MOST_IDLE];
    size_t count;
};

struct mneme_service {
    const struct mneme_config *config;
    const char *purpose;
    const struct mneme_op_own_writes_ops *own;
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_watcher *watcher;
    struct mneme_pg_pool *pool;

    pthread_mutex_t opening; /* guards opening the publisher; held while brokers are contacted, so that `lock`
                                need not be */
    pthread_mutex_t lock;    /* guards all below */
    struct mneme_client *client;
    struct mneme_client *recorder;
    struct mneme_config *recorder_config; /* outlives it */
    struct idle hot, locks;
};

/* --- own writes of a process that does not keep them anywhere else --- */

static void load_nothing(struct mneme_op_own_writes *out, struct mneme_arena *arena, void *context) {
    (void)arena;
    (void)context;
    *out = (struct mneme_op_own_writes){0};
}

static int no_last(const struct mneme_position **out, size_t *count, struct mneme_arena *arena, void *context,
                   struct mneme_error *error) {
    (void)arena;
    (void)context;
    *out = NULL;
    *count = 0;
    return mneme_error_set(error, MNEME_E_NOT_FOUND,
                           "nothing was written from here yet: give positions instead of last");
}

static const struct mneme_op_own_writes_ops none_kept = {.load = load_nothing, .last = no_last};

/* --- opening --- */

int mneme_service_open(struct mneme_service **out, const struct mneme_config *config,
                       const struct mneme_service_options *options, struct mneme_error *error) {
    struct mneme_service *service = calloc(1, sizeof *service);
    *out = NULL;
    if (service == NULL || pthread_mutex_init(&service->lock, NULL) != 0) {
        free(service);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the service was not opened: memory is exhausted; free some");
    }
    pthread_mutex_init(&service->opening, NULL); /* by the same call; it fails only if the other does */
    service->config = config;
    service->purpose = options->purpose;
    service->own = options->own != NULL ? options->own : &none_kept;
    int status = mneme_kafka_events_topic(service->topic, config, error);
    if (status == MNEME_OK) {
        status = mneme_watcher_open(&service->watcher, config, service->topic, error);
    }
    if (status == MNEME_OK) {
        const struct mneme_pg_pool_options pool = {
            .purpose = options->purpose, .is_read_only = true, .tries = options->connect_tries};
        status = mneme_pg_pool_open(&service->pool, config, &pool, error);
    }
    if (status != MNEME_OK) {
        mneme_service_close(service, 0);
        return status;
    }
    *out = service;
    return MNEME_OK;
}

void mneme_service_close(struct mneme_service *service, int timeout_ms) {
    if (service == NULL) {
        return;
    }
    mneme_watcher_close(service->watcher);
    (void)mneme_close(service->client, timeout_ms,
                      NULL); /* the callers were told the result of what they published */
    (void)mneme_close(service->recorder, 0, NULL); /* events that it published may be lost */
    mneme_config_destroy(service->recorder_config);
    mneme_pg_pool_close(service->pool);
    for (size_t i = 0; i < service->hot.count; i++) {
        mneme_hot_reader_close(service->hot.items[i]);
    }
    for (size_t i = 0; i < service->locks.count; i++) {
        mneme_locks_close(service->locks.items[i]);
    }
    pthread_mutex_destroy(&service->lock);
    pthread_mutex_destroy(&service->opening);
    free(service);
}

/* --- lending --- */

static struct mneme_client *find_client(struct mneme_service *service) {
    pthread_mutex_lock(&service->lock);
    struct mneme_client *client = service->client;
    pthread_mutex_unlock(&service->lock);
    return client;
}

int mneme_service_flush(struct mneme_service *service, int timeout_ms, struct mneme_error *error) {
    struct mneme_client *client = find_client(service);
    return client == NULL ? MNEME_OK : mneme_flush(client, timeout_ms, error);
}

int mneme_service_written(struct mneme_client_written *out, struct mneme_service *service,
                          struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_client *client = find_client(service);
    *out = (struct mneme_client_written){.positions = NULL};
    return client == NULL ? MNEME_OK : mneme_client_written(out, client, arena, error);
}

/* Acquires the right to open the publisher, which another thread may hold for seconds. */
static int begin_opening(struct mneme_service *service, const struct mneme_cancel *cancel,
                         struct mneme_error *error) {
    while (pthread_mutex_trylock(&service->opening) != 0) {
        if (mneme_cancel_is_due(cancel)) {
            return mneme_error_set(error, MNEME_E_TIMEOUT,
                                   "nothing was published: the brokers did not answer before the call ended; "
                                   "check that they run, or wait longer");
        }
        mneme_clock_pause(CHECK_MICROS);
    }
    return MNEME_OK;
}

int mneme_service_client_within(struct mneme_client **out, struct mneme_service *service,
                                const struct mneme_cancel *cancel, struct mneme_error *error) {
    *out = find_client(service);
    if (*out != NULL) {
        return MNEME_OK;
    }
    int status = begin_opening(service, cancel, error);
    if (status != MNEME_OK) {
        return status;
    }
    *out = find_client(service); /* another thread may have opened it meanwhile */
    if (*out == NULL) {
        int64_t left_ms = mneme_cancel_left_micros(cancel, INT32_MAX) / 1000;
        status = mneme_client_open_within(out, service->config, left_ms > 0 ? (int)left_ms : 1, error);
        if (status == MNEME_OK && service->own->save != NULL) {
            (*out)->on_close = service->own->save;
            (*out)->on_close_context = service->own->context;
        }
        pthread_mutex_lock(&service->lock);
        service->client = status == MNEME_OK ? *out : NULL;
        pthread_mutex_unlock(&service->lock);
    }
    pthread_mutex_unlock(&service->opening);
    return status;
}

int mneme_service_client(struct mneme_client **out, struct mneme_service *service,
                         struct mneme_error *error) {
    return mneme_service_client_within(out, service, NULL, error);
}

/* The settings, with only a short wait for a schema registry. */
static int hasty_settings(struct mneme_config **out, const struct mneme_config *config, int timeout_ms,
                          struct mneme_error *error) {
    char timeout[24];
    int64_t usual = mneme_config_long(config, MNEME_SETTING_REGISTRY_TIMEOUT_MS);
    (void)snprintf(timeout, sizeof timeout, "%lld", (long long)(usual < timeout_ms ? usual : timeout_ms));
    int status = mneme_config_copy(out, config, error);
    return status == MNEME_OK
               ? mneme_config_set(*out, MNEME_SETTING_REGISTRY_TIMEOUT_MS, timeout, MNEME_FROM_OPTION, error)
               : status;
}

int mneme_service_recorder(struct mneme_client **out, struct mneme_service *service, int timeout_ms,
                           struct mneme_error *error) {
    int status = MNEME_OK;
    pthread_mutex_lock(&service->lock);
    if (service->recorder_config == NULL) {
        status = hasty_settings(&service->recorder_config, service->config, timeout_ms, error);
    }
    if (status == MNEME_OK && service->recorder == NULL) {
        status = mneme_client_open_now(&service->recorder, service->recorder_config, timeout_ms, error);
    }
    *out = service->recorder;
    pthread_mutex_unlock(&service->lock);
    return status;
}

int mneme_service_lend_postgres(struct mneme_postgres **out, bool *has_parked, struct mneme_service *service,
                                const struct mneme_cancel *cancel, struct mneme_error *error) {
    const struct mneme_pg_pool_wait wait = {
        .timeout_ms = mneme_cancel_left_micros(
                          cancel, mneme_config_long(service->config, MNEME_SETTING_WAIT_TIMEOUT_MS) * 1000) /
                      1000,
        .cancel = cancel};
    int status = mneme_query_borrow(out, service->pool, &wait, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_pg_set_cancel(*out, cancel);
    return mneme_stale_check(has_parked, *out, error);
}

void mneme_service_return_postgres(struct mneme_service *service, struct mneme_postgres *postgres) {
    if (postgres != NULL) {
        mneme_pg_set_cancel(postgres, NULL);
        mneme_pg_pool_give_back(service->pool, postgres);
    }
}

/* Returns NULL if none is idle. */
static void *take_idle(struct mneme_service *service, struct idle *idle) {
    pthread_mutex_lock(&service->lock);
    void *item = idle->count > 0 ? idle->items[--idle->count] : NULL;
    pthread_mutex_unlock(&service->lock);
    return item;
}

/* Returns false if it is not kept; the caller then closes it. */
static bool keep_idle(struct mneme_service *service, struct idle *idle, void *item) {
    pthread_mutex_lock(&service->lock);
    bool is_kept = item != NULL && idle->count < MOST_IDLE;
    if (is_kept) {
        idle->items[idle->count++] = item;
    }
    pthread_mutex_unlock(&service->lock);
    return is_kept;
}

int mneme_service_lend_hot(struct mneme_hot_reader **out, struct mneme_service *service,
                           struct mneme_error *error) {
    *out = take_idle(service, &service->hot);
    return *out != NULL ? MNEME_OK : mneme_hot_reader_open(out, service->config, error);
}

void mneme_service_return_hot(struct mneme_service *service, struct mneme_hot_reader *reader) {
    if (!keep_idle(service, &service->hot, reader)) {
        mneme_hot_reader_close(reader);
    }
}

int mneme_service_lend_locks(struct mneme_locks **out, struct mneme_service *service,
                             struct mneme_error *error) {
    *out = take_idle(service, &service->locks);
    return *out != NULL ? MNEME_OK : mneme_locks_open_with(out, service->config, error);
}

void mneme_service_return_locks(struct mneme_service *service, struct mneme_locks *locks) {
    if (!keep_idle(service, &service->locks, locks)) {
        mneme_locks_close(locks);
    }
}

const struct mneme_op_own_writes_ops *mneme_service_own_writes(const struct mneme_service *service) {
    return service->own;
}

const char *mneme_service_purpose(const struct mneme_service *service) {
    return service->purpose;
}

const char *mneme_service_topic(const struct mneme_service *service) {
    return service->topic;
}

struct mneme_watcher *mneme_service_watcher(struct mneme_service *service) {
    return service->watcher;
}

/* --- calls --- */

static int dispatch(struct mneme_op_request *request, struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_operation *operation = request->operation;
    int status;
    if (mneme_op_request_is_write(request)) {
        return mneme_op_write_run(request, call, error);
    }
    if (operation->read != NULL) {
        status = operation->read(call, error);
    } else if (operation->procedure != NULL) {
        status = operation->procedure(call, error);
    } else {
        status = mneme_op_statements_run(call, error);
    }
    if (status == MNEME_OK && call->outcome->rows == 0 && operation->not_found != NULL) {
        char label[MNEME_OP_LABEL_BYTES];
        status =
            mneme_error_set(error, MNEME_E_NOT_FOUND,
                            "%s: the tables of tenant %.*s do not have it, or not yet; see mneme status, or "
                            "name the position of its event with %s",
                            operation->not_found, MNEME_STR_ARG(mneme_op_tenant(request)),
                            mneme_op_label(label, request, mneme_op_common_field(MNEME_OP_AT_LEAST)));
    }
    return status;
}

int mneme_op_call_another(struct mneme_op_call *call, struct mneme_op_request *other,
                          struct mneme_error *error) {
    struct mneme_op_call inner = *call;
    inner.request = other;
    inner.arena = &other->arena;
    int status = dispatch(other, &inner, error);
    call->postgres = inner.postgres;
    call->is_connected = inner.is_connected;
    call->hot = inner.hot;
    call->batch = inner.batch;
    return status;
}

int mneme_service_run(struct mneme_op_outcome *outcome, struct mneme_service *service,
                      struct mneme_op_request *request, const struct mneme_op_sink *sink,
                      const struct mneme_cancel *cancel, struct mneme_error *error) {
    const struct mneme_op_value *timeout = &request->common[MNEME_OP_WAIT_TIMEOUT];
    struct mneme_op_call call = {
        .service = service,
        .config = service->config,
        .request = request,
        .sink = sink,
        .cancel = cancel,
        .outcome = outcome,
        .arena = &request->arena,
        .wait_timeout_ms = timeout->is_set
                               ? timeout->number
                               : mneme_config_long(service->config, MNEME_SETTING_WAIT_TIMEOUT_MS),
    };
    *outcome = (struct mneme_op_outcome){.verdict = MNEME_OK};
    struct mneme_op_retrieved retrieved;
    mneme_op_retrieved_begin(&retrieved, &call);
    int status = dispatch(request, &call, error);
    mneme_op_retrieved_end(&retrieved, status == MNEME_OK);
    mneme_op_batch_destroy(call.batch, service->client);
    mneme_service_return_postgres(service, call.postgres);
    mneme_service_return_hot(service, call.hot);
    return status;
}

int mneme_service_submit(size_t *count, struct mneme_service *service, struct mneme_op_request *request,
                         mneme_delivery_fn *on_delivery, void *context, struct mneme_error *error) {
    struct mneme_op_events events;
    struct mneme_client *client;
    *count = 0;
    if (!mneme_op_request_is_write(request)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s was not submitted: it reads before it writes; run it instead",
                               request->operation->name);
    }
    int status = mneme_op_events_make(&events, request, error);
    if (status == MNEME_OK) {
        status = mneme_service_client(&client, service, error);
    }
    for (size_t i = 0; i < events.count && status == MNEME_OK; i++) {
        status = mneme_publish(client, &events.items[i], on_delivery, context, error);
        *count += status == MNEME_OK;
    }
    return status;
}
