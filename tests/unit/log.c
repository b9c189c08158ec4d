/*
 * Log lines, as they arrive on stderr.
 */
#include "common/log/log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Each test runs in a process of its own, so its stderr may go to a file. */
static FILE *captured;

static void capture(void) {
    captured = tmpfile();
    cr_assert_not_null(captured);
    fflush(stderr);
    cr_assert_geq(dup2(fileno(captured), STDERR_FILENO), 0);
}

static char *read_captured(void) {
    long len = lseek(fileno(captured), 0, SEEK_END);
    char *text = calloc(1, (size_t)len + 1);
    cr_assert_eq(pread(fileno(captured), text, (size_t)len, 0), len);
    return text;
}

TestSuite(log, .init = capture);

Test(log, writes_logfmt_and_quotes_only_what_needs_it) {
    mneme_log(MNEME_LOG_INFO, "batch applied", MNEME_LOG_I("rows", -3), MNEME_LOG_D("seconds", 0.25),
              MNEME_LOG_S("topic", "mneme.events"), MNEME_LOG_S("empty", ""), MNEME_LOG_S("none", NULL),
              MNEME_LOG_STR("part", ((struct mneme_str){"abcdef", 3})));
    char *line = read_captured();
    cr_assert_not_null(strstr(line,
                              " level=info event=\"batch applied\" rows=-3 seconds=0.25 topic=mneme.events "
                              "empty=\"\" none=null part=abc\n"),
                       "%s", line);
    cr_assert_eq(strncmp(line, "time=20", 7), 0);
    free(line);
}

Test(log, content_never_makes_a_line_or_a_field_of_its_own) {
    mneme_log(MNEME_LOG_ERROR, "x",
              MNEME_LOG_S("text", "a\nlevel=info b=\"c\" \x1b[31m\x7f\\ \xff \xc3\xa9"));
    char *line = read_captured();
    cr_assert_eq(strchr(line, '\n'), line + strlen(line) - 1);
    cr_assert_not_null(
        strstr(line, " text=\"a\\nlevel=info b=\\\"c\\\" \\u001b[31m\\u007f\\\\ ? \xc3\xa9\"\n"), "%s", line);
    free(line);
}

Test(log, writes_json_that_can_be_read) {
    mneme_log_configure(MNEME_LOG_DEBUG, MNEME_LOG_JSON);
    mneme_log(MNEME_LOG_DEBUG, "batch applied", MNEME_LOG_I("rows", 3), MNEME_LOG_S("text", "a\n\"\xff"),
              MNEME_LOG_D("seconds", 0.5), MNEME_LOG_S("none", NULL));
    char *line = read_captured();
    json_t *entry = json_loads(line, 0, NULL);
    cr_assert_not_null(entry, "%s", line);
    cr_assert_str_eq(json_string_value(json_object_get(entry, "event")), "batch applied");
    cr_assert_str_eq(json_string_value(json_object_get(entry, "level")), "debug");
    cr_assert_str_eq(json_string_value(json_object_get(entry, "text")), "a\n\"?");
    cr_assert_eq(json_integer_value(json_object_get(entry, "rows")), 3);
    cr_assert(json_is_null(json_object_get(entry, "none")));
    json_decref(entry);
    free(line);
}

Test(log, leaves_out_what_is_below_its_level) {
    mneme_log(MNEME_LOG_DEBUG, "quiet", MNEME_LOG_I("n", 1));
    mneme_log_configure(MNEME_LOG_ERROR, MNEME_LOG_LOGFMT);
    mneme_log(MNEME_LOG_WARN, "quiet", MNEME_LOG_I("n", 1));
    cr_assert_not(mneme_log_enabled(MNEME_LOG_WARN));
    cr_assert(mneme_log_enabled(MNEME_LOG_ERROR));
    char *text = read_captured();
    cr_assert_str_eq(text, "");
    free(text);
}

Test(log, keeps_errno) {
    errno = ENOTTY;
    mneme_log(MNEME_LOG_INFO, "x", MNEME_LOG_I("n", 1));
    cr_assert_eq(errno, ENOTTY);
}

static void *write_lines(void *unused) {
    for (int i = 0; i < 500; i++) {
        mneme_log(MNEME_LOG_INFO, "x", MNEME_LOG_S("text", "0123456789012345678901234567890123456789"));
    }
    return unused;
}

Test(log, does_not_mix_the_lines_of_threads) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    char *text = read_captured();
    int lines = 0;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0'; line = strsep(&rest, "\n")) {
        lines++;
        cr_assert_eq(strncmp(line, "time=", 5), 0, "%s", line);
        cr_assert_str_eq(line + strlen(line) - 8, "23456789", "%s", line);
    }
    cr_assert_eq(lines, 2000);
    free(text);
}

/* --- of a process that works for something --- */

Test(log, a_projection_is_a_field_of_every_entry_that_has_none) {
    mneme_log_set_projection("search");
    mneme_log(MNEME_LOG_INFO, "progress", MNEME_LOG_I("lag", 3));
    mneme_log(MNEME_LOG_INFO, "worker ended", MNEME_LOG_S("projection", "embed"));
    mneme_log_configure(MNEME_LOG_INFO, MNEME_LOG_JSON);
    mneme_log(MNEME_LOG_INFO, "progress", MNEME_LOG_I("lag", 3));
    char *text = read_captured();
    cr_assert_not_null(strstr(text, "event=progress projection=search lag=3\n"), "%s", text);
    cr_assert_not_null(strstr(text, "event=\"worker ended\" projection=embed\n"), "%s", text);
    cr_assert_not_null(strstr(text, "\"event\":\"progress\",\"projection\":\"search\",\"lag\":3}\n"), "%s",
                       text);
    free(text);
}

/* --- for people --- */

Test(log, text_is_a_sentence_of_reason_and_advice_with_the_rest_behind_it) {
    mneme_log_configure(MNEME_LOG_INFO, MNEME_LOG_TEXT);
    mneme_log(MNEME_LOG_WARN, "nothing is remembered", MNEME_LOG_S("advice", "set MNEME_STATE_DIR"),
              MNEME_LOG_S("folder", "/tmp/x"), MNEME_LOG_S("reason", "no home\nat all"),
              MNEME_LOG_I("files", 2), MNEME_LOG_S("id", ""));
    mneme_log(MNEME_LOG_INFO, "short", MNEME_LOG_S("reason", ""));
    char *text = read_captured();
    cr_assert_str_eq(
        text, "mneme: nothing is remembered: no home\\nat all; set MNEME_STATE_DIR (folder /tmp/x, files 2)\n"
              "mneme: short\n");
    free(text);
}

Test(log, text_of_a_worker_has_the_time_and_its_projection) {
    mneme_log_configure(MNEME_LOG_INFO, MNEME_LOG_TEXT);
    mneme_log_set_projection("postgres");
    mneme_log(MNEME_LOG_INFO, "worker ended", MNEME_LOG_S("projection", "postgres"),
              MNEME_LOG_D("after_s", 1.25));
    char *text = read_captured();
    cr_assert_eq(strlen("23:04:43Z"), strcspn(text, " "), "%s", text);
    cr_assert_str_eq(strchr(text, ' '), " postgres: worker ended (after_s 1.2)\n");
    free(text);
}
