/*
 * Errors are values with a sentence: a code for the program, a message for the person.
 * The codes, and mneme_status_name, are in include/mneme/base.h.
 */
#ifndef MNEME_COMMON_BASE_ERROR_H
#define MNEME_COMMON_BASE_ERROR_H

#include <stdarg.h>

#include "include/mneme/base.h"

/*
 * Fills `error` (which may be NULL) and returns `code`, so that a caller writes
 * `return mneme_error_set(error, MNEME_E_INVALID, "…: …", …);`. Control characters in arguments are replaced,
 * so that content never starts a new line. A message that is too long is cut at a character boundary. Earlier
 * contents of `error` may be among the arguments.
 */
enum mneme_status mneme_error_set(struct mneme_error *error, enum mneme_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum mneme_status mneme_error_vset(struct mneme_error *error, enum mneme_status code, const char *format,
                                   va_list arguments) __attribute__((format(printf, 3, 0)));

#ifdef __clang_analyzer__ /* the analyzer sees one file at a time: the result is `code` */
#define mneme_error_set(error, code, ...) (mneme_error_set((error), (code), __VA_ARGS__), (code))
#endif

#endif
