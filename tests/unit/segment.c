/*
 * Words of scripts without spaces: every part of a run is made of words that the whole run has, in a row.
 */
#include "common/segment.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct mneme_buffer out;

static void tear_down(void) {
    mneme_buffer_clean_up(&out);
}

TestSuite(segment, .fini = tear_down);

static const char *segmented(const char *text, enum mneme_segment_form form) {
    mneme_buffer_clear(&out);
    mneme_segment(&out, mneme_str_from(text), form);
    mneme_buffer_append_byte(&out, 0);
    return out.data;
}

static void check(const char *text, const char *whole, const char *part) {
    cr_assert_str_eq(segmented(text, MNEME_SEGMENT_WHOLE), whole, "%s: %s", text, out.data);
    cr_assert_str_eq(segmented(text, MNEME_SEGMENT_PART), part, "%s: %s", text, out.data);
}

Test(segment, text_with_spaces_stays_as_it_is) {
    check("", "", "");
    check("Ada prefers tea, 2 cups", "Ada prefers tea, 2 cups", "Ada prefers tea, 2 cups");
    check("Ünïcödé Привет γειά שלום مرحبا 한국어 😀", "Ünïcödé Привет γειά שלום مرحبا 한국어 😀",
          "Ünïcödé Привет γειά שלום مرحبا 한국어 😀");
    cr_assert_not(mneme_segment_is_needed(MNEME_STR_LIT("Ada 한국어 😀")));
}

Test(segment, every_two_neighbours_become_a_word) {
    check("喜欢喝茶", "喜欢 欢喝 喝茶 茶", "喜欢 欢喝 喝茶");
    check("カフェ", "カフ フェ ェ", "カフ フェ");
    check("ชาเขียว", "ชา าเ เข ขี ีย ยว ว", "ชา าเ เข ขี ีย ยว");
    check("ខ្ញុំ", "ខ្ ្ញ ញុ ុំ ំ", "ខ្ ្ញ ញុ ុំ");
    check("ກາເຟ", "ກາ າເ ເຟ ຟ", "ກາ າເ ເຟ");
    check("ကော", "ကေ ော ာ", "ကေ ော");
    check("𠀋𠂢", "𠀋𠂢 𠂢", "𠀋𠂢");
}

Test(segment, a_single_character_is_a_word) {
    check("茶", "茶", "茶");
    cr_assert(mneme_segment_is_single(MNEME_STR_LIT("茶")));
    cr_assert_not(mneme_segment_is_single(MNEME_STR_LIT("喝茶")));
    cr_assert_not(mneme_segment_is_single(MNEME_STR_LIT("a")));
    cr_assert_not(mneme_segment_is_single(MNEME_STR_LIT("")));
}

Test(segment, other_words_keep_apart_from_a_run) {
    check("drink茶now", "drink 茶 now", "drink 茶 now");
    check("drink 喝茶, now", "drink 喝茶 茶 , now", "drink 喝茶 茶 , now");
    check("喝茶 2杯", "喝茶 茶 2 杯", "喝茶 茶 2 杯");
}

Test(segment, the_words_of_a_part_stand_in_a_row_in_the_whole) {
    static const char text[] = "我昨天喜欢在家里喝绿茶";
    const size_t step = 3;
    char whole[256];
    snprintf(whole, sizeof whole, " %s ", segmented(text, MNEME_SEGMENT_WHOLE));
    for (size_t begin = 0; begin + 2 * step < sizeof text; begin += step) {
        for (size_t len = 2 * step; begin + len < sizeof text; len += step) {
            char part[64];
            char words[256];
            snprintf(part, sizeof part, "%.*s", (int)len, text + begin);
            snprintf(words, sizeof words, " %s ", segmented(part, MNEME_SEGMENT_PART));
            cr_assert_not_null(strstr(whole, words), "%s: %s", part, words);
        }
    }
}
