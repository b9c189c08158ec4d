/*
 * What commands share that ask about memories.
 */
#ifndef MNEME_CLI_MEMORY_H
#define MNEME_CLI_MEMORY_H

#include "cli/write.h"
#include "queries/memory.h"

/* A row for a table of options. */
#define MNEME_FILTER_OPTION                                                                                  \
    { "filter", 0, "EXPR", -1, "Memories for which this holds." }

#endif
