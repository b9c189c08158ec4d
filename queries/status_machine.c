/*
 * Reads memory from /proc and the control group, disk space by statvfs.
 */
#include "queries/status_machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#define FILE_BYTES 8192
#define PATH_BYTES 4096

/* The beginning of a file, NUL-terminated; false when it cannot be read. */
static bool read_file(char text[FILE_BYTES], const char *path) {
    FILE *file = fopen(path, "re");
    size_t len = 0;
    if (file == NULL) {
        return false;
    }
    len = fread(text, 1, FILE_BYTES - 1, file);
    text[len] = '\0';
    bool is_read = ferror(file) == 0;
    (void)fclose(file);
    return is_read;
}

/* The number after `name`, which begins a line; negative when there is none. */
static double number_of(const char *text, const char *name) {
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (strncmp(line, name, strlen(name)) == 0) {
            return strtod(line + strlen(name), NULL);
        }
    }
    return -1;
}

struct mneme_opt_double mneme_machine_meminfo_percent(const char *meminfo) {
    double total = number_of(meminfo, "MemTotal:");
    double available = number_of(meminfo, "MemAvailable:");
    return total > 0 && available >= 0 && available <= total
               ? (struct mneme_opt_double){100 * (total - available) / total, true}
               : (struct mneme_opt_double){0};
}

/* For a version 2 control group with a limit; memory that can be reclaimed at once does not count as used. */
static struct mneme_opt_double group_percent(void) {
    char text[FILE_BYTES];
    if (!read_file(text, "/sys/fs/cgroup/memory.max")) {
        return (struct mneme_opt_double){0};
    }
    double limit = strtod(text, NULL); /* "max" is not a number */
    if (limit <= 0 || !read_file(text, "/sys/fs/cgroup/memory.current")) {
        return (struct mneme_opt_double){0};
    }
    double used = strtod(text, NULL);
    double cached = read_file(text, "/sys/fs/cgroup/memory.stat") ? number_of(text, "inactive_file ") : 0;
    used -= cached > 0 && cached < used ? cached : 0;
    return (struct mneme_opt_double){100 * used / limit, true};
}

struct mneme_opt_double mneme_machine_memory_percent(void) {
    char text[FILE_BYTES];
    struct mneme_opt_double percent = group_percent();
    if (!percent.is_set && read_file(text, "/proc/meminfo")) {
        percent = mneme_machine_meminfo_percent(text);
    }
    return percent;
}

struct mneme_opt_double mneme_machine_disk_percent(const char *path) {
    char at[PATH_BYTES];
    struct statvfs facts;
    int len = snprintf(at, sizeof at, "%s", path);
    if (len <= 0 || (size_t)len >= sizeof at) {
        return (struct mneme_opt_double){0};
    }
    while (statvfs(at, &facts) != 0) {
        char *slash = strrchr(at, '/');
        if (errno != ENOENT || slash == NULL || strcmp(at, "/") == 0) {
            return (struct mneme_opt_double){0};
        }
        slash[slash == at ? 1 : 0] = '\0';
    }
    double used = (double)(facts.f_blocks - facts.f_bfree);
    double whole = used + (double)facts.f_bavail;
    return whole > 0 ? (struct mneme_opt_double){100 * used / whole, true} : (struct mneme_opt_double){0};
}
