/*
 * What the first include/mneme/operations.h stood on: types of common/base/types.h and common/base/error.h as
 * they were when it was made. Kept as it is: programs were compiled against it.
 */
#ifndef FORMER_TYPES_H
#define FORMER_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MNEME_API __attribute__((visibility("default")))

/* Bytes owned by somebody else, not NUL-terminated. data == NULL means null, which differs from empty. */
struct mneme_str {
    const char *data;
    size_t len; /* bytes */
};

/* The slice over a C string, null for NULL; valid as long as the string is. */
static inline struct mneme_str mneme_str_from(const char *text) {
    return (struct mneme_str){text, text == NULL ? 0 : strlen(text)};
}

/* For printf: printf("%.*s", MNEME_STR_ARG(s)). */
#define MNEME_STR_ARG(s) (int)(s).len, (s).data == NULL ? "" : (s).data

enum mneme_status {
    MNEME_OK = 0,
    MNEME_E_INVALID = -1,         /* input was refused; nothing was changed */
    MNEME_E_USAGE = -2,           /* the call or command line was wrong */
    MNEME_E_UNAVAILABLE = -3,     /* a service cannot be reached, or refused for now; trying again may help */
    MNEME_E_CONFLICT = -4,        /* an expected version did not hold */
    MNEME_E_NOT_FOUND = -5,       /* there is no such thing */
    MNEME_E_UNSAFE = -6,          /* refused for safety */
    MNEME_E_TIMEOUT = -7,         /* it did not happen within the bound that was given */
    MNEME_E_FULL = -8,            /* a bounded queue stayed full for the bound that was given */
    MNEME_E_TOO_LARGE = -9,       /* over a limit of size */
    MNEME_E_UNKNOWN_SCHEMA = -10, /* written by a schema that cannot be had: the reader must stop, not skip */
    MNEME_E_DENIED = -11,         /* wrong credentials or no right to do it */
    MNEME_E_NO_MEMORY = -12,
    MNEME_E_INTERNAL = -13, /* a broken invariant or an unexpected answer of a library */
};

#define MNEME_ERROR_MESSAGE_BYTES 1024

/* Zero-initialise it. The message has the form "what failed: why; what to do", UTF-8, one line. */
struct mneme_error {
    enum mneme_status code;
    char message[MNEME_ERROR_MESSAGE_BYTES];
};

#endif
