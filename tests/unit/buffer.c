/*
 * The buffer: growth, printing, and the memory of a failure.
 */
#include "common/base/buffer.h"

#include <criterion/criterion.h>

Test(buffer, holds_what_was_appended) {
    struct mneme_buffer buffer = {0};
    for (int i = 0; i < 10000; i++) {
        mneme_buffer_append_byte(&buffer, (uint8_t)i);
        mneme_buffer_append_str(&buffer, MNEME_STR_LIT("xyz"));
        mneme_buffer_append_str(&buffer, MNEME_STR_NULL);
    }
    cr_assert_eq(buffer.len, 40000);
    for (size_t i = 0; i < 10000; i++) {
        cr_assert_eq((uint8_t)buffer.data[4 * i], (uint8_t)i);
        cr_assert_arr_eq(buffer.data + 4 * i + 1, "xyz", 3);
    }
    mneme_buffer_clean_up(&buffer);
}

Test(buffer, prints_text_of_any_length) {
    struct mneme_buffer buffer = {0};
    mneme_buffer_printf(&buffer, "%s-%d;", "a", 1);
    mneme_buffer_printf(&buffer, "%0500d", 7);
    cr_assert_eq(buffer.len, 504);
    cr_assert_arr_eq(buffer.data, "a-1;000", 7);
    cr_assert_eq(buffer.data[503], '7');
    mneme_buffer_clean_up(&buffer);
}

Test(buffer, remembers_that_memory_was_exhausted_until_it_is_cleared) {
    struct mneme_buffer buffer = {0};
    mneme_buffer_append_str(&buffer, MNEME_STR_LIT("kept"));
    cr_assert_not(mneme_buffer_reserve(&buffer, SIZE_MAX));
    cr_assert(buffer.failed);
    cr_assert_eq(buffer.len, 4);
    mneme_buffer_clear(&buffer);
    cr_assert_not(buffer.failed);
    mneme_buffer_clean_up(&buffer);
}

Test(buffer, is_an_empty_slice_before_anything_is_written) {
    struct mneme_buffer buffer = {0};
    cr_assert_not_null(mneme_buffer_str(&buffer).data);
    cr_assert_eq(mneme_buffer_str(&buffer).len, 0);
}
