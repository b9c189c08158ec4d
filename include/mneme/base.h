/*
 * What all headers of libmneme share: texts, errors, the version.
 *
 * Why a compiled program keeps working with every later library of the same soname (libmneme.so.0):
 * - Programs name operations, fields, columns, event types and settings by strings, so none of them is
 *   compiled in: adding one changes no struct, enum or function of these headers.
 * - Structs behind pointers (struct mneme, struct mneme_request, …) are opaque: only functions create, read
 *   and free them.
 * - The visible structs (mneme_str, mneme_error, mneme_client_setting) never change. Functions and constants
 *   are never changed or removed; new constants are added at the end of an enum. So a program must treat an
 *   unknown status code as a failure and an unknown kind of note as a warning.
 * - A change that breaks one of these rules gets a new soname; old programs keep loading the old library.
 */
#ifndef MNEME_BASE_H
#define MNEME_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what libmneme exports; everything else is hidden. */
#define MNEME_API __attribute__((visibility("default")))

/* --- texts --- */

/* Bytes owned by somebody else, not NUL-terminated. data == NULL means null, which differs from empty. */
struct mneme_str {
    const char *data;
    size_t len; /* bytes */
};

/* The slice over a C string, null for NULL; valid as long as the string is. */
static inline struct mneme_str mneme_str_from(const char *text) {
    struct mneme_str str = {text, text == NULL ? 0 : strlen(text)};
    return str;
}

/* For printf: printf("%.*s", MNEME_STR_ARG(s)). */
#define MNEME_STR_ARG(s) (int)(s).len, (s).data == NULL ? "" : (s).data

/* --- errors --- */

/* Every function that can fail returns MNEME_OK or one of the negative codes, and fills the error passed to
 * it. */
enum mneme_status {
    MNEME_OK = 0,
    MNEME_E_INVALID = -1,         /* input was refused; nothing was changed */
    MNEME_E_USAGE = -2,           /* the call or command line was wrong */
    MNEME_E_UNAVAILABLE = -3,     /* a service cannot be reached, or refused for now; trying again may help */
    MNEME_E_CONFLICT = -4,        /* an expected version did not hold; somebody else holds the lock */
    MNEME_E_NOT_FOUND = -5,       /* there is no such thing */
    MNEME_E_UNSAFE = -6,          /* refused for safety */
    MNEME_E_TIMEOUT = -7,         /* it did not happen within the given time */
    MNEME_E_FULL = -8,            /* a bounded queue stayed full for the given time */
    MNEME_E_TOO_LARGE = -9,       /* over a size limit */
    MNEME_E_UNKNOWN_SCHEMA = -10, /* written with an unknown schema: the reader must stop, not skip */
    MNEME_E_DENIED = -11,         /* wrong credentials or missing permission */
    MNEME_E_NO_MEMORY = -12,
    MNEME_E_INTERNAL = -13, /* a broken invariant or an unexpected answer of a library */
};

#define MNEME_ERROR_MESSAGE_BYTES 1024

/* Zero-initialise it. The message has the form "what failed: why; what to do", UTF-8, one line. Every
 * function that takes an error also accepts NULL. */
struct mneme_error {
    enum mneme_status code;
    char message[MNEME_ERROR_MESSAGE_BYTES];
};

/* The code's name for logs and JSON, such as "unavailable"; a constant. */
MNEME_API const char *mneme_status_name(enum mneme_status code);

/* The library's version, such as "0.1.0"; a constant. */
MNEME_API const char *mneme_version(void);

#ifdef __cplusplus
}
#endif

#endif
