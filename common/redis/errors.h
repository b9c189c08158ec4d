/*
 * From an error that Redis answers to a status and a sentence; used by common/redis*.c alone.
 */
#ifndef MNEME_COMMON_REDIS_ERRORS_H
#define MNEME_COMMON_REDIS_ERRORS_H

#include <stdbool.h>

#include "common/base/error.h"

#define MNEME_REDIS_CODE_BYTES 16

/* The sentence for what the server at `place` answered (never ""); fills `code` with the answer's first word.
 */
int mneme_redis_answer_error(struct mneme_error *error, char code[MNEME_REDIS_CODE_BYTES], const char *place,
                             const char *answer);

/* Whether the answer is that of a server that should be looked for anew: it is a replica now, or wants a
 * login that it did not want when the connection was made. */
bool mneme_redis_answer_is_of_another(const char *answer);

#endif
