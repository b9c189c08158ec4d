/*
 * Percent encoding byte by byte.
 */
#include "common/base/percent.h"

void mneme_percent_encode(struct mneme_buffer *out, struct mneme_str text, const char *reserved) {
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (byte == '%' || (byte != '\0' && strchr(reserved, byte) != NULL)) {
            mneme_buffer_printf(out, "%%%02X", (unsigned)(unsigned char)byte);
        } else {
            mneme_buffer_append_byte(out, (uint8_t)byte);
        }
    }
}

static int hex_value(char digit) {
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

bool mneme_percent_decode(struct mneme_buffer *out, struct mneme_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '%') {
            mneme_buffer_append_byte(out, (uint8_t)text.data[i]);
            continue;
        }
        int high = text.len - i > 2 ? hex_value(text.data[i + 1]) : -1;
        int low = text.len - i > 2 ? hex_value(text.data[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return false;
        }
        mneme_buffer_append_byte(out, (uint8_t)(high << 4 | low));
        i += 2;
    }
    return true;
}
