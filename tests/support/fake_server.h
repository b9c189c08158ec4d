/*
 * An HTTP server that answers what the test told it to, for all that a real one does not do on demand.
 */
#ifndef MNEME_TESTS_FAKE_SERVER_H
#define MNEME_TESTS_FAKE_SERVER_H

#include "common/base/buffer.h"

struct mneme_fake_answer {
    unsigned status;
    const char *body;
    const char *location;    /* of a redirect, or NULL */
    const char *retry_after; /* or NULL */
};

struct mneme_fake_server;

/* Listens on 127.0.0.1; port 0 picks a free one. The answers are given in order, the last again and again;
 * they must live as long as the server. NULL when it cannot be had. */
struct mneme_fake_server *mneme_fake_server_start(int port, const struct mneme_fake_answer *answers,
                                                  size_t count);
void mneme_fake_server_stop(struct mneme_fake_server *server);

int mneme_fake_server_port(const struct mneme_fake_server *server);
int mneme_fake_server_requests(struct mneme_fake_server *server);
int mneme_fake_server_connections(struct mneme_fake_server *server); /* that were made so far */

/* "METHOD path", the content type, the authorization ("" for none) and the body of the last request, each
 * NUL-terminated; valid until the next. */
const char *mneme_fake_server_target(const struct mneme_fake_server *server);
const char *mneme_fake_server_content_type(const struct mneme_fake_server *server);
const char *mneme_fake_server_authorization(const struct mneme_fake_server *server);
const char *mneme_fake_server_body(const struct mneme_fake_server *server);

#endif
