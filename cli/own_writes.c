/*
 * One bound for all places, one after the other. A place that holds the writes is noted beside them
 * (cli/last_write.h), so only the first read after a write pays for looking.
 */
#include "cli/own_writes.h"

#include <stdio.h>

#include "cli/last_write.h"
#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "queries/projection_wait.h"

#define RECENT_MICROS INT64_C(60000000)

static int64_t bound_ms(const struct mneme_cli *cli) {
    bool is_told = mneme_cli_value(cli, "at-least") != NULL || mneme_cli_value(cli, "as-of") != NULL;
    return is_told ? 0 : mneme_config_long(cli->config, MNEME_SETTING_READ_OWN_WRITES_MS);
}

static bool load(struct mneme_recent_write *recent, const struct mneme_cli *cli, struct mneme_arena *arena) {
    return bound_ms(cli) > 0 && mneme_last_write_recent(recent, cli->config, RECENT_MICROS, arena);
}

bool mneme_own_writes_are_due(const struct mneme_cli *cli, unsigned places) {
    struct mneme_recent_write recent;
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    bool are_due = load(&recent, cli, &arena) && (recent.held & places) != places;
    mneme_arena_clean_up(&arena);
    return are_due;
}

int64_t mneme_own_writes_of(struct mneme_own_writes *out, const struct mneme_cli *cli,
                            struct mneme_arena *arena) {
    struct mneme_recent_write recent;
    *out = (struct mneme_own_writes){0};
    if (load(&recent, cli, arena)) {
        *out = (struct mneme_own_writes){recent.positions, recent.count};
    }
    return bound_ms(cli);
}

void mneme_own_writes_tell_missing(const struct mneme_cli *cli, const char *where) {
    fflush(stdout);
    fprintf(stderr,
            "mneme: what was written last from here is not in %s yet after %lld ms, so the answer may be "
            "without it; see mneme status (MNEME_READ_OWN_WRITES_MS sets the wait)\n",
            where, (long long)bound_ms(cli));
}

/* --- the places --- */

struct waiting {
    const struct mneme_cli *cli;
    struct mneme_postgres *postgres;
    const struct mneme_recent_write *recent;
};

typedef int wait_fn(const struct waiting *waiting, const struct mneme_query_wait *wait,
                    struct mneme_error *error);

static int wait_for_tables(const struct waiting *waiting, const struct mneme_query_wait *wait,
                           struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    int status = mneme_kafka_events_topic(topic, waiting->cli->config, error);
    return status == MNEME_OK
               ? mneme_position_wait(waiting->postgres, mneme_projections[MNEME_PROJECTION_POSTGRES].name,
                                     topic, waiting->recent->positions, waiting->recent->count, wait, error)
               : status;
}

static int wait_for_texts(const struct waiting *waiting, const struct mneme_query_wait *wait,
                          struct mneme_error *error) {
    const struct mneme_config *config = waiting->cli->config;
    return mneme_search_has_begun(config)
               ? mneme_search_wait(config, waiting->recent->positions, waiting->recent->count, wait, error)
               : MNEME_E_NOT_FOUND;
}

static int wait_for_vectors(const struct waiting *waiting, const struct mneme_query_wait *wait,
                            struct mneme_error *error) {
    const struct mneme_config *config = waiting->cli->config;
    const char *model = mneme_cli_value(waiting->cli, "model");
    return mneme_vectors_have_begun(config, model)
               ? mneme_vectors_wait(config, model, waiting->recent->positions, waiting->recent->count, wait,
                                    error)
               : MNEME_E_NOT_FOUND;
}

static const struct {
    enum mneme_projection projection;
    wait_fn *wait;
} steps[] = {
    {MNEME_PROJECTION_POSTGRES, wait_for_tables},
    {MNEME_PROJECTION_SEARCH, wait_for_texts},
    {MNEME_PROJECTION_VECTORS, wait_for_vectors},
};

bool mneme_own_writes_wait(const struct mneme_cli *cli, struct mneme_postgres *postgres, unsigned places) {
    struct mneme_recent_write recent;
    struct mneme_arena arena;
    const struct waiting waiting = {cli, postgres, &recent};
    int64_t deadline = mneme_clock_monotonic_micros() + bound_ms(cli) * 1000;
    mneme_arena_init(&arena, 0);
    bool is_there = load(&recent, cli, &arena);
    unsigned before = is_there ? recent.held : 0;
    bool has_looked = false;
    for (size_t i = 0; is_there && i < sizeof steps / sizeof *steps; i++) {
        struct mneme_error error = {0};
        int64_t left_ms = (deadline - mneme_clock_monotonic_micros()) / 1000;
        const struct mneme_query_wait wait = {left_ms > 0 ? left_ms : 0, &mneme_cli_cancel};
        unsigned place = 1U << steps[i].projection;
        if ((places & place) == 0 || (recent.held & place) != 0) {
            continue;
        }
        has_looked = true;
        int status = steps[i].wait(&waiting, &wait, &error);
        if (status == MNEME_OK) {
            recent.held |= place;
        } else if (status == MNEME_E_TIMEOUT && !mneme_cli_interrupted()) {
            mneme_own_writes_tell_missing(cli, mneme_projections[steps[i].projection].place);
            break;
        }
    }
    if (is_there && recent.held != before) {
        mneme_last_write_hold(cli->config, &recent);
    }
    mneme_arena_clean_up(&arena);
    return has_looked;
}

void mneme_own_writes_held(struct mneme_own_writes *out, const struct mneme_cli *cli,
                           struct mneme_arena *arena) {
    struct mneme_recent_write recent;
    *out = (struct mneme_own_writes){0};
    if (load(&recent, cli, arena) && (recent.held & MNEME_OWN_TABLES) != 0) {
        *out = (struct mneme_own_writes){recent.positions, recent.count};
    }
}
