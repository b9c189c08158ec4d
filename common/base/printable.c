/*
 * Works character by character; a byte that is not UTF-8 is also shown as a number.
 */
#include "common/base/printable.h"

#include "common/base/utf8.h"

static const struct {
    uint32_t first, last;
} obeyed[] = {
    {0x0000, 0x001F},                   /* C0 */
    {0x007F, 0x009F},                   /* DEL and C1 */
    {0x061C, 0x061C},                   /* marks and overrides of direction */
    {0x200E, 0x200F}, {0x2028, 0x202E}, /* among them the separators of lines and paragraphs */
    {0x2060, 0x206F},                   /* and invisible characters */
    {0x200B, 0x200B}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

static bool is_obeyed(uint32_t character) {
    for (size_t i = 0; i < sizeof obeyed / sizeof *obeyed; i++) {
        if (character >= obeyed[i].first && character <= obeyed[i].last) {
            return true;
        }
    }
    return false;
}

/* The character at `at`, which is well-formed and `len` bytes long. */
static uint32_t decode(const uint8_t *at, size_t len) {
    uint32_t character = len == 1 ? at[0] : at[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++) {
        character = character << 6 | (at[i] & 0x3FU);
    }
    return character;
}

static void escape(struct mneme_buffer *out, uint32_t character) {
    static const char short_names[] = {['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (character < sizeof short_names && short_names[character] != '\0') {
        mneme_buffer_printf(out, "\\%c", short_names[character]);
    } else {
        mneme_buffer_printf(out, character < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)character);
    }
}

void mneme_printable(struct mneme_buffer *out, struct mneme_str text, bool keep_lines) {
    const uint8_t *bytes = (const uint8_t *)text.data;
    for (size_t i = 0; i < text.len;) {
        size_t len = bytes[i] < 0x80 ? 1 : mneme_utf8_length(bytes + i, text.len - i);
        uint32_t character = len == 0 ? bytes[i] : decode(bytes + i, len);
        bool is_kept = keep_lines && (character == '\n' || character == '\t');
        if (len > 0 && (is_kept || !is_obeyed(character))) {
            mneme_buffer_append(out, bytes + i, len);
        } else {
            escape(out, character);
        }
        i += len == 0 ? 1 : len;
    }
}
