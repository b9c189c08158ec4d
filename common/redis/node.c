/*
 * hiredis connects and reads. Writing is done here, since hiredis may cause SIGPIPE, which kills unprepared
 * programs.
 */
#include "common/redis/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/base/clock.h"

#define IDLE_MICROS INT64_C(1000000) /* check after this time whether the server is still there */

struct mneme_redis_node *mneme_redis_node_new(const char *host, int port) {
    struct mneme_redis_node *node = calloc(1, sizeof *node);
    if (node != NULL) {
        snprintf(node->host, sizeof node->host, "%s", host);
        snprintf(node->place, sizeof node->place, "%s:%d", host, port);
        node->port = port;
    }
    return node;
}

void mneme_redis_node_destroy(struct mneme_redis_node *node) {
    if (node != NULL) {
        mneme_redis_node_disconnect(node);
        mneme_buffer_clean_up(&node->out);
        free(node);
    }
}

void mneme_redis_node_disconnect(struct mneme_redis_node *node) {
    if (node->context != NULL) {
        redisFree(node->context);
        node->context = NULL;
    }
    mneme_buffer_clear(&node->out);
    node->loaded = 0;
    node->is_of_another = false;
}

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot use Redis: out of memory; free some memory");
}

/* Closes the connection and reports why. */
static int fail(struct mneme_redis_node *node, struct mneme_redis_session *session, const char *why,
                struct mneme_error *error) {
    int status = mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                 "cannot use Redis at %s: %s; check that it is running, and check REDIS_URL",
                                 node->place, why);
    session->code[0] = '\0';
    mneme_redis_node_disconnect(node);
    node->not_before = mneme_clock_monotonic_micros() + session->options.pause_ms * 1000;
    return status;
}

/* The same for errno, or for a time-out. */
static int fail_by_errno(struct mneme_redis_node *node, struct mneme_redis_session *session, int number,
                         struct mneme_error *error) {
    char why[128];
    if (number == EAGAIN || number == EWOULDBLOCK || number == ETIMEDOUT || number == EINPROGRESS) {
        snprintf(why, sizeof why, "it did not answer within %lld ms", (long long)session->options.timeout_ms);
        return fail(node, session, why, error);
    }
    return fail(node, session, strerror(number), error);
}

