/*
 * Finding the one conversation that an id on the command line means.
 */
#ifndef MNEME_CLI_CONVERSATION_FIND_H
#define MNEME_CLI_CONVERSATION_FIND_H

#include "cli/frame/command.h"
#include "common/base/arena.h"
#include "queries/conversation.h"

/* Where a conversation lies and whom it is about; strings lie in the arena. */
struct mneme_conversation_place {
    struct mneme_str stream_id, user_id, agent_id;
};

/* Looks up the conversation of the first argument as of the key's moment, and completes the key:
 * MNEME_E_NOT_FOUND, or MNEME_E_USAGE when several streams use the id and --stream does not choose one. */
int mneme_conversation_find(struct mneme_conversation_place *out, struct mneme_postgres *postgres,
                            const struct mneme_cli *cli, struct mneme_conversation_key *key,
                            struct mneme_arena *arena, struct mneme_error *error);

#endif
