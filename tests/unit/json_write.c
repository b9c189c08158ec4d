/*
 * Written JSON, read back by jansson.
 */
#include "common/json/write.h"

#include <criterion/criterion.h>
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static struct mneme_buffer buffer;

static void clean_up(void) {
    mneme_buffer_clean_up(&buffer);
}

TestSuite(json_write, .fini = clean_up);

static void check_written(const char *wanted) {
    mneme_buffer_append_byte(&buffer, '\0');
    cr_assert_not(buffer.failed);
    cr_assert_str_eq(buffer.data, wanted);
}

Test(json_write, puts_commas_between_members_and_elements) {
    struct mneme_json_writer json = {.out = &buffer};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("a"));
    mneme_json_begin_array(&json);
    mneme_json_long(&json, 1);
    mneme_json_begin_object(&json);
    mneme_json_end_object(&json);
    mneme_json_begin_array(&json);
    mneme_json_end_array(&json);
    mneme_json_null(&json);
    mneme_json_end_array(&json);
    mneme_json_key(&json, MNEME_STR_LIT("b\""));
    mneme_json_bool(&json, true);
    mneme_json_key(&json, MNEME_STR_LIT("c"));
    mneme_json_raw(&json, MNEME_STR_LIT("{\"x\":1}"));
    mneme_json_key(&json, MNEME_STR_LIT("d"));
    mneme_json_raw(&json, MNEME_STR_NULL);
    mneme_json_key(&json, MNEME_STR_LIT("e"));
    mneme_json_string(&json, MNEME_STR_NULL);
    mneme_json_key(&json, MNEME_STR_LIT("f"));
    mneme_json_bool(&json, false);
    mneme_json_end_object(&json);
    check_written("{\"a\":[1,{},[],null],\"b\\\"\":true,\"c\":{\"x\":1},\"d\":null,\"e\":null,\"f\":false}");
}

Test(json_write, writes_the_value_types_of_events) {
    struct mneme_json_writer json = {.out = &buffer};
    mneme_json_begin_array(&json);
    mneme_json_uuid(&json, (struct mneme_uuid){{0x01, 0x90, 0xa1, 0xb2, 0xc3, 0xd4, 0x7e, 0x5f, 0x8a, 0x9b,
                                                0x0c, 0x1d, 0x2e, 0x3f, 0x4a, 0x5b}});
    mneme_json_time(&json, INT64_C(1767323045678901));
    mneme_json_position(&json, (struct mneme_position){3, INT64_C(9000000000)});
    mneme_json_long(&json, INT64_MIN);
    mneme_json_long(&json, INT64_MAX);
    mneme_json_long(&json, 0);
    mneme_json_end_array(&json);
    check_written(
        "[\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\",\"2026-01-02T03:04:05.678901Z\",\"3:9000000000\","
        "-9223372036854775808,9223372036854775807,0]");
}

Test(json_write, writes_strings_that_are_read_back_the_same) {
    char text[256];
    for (size_t i = 0; i < 127; i++) {
        text[i] = (char)(i + 1);
    }
    memcpy(text + 127, "h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x80\xa8", 14);
    struct mneme_json_writer json = {.out = &buffer};
    mneme_json_string(&json, (struct mneme_str){text, 140});
    for (size_t i = 0; i < buffer.len; i++) {
        cr_assert((uint8_t)buffer.data[i] >= 0x20 && buffer.data[i] != 0x7F);
    }
    json_t *value = json_loadb(buffer.data, buffer.len, JSON_DECODE_ANY, NULL);
    cr_assert_not_null(value);
    cr_assert_eq(json_string_length(value), 140);
    cr_assert_arr_eq(json_string_value(value), text, 140);
    json_decref(value);
}

static void check_double(double value, const char *wanted) {
    mneme_buffer_clear(&buffer);
    struct mneme_json_writer json = {.out = &buffer};
    mneme_json_double(&json, value);
    check_written(wanted);
}

Test(json_write, writes_a_double_as_short_as_it_can_be_read_back) {
    check_double(0.1, "0.1");
    check_double(1.0 / 3, "0.3333333333333333");
    check_double(0.1 + 0.2, "0.30000000000000004");
    check_double(100, "100");
    check_double(-0.0, "-0");
    check_double(5e-324, "4.94065645841247e-324");
    check_double(DBL_MAX, "1.7976931348623157e+308");
    check_double(NAN, "null");
    check_double(-INFINITY, "null");
}

Test(json_write, writes_few_decimals_as_the_shortest_text) {
    check_double(0, "0");
    check_double(0.5, "0.5");
    check_double(-0.25, "-0.25");
    check_double(0.125, "0.125");
    check_double(0.001, "0.001");
    check_double(-1000.01, "-1000.01");
    check_double(120, "120");
    check_double(999999999.999, "999999999.999");
    check_double(1e9, "1000000000");
    check_double(0.0005, "0.0005");
    for (int i = -20000; i <= 20000; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "%.15g", i / 1000.0);
        check_double(i / 1000.0, wanted);
    }
}

Test(json_write, loses_no_bit_of_a_double) {
    uint64_t state = 88172645463325252U;
    for (int i = 0; i < 20000; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        double value;
        memcpy(&value, &state, sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        mneme_buffer_clear(&buffer);
        struct mneme_json_writer json = {.out = &buffer};
        mneme_json_double(&json, value);
        mneme_buffer_append_byte(&buffer, '\0');
        double back = strtod(buffer.data, NULL);
        uint64_t back_bits;
        memcpy(&back_bits, &back, sizeof back_bits);
        cr_assert_eq(back_bits, state, "%s", buffer.data);
    }
}

Test(json_write, single_precision_has_as_few_digits_as_tell_it_from_all_others) {
    const float numbers[] = {0.1F, -2.5F, 1e-30F, 16777216, 0.333333343F, FLT_MAX, 0, -0.0F};
    struct mneme_json_writer json = {.out = &buffer};
    mneme_json_begin_array(&json);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        mneme_json_float(&json, numbers[i]);
    }
    mneme_json_float(&json, INFINITY);
    mneme_json_end_array(&json);
    check_written("[0.1,-2.5,1e-30,16777216,0.33333334,3.4028235e+38,0,-0,null]");
}
