/*
 * A schema registry that answers what the test told it to, for all that a real one does not do on demand.
 */
#ifndef MNEME_TESTS_FAKE_REGISTRY_H
#define MNEME_TESTS_FAKE_REGISTRY_H

#include "common/base/buffer.h"

struct mneme_fake_answer {
    unsigned status;
    const char *body;
    const char *location; /* of a redirect, or NULL */
};

struct mneme_fake_registry;

/* Listens on 127.0.0.1; port 0 picks a free one. The answers are given in order, the last again and again;
 * they must live as long as the registry. NULL when it cannot be had. */
struct mneme_fake_registry *mneme_fake_registry_start(int port, const struct mneme_fake_answer *answers,
                                                      size_t count);
void mneme_fake_registry_stop(struct mneme_fake_registry *registry);

int mneme_fake_registry_port(const struct mneme_fake_registry *registry);
int mneme_fake_registry_requests(struct mneme_fake_registry *registry);

/* "METHOD path", the content type and the body of the last request, each NUL-terminated; valid until the
 * next. */
const char *mneme_fake_registry_target(const struct mneme_fake_registry *registry);
const char *mneme_fake_registry_content_type(const struct mneme_fake_registry *registry);
const char *mneme_fake_registry_body(const struct mneme_fake_registry *registry);

#endif
