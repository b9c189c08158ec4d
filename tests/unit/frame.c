/*
 * The headers of both framings.
 */
#include <criterion/criterion.h>

#include "schemas/codec.h"

static int read_bytes(struct mneme_frame *frame, const char *bytes, size_t len) {
    return mneme_frame_read(frame, (struct mneme_str){bytes, len}, NULL);
}

Test(frame, confluent_header_is_zero_and_a_big_endian_id) {
    struct mneme_buffer out = {0};
    struct mneme_frame frame;
    mneme_frame_write_confluent(&out, 0x01020304);
    cr_assert_eq(out.len, 5);
    cr_assert_eq(memcmp(out.data, "\0\1\2\3\4", 5), 0);
    mneme_buffer_append(&out, "body", 4);
    cr_assert_eq(mneme_frame_read(&frame, mneme_buffer_str(&out), NULL), MNEME_OK);
    cr_assert_eq(frame.framing, MNEME_FRAMING_CONFLUENT);
    cr_assert_eq(frame.schema_id, 0x01020304);
    cr_assert(mneme_str_equal(frame.body, MNEME_STR_LIT("body")));
    mneme_buffer_clean_up(&out);
}

Test(frame, single_object_header_is_c3_01_and_a_little_endian_fingerprint) {
    struct mneme_buffer out = {0};
    struct mneme_frame frame;
    mneme_frame_write_single_object(&out, UINT64_C(0x0102030405060708));
    cr_assert_eq(out.len, 10);
    cr_assert_eq(memcmp(out.data, "\xC3\x01\x08\x07\x06\x05\x04\x03\x02\x01", 10), 0);
    mneme_buffer_append(&out, "body", 4);
    cr_assert_eq(mneme_frame_read(&frame, mneme_buffer_str(&out), NULL), MNEME_OK);
    cr_assert_eq(frame.framing, MNEME_FRAMING_SINGLE_OBJECT);
    cr_assert_eq(frame.fingerprint, UINT64_C(0x0102030405060708));
    cr_assert(mneme_str_equal(frame.body, MNEME_STR_LIT("body")));
    mneme_buffer_clean_up(&out);
}

Test(frame, a_header_without_a_body_is_a_frame_of_nothing) {
    struct mneme_frame frame;
    cr_assert_eq(read_bytes(&frame, "\0\0\0\0\7", 5), MNEME_OK);
    cr_assert_eq(frame.body.len, 0);
}

Test(frame, anything_else_is_refused) {
    struct mneme_frame frame;
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"", 0},
        {"\0\0\0\0", 4},
        {"\xC3\x01", 2},
        {"\xC3\x01\1\2\3\4\5\6\7", 9},
        {"\xC3\2\1\2\3\4\5\6\7\x8", 10},
        {"{\"type\":1}", 10},
        {"\1\0\0\0\0\0", 6},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(read_bytes(&frame, bad[i].bytes, bad[i].len), MNEME_E_INVALID, "case %zu", i);
    }
    cr_assert_eq(mneme_frame_read(&frame, MNEME_STR_NULL, NULL), MNEME_E_INVALID);
}
