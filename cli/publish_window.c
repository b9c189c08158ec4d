/*
 * The window of lines in flight. Waking the main thread costs a system call, so it is done only when it
 * sleeps.
 */
#include "cli/publish_window.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mneme_publish_window_init(struct mneme_publish_window *window, struct mneme_error *error) {
    *window = (struct mneme_publish_window){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (window->wake_fd < 0) {
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "cannot publish: cannot open an event descriptor: %s; close some files",
                               strerror(errno));
    }
    window->lines = calloc(MNEME_PUBLISH_WINDOW, sizeof *window->lines);
    if (window->lines == NULL) {
        close(window->wake_fd);
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot publish: out of memory; free some memory");
    }
    return MNEME_OK;
}

void mneme_publish_window_clean_up(struct mneme_publish_window *window) {
    while (window->count > 0) {
        mneme_publish_window_drop(window);
    }
    free(window->lines);
    close(window->wake_fd);
}

struct mneme_publish_line *mneme_publish_window_at(const struct mneme_publish_window *window, size_t place) {
    return &window->lines[(window->first + place) % MNEME_PUBLISH_WINDOW];
}

struct mneme_publish_line *mneme_publish_window_add(struct mneme_publish_window *window, int64_t number) {
    struct mneme_publish_line *line = mneme_publish_window_at(window, window->count);
    window->count++;
    line->window = window;
    line->number = number;
    line->stream_id[0] = '\0';
    line->message = NULL;
    line->wait_until = 0;
    line->verdict[0] = '\0';
    line->actual_version = (struct mneme_opt_long){0};
    line->reason = NULL;
    atomic_store(&line->progress, MNEME_LINE_UNDER_WAY);
    return line;
}

void mneme_publish_line_fail(struct mneme_publish_line *line, enum mneme_status status, const char *message) {
    line->status = status;
    line->message = strdup(message);
    atomic_store(&line->progress, MNEME_LINE_FAILED);
}

void mneme_publish_window_drop(struct mneme_publish_window *window) {
    struct mneme_publish_line *line = mneme_publish_window_at(window, 0);
    free(line->message);
    free(line->reason);
    line->message = line->reason = NULL;
    window->first = (window->first + 1) % MNEME_PUBLISH_WINDOW;
    window->count--;
}

void mneme_publish_line_receive(const struct mneme_receipt *receipt, void *context) {
    struct mneme_publish_line *line = context;
    struct mneme_publish_window *window =
        line->window; /* once its progress is set, the line may be dropped */
    if (receipt->status == MNEME_OK) {
        line->position = receipt->position;
        atomic_store(&line->progress, MNEME_LINE_ACKNOWLEDGED);
    } else {
        mneme_publish_line_fail(line, receipt->status, receipt->message);
    }
    if (atomic_exchange(&window->is_asleep, false)) {
        uint64_t one = 1;
        /* It fails only when the descriptor is already readable. */
        ssize_t written = write(window->wake_fd, &one, sizeof one);
        (void)written;
    }
}

bool mneme_publish_window_sleep(struct mneme_publish_window *window, int oldest_progress, int input_fd,
                                int timeout_ms) {
    struct pollfd files[] = {{.fd = window->wake_fd, .events = POLLIN}, {.fd = input_fd, .events = POLLIN}};
    atomic_store(&window->is_asleep, true);
    /* A receipt that came before the flag was set did not wake this thread. */
    bool has_news =
        window->count > 0 && atomic_load(&mneme_publish_window_at(window, 0)->progress) != oldest_progress;
    int ready = poll(files, 2, has_news ? 0 : timeout_ms);
    atomic_store(&window->is_asleep, false);
    uint64_t count;
    if (ready > 0 && files[0].revents != 0) {
        ssize_t got = read(window->wake_fd, &count, sizeof count);
        (void)got; /* nothing to read is fine */
    }
    return ready > 0 && files[1].revents != 0;
}
