/*
 * Ids in the names of files and folders: agents/crm-bot/memories.json, user_ada.json, crm-bot_memories.json.
 */
#ifndef MNEME_IMPORTERS_LEGACY_PATH_H
#define MNEME_IMPORTERS_LEGACY_PATH_H

#include <limits.h>

#include "importers/legacy.h"

#define MNEME_LEGACY_NAME_BYTES 256

struct mneme_legacy_path {
    struct mneme_legacy_ids ids; /* slices of text; null if the names say nothing */
    char text[PATH_MAX];         /* without links and dots */
    char rest_of_file[MNEME_LEGACY_NAME_BYTES], rest_of_folder[MNEME_LEGACY_NAME_BYTES]; /* without a UUID */
};

/* Examines the file's name without its extension (and .gz), then its folder. Words such as "memories",
 * "export" or a date at the end of a name are left out. A name that begins with agent, user, run,
 * conversation or session and one of "_-=" is such an id, and a UUID is the user; otherwise the rest of the
 * file's name is the agent, or if nothing is left, that of the folder. Some words have their own agents:
 * sleep_notes.json belongs to sleep_agent. `path` must exist. */
int mneme_legacy_path_read(struct mneme_legacy_path *out, const char *path, struct mneme_error *error);

#endif
