/*
 * The folder for what this user of the machine keeps from run to run: MNEME_STATE_DIR, else
 * $XDG_STATE_HOME/mneme, else ~/.local/state/mneme. Where the latter two cannot be written to, or there is no
 * home, it is mneme-UID in $TMPDIR or /tmp, which must be this user's alone.
 */
#ifndef MNEME_COMMON_CONFIG_STATE_FOLDER_H
#define MNEME_COMMON_CONFIG_STATE_FOLDER_H

#include "common/config/config.h"

#define MNEME_STATE_PATH_BYTES 4096

/* Its path, followed by a slash and `name`; makes nothing. MNEME_E_USAGE when the path is too long, and when
 * the temporary folder is there but is another user's, or open to others. */
int mneme_state_path(char path[MNEME_STATE_PATH_BYTES], const struct mneme_config *config, const char *name,
                     struct mneme_error *error);

/* Whether something can be made in the folder, which need not be there yet. */
bool mneme_state_is_writable(const char *folder);

/* Makes the folders above that path. That a temporary one is used is logged as a warning when it is made, and
 * so once. MNEME_E_INTERNAL with the folder that could not be made. */
int mneme_state_make_folders(const char path[MNEME_STATE_PATH_BYTES], struct mneme_error *error);

#endif
