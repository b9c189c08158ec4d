/*
 * How full the memory and disk of this machine are.
 */
#ifndef MNEME_QUERIES_STATUS_MACHINE_H
#define MNEME_QUERIES_STATUS_MACHINE_H

#include "common/base/types.h"

/* Percent of the memory that is in use: of the container if its control group has a limit, else of the
 * machine. Unset if the system does not say. */
struct mneme_opt_double mneme_machine_memory_percent(void);

/* The same from the text of /proc/meminfo. */
struct mneme_opt_double mneme_machine_meminfo_percent(const char *meminfo);

/* Percent of the space available to users that is in use, on the file system of `path` or of the nearest
 * existing folder above it. Unset for a path that cannot be accessed. */
struct mneme_opt_double mneme_machine_disk_percent(const char *path);

#endif
