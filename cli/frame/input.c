/*
 * Reads all of standard input.
 */
#include "cli/frame/input.h"

#include <stdio.h>

#include "common/base/buffer.h"
#include "common/base/text_check.h"

#define MAX_INPUT_BYTES                                                                                      \
    (4 << 20) /* far above what an event may hold; the limit itself is checked when publishing */
#define READ_BYTES 65536

static int read_all(struct mneme_buffer *out, struct mneme_error *error) {
    size_t got = 1;
    while (got > 0 && out->len <= MAX_INPUT_BYTES && mneme_buffer_reserve(out, READ_BYTES)) {
        got = fread(out->data + out->len, 1, READ_BYTES, stdin);
        out->len += got;
    }
    if (out->failed || out->len > MAX_INPUT_BYTES) {
        return mneme_error_set(
            error, MNEME_E_TOO_LARGE,
            "standard input was not taken: it is longer than %d bytes; give a shorter text", MAX_INPUT_BYTES);
    }
    if (ferror(stdin)) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "standard input was not taken: it cannot be read; give the text as an argument");
    }
    if (out->len > 0 && out->data[out->len - 1] == '\n') {
        out->len--; /* the final line feed is not part of the text */
    }
    return MNEME_OK;
}

int mneme_cli_input(struct mneme_str *out, const char *argument, struct mneme_arena *arena,
                    struct mneme_error *error) {
    struct mneme_buffer input = {0};
    if (strcmp(argument, "-") != 0) {
        *out = mneme_str_from(argument);
        return MNEME_OK;
    }
    int status = read_all(&input, error);
    if (status == MNEME_OK) {
        *out = mneme_arena_copy(arena, mneme_without_mark(mneme_buffer_str(&input)));
        status = out->data != NULL ? MNEME_OK
                                   : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                                     "standard input was not taken: memory is exhausted");
    }
    mneme_buffer_clean_up(&input);
    return status;
}
