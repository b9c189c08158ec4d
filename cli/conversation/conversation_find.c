/*
 * A conversation by its id alone: one, or an error.
 */
#include "cli/conversation/conversation_find.h"

#include "cli/frame/session.h"
#include "cli/frame/values.h"

struct search {
    struct mneme_conversation_place *place;
    struct mneme_arena *arena;
};

static bool note_conversation(const void *row, void *context) {
    const struct mneme_conversation_row *conversation = row;
    struct search *search = context;
    search->place->stream_id = mneme_arena_copy(search->arena, conversation->stream_id);
    search->place->user_id = mneme_arena_copy(search->arena, conversation->user_id);
    search->place->agent_id = mneme_arena_copy(search->arena, conversation->agent_id);
    return true;
}

int mneme_conversation_find(struct mneme_conversation_place *out, struct mneme_postgres *postgres,
                            const struct mneme_cli *cli, struct mneme_conversation_key *key,
                            struct mneme_arena *arena, struct mneme_error *error) {
    struct search search = {out, arena};
    size_t count;
    *out = (struct mneme_conversation_place){0};
    key->tenant = mneme_session_tenant(cli);
    key->conversation_id = mneme_str_from(cli->arguments[0]);
    key->stream_id = mneme_cli_opt_str(cli, "stream");
    int status = mneme_conversation_get(postgres, key, note_conversation, &search, &count, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (count == 0) {
        return mneme_error_set(
            error, MNEME_E_NOT_FOUND,
            "conversation '%.*s' was not found: the tables of tenant %.*s do not have it, or not yet; "
            "mneme conversation list shows those that are there",
            MNEME_STR_ARG(key->conversation_id), MNEME_STR_ARG(key->tenant));
    }
    if (count > 1) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "conversation '%.*s' is not one: %zu streams use this id; choose one with --stream",
            MNEME_STR_ARG(key->conversation_id), count);
    }
    if (out->stream_id.data == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the conversation was not looked up: memory is exhausted; free some");
    }
    key->stream_id = out->stream_id;
    return MNEME_OK;
}
