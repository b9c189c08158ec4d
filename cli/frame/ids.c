/*
 * Beginnings of ids are looked up before a command does anything else.
 */
#include "cli/frame/ids.h"

#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "common/base/uuid.h"

int mneme_cli_whole_id(struct mneme_str *id, const struct mneme_cli *cli, enum mneme_id_kind kind,
                       struct mneme_str text, struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_uuid whole, first, last;
    char formatted[MNEME_UUID_TEXT_BYTES];
    *id = text;
    if (mneme_uuid_parse(&whole, text) || !mneme_uuid_parse_prefix(&first, &last, text)) {
        return MNEME_OK;
    }
    const struct mneme_id_prefix prefix = {.kind = kind,
                                           .tenant = mneme_session_tenant(cli),
                                           .stream_id = mneme_cli_opt_str(cli, "stream"),
                                           .text = text};
    int status = mneme_session_open(&postgres, cli, error);
    if (status == MNEME_OK) {
        status = mneme_id_prefix_find(&whole, postgres, &prefix, error);
    }
    mneme_pg_close(postgres);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_uuid_format(whole, formatted);
    *id = mneme_arena_copy(arena, (struct mneme_str){formatted, sizeof formatted});
    return id->data != NULL ? MNEME_OK
                            : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                              "the id was not looked up: memory is exhausted; free some");
}
