/*
 * Finding the stream that a memory lies in, for commands that are given its id alone.
 */
#include "cli/frame/session.h"
#include "cli/memory/memory.h"
#include "common/base/uuid.h"

struct search {
    struct mneme_memory_place *place;
    struct mneme_arena *arena;
    bool failed;
};

static bool note_place(const void *row, void *context) {
    const struct mneme_memory_row *memory = row;
    struct search *search = context;
    *search->place = (struct mneme_memory_place){
        .stream_id = mneme_arena_copy(search->arena, memory->stream_id),
        .user_id = mneme_arena_copy(search->arena, memory->user_id),
        .agent_id = mneme_arena_copy(search->arena, memory->agent_id),
    };
    search->failed = search->place->stream_id.data == NULL;
    return true;
}

int mneme_memory_find(struct mneme_memory_place *out, struct mneme_postgres *postgres,
                      const struct mneme_cli *cli, struct mneme_memory_key *key, struct mneme_arena *arena,
                      struct mneme_error *error) {
    struct search search = {.place = out, .arena = arena};
    size_t count = 0;
    *out = (struct mneme_memory_place){0};
    key->tenant = mneme_session_tenant(cli);
    key->stream_id = mneme_cli_opt_str(cli, "stream");
    int status = mneme_memory_get(postgres, key, note_place, &search, &count, error);
    if (status != MNEME_OK) {
        return status;
    }
    char text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(key->id, text);
    if (count == 0) {
        return mneme_error_set(
            error, MNEME_E_NOT_FOUND,
            "memory %.*s was not found: the tables of tenant %.*s do not have it, or not yet; see mneme "
            "status, or name the position of its event with --at-least",
            MNEME_UUID_TEXT_BYTES, text, MNEME_STR_ARG(mneme_session_tenant(cli)));
    }
    if (count > 1) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "memory %.*s is not one: %zu streams use this id; choose one with --stream",
                               MNEME_UUID_TEXT_BYTES, text, count);
    }
    if (search.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the memory was not looked up: memory is exhausted; free some");
    }
    key->stream_id = out->stream_id;
    return MNEME_OK;
}

bool mneme_memory_is_addressed(const struct mneme_cli *cli) {
    return mneme_cli_value(cli, "stream") != NULL || mneme_cli_value(cli, "user") != NULL ||
           mneme_cli_value(cli, "agent") != NULL;
}

int mneme_memory_place_of(struct mneme_memory_place *out, const struct mneme_cli *cli, struct mneme_uuid id,
                          struct mneme_arena *arena, struct mneme_error *error) {
    *out = (struct mneme_memory_place){0};
    if (mneme_memory_is_addressed(cli)) {
        return MNEME_OK; /* the event says it by itself */
    }
    struct mneme_postgres *postgres;
    int status = mneme_session_open_read(&postgres, cli, error);
    if (status == MNEME_OK) {
        struct mneme_memory_key key = {.id = id};
        status = mneme_memory_find(out, postgres, cli, &key, arena, error);
    }
    mneme_pg_close(postgres);
    return status;
}

void mneme_memory_address(struct mneme_event *event, const struct mneme_memory_place *place) {
    if (place->stream_id.data != NULL) {
        event->stream_id = place->stream_id;
        event->scope.user_id = place->user_id;
        event->scope.agent_id = place->agent_id;
    }
}
