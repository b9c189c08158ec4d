/*
 * Ids in the names of files and folders: agents/crm-bot/memories.json, user_ada.json, crm-bot_memories.json.
 */
#ifndef MNEME_IMPORTERS_LEGACY_PATH_H
#define MNEME_IMPORTERS_LEGACY_PATH_H

#include <limits.h>

#include "importers/legacy.h"

#define MNEME_LEGACY_NAME_BYTES 256

struct mneme_legacy_path {
    struct mneme_legacy_ids ids; /* slices of text; null where the names say nothing */
    char text[PATH_MAX];         /* without links and dots */
    char rest_of_file[MNEME_LEGACY_NAME_BYTES], rest_of_folder[MNEME_LEGACY_NAME_BYTES]; /* without a UUID */
};

/* Looks at the file's name without its ending (and .gz), then at its folder. Words such as "memories",
 * "export" or a date at the end of a name are left out. A name that begins with agent, user, run,
 * conversation or session and one of "_-=" is such an id, and a UUID is the user; else what is left of the
 * file's name is the agent's, or of the folder's when nothing is, where some words stand for agents of their
 * own: sleep_notes.json is of sleep_agent. `path` must exist. */
int mneme_legacy_path_read(struct mneme_legacy_path *out, const char *path, struct mneme_error *error);

#endif
