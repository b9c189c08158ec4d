/*
 * The publisher of commands that publish.
 */
#ifndef MNEME_CLI_WRITE_H
#define MNEME_CLI_WRITE_H

#include "cli/frame/command.h"
#include "producers/publisher.h"

/* Opens a publisher with the settings of the call, which must outlive it. Closing it notes its writes for
 * --at-least last. */
int mneme_write_open(struct mneme_client **out, const struct mneme_cli *cli, struct mneme_error *error);

#endif
