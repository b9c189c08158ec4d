/*
 * Whose data a read may see. A read across users must be requested explicitly, never by leaving something
 * out.
 */
#ifndef MNEME_COMMON_BASE_READ_SCOPE_H
#define MNEME_COMMON_BASE_READ_SCOPE_H

#include "common/base/error.h"
#include "common/base/types.h"

/* MNEME_OK when none of the `count` ids that narrow the read is empty, and at least one is given or
 * `all_scopes` is set, which reads the whole tenant. Otherwise MNEME_E_USAGE with a message that begins with
 * `what`, such as "memories were not listed", and names the `choices`, such as "user_id or agent_id". */
int mneme_read_scope_check(const struct mneme_str *ids, size_t count, bool all_scopes, const char *what,
                           const char *choices, struct mneme_error *error);

#endif
