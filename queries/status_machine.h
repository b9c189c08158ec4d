/*
 * How full the machine is that this process runs on.
 */
#ifndef MNEME_QUERIES_STATUS_MACHINE_H
#define MNEME_QUERIES_STATUS_MACHINE_H

#include "common/base/types.h"

/* Percent of the memory that is in use: of the container where its control group has a limit, else of the
 * machine. Not set where the system does not say. */
struct mneme_opt_double mneme_machine_memory_percent(void);

/* The same from the text of /proc/meminfo. */
struct mneme_opt_double mneme_machine_meminfo_percent(const char *meminfo);

/* Percent of the file system that is full, of what a user may fill: of the one that holds `path`, or the
 * nearest folder above it that is there. Not set for a path that cannot be looked at. */
struct mneme_opt_double mneme_machine_disk_percent(const char *path);

#endif
