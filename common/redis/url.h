/*
 * What a REDIS_URL says: servers, and the login that all of them share.
 */
#ifndef MNEME_COMMON_REDIS_URL_H
#define MNEME_COMMON_REDIS_URL_H

#include "common/base/buffer.h"
#include "common/base/error.h"

#define MNEME_REDIS_MAX_URLS 32

struct mneme_redis_server {
    const char *host;
    int port;
};

/* Zero-initialise it. Texts lie in `strings`; user and password may be empty. */
struct mneme_redis_urls {
    struct mneme_buffer strings;
    const char *user, *password;
    long database;
    struct mneme_redis_server servers[MNEME_REDIS_MAX_URLS];
    size_t count;
};

/* The form is told at mneme_redis_open. MNEME_E_USAGE for another one; clean up in any case. */
int mneme_redis_urls_parse(struct mneme_redis_urls *out, const char *text, struct mneme_error *error);
void mneme_redis_urls_clean_up(struct mneme_redis_urls *urls);

#endif
