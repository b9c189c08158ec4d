/*
 * Opens the read side for one call.
 */
#include "cli/frame/session.h"

#include <stdio.h>

#include "cli/frame/output.h"
#include "cli/frame/values.h"
#include "cli/last_write.h"
#include "cli/own_writes.h"
#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "queries/position_wait.h"
#include "queries/stale.h"

#define MAX_STALE_SHOWN 3 /* keys, on stderr */

struct mneme_query_wait mneme_session_wait(const struct mneme_cli *cli) {
    return (struct mneme_query_wait){.timeout_ms =
                                         mneme_config_long(cli->config, MNEME_SETTING_WAIT_TIMEOUT_MS),
                                     .cancel = &mneme_cli_cancel};
}

struct mneme_str mneme_session_tenant(const struct mneme_cli *cli) {
    return mneme_str_from(mneme_config_string(cli->config, MNEME_SETTING_TENANT));
}

static int wait_for_positions(const struct mneme_cli *cli, struct mneme_postgres *postgres,
                              const struct mneme_position *positions, size_t count,
                              struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_query_wait wait = mneme_session_wait(cli);
    int status = mneme_kafka_events_topic(topic, cli->config, error);
    if (status != MNEME_OK) {
        return status;
    }
    return mneme_position_wait_shown(postgres, mneme_projections[MNEME_PROJECTION_POSTGRES].name, topic,
                                     positions, count, &wait, error);
}

static int at_least_of(const struct mneme_position **out, size_t *count, const struct mneme_cli *cli,
                       struct mneme_arena *arena, struct mneme_error *error) {
    if (mneme_str_equal(mneme_cli_opt_str(cli, "at-least"), MNEME_STR_LIT("last"))) {
        return mneme_last_write_load(out, count, cli->config, arena, error);
    }
    return mneme_cli_opt_positions(out, count, cli, "at-least", arena, error);
}

/* --- stale keys --- */

struct stale_printing {
    const struct mneme_cli *cli;
    struct mneme_json_writer json;
    int64_t count;
};

static bool print_stale_key(const void *row, void *context) {
    const struct mneme_stale_row *stale = row;
    struct stale_printing *printing = context;
    mneme_stale_row_json(stale, &printing->json);
    if (printing->cli->json || printing->count++ >= MAX_STALE_SHOWN) {
        return true;
    }
    const struct mneme_op_note note = {.kind = MNEME_OP_NOTE_STALE, .stale = stale};
    mneme_cli_say_note(printing->cli, &note);
    return true;
}

static int print_stale(const struct mneme_cli *cli, struct mneme_postgres *postgres,
                       struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct stale_printing printing = {.cli = cli, .json = {.out = cli->stale}};
    struct mneme_str stream_id = mneme_cli_opt_str(cli, "stream");
    stream_id = stream_id.data == NULL ? mneme_cli_opt_str(cli, "user") : stream_id;
    int status = mneme_kafka_events_topic(topic, cli->config, error);
    mneme_buffer_clear(cli->stale);
    mneme_json_begin_array(&printing.json);
    if (status == MNEME_OK) {
        status = mneme_stale_list(postgres, topic, mneme_session_tenant(cli), stream_id,
                                  MNEME_QUERY_DEFAULT_LIMIT, print_stale_key, &printing, error);
    }
    mneme_json_end_array(&printing.json);
    if (printing.count > MAX_STALE_SHOWN) {
        fprintf(stderr, "mneme: stale: %lld other keys, too; run `mneme dead-letters list`\n",
                (long long)(printing.count - MAX_STALE_SHOWN));
    }
    if (cli->stale->len == sizeof "[]" - 1) {
        mneme_buffer_clear(cli->stale);
    }
    return status;
}

static int open_for(struct mneme_postgres **out, bool *has_parked, const struct mneme_cli *cli,
                    struct mneme_error *error) {
    const struct mneme_position *positions;
    size_t count = 0;
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    *out = NULL;
    int status = at_least_of(&positions, &count, cli, &arena, error);
    if (status == MNEME_OK) {
        status = mneme_stale_connect(out, has_parked, cli->config, "mneme-cli", error);
    }
    if (status == MNEME_OK && count > 0) {
        status = wait_for_positions(cli, *out, positions, count, error);
    } else if (status == MNEME_OK) {
        /* What arrived during the wait may have been parked. */
        *has_parked = mneme_own_writes_wait(cli, *out) || *has_parked;
    }
    if (status != MNEME_OK) {
        mneme_pg_close(*out);
        *out = NULL;
    }
    mneme_arena_clean_up(&arena);
    return status;
}

int mneme_session_open(struct mneme_postgres **out, const struct mneme_cli *cli, struct mneme_error *error) {
    bool has_parked;
    return open_for(out, &has_parked, cli, error);
}

int mneme_session_open_read(struct mneme_postgres **out, const struct mneme_cli *cli,
                            struct mneme_error *error) {
    bool has_parked = false;
    int status = open_for(out, &has_parked, cli, error);
    if (status == MNEME_OK && has_parked) {
        status = print_stale(cli, *out, error);
    }
    if (status != MNEME_OK) {
        mneme_pg_close(*out);
        *out = NULL;
    }
    return status;
}
