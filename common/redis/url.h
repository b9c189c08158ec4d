/*
 * A parsed REDIS_URL: servers, and their common login.
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

/* Zero-initialise before use. Texts are in `strings`; user and password may be empty. */
struct mneme_redis_urls {
    struct mneme_buffer strings;
    const char *user, *password;
    long database;
    struct mneme_redis_server servers[MNEME_REDIS_MAX_URLS];
    size_t count;
};

/* mneme_redis_open describes the form. MNEME_E_USAGE for any other; clean up in any case. */
int mneme_redis_urls_parse(struct mneme_redis_urls *out, const char *text, struct mneme_error *error);
void mneme_redis_urls_clean_up(struct mneme_redis_urls *urls);

#endif
