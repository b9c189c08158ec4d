/*
 * The operations on what is known about users, a file each.
 */
#ifndef MNEME_OPERATIONS_PROFILE_H
#define MNEME_OPERATIONS_PROFILE_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_profile_history;
extern const struct mneme_operation mneme_op_profile_record;
extern const struct mneme_operation mneme_op_profile_show;

#define MNEME_PROFILE_USER_FIELD                                                                             \
    {                                                                                                        \
        .name = "user_id", .type = MNEME_OP_TEXT, .help = "The user.", .shown = "USER",                      \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY                                \
    }

#endif
