/*
 * Replaces stdout by a custom stream. A stream of stdio knows only that some write failed, not why, and could
 * not tell a full disk from a reader that went away.
 */
#include "cli/frame/output.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/printable.h"

/* State of stdout; only the thread that prints uses it. */
static int lost_errno;

/* Rows left on the page; -1: output is not cut to a page. */
static int rows_left = -1;

/* Whether the write failed only for the moment and can be tried again. */
static bool can_retry(void) {
    if (errno == EINTR) {
        return !mneme_cli_interrupted();
    }
    struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return errno == EAGAIN && poll(&ready, 1, -1) == 1;
}

/* How many bytes fit on the page. A line feed on the last row would scroll it. */
static size_t cut_to_page(const char *data, size_t size) {
    size_t at = 0;
    while (at < size && rows_left > 0) {
        const char *end = memchr(data + at, '\n', size - at);
        rows_left -= end == NULL ? 0 : 1;
        at = end == NULL ? size : (size_t)(end - data) + (rows_left > 0 ? 1 : 0);
    }
    return at;
}

static ssize_t write_all(void *cookie, const char *data, size_t size) {
    (void)cookie;
    size_t wanted = rows_left < 0 ? size : cut_to_page(data, size);
    for (size_t done = 0; done < wanted;) {
        ssize_t written = write(STDOUT_FILENO, data + done, wanted - done);
        if (written >= 0) {
            done += (size_t)written;
        } else if (!can_retry()) {
            lost_errno = lost_errno == 0 ? errno : lost_errno;
            return 0;
        }
    }
    return (ssize_t)size;
}

void mneme_cli_output_begin(void) {
    FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_all});
    if (stream != NULL) {
        (void)setvbuf(stream, NULL, isatty(STDOUT_FILENO) == 1 ? _IOLBF : _IOFBF, BUFSIZ);
        stdout = stream;
    }
}

void mneme_cli_output_page(int rows) {
    fflush(stdout);
    rows_left = -1;
    /* Clears the terminal and turns off line wrapping; 0 turns it on again. */
    fputs(rows > 0 ? "\033[?7l\033[H\033[2J" : "\033[?7h", stdout);
    fflush(stdout);
    rows_left = rows > 0 ? rows : -1;
}

enum mneme_exit mneme_cli_output_end(enum mneme_exit code) {
    errno = 0;
    if (fflush(stdout) != 0 && lost_errno == 0) {
        lost_errno = errno == 0 ? EIO : errno;
    }
    /* Some file systems report a full disk only when the file is closed. */
    if (close(STDOUT_FILENO) != 0 && errno != EBADF && lost_errno == 0) {
        lost_errno = errno;
    }
    if (lost_errno == 0 || lost_errno == EPIPE || mneme_cli_interrupted()) {
        return code;
    }
    fprintf(stderr,
            "mneme: the output was not written: %s; make room and run it again (what was published stays "
            "published)\n",
            strerror(lost_errno));
    return code == MNEME_EXIT_DONE ? MNEME_EXIT_REFUSED : code;
}

enum mneme_exit mneme_cli_put_line(struct mneme_buffer *line) {
    mneme_buffer_append_byte(line, '\n');
    bool is_complete = !line->failed;
    if (is_complete) {
        (void)fwrite(line->data, 1, line->len, stdout); /* the stream remembers a failure */
    } else {
        fprintf(stderr,
                "mneme: a line of output is missing: memory is exhausted; free some and run it again\n");
    }
    mneme_buffer_clear(line);
    return is_complete ? MNEME_EXIT_DONE : MNEME_EXIT_UNAVAILABLE;
}

void mneme_cli_say(const char *format, ...) {
    struct mneme_buffer shown = {0};
    char *sentence = NULL;
    va_list arguments;
    va_start(arguments, format);
    int len = vasprintf(&sentence, format, arguments);
    va_end(arguments);
    fflush(stdout); /* keeps the order when both streams go to the same place */
    if (len >= 0) {
        mneme_printable(&shown, mneme_str_from(sentence), false);
        fprintf(stderr, "mneme: %.*s\n", MNEME_STR_ARG(mneme_buffer_str(&shown)));
        free(sentence);
    }
    mneme_buffer_clean_up(&shown);
}

void mneme_cli_say_note(const struct mneme_cli *cli, const struct mneme_op_note *note) {
    struct mneme_buffer text = {0};
    mneme_op_note_text(&text, note, cli->config);
    mneme_cli_say("%.*s", MNEME_STR_ARG(mneme_buffer_str(&text)));
    mneme_buffer_clean_up(&text);
}

bool mneme_cli_output_is_lost(void) {
    return lost_errno != 0 || ferror(stdout) != 0;
}
