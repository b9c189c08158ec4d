/*
 * Ids as arguments: in full, or abbreviated to first digits that are unique in the tenant.
 */
#ifndef MNEME_CLI_IDS_H
#define MNEME_CLI_IDS_H

#include "cli/frame/command.h"
#include "common/base/arena.h"
#include "queries/id_prefix.h"

/* Sets *id to the full id, in the arena when `text` is abbreviated. Only an abbreviation is looked up, over a
 * separate connection that waits for --at-least. MNEME_E_USAGE when it is neither; otherwise fails as
 * mneme_id_prefix_find and mneme_session_open do. */
int mneme_cli_whole_id(struct mneme_str *id, const struct mneme_cli *cli, enum mneme_id_prefix_kind kind,
                       struct mneme_str text, struct mneme_arena *arena, struct mneme_error *error);

#endif
