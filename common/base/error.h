/*
 * Errors are values with a sentence: a code for the program, a message for the person.
 * Every function that can fail returns 0 or one of the negative codes and fills the error it was given.
 */
#ifndef MNEME_COMMON_BASE_ERROR_H
#define MNEME_COMMON_BASE_ERROR_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/*
 * Fills `error` (which may be NULL) and returns `code`, so that a caller writes
 * `return mneme_error_set(error, MNEME_E_INVALID, "…: …", …);`. Control characters that come in by way of
 * arguments are replaced, so that content never makes a line of its own. Too long a message is cut at a
 * character boundary. Earlier contents of `error` may be among the arguments.
 */
enum mneme_status mneme_error_set(struct mneme_error *error, enum mneme_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum mneme_status mneme_error_vset(struct mneme_error *error, enum mneme_status code, const char *format,
                                   va_list arguments) __attribute__((format(printf, 3, 0)));

#ifdef __clang_analyzer__ /* which sees one file at a time: `code` is what comes back */
#define mneme_error_set(error, code, ...) (mneme_error_set((error), (code), __VA_ARGS__), (code))
#endif

/* The code's name for logs and JSON, such as "unavailable"; a constant. */
const char *mneme_status_name(enum mneme_status code);

#ifdef __cplusplus
}
#endif

#endif
