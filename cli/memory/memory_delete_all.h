/*
 * Deleting all memories of a scope.
 */
#ifndef MNEME_CLI_MEMORY_DELETE_ALL_H
#define MNEME_CLI_MEMORY_DELETE_ALL_H

#include "cli/frame/command.h"

/* Publishes one memory_deleted for each memory that the tables hold of the call's scope. An empty scope is
 * refused with MNEME_EXIT_UNSAFE; on a terminal the user is asked first. */
enum mneme_exit mneme_memory_delete_all(struct mneme_cli *cli);

#endif
