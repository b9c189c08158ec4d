/*
 * Abbreviated ids are looked up before a command does anything else.
 */
#include "cli/frame/ids.h"

#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "common/base/uuid.h"

#define MAX_SHOWN 100 /* bytes of a wrong id in a sentence */

int mneme_cli_whole_id(struct mneme_str *id, const struct mneme_cli *cli, enum mneme_id_prefix_kind kind,
                       struct mneme_str text, struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_uuid whole, first, last;
    char formatted[MNEME_UUID_TEXT_BYTES];
    *id = text;
    if (mneme_uuid_parse(&whole, text)) {
        return MNEME_OK;
    }
    if (!mneme_uuid_parse_prefix(&first, &last, text)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "the %s id was not taken: '%.*s' is not a UUID; give 36 characters such as "
                               "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e, or at least the first %d digits",
                               mneme_id_prefix_noun(kind), (int)(text.len < MAX_SHOWN ? text.len : MAX_SHOWN),
                               text.data, MNEME_UUID_MIN_PREFIX);
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
