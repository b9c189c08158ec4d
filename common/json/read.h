/*
 * Reads JSON in place, as slices of the text: a number keeps all its digits and an object its exact form,
 * which a tree of values would lose. All functions expect text that mneme_json_check has accepted, or a value
 * that they returned themselves. Thread-safe.
 */
#ifndef MNEME_COMMON_JSON_READ_H
#define MNEME_COMMON_JSON_READ_H

#include "common/base/arena.h"
#include "common/json/check.h"

/* The value without white space around it. */
struct mneme_str mneme_json_trim(struct mneme_str text);

/* The kind of a trimmed value, and a phrase for it such as "a string". */
enum mneme_json_kind mneme_json_kind_of(struct mneme_str value);
const char *mneme_json_kind_phrase(enum mneme_json_kind kind);

/* The members of an object or the items of an array, one after the other:
 *   struct mneme_json_reader reader = mneme_json_enter(value);
 *   while (mneme_json_next(&reader, &key, &item)) …
 * The key is a string with its quotes, null in an array. */
struct mneme_json_reader {
    const char *at;
    const char *end;
    bool is_object;
};
struct mneme_json_reader mneme_json_enter(struct mneme_str container);
bool mneme_json_next(struct mneme_json_reader *reader, struct mneme_str *key, struct mneme_str *value);

/* The end of the string whose opening quote is at `at`. */
const char *mneme_json_skip_string(const char *at, const char *end);

/* Decodes the escape whose backslash is at *at to UTF-8 with its length; moves *at past it. */
size_t mneme_json_read_escape(char out[4], const char **at);

/* The decoded text of a quoted string: a slice of it when it has no escapes, else in the arena. False when
 * memory is exhausted. */
bool mneme_json_unquote(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str quoted);

/* Whether a quoted string decodes to `text`. */
bool mneme_json_unquotes_to(struct mneme_str quoted, struct mneme_str text);

/* The member of an object: a string decoded, anything else as is; null when it is missing or null. The text
 * is in the arena or the object. */
struct mneme_str mneme_json_member(struct mneme_str object, struct mneme_str member,
                                   struct mneme_arena *arena);

/* The number of code points of a quoted string when decoded, and whether all are white space. */
void mneme_json_measure(struct mneme_str quoted, size_t *characters, bool *is_blank);

/* A number without fraction and exponent that fits an int64_t; false otherwise. */
bool mneme_json_to_long(int64_t *out, struct mneme_str number);

/* Any number, regardless of the program's locale; false when memory is exhausted. */
bool mneme_json_to_double(double *out, struct mneme_str number);

/* The value without white space between its parts: a slice of it when there is none, else in the arena.
 * False when memory is exhausted. */
bool mneme_json_compact(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str value);

#endif
