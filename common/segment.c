/*
 * Runs of characters by a table of ranges. All of them have three bytes or more in UTF-8, so that most text
 * is known by its bytes to have none.
 */
#include "common/segment.h"

#include "common/utf8.h"

#define FIRST_LEAD_BYTE 0xE0U

static const struct {
    uint32_t first, last;
} ranges[] = {
    {0x0E01, 0x0E3A},   {0x0E40, 0x0E4E},   /* Thai, without its digits */
    {0x0E81, 0x0ECE},   {0x0EDC, 0x0EDF},   /* Lao */
    {0x1000, 0x103F},   {0x1050, 0x108F},   /* Myanmar */
    {0x109A, 0x109D},                       /* Myanmar, behind its Shan digits */
    {0x1780, 0x17D3},   {0x17D7, 0x17D7},   /* Khmer */
    {0x17DC, 0x17DD},                       /* Khmer */
    {0x2E80, 0x2FDF},   {0x3005, 0x3007},   /* Han radicals and marks of repetition */
    {0x3021, 0x3029},   {0x3038, 0x303B},   /* Han numerals */
    {0x3041, 0x3096},   {0x3099, 0x309F},   /* Hiragana */
    {0x30A1, 0x30FA},   {0x30FC, 0x30FF},   /* Katakana */
    {0x3105, 0x312F},   {0x31A0, 0x31BF},   /* Bopomofo */
    {0x31F0, 0x31FF},                       /* Katakana, small ones of Ainu */
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   /* Han */
    {0xA9E0, 0xA9EF},   {0xA9FA, 0xA9FE},   /* Myanmar, further */
    {0xAA60, 0xAA7F},                       /* Myanmar, further */
    {0xF900, 0xFAFF},   {0xFF66, 0xFF9F},   /* Han for compatibility, Katakana of half width */
    {0x1B000, 0x1B16F}, {0x20000, 0x2FA1F}, /* Kana and Han, further */
    {0x30000, 0x323AF},                     /* Han, further */
};

static bool is_spaceless(uint32_t character) {
    size_t low = 0;
    size_t high = sizeof ranges / sizeof *ranges;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (character > ranges[middle].last) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < sizeof ranges / sizeof *ranges && character >= ranges[low].first;
}

/* The bytes of the character at `at` if it is of such a script, else 0. */
static size_t spaceless_length(const char *at, const char *end) {
    const uint8_t *bytes = (const uint8_t *)at;
    if (at == end || bytes[0] < FIRST_LEAD_BYTE) {
        return 0;
    }
    size_t length = mneme_utf8_length(bytes, (size_t)(end - at));
    uint32_t character = length == 3 ? bytes[0] & 0x0FU : bytes[0] & 0x07U;
    for (size_t i = 1; i < length; i++) {
        character = character << 6 | (bytes[i] & 0x3FU);
    }
    return is_spaceless(character) ? length : 0;
}

bool mneme_segment_is_needed(struct mneme_str text) {
    const char *end = text.data + text.len;
    for (const char *at = text.data; at < end; at++) {
        if (spaceless_length(at, end) > 0) {
            return true;
        }
    }
    return false;
}

bool mneme_segment_is_single(struct mneme_str text) {
    return text.len > 0 && spaceless_length(text.data, text.data + text.len) == text.len;
}

static void separate(struct mneme_buffer *out) {
    if (out->len > 0 && out->data[out->len - 1] != ' ') {
        mneme_buffer_append_byte(out, ' ');
    }
}

/* Appends the words of the run that begins at `at`, and gives where it ends. */
static const char *append_run(struct mneme_buffer *out, const char *at, const char *end,
                              enum mneme_segment_form form) {
    size_t first = spaceless_length(at, end);
    size_t second = spaceless_length(at + first, end);
    bool is_single = second == 0;
    separate(out);
    for (; second > 0; at += first, first = second, second = spaceless_length(at + first, end)) {
        mneme_buffer_append(out, at, first + second);
        mneme_buffer_append_byte(out, ' ');
    }
    /* The end of a part need not be the end of what it is a part of. */
    if (form == MNEME_SEGMENT_WHOLE || is_single || at + first < end) {
        mneme_buffer_append(out, at, first);
    } else if (out->len > 0) {
        out->len--; /* the blank */
    }
    if (at + first < end && at[first] != ' ') {
        separate(out);
    }
    return at + first;
}

void mneme_segment(struct mneme_buffer *out, struct mneme_str text, enum mneme_segment_form form) {
    const char *end = text.data + text.len;
    const char *plain = text.data;
    for (const char *at = text.data; at < end;) {
        if (spaceless_length(at, end) == 0) {
            at++;
            continue;
        }
        mneme_buffer_append(out, plain, (size_t)(at - plain));
        at = append_run(out, at, end, form);
        plain = at;
    }
    mneme_buffer_append(out, plain, (size_t)(end - plain));
}
