/*
 * From options to a place, from a place to what is there, and from a verb to its event.
 */
#include "cli/working/working.h"

#include "cli/frame/consent.h"
#include "cli/frame/input.h"
#include "cli/frame/session.h"
#include "cli/own_writes.h"
#include "common/json/read.h"
#include "common/json/write.h"

#define MAX_TTL_S 315360000 /* as in the schema */

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

/* --- writing --- */

/* JSON as it is, other text as a string. What begins like a container or a string and is none is a slip. */
static int json_of(struct mneme_str *out, const struct mneme_cli *cli, struct mneme_arena *arena,
                   struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason = NULL;
    size_t at = 0;
    struct mneme_str text = mneme_json_trim(*out);
    bool is_text = mneme_cli_flag(cli, "text");
    if (!is_text && mneme_json_check(text, &kind, &reason, &at)) {
        *out = text;
        return MNEME_OK;
    }
    if (!is_text && text.len > 0 && strchr("{[\"", text.data[0]) != NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was published: the value is no JSON: %s at byte %zu; correct it, or add "
            "--text to keep it as a text",
            reason, at);
    }
    struct mneme_buffer quoted = {0};
    struct mneme_json_writer json = {.out = &quoted};
    mneme_json_string(&json, *out);
    *out = quoted.failed ? MNEME_STR_NULL : mneme_arena_copy(arena, mneme_buffer_str(&quoted));
    mneme_buffer_clean_up(&quoted);
    return out->data != NULL ? MNEME_OK
                             : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                               "nothing was published: memory is exhausted; free some");
}

static int read_text(struct mneme_working_input *input, const struct mneme_cli *cli,
                     const struct mneme_working_verb *verb, struct mneme_arena *arena,
                     struct mneme_error *error) {
    if (verb->text_at < 0) {
        return MNEME_OK;
    }
    if (cli->argument_count <= verb->text_at) {
        return verb->lack == NULL
                   ? MNEME_OK
                   : mneme_error_set(error, MNEME_E_USAGE, "nothing was published: there is no text; %s",
                                     verb->lack);
    }
    int status = mneme_cli_input(&input->text, cli->arguments[verb->text_at], arena, error);
    return status == MNEME_OK && verb->is_json ? json_of(&input->text, cli, arena, error) : status;
}

static int read_input(struct mneme_working_input *input, const struct mneme_cli *cli,
                      const struct mneme_working_verb *verb, const struct mneme_working_place *place,
                      struct mneme_arena *arena, struct mneme_error *error) {
    bool wants_verdict;
    int status;
    *input = (struct mneme_working_input){.id = mneme_working_id(place)};
    if ((status = mneme_write_wants_verdict(&wants_verdict, cli, error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&input->ttl_s, cli, "ttl", 0, MAX_TTL_S, error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&input->turn_index, cli, "index", 0, INT64_MAX, error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&input->token_count, cli, "tokens", 0, INT64_MAX, error)) != MNEME_OK) {
        return status;
    }
    return read_text(input, cli, verb, arena, error);
}

static enum mneme_exit publish_event(struct mneme_cli *cli, const struct mneme_working_verb *verb,
                                     const struct mneme_working_place *place,
                                     const struct mneme_working_input *input) {
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    struct mneme_event event;
    enum mneme_exit code;
    if (mneme_write_open(&client, cli, &error) != MNEME_OK ||
        mneme_write_event(&event, cli, client, verb->type, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        verb->fill(&event, cli, input);
        code = mneme_write_publish_named(cli, client, &event, "conversation_id", mneme_working_id(place));
    }
    (void)mneme_close(client, 0, NULL); /* nothing is under way any more */
    return code;
}

enum mneme_exit mneme_working_publish(struct mneme_cli *cli, const struct mneme_working_verb *verb) {
    struct mneme_error error = {0};
    struct mneme_working_place place;
    struct mneme_working_input input;
    struct mneme_arena arena;
    enum mneme_exit code = MNEME_EXIT_DONE;
    mneme_arena_init(&arena, 0);
    if (place_of(&place, cli, &error) != MNEME_OK ||
        read_input(&input, cli, verb, &place, &arena, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else if (verb->question != NULL) {
        code = mneme_cli_consent(cli, "nothing was cleared", verb->question);
    }
    if (code == MNEME_EXIT_DONE) {
        code = publish_event(cli, verb, &place, &input);
    }
    mneme_arena_clean_up(&arena);
    return code;
}

/* --- reading --- */

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
