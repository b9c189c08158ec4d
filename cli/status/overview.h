/*
 * What mneme status reads, and the parts that show it: tables for people, lines of JSON for programs.
 */
#ifndef MNEME_CLI_STATUS_OVERVIEW_H
#define MNEME_CLI_STATUS_OVERVIEW_H

#include "cli/frame/command.h"
#include "queries/status_health.h"

/* One reading of the projections. */
struct mneme_overview_reading {
    struct mneme_projection_status *projections;
    size_t count;
    struct mneme_error log_error; /* why Kafka could not be read, or code MNEME_OK */
};

struct mneme_overview {
    struct mneme_cli *cli;
    struct mneme_pg_pool *pool;
    struct mneme_postgres *postgres; /* of the pool */
    struct mneme_log_probe *log;
    const char *only;        /* the selected projection, or group of them; NULL: all */
    bool with_tables;        /* also the sizes of tables */
    int64_t parked_shown;    /* keys */
    bool says_there_is_more; /* says so when a list was cut off at its limit */
    struct mneme_error error;
};

/* Whether the projection of that name, such as "embed.bge-small-en-v1.5", is selected. */
bool mneme_overview_is_named(const struct mneme_overview *overview, struct mneme_str projection);

/* --- for people (cli/status/screen.c) --- */

/* A line for each projection, and what is wrong with it; for a single projection, all that is known. */
void mneme_overview_show_projections(const struct mneme_overview *overview,
                                     const struct mneme_overview_reading *reading);

/* The services that are in use, and the alerts. */
void mneme_overview_show_health(const struct mneme_overview *overview, const struct mneme_health *health);

/* How long a projection needs for its lag at its present rate: "12 s", "3 min"; "-" without lag, "?" when
 * unknown. */
#define MNEME_OVERVIEW_LEFT_BYTES 32
void mneme_overview_time_left(char text[MNEME_OVERVIEW_LEFT_BYTES],
                              const struct mneme_projection_status *projection);

/* --- for both (cli/status/lists.c): tables, or a line of JSON for each --- */

/* Partitions whose worker waits for a schema. */
enum mneme_exit mneme_overview_list_waits(struct mneme_overview *overview,
                                          const struct mneme_overview_reading *reading);
enum mneme_exit mneme_overview_list_parked(struct mneme_overview *overview,
                                           const struct mneme_overview_reading *reading);
enum mneme_exit mneme_overview_list_generations(struct mneme_overview *overview,
                                                const struct mneme_overview_reading *reading);
enum mneme_exit mneme_overview_list_tables(struct mneme_overview *overview,
                                           const struct mneme_overview_reading *reading);

#endif
