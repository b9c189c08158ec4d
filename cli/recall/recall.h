/*
 * What the files of mneme recall share.
 */
#ifndef MNEME_CLI_RECALL_H
#define MNEME_CLI_RECALL_H

#include "cli/frame/command.h"
#include "queries/recall/recall.h"

/* Prints the answer: a table for people, JSON lines for programs. */
enum mneme_exit mneme_recall_show(const struct mneme_cli *cli, const struct mneme_recalled *recalled);

/* Publishes that it was given, if this one is to be recorded, and waits until the log has it. A failure is a
 * warning on stderr: the answer stands. */
void mneme_recall_record(const struct mneme_cli *cli, const struct mneme_recall_question *question,
                         const struct mneme_recalled *recalled);

#endif
