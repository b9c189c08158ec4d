/*
 * Taking apart short texts such as addresses: at separators, and into numbers.
 */
#ifndef MNEME_COMMON_BASE_SPLIT_H
#define MNEME_COMMON_BASE_SPLIT_H

#include "common/base/types.h"

/* The part before the first (or last) `separator`; `text` is moved past it. Null, and `text` stays as it is,
 * if the separator is not in the text. */
struct mneme_str mneme_str_split_off(struct mneme_str *text, char separator, bool is_last);

/* Reads a number from 0 to `most` that consists of digits alone. */
bool mneme_str_to_number(long *out, struct mneme_str text, long most);

#endif
