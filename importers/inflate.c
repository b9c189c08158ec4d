/*
 * Uses zlib; a member may be followed by another, or by zeros as padding.
 */
#include "importers/inflate.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_ONLY (15 + 16) /* the largest window, with the header of gzip */
#define OUT_BYTES ((size_t)64 * 1024)

struct mneme_inflate {
    z_stream zlib;
    int64_t fed;    /* bytes before the current ones */
    bool is_begun;  /* within a member */
    bool is_padded; /* after the last member */
    Bytef out[OUT_BYTES];
};

bool mneme_inflate_is_gzip(struct mneme_str first) {
    return first.len >= 2 && memcmp(first.data, "\x1F\x8B", 2) == 0;
}

int mneme_inflate_new(struct mneme_inflate **out, struct mneme_error *error) {
    struct mneme_inflate *state = calloc(1, sizeof *state);
    *out = NULL;
    if (state == NULL || inflateInit2(&state->zlib, GZIP_ONLY) != Z_OK) {
        free(state);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot inflate the input: out of memory; free some memory");
    }
    state->is_begun = true;
    *out = state;
    return MNEME_OK;
}

void mneme_inflate_destroy(struct mneme_inflate *state) {
    if (state != NULL) {
        (void)inflateEnd(&state->zlib);
        free(state);
    }
}

static int damaged(const struct mneme_inflate *state, const char *what, int64_t at,
                   struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_INVALID,
                           "%s at byte %lld; compress it again, or use it uncompressed", what,
                           (long long)(state->fed + at));
}

/* Between members: skips zeros; the next member begins; anything else is an error. */
static int begin_member(struct mneme_inflate *state, int64_t at, struct mneme_error *error) {
    z_stream *zlib = &state->zlib;
    while (zlib->avail_in > 0 && *zlib->next_in == 0) {
        state->is_padded = true;
        zlib->next_in++;
        zlib->avail_in--;
        at++;
    }
    if (zlib->avail_in == 0) {
        return MNEME_OK;
    }
    if (state->is_padded || *zlib->next_in != 0x1F || inflateReset(zlib) != Z_OK) {
        return damaged(state, "there is extra data after its gzip data", at, error);
    }
    state->is_begun = true;
    return MNEME_OK;
}

int mneme_inflate_feed(struct mneme_inflate *state, struct mneme_str bytes, mneme_inflate_fn *put,
                       void *context, struct mneme_error *error) {
    z_stream *zlib = &state->zlib;
    int status = MNEME_OK;
    /* zlib does not write to it, but lacks the const. */
    zlib->next_in = (Bytef *)bytes.data;
    zlib->avail_in = (uInt)bytes.len;
    bool is_full = false; /* there may be more without more input */
    while (status == MNEME_OK && (zlib->avail_in > 0 || is_full)) {
        if (!state->is_begun) {
            status = begin_member(state, (int64_t)(bytes.len - zlib->avail_in), error);
            continue;
        }
        zlib->next_out = state->out;
        zlib->avail_out = OUT_BYTES;
        int result = inflate(zlib, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            status = result == Z_MEM_ERROR
                         ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                           "cannot inflate the input: out of memory; free some memory")
                         : damaged(state, "its gzip data is damaged", (int64_t)(bytes.len - zlib->avail_in),
                                   error);
            break;
        }
        is_full = zlib->avail_out == 0 && result == Z_OK;
        state->is_begun = result != Z_STREAM_END;
        if (zlib->avail_out < OUT_BYTES) {
            status = put(context, state->out, OUT_BYTES - zlib->avail_out, error);
        }
    }
    state->fed += (int64_t)bytes.len;
    return status;
}

int mneme_inflate_end(const struct mneme_inflate *state, struct mneme_error *error) {
    return state->is_begun ? damaged(state, "its gzip data ends too early", 0, error) : MNEME_OK;
}
