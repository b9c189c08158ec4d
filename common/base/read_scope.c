/*
 * The single rule of scopes, for every read of content.
 */
#include "common/base/read_scope.h"

int mneme_read_scope_check(const struct mneme_str *ids, size_t count, bool all_scopes, const char *what,
                           const char *choices, struct mneme_error *error) {
    bool is_narrowed = false;
    for (size_t i = 0; i < count; i++) {
        if (ids[i].data != NULL && ids[i].len == 0) {
            return mneme_error_set(error, MNEME_E_USAGE,
                                   "%s: an id of the scope is empty; leave it out, or give %s", what,
                                   choices);
        }
        is_narrowed = is_narrowed || ids[i].data != NULL;
    }
    if (!is_narrowed && !all_scopes) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s: no scope is given; give %s, or all_scopes for the whole "
                               "tenant",
                               what, choices);
    }
    return MNEME_OK;
}
