/*
 * Folders are made for this user alone.
 */
#include "common/config/state_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int mneme_state_path(char path[MNEME_STATE_PATH_BYTES], const struct mneme_config *config, const char *name,
                     struct mneme_error *error) {
    const char *set = mneme_config_string(config, MNEME_SETTING_STATE_DIR);
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int len;
    if (set[0] != '\0') {
        len = snprintf(path, MNEME_STATE_PATH_BYTES, "%s/%s", set, name);
    } else if (state != NULL && state[0] == '/') {
        len = snprintf(path, MNEME_STATE_PATH_BYTES, "%s/mneme/%s", state, name);
    } else if (home != NULL && home[0] != '\0') {
        len = snprintf(path, MNEME_STATE_PATH_BYTES, "%s/.local/state/mneme/%s", home, name);
    } else {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "it is not known where to note what is done: neither MNEME_STATE_DIR nor "
                               "XDG_STATE_HOME nor HOME is set; set one of them");
    }
    if (len < 0 || len >= MNEME_STATE_PATH_BYTES) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "it cannot be noted what is done: the name of the folder is too long; set "
                               "MNEME_STATE_DIR to another");
    }
    return MNEME_OK;
}

int mneme_state_make_folders(const char path[MNEME_STATE_PATH_BYTES], struct mneme_error *error) {
    char folder[MNEME_STATE_PATH_BYTES];
    (void)snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            return mneme_error_set(error, MNEME_E_INTERNAL, "cannot make the folder %s: %s; see its rights",
                                   folder, strerror(errno));
        }
        *slash = '/';
    }
    return MNEME_OK;
}
