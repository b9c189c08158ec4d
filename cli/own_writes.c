/*
 * Once the tables hold the writes, this is noted along with them (cli/last_write.h), so that only the first
 * read after a write has to check.
 */
#include "cli/own_writes.h"

#include "cli/frame/output.h"
#include "cli/last_write.h"
#include "common/kafka/kafka.h"
#include "queries/position_wait.h"

#define RECENT_MICROS INT64_C(60000000)
#define HELD_BY_TABLES (1U << MNEME_PROJECTION_POSTGRES)

static int64_t bound_ms(const struct mneme_cli *cli) {
    bool says_it = mneme_cli_value(cli, "at-least") != NULL || mneme_cli_value(cli, "as-of") != NULL;
    return says_it ? 0 : mneme_config_long(cli->config, MNEME_SETTING_READ_OWN_WRITES_MS);
}

static int wait_for_tables(const struct mneme_cli *cli, struct mneme_postgres *postgres,
                           const struct mneme_recent_write *recent) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_error error = {0};
    const struct mneme_query_wait wait = {bound_ms(cli), &mneme_cli_cancel};
    int status = mneme_kafka_events_topic(topic, cli->config, &error);
    return status == MNEME_OK
               ? mneme_position_wait(postgres, mneme_projections[MNEME_PROJECTION_POSTGRES].name, topic,
                                     recent->positions, recent->count, &wait, &error)
               : status;
}

bool mneme_own_writes_wait(const struct mneme_cli *cli, struct mneme_postgres *postgres) {
    struct mneme_recent_write recent;
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    bool must_wait = bound_ms(cli) > 0 &&
                     mneme_last_write_recent(&recent, cli->config, RECENT_MICROS, &arena) &&
                     (recent.held & HELD_BY_TABLES) == 0;
    int status = must_wait ? wait_for_tables(cli, postgres, &recent) : MNEME_OK;
    if (must_wait && status == MNEME_OK) {
        recent.held |= HELD_BY_TABLES;
        mneme_last_write_hold(cli->config, &recent);
    } else if (status == MNEME_E_TIMEOUT && !mneme_cli_interrupted()) {
        const struct mneme_op_note note = {
            .kind = MNEME_OP_NOTE_MISSING,
            .text = mneme_str_from(mneme_projections[MNEME_PROJECTION_POSTGRES].place)};
        mneme_cli_say_note(cli, &note);
    }
    mneme_arena_clean_up(&arena);
    return must_wait;
}