/* "*3\r\n" or "$3\r\n"; by hand, since printf costs more than everything else here. */
static void append_count(struct mneme_buffer *out, char mark, size_t count) {
    char text[32];
    char *at = text + sizeof text;
    *--at = '\n';
    *--at = '\r';
    do {
        *--at = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    *--at = mark;
    mneme_buffer_append(out, at, (size_t)(text + sizeof text - at));
}

void mneme_redis_format_count(struct mneme_buffer *out, size_t words) {
    append_count(out, '*', words);
}

void mneme_redis_format_word(struct mneme_buffer *out, struct mneme_str word) {
    append_count(out, '$', word.len);
    mneme_buffer_append_str(out, word);
    mneme_buffer_append(out, "\r\n", 2);
}

int mneme_redis_node_flush(struct mneme_redis_node *node, struct mneme_redis_session *session,
                           struct mneme_error *error) {
    if (node->out.failed) {
        mneme_redis_node_disconnect(node);
        return no_memory(error);
    }
    for (size_t written = 0; written < node->out.len;) {
        ssize_t count =
            send(node->context->fd, node->out.data + written, node->out.len - written, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) {
            return fail_by_errno(node, session, errno, error);
        }
        written += count < 0 ? 0 : (size_t)count;
    }
    mneme_buffer_clear(&node->out);
    return MNEME_OK;
}

int mneme_redis_node_read(redisReply **reply, struct mneme_redis_node *node,
                          struct mneme_redis_session *session, struct mneme_error *error) {
    void *found = NULL;
    errno = 0;
    int result = redisGetReplyFromReader(node->context, &found);
    while (result == REDIS_OK && found == NULL) {
        result = redisBufferRead(node->context);
        result = result == REDIS_OK ? redisGetReplyFromReader(node->context, &found) : result;
    }
    if (result != REDIS_OK) {
        return node->context->err == REDIS_ERR_IO ? fail_by_errno(node, session, errno, error)
                                                  : fail(node, session, node->context->errstr, error);
    }
    *reply = found;
    node->last_used = mneme_clock_monotonic_micros();
    return MNEME_OK;
}

int mneme_redis_node_ask(redisReply **reply, struct mneme_redis_node *node,
                         struct mneme_redis_session *session, const struct mneme_str *words, size_t count,
                         struct mneme_error *error) {
    redisReply *answer = NULL;
    mneme_redis_format_count(&node->out, count);
    for (size_t i = 0; i < count; i++) {
        mneme_redis_format_word(&node->out, words[i]);
    }
    int status = mneme_redis_node_flush(node, session, error);
    if (status == MNEME_OK) {
        status = mneme_redis_node_read(&answer, node, session, error);
    }
    if (answer != NULL && answer->type == REDIS_REPLY_ERROR) {
        status = mneme_redis_answer_error(error, session->code, node->place, answer->str);
    }
    if (status == MNEME_OK && reply != NULL) {
        *reply = answer;
    } else {
        freeReplyObject(answer);
    }
    return status;
}

static int log_in(struct mneme_redis_node *node, struct mneme_redis_session *session,
                  struct mneme_error *error) {
    const char *user = session->urls->user;
    if (session->urls->password[0] == '\0') {
        return MNEME_OK;
    }
    struct mneme_str words[] = {MNEME_STR_LIT("AUTH"), mneme_str_from(user),
                                mneme_str_from(session->urls->password)};
    if (user[0] == '\0') { /* the form without a user, which every version supports */
        words[1] = words[2];
    }
    return mneme_redis_node_ask(NULL, node, session, words, user[0] == '\0' ? 2 : 3, error);
}

static int select_database(struct mneme_redis_node *node, struct mneme_redis_session *session,
                           struct mneme_error *error) {
    char number[24];
    (void)snprintf(number, sizeof number, "%ld", session->urls->database);
    const struct mneme_str words[] = {MNEME_STR_LIT("SELECT"), mneme_str_from(number)};
    return session->urls->database == 0 ? MNEME_OK
                                        : mneme_redis_node_ask(NULL, node, session, words, 2, error);
}

/* Whether the server has closed the connection, or sent something unexpected. */
static bool is_ended(const struct mneme_redis_node *node) {
    char byte;
    ssize_t count = recv(node->context->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static int connect_to(struct mneme_redis_node *node, struct mneme_redis_session *session,
                      struct mneme_error *error) {
    int64_t timeout_ms = session->options.timeout_ms;
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    node->context = redisConnectWithTimeout(node->host, node->port, timeout);
    if (node->context == NULL) {
        return no_memory(error);
    }
    if (node->context->err != 0) {
        return fail(node, session, node->context->errstr, error);
    }
    (void)fcntl(node->context->fd, F_SETFD, FD_CLOEXEC); /* not for programs that are started from here */
    if (redisSetTimeout(node->context, timeout) != REDIS_OK) {
        return fail(node, session, "the time-out cannot be set", error);
    }
    node->last_used = mneme_clock_monotonic_micros();
    int status = log_in(node, session, error);
    status = status == MNEME_OK ? select_database(node, session, error) : status;
    if (status != MNEME_OK &&
        node->context != NULL) { /* login refused: the code does not belong to the caller's command */
        session->code[0] = '\0';
        mneme_redis_node_disconnect(node);
        node->not_before = node->last_used + session->options.pause_ms * 1000;
    }
    return status;
}

int mneme_redis_node_ensure(struct mneme_redis_node *node, struct mneme_redis_session *session,
                            struct mneme_error *error) {
    int64_t now = mneme_clock_monotonic_micros();
    if (node->context != NULL && node->first_due == NULL &&
        (node->is_of_another || (now - node->last_used > IDLE_MICROS && is_ended(node)))) {
        mneme_redis_node_disconnect(node);
    }
    if (node->context != NULL) {
        return MNEME_OK;
    }
    if (now < node->not_before) {
        session->code[0] = '\0';
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "cannot use Redis at %s: it failed and is not tried again yet; check that it "
                               "is running, and check REDIS_URL",
                               node->place);
    }
    return connect_to(node, session, error);
}
