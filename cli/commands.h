/*
 * The commands in the table of commands; each is defined in the file of its name.
 */
#ifndef MNEME_CLI_COMMANDS_H
#define MNEME_CLI_COMMANDS_H

#include "cli/frame/command.h"

extern const struct mneme_command mneme_command_audit;
extern const struct mneme_command mneme_command_completion;
extern const struct mneme_command mneme_command_config;
extern const struct mneme_command mneme_command_dead_letters;
extern const struct mneme_command mneme_command_doctor;
extern const struct mneme_command mneme_command_eval;
extern const struct mneme_command mneme_command_replay;
extern const struct mneme_command mneme_command_import;
extern const struct mneme_command mneme_command_lock;
extern const struct mneme_command mneme_command_manual;
extern const struct mneme_command mneme_command_rebuild;
extern const struct mneme_command mneme_command_reembed;
extern const struct mneme_command mneme_command_verify;
extern const struct mneme_command mneme_command_migrate;
extern const struct mneme_command mneme_command_publish;
extern const struct mneme_command mneme_command_status;
extern const struct mneme_command mneme_command_topics;
extern const struct mneme_command mneme_command_version;
extern const struct mneme_command mneme_command_work;

#endif
