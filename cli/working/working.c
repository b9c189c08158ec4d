/*
 * From options to a place, and from a place to what is there.
 */
#include "cli/working/working.h"

#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "cli/own_writes.h"

static int place_of(struct mneme_working_place *place, const struct mneme_cli *cli,
                    struct mneme_error *error) {
    struct mneme_str stream_id;
    *place = (struct mneme_working_place){
        .tenant = mneme_session_tenant(cli),
        .stream_id = mneme_cli_opt_str(cli, "stream"),
        .conversation_id = mneme_cli_opt_str(cli, "conversation"),
        .user_id = mneme_cli_opt_str(cli, "user"),
        .agent_id = mneme_cli_opt_str(cli, "agent"),
        .context_id = mneme_cli_opt_str(cli, "context"),
    };
    if (place->context_id.len > 0 && place->conversation_id.len > 0) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was done: both --context and --conversation are given; a conversation's "
            "context has its id, so give one of them");
    }
    int status = mneme_working_stream(&stream_id, place, error);
    if (status != MNEME_OK) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            mneme_working_id(place).len == 0
                ? "nothing was done: no conversation is named; give --conversation ID"
                : "nothing was done: the conversation's stream is not named; give --user ID, "
                  "--agent ID or --stream ID");
    }
    place->stream_id = stream_id;
    return MNEME_OK;
}

/* Behind --at-least, or a moment for own writes: without them where they do not come. */
static int ask(struct mneme_working *out, struct mneme_working_reader *reader, const struct mneme_cli *cli,
               const struct mneme_working_question *question, struct mneme_arena *arena,
               struct mneme_error *error) {
    const struct mneme_position *at_least;
    struct mneme_query_wait wait = mneme_session_wait(cli);
    struct mneme_own_writes own;
    size_t count;
    int status = mneme_session_at_least(&at_least, &count, cli, arena, error);
    if (status != MNEME_OK || count > 0) {
        return status == MNEME_OK ? mneme_working_ask(out, reader, question, at_least, count, &wait, error)
                                  : status;
    }
    wait.timeout_ms = mneme_own_writes_of(&own, cli, arena);
    status = mneme_working_ask(out, reader, question, own.positions, own.count, &wait, error);
    if (status != MNEME_OK && own.count > 0 && !mneme_cli_interrupted()) {
        if (status == MNEME_E_TIMEOUT) {
            mneme_own_writes_tell_missing(cli, "the tables");
        }
        status = mneme_working_ask(out, reader, question, NULL, 0, &wait, error);
    }
    return status;
}

enum mneme_exit mneme_working_read_and_show(struct mneme_cli *cli, const struct mneme_working_question *asked,
                                            mneme_working_show_fn *show) {
    struct mneme_error error = {0};
    struct mneme_working_reader *reader = NULL;
    struct mneme_working_question question = {.most = 0};
    struct mneme_working working;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (asked != NULL) {
        question = *asked;
    }
    if (place_of(&question.place, cli, &error) != MNEME_OK ||
        mneme_working_open(&reader, cli->config, "mneme-cli", &error) != MNEME_OK ||
        ask(&working, reader, cli, &question, &arena, &error) != MNEME_OK ||
        (mneme_working_tables(reader) != NULL &&
         mneme_session_tell_stale(cli, mneme_working_tables(reader), &error) != MNEME_OK)) {
        code = mneme_cli_fail(cli, &error);
    } else {
        code = show(cli, &question.place, &working);
    }
    mneme_working_close(reader);
    mneme_arena_clean_up(&arena);
    return code;
}
