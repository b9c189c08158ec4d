/*
 * Opening the servers of locks for programs; all else of stores/locks/locks.h is as it is.
 */
#include "library/include/mneme.h"
#include "producers/client.h"
#include "stores/locks/open.h"

int mneme_locks_open(struct mneme_locks **out, const char *config_path,
                     const struct mneme_client_setting *settings, size_t setting_count,
                     struct mneme_error *error) {
    struct mneme_config *config = NULL;
    *out = NULL;
    int status = mneme_client_settings(&config, config_path, settings, setting_count, error);
    if (status == MNEME_OK) {
        status = mneme_locks_open_with(out, config, error);
    }
    mneme_config_destroy(config);
    return status;
}
