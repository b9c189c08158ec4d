/*
 * The commands under `mneme conversation`.
 */
#ifndef MNEME_CLI_CONVERSATION_H
#define MNEME_CLI_CONVERSATION_H

#include "cli/frame/command.h"

extern const struct mneme_command mneme_command_conversation_delete;
extern const struct mneme_command mneme_command_conversation_list;
extern const struct mneme_command mneme_command_conversation_show;

#endif
