#include "common/base/split.h"

#include <string.h>

struct mneme_str mneme_str_split_off(struct mneme_str *text, char separator, bool is_last) {
    const char *at = text->len == 0 ? NULL
                     : is_last      ? memrchr(text->data, separator, text->len)
                                    : memchr(text->data, separator, text->len);
    if (at == NULL) {
        return MNEME_STR_NULL;
    }
    struct mneme_str before = {text->data, (size_t)(at - text->data)};
    *text = (struct mneme_str){at + 1, text->len - before.len - 1};
    return before;
}

bool mneme_str_to_number(long *out, struct mneme_str text, long most) {
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *out > most) {
            return false;
        }
        *out = *out * 10 + (text.data[i] - '0');
    }
    return text.len > 0 && *out <= most;
}
