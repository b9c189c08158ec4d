/*
 * The health of an installation as one document: whether its services answer, how full its connections, disk
 * and memory are, how far projections are behind, and the alerts that follow. `mneme status` prints it, and a
 * readiness check answers with it. It spans all tenants and shows no content.
 */
#ifndef MNEME_QUERIES_STATUS_HEALTH_H
#define MNEME_QUERIES_STATUS_HEALTH_H

#include "common/postgres/pool.h"
#include "queries/projection_status.h"

/* In order of severity. */
enum mneme_health_state {
    MNEME_HEALTH_UNUSED, /* of a check: the settings do not name the service, or nothing needs it yet */
    MNEME_HEALTH_HEALTHY,
    MNEME_HEALTH_DEGRADED,  /* all requests are answered, but some answers are incomplete */
    MNEME_HEALTH_UNHEALTHY, /* some data cannot be written or read */
    MNEME_HEALTH_STATES,
};

/* "unused", "healthy", "degraded", "unhealthy". */
extern const char *const mneme_health_state_names[MNEME_HEALTH_STATES];

enum mneme_health_service {
    MNEME_HEALTH_KAFKA,
    MNEME_HEALTH_POSTGRES,
    MNEME_HEALTH_REDIS,
    MNEME_HEALTH_VECTORS,
    MNEME_HEALTH_EMBEDDING, /* the endpoint that makes embeddings */
    MNEME_HEALTH_REGISTRY,  /* the schema registry */
    MNEME_HEALTH_SERVICES,
};

/* As in checks {…}. */
extern const char *const mneme_health_service_names[MNEME_HEALTH_SERVICES];

struct mneme_health_check {
    enum mneme_health_state state;
    double response_time_ms; /* 0 when the service was not contacted */
    char detail[512];        /* why it is not healthy, with what to do, or what answered; never empty */
};

/* The values that alerts are based on. Unknown values are unset. */
struct mneme_health_measures {
    struct mneme_opt_double pool_percent; /* share of this process's connections that are lent */
    struct mneme_opt_double
        connections_percent;                /* share of the connections that Postgres allows that are open */
    struct mneme_opt_double latency_p95_ms; /* of this process's searches */
    struct mneme_opt_double memory_percent; /* share of this machine's or container's memory that is in use */
    struct mneme_opt_double redis_memory_percent; /* share of Redis' maxmemory that is in use */
    struct mneme_opt_double disk_percent;         /* share of the file system with the state that is full */
    struct mneme_opt_double backlog;              /* events that the slowest projection has not folded */
    struct mneme_opt_double lag_s;                /* how long the oldest of those has waited */
    struct mneme_opt_double errors_last_hour;     /* events parked, and errors reported */
    char backlog_projection[128], lag_projection[128]; /* the projections with that backlog and that lag */
};

struct mneme_health {
    enum mneme_health_state state; /* never UNUSED */
    struct mneme_health_check checks[MNEME_HEALTH_SERVICES];
    struct mneme_pg_pool_stats pool;          /* zeros for a process that has no pool */
    char database_version[64];                /* "" when Postgres does not answer */
    struct mneme_opt_long active_connections; /* to this database, by all clients */
    struct mneme_health_measures measures;
    double response_time_ms; /* time that it took to make the document */
    int64_t timestamp;       /* microseconds */
};

/* What a process can check the services with; everything is borrowed. */
struct mneme_health_source {
    const struct mneme_config *config;
    struct mneme_postgres *postgres; /* NULL: there is none, and … */
    const char *postgres_reason;     /* … this is why */
    struct mneme_log_probe *log;
    int64_t timeout_ms; /* of each service */

    /* Without these, the values that they provide are unset. */
    struct mneme_pg_pool *pool;
    const struct mneme_projection_status *projections;
    size_t projection_count;
    struct mneme_opt_double latency_p95_ms;
    bool with_measures; /* include machine, Redis and ledger: for a person, not for a probe every second */
};

/* Checks each service once. Never fails: the document says what could not be read. Leaves the connection's
 * search path on another schema (queries/status.h), and no transaction open. */
void mneme_health_read(struct mneme_health *out, const struct mneme_health_source *source);

/* Whether this process should receive requests. */
static inline bool mneme_health_is_ready(const struct mneme_health *health) {
    return health->state != MNEME_HEALTH_UNHEALTHY;
}

/* One object: status, checks {kafka, postgres, redis, vectors, embedding, registry: {status,
 * response_time_ms, detail}}, pool_stats {size, min_size, max_size, idle_size}, database_version,
 * active_connections, response_time_ms, timestamp, measures {…}, alerts [{type, severity, message, threshold,
 * current_value, timestamp}]. */
void mneme_health_json(const struct mneme_health *health, struct mneme_json_writer *json);

#endif
