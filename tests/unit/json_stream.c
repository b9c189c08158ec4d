/*
 * Walking through JSON files: values at any place of the window, places, and what has no end.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/json/check.h"
#include "importers/import_stream.h"

static FILE *file;
static struct mneme_import_stream stream;

static void set_up(void) {
    file = tmpfile();
    cr_assert_not_null(file);
}

static void tear_down(void) {
    mneme_import_stream_clean_up(&stream);
    fclose(file);
}

TestSuite(json_stream, .init = set_up, .fini = tear_down);

static void open_text(const char *text, size_t len) {
    cr_assert_eq(fwrite(text, 1, len, file), len);
    cr_assert_eq(fflush(file), 0);
    cr_assert_eq(mneme_import_stream_init(&stream, fileno(file), NULL), MNEME_OK);
}

static int peek(void) {
    int byte;
    cr_assert_eq(mneme_import_stream_peek(&byte, &stream, NULL), MNEME_OK);
    return byte;
}

static struct mneme_str take(enum mneme_import_stream_extent expected, size_t max_bytes) {
    enum mneme_import_stream_extent extent;
    struct mneme_str value;
    cr_assert_eq(mneme_import_stream_take(&extent, &value, &stream, max_bytes, NULL), MNEME_OK);
    cr_assert_eq(extent, expected, "extent %d", (int)extent);
    return value;
}

#define ASSERT_TAKES(expected)                                                                               \
    cr_assert(mneme_str_equal(take(MNEME_IMPORT_STREAM_WHOLE, 1000), MNEME_STR_LIT(expected)), "%s", expected)

Test(json_stream, gives_values_and_the_lines_they_begin_on) {
    static const char text[] = "\xEF\xBB\xBF {\"a\":\n[1, \"}\\\"\"]}\n \n\"x\\\\\" 12 true";
    open_text(text, sizeof text - 1);
    cr_assert_eq(peek(), '{');
    cr_assert_eq(mneme_import_stream_place(&stream).offset, 4);
    ASSERT_TAKES("{\"a\":\n[1, \"}\\\"\"]}");
    cr_assert_eq(peek(), '"');
    cr_assert_eq(mneme_import_stream_place(&stream).line, 4);
    ASSERT_TAKES("\"x\\\\\"");
    ASSERT_TAKES("12");
    ASSERT_TAKES("true");
    cr_assert_eq(peek(), -1);
}

Test(json_stream, tells_what_has_no_end_or_crosses) {
    static const struct {
        const char *text;
        enum mneme_import_stream_extent extent;
    } cases[] = {
        {"{\"a\": [1, 2", MNEME_IMPORT_STREAM_CUT}, {"\"abc\\\"", MNEME_IMPORT_STREAM_CUT},
        {"[1}", MNEME_IMPORT_STREAM_CROSSED},       {"{\"a\":[}]}", MNEME_IMPORT_STREAM_CROSSED},
        {"[\"}\"]", MNEME_IMPORT_STREAM_WHOLE},     {"1", MNEME_IMPORT_STREAM_WHOLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mneme_import_stream_clean_up(&stream);
        cr_assert_eq(ftruncate(fileno(file), 0), 0);
        rewind(file);
        open_text(cases[i].text, strlen(cases[i].text));
        struct mneme_import_stream_at start = mneme_import_stream_place(&stream);
        take(cases[i].extent, 1000);
        mneme_import_stream_seek(&stream, start);
        enum mneme_import_stream_extent extent;
        (void)peek();
        cr_assert_eq(mneme_import_stream_skip(&extent, &stream, NULL), MNEME_OK);
        cr_assert_eq(extent, cases[i].extent, "%s", cases[i].text);
    }
}

/* Values of many sizes, so that strings, escapes and brackets lie across the ends of the window. */
Test(json_stream, agrees_with_itself_over_many_windows) {
    enum { COUNT = 400, PIECE = 7919 };
    for (int i = 0; i < COUNT; i++) {
        fprintf(file, "{\"n\":%d,\"text\":\"", i);
        for (int j = 0; j < (i * 131) % PIECE; j++) {
            fputs(j % 3 == 0 ? "\\\"" : j % 3 == 1 ? "}" : "\\\\", file);
        }
        fputs("\"}\n", file);
    }
    fflush(file);
    cr_assert_eq(mneme_import_stream_init(&stream, fileno(file), NULL), MNEME_OK);
    for (int i = 0; i < COUNT; i++) {
        char begin[32];
        const char *reason;
        size_t at;
        cr_assert_eq(peek(), '{');
        cr_assert_eq(mneme_import_stream_place(&stream).line, i + 1);
        struct mneme_import_stream_at place = mneme_import_stream_place(&stream);
        enum mneme_import_stream_extent extent;
        cr_assert_eq(mneme_import_stream_skip(&extent, &stream, NULL), MNEME_OK);
        cr_assert_eq(extent, MNEME_IMPORT_STREAM_WHOLE);
        int64_t end = mneme_import_stream_place(&stream).offset;
        mneme_import_stream_seek(&stream, place);
        struct mneme_str value = take(MNEME_IMPORT_STREAM_WHOLE, SIZE_MAX);
        cr_assert_eq(mneme_import_stream_place(&stream).offset, end);
        cr_assert(mneme_json_check(value, NULL, &reason, &at));
        int len = snprintf(begin, sizeof begin, "{\"n\":%d,", i);
        cr_assert_eq(memcmp(value.data, begin, (size_t)len), 0);
    }
    cr_assert_eq(peek(), -1);
    cr_assert_leq(stream.window.capacity, (size_t)2 * 1024 * 1024);
}

Test(json_stream, stays_before_what_is_too_large_and_passes_it_in_pieces) {
    fputs("{\"a\":\"", file);
    for (int i = 0; i < 3000000; i++) {
        fputc('x', file);
    }
    fputs("\"} 7", file);
    fflush(file);
    cr_assert_eq(mneme_import_stream_init(&stream, fileno(file), NULL), MNEME_OK);
    take(MNEME_IMPORT_STREAM_TOO_LARGE, 1000);
    cr_assert_eq(peek(), '{');
    enum mneme_import_stream_extent extent;
    cr_assert_eq(mneme_import_stream_skip(&extent, &stream, NULL), MNEME_OK);
    cr_assert_eq(extent, MNEME_IMPORT_STREAM_WHOLE);
    ASSERT_TAKES("7");
    cr_assert_leq(stream.window.capacity, (size_t)2 * 1024 * 1024);
}

/* Reading to the end gives up the window; the place is then read again. */
Test(json_stream, goes_back_behind_the_window) {
    static const char text[] = " {\"a\": 1} ";
    open_text(text, sizeof text - 1);
    (void)peek();
    struct mneme_import_stream_at place = mneme_import_stream_place(&stream);
    ASSERT_TAKES("{\"a\": 1}");
    cr_assert_eq(peek(), -1);
    take(MNEME_IMPORT_STREAM_CUT, 1000);
    mneme_import_stream_seek(&stream, place);
    ASSERT_TAKES("{\"a\": 1}");
    mneme_import_stream_seek(&stream, place);
    enum mneme_import_stream_extent extent;
    cr_assert_eq(mneme_import_stream_skip(&extent, &stream, NULL), MNEME_OK);
    cr_assert_eq(extent, MNEME_IMPORT_STREAM_WHOLE);
}
