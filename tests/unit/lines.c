/*
 * Lines out of a pipe: whole, long, last, and in pieces.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "importers/lines.h"

static struct mneme_lines lines;
static int ends[2];

static void set_up(void) {
    cr_assert_eq(pipe(ends), 0);
    cr_assert_gt(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20), 0);
    mneme_lines_init(&lines, ends[0]);
}

static void tear_down(void) {
    mneme_lines_clean_up(&lines);
    close(ends[0]);
}

TestSuite(lines, .init = set_up, .fini = tear_down, .timeout = 20);

static void feed(const char *text) {
    cr_assert_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void fill(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_lines_fill(&lines, &error), MNEME_OK, "%s", error.message);
}

static void expect_line(int64_t number, const char *text) {
    struct mneme_str line;
    cr_assert_eq(mneme_lines_next(&line, &lines), MNEME_LINE_READY);
    cr_assert(mneme_str_equal(line, mneme_str_from(text)), "\"%.*s\"", MNEME_STR_ARG(line));
    cr_assert_eq(lines.number, number);
}

static void expect(enum mneme_line_state state) {
    struct mneme_str line;
    cr_assert_eq(mneme_lines_next(&line, &lines), state);
}

Test(lines, come_one_after_the_other_with_their_numbers) {
    feed("one\n\nthree\n");
    close(ends[1]);
    expect(MNEME_LINE_NONE);
    fill();
    expect_line(1, "one");
    expect_line(2, "");
    expect_line(3, "three");
    expect(MNEME_LINE_NONE);
    fill();
    expect(MNEME_LINE_END);
    expect(MNEME_LINE_END);
}

Test(lines, that_come_in_pieces_are_whole) {
    feed("on");
    fill();
    expect(MNEME_LINE_NONE);
    feed("e\ntw");
    fill();
    expect_line(1, "one");
    expect(MNEME_LINE_NONE);
    feed("o\n");
    fill();
    expect_line(2, "two");
    close(ends[1]);
}

Test(lines, need_no_line_feed_at_the_end) {
    feed("one\ntwo");
    close(ends[1]);
    fill();
    expect_line(1, "one");
    expect(MNEME_LINE_NONE);
    fill();
    expect_line(2, "two");
    expect(MNEME_LINE_END);
}

Test(lines, of_an_empty_input_are_none) {
    close(ends[1]);
    fill();
    expect(MNEME_LINE_END);
    cr_assert_eq(lines.number, 0);
}

Test(lines, lose_a_byte_order_mark_only_at_the_start) {
    feed("\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}\n");
    close(ends[1]);
    fill();
    expect_line(1, "{}");
    expect_line(2, "\xEF\xBB\xBF{}");
}

/* Feeds the text as gzip, `piece` bytes at a time, and reads meanwhile. */
static void feed_gzip(const char *text, size_t piece) {
    unsigned char data[4096];
    z_stream zlib = {.next_in = (unsigned char *)text,
                     .avail_in = (unsigned)strlen(text),
                     .next_out = data,
                     .avail_out = sizeof data};
    cr_assert_eq(deflateInit2(&zlib, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    size_t len = sizeof data - zlib.avail_out;
    deflateEnd(&zlib);
    for (size_t at = 0; at < len; at += piece) {
        size_t some = len - at < piece ? len - at : piece;
        cr_assert_eq(write(ends[1], data + at, some), (ssize_t)some);
        fill();
    }
}

Test(lines, of_gzip_are_inflated_in_whatever_pieces_they_come) {
    for (size_t piece = 1; piece < 20; piece += 3) {
        set_up();
        feed_gzip("\xEF\xBB\xBFone\ntwo\n", piece);
        feed_gzip("three\n", piece); /* another member */
        expect_line(1, "one");
        expect_line(2, "two");
        expect_line(3, "three");
        close(ends[1]);
        fill();
        expect(MNEME_LINE_END);
        tear_down();
    }
    set_up();
}

Test(lines, that_only_begin_like_something_else_are_lines) {
    static const char *const texts[] = {"PK", "B", "BZ", "\x1F", "7z", "\xEF\xBB", "P\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        set_up();
        feed(texts[i]);
        fill();
        close(ends[1]);
        fill();
        struct mneme_str line;
        cr_assert_eq(mneme_lines_next(&line, &lines), MNEME_LINE_READY);
        cr_assert_eq(line.len, strcspn(texts[i], "\n"));
        tear_down();
    }
    set_up();
}

Test(lines, of_gzip_that_is_cut_short_are_given_before_that_is_told) {
    struct mneme_error error = {0};
    feed_gzip("one\n", 1000);
    feed("\x1F\x8B\x08");
    fill();
    close(ends[1]);
    cr_assert_eq(mneme_lines_fill(&lines, &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "its gzip data ends too early"), "%s", error.message);
    expect_line(1, "one");
}

Test(lines, keep_a_nul) {
    cr_assert_eq(write(ends[1], "a\0b\n", 4), 4);
    close(ends[1]);
    fill();
    struct mneme_str line;
    cr_assert_eq(mneme_lines_next(&line, &lines), MNEME_LINE_READY);
    cr_assert_eq(line.len, 3);
}

/* Writes `bytes` of x through the pipe while reading, and gives the first state that is not "none". */
static enum mneme_line_state read_long_line(size_t bytes, size_t *most_memory) {
    static char chunk[65536];
    memset(chunk, 'x', sizeof chunk);
    enum mneme_line_state found = MNEME_LINE_NONE;
    struct mneme_str line;
    *most_memory = 0;
    for (size_t written = 0; written < bytes;) {
        size_t len = bytes - written < sizeof chunk ? bytes - written : sizeof chunk;
        cr_assert_eq(write(ends[1], chunk, len), (ssize_t)len);
        written += len;
        fill();
        enum mneme_line_state state = mneme_lines_next(&line, &lines);
        if (state != MNEME_LINE_NONE) {
            cr_assert_eq(found, MNEME_LINE_NONE, "told twice");
            found = state;
        }
        *most_memory = lines.buffer.capacity > *most_memory ? lines.buffer.capacity : *most_memory;
    }
    return found;
}

Test(lines, that_are_too_long_are_told_once_and_skipped) {
    size_t most_memory;
    cr_assert_eq(read_long_line(4 * MNEME_LINE_MAX_BYTES, &most_memory), MNEME_LINE_TOO_LONG);
    cr_assert_leq(most_memory, 4 * MNEME_LINE_MAX_BYTES);
    cr_assert_eq(lines.number, 1);
    feed("\nnext\n");
    fill();
    expect_line(2, "next");
    close(ends[1]);
}

Test(lines, may_be_as_long_as_the_limit) {
    size_t most_memory;
    cr_assert_eq(read_long_line(MNEME_LINE_MAX_BYTES, &most_memory), MNEME_LINE_NONE);
    feed("\n");
    fill();
    struct mneme_str line;
    cr_assert_eq(mneme_lines_next(&line, &lines), MNEME_LINE_READY);
    cr_assert_eq(line.len, MNEME_LINE_MAX_BYTES);
    close(ends[1]);
}

Test(lines, of_a_folder_are_an_error) {
    int folder = open("/", O_RDONLY | O_DIRECTORY);
    struct mneme_lines of_folder;
    struct mneme_error error = {0};
    mneme_lines_init(&of_folder, folder);
    cr_assert_eq(mneme_lines_fill(&of_folder, &error), MNEME_E_INVALID);
    cr_assert_not_null(strstr(error.message, "cannot read the input"));
    mneme_lines_clean_up(&of_folder);
    close(folder);
}
