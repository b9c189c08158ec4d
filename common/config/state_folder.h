/*
 * The folder for this user's state between runs: MNEME_STATE_DIR, else $XDG_STATE_HOME/mneme, else
 * ~/.local/state/mneme. If the latter two are not writable, or there is no home, it is mneme-UID in $TMPDIR
 * or /tmp, which must be accessible to this user only.
 */
#ifndef MNEME_COMMON_CONFIG_STATE_FOLDER_H
#define MNEME_COMMON_CONFIG_STATE_FOLDER_H

#include "common/config/config.h"

#define MNEME_STATE_PATH_BYTES 4096

/* Its path, followed by a slash and `name`; creates nothing. MNEME_E_USAGE when the path is too long, and
 * when the temporary folder exists but belongs to another user, or is open to others. */
int mneme_state_path(char path[MNEME_STATE_PATH_BYTES], const struct mneme_config *config, const char *name,
                     struct mneme_error *error);

/* Whether files can be created in the folder, which need not exist yet. */
bool mneme_state_is_writable(const char *folder);

/* Creates the folders above that path. Logs a warning when it creates a temporary folder. MNEME_E_INTERNAL
 * names the folder that could not be created. */
int mneme_state_make_folders(const char path[MNEME_STATE_PATH_BYTES], struct mneme_error *error);

#endif
