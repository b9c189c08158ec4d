/*
 * A cursor is the base64url encoding of "micros NUL id NUL stream".
 */
#include "queries/cursor.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "common/base/clock.h"

#define MAX_WORD_BYTES 2048

void mneme_cursor_write(struct mneme_buffer *out, int64_t micros, struct mneme_str id,
                        struct mneme_str stream_id) {
    struct mneme_buffer plain = {0};
    mneme_buffer_printf(&plain, "%lld", (long long)micros);
    mneme_buffer_append_byte(&plain, 0);
    mneme_buffer_append_str(&plain, id);
    mneme_buffer_append_byte(&plain, 0);
    mneme_buffer_append_str(&plain, stream_id);
    size_t start = out->len;
    if (plain.failed || !mneme_buffer_reserve(out, (plain.len + 2) / 3 * 4 + 1)) {
        out->failed = true;
        mneme_buffer_clean_up(&plain);
        return;
    }
    int written = EVP_EncodeBlock((unsigned char *)out->data + start, (const unsigned char *)plain.data,
                                  (int)plain.len);
    out->len = start + (size_t)written;
    for (size_t i = start; i < out->len; i++) {
        char c = out->data[i];
        out->data[i] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    while (out->len > start && out->data[out->len - 1] == '=') {
        out->len--;
    }
    mneme_buffer_clean_up(&plain);
}

/* Cuts the text up to the next NUL off `rest`, with the NUL; null when there is none. */
static struct mneme_str cut(struct mneme_str *rest) {
    const char *end = memchr(rest->data, 0, rest->len);
    if (end == NULL) {
        return MNEME_STR_NULL;
    }
    struct mneme_str part = {rest->data, (size_t)(end - rest->data)};
    rest->len -= part.len + 1;
    rest->data = end + 1;
    return part;
}

static bool decode(struct mneme_str *plain, struct mneme_str word, struct mneme_arena *arena) {
    size_t padded = (word.len + 3) / 4 * 4;
    unsigned char text[MAX_WORD_BYTES + 4];
    if (word.len == 0 || word.len > MAX_WORD_BYTES) {
        return false;
    }
    for (size_t i = 0; i < padded; i++) {
        char c = i < word.len ? word.data[i] : '=';
        text[i] = (unsigned char)(c == '-' ? '+' : c == '_' ? '/' : c);
    }
    unsigned char *bytes = mneme_arena_alloc(arena, padded);
    int len = bytes == NULL ? -1 : EVP_DecodeBlock(bytes, text, (int)padded);
    if (len < 0) {
        return false;
    }
    *plain = (struct mneme_str){(char *)bytes, (size_t)len - (padded - word.len)};
    return true;
}

int mneme_cursor_read(struct mneme_cursor *out, struct mneme_str word, struct mneme_arena *arena,
                      struct mneme_error *error) {
    struct mneme_str rest;
    *out = (struct mneme_cursor){0};
    if (word.data == NULL) {
        return MNEME_OK;
    }
    if (decode(&rest, word, arena)) {
        struct mneme_str micros = cut(&rest);
        struct mneme_str id = micros.data == NULL ? MNEME_STR_NULL : cut(&rest);
        if (id.data != NULL && micros.len > 0) {
            char *end;
            *out = (struct mneme_cursor){strtoll(micros.data, &end, 10), id, rest, true};
            bool is_time = out->micros >= MNEME_MIN_MICROS && out->micros <= MNEME_MAX_MICROS;
            if (is_time && end == micros.data + micros.len) {
                return MNEME_OK;
            }
        }
    }
    *out = (struct mneme_cursor){0};
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "the list was not continued: '%.*s' is not a cursor; give one that came with a row of the list",
        MNEME_STR_ARG(word));
}
