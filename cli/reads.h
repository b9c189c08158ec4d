/*
 * The commands that are made of tables alone, by what they read.
 */
#ifndef MNEME_CLI_READS_H
#define MNEME_CLI_READS_H

#include "cli/read.h"

extern const struct mneme_command mneme_command_agent;
extern const struct mneme_command mneme_command_flow_runs;
extern const struct mneme_command mneme_command_knowledge;
extern const struct mneme_command mneme_command_operations;
extern const struct mneme_command mneme_command_profile;
extern const struct mneme_command mneme_command_stats;
extern const struct mneme_command mneme_command_task_outputs;
extern const struct mneme_command mneme_command_timeline;

#endif
