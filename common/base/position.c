/*
 * Digits, a colon, digits.
 */
#include "common/base/position.h"

#define MAX_OFFSET (INT64_MAX / MNEME_MAX_PARTITIONS - 1)

/* Removes the leading digits of `rest`; false when there are none, or they exceed `most`. */
static bool take_number(int64_t *out, struct mneme_str *rest, int64_t most) {
    size_t digits = 0;
    *out = 0;
    while (digits < rest->len && rest->data[digits] >= '0' && rest->data[digits] <= '9') {
        int digit = rest->data[digits] - '0';
        if (*out > (most - digit) / 10) {
            return false;
        }
        *out = *out * 10 + digit;
        digits++;
    }
    rest->data += digits;
    rest->len -= digits;
    return digits > 0;
}

bool mneme_position_parse(struct mneme_position *out, struct mneme_str text) {
    int64_t partition;
    if (!take_number(&partition, &text, MNEME_MAX_PARTITIONS - 1) || text.len == 0 || text.data[0] != ':') {
        return false;
    }
    text.data++;
    text.len--;
    out->partition = (int32_t)partition;
    return take_number(&out->offset, &text, MAX_OFFSET) && text.len == 0;
}
