/*
 * Turns an error of Redis into a status and a message; used only in common/redis/.
 */
#ifndef MNEME_COMMON_REDIS_ERRORS_H
#define MNEME_COMMON_REDIS_ERRORS_H

#include <stdbool.h>

#include "common/base/error.h"

#define MNEME_REDIS_CODE_BYTES 16

/* The message for an error answer (never "") of the server at `place`; fills `code` with the answer's first
 * word.
 */
int mneme_redis_answer_error(struct mneme_error *error, char code[MNEME_REDIS_CODE_BYTES], const char *place,
                             const char *answer);

/* Whether the answer calls for a new connection: the server is now a replica, or requires a login that it did
 * not require when the connection was made. */
bool mneme_redis_answer_is_of_another(const char *answer);

#endif
