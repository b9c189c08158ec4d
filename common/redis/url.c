/*
 * Texts are split at their separators and copied into one buffer, referenced by offset while it grows.
 */
#include "common/redis/url.h"

#include "common/base/percent.h"
#include "common/base/split.h"

#define SCHEME "redis://"
#define DEFAULT_PORT 6379

/* One URL: offsets of its texts in the buffer, and its numbers. */
struct one_url {
    size_t host, user, password;
    int port;
    long database;
};

static int refuse(struct mneme_error *error, const char *why) {
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "cannot use REDIS_URL: %s; write redis://[[user]:password@]host[:port][/database], or several of "
        "these, separated by commas",
        why);
}

/* Appends the text, percent-decoded and NUL-terminated, and returns its offset. */
static size_t take_string(struct mneme_buffer *out, bool *is_right, struct mneme_str text) {
    size_t at = out->len;
    *is_right = mneme_percent_decode(out, text) && *is_right;
    mneme_buffer_append_byte(out, '\0');
    return at;
}

static int parse_one(struct one_url *out, struct mneme_buffer *strings, struct mneme_str url,
                     struct mneme_error *error) {
    if (url.len < sizeof SCHEME - 1 || memcmp(url.data, SCHEME, sizeof SCHEME - 1) != 0) {
        return refuse(error, "it does not begin with " SCHEME);
    }
    struct mneme_str rest = {url.data + sizeof SCHEME - 1, url.len - (sizeof SCHEME - 1)};
    struct mneme_str authority = mneme_str_split_off(&rest, '/', false);
    struct mneme_str database = authority.data == NULL ? MNEME_STR_NULL : rest;
    authority = authority.data == NULL ? rest : authority;
    struct mneme_str login = mneme_str_split_off(&authority, '@', true);
    struct mneme_str password = login;
    struct mneme_str user = login.data == NULL ? MNEME_STR_NULL : mneme_str_split_off(&password, ':', false);
    struct mneme_str port = authority;
    struct mneme_str host = mneme_str_split_off(&port, ':', true);
    long number = DEFAULT_PORT;
    if (host.data == NULL) {
        host = authority;
    } else if (!mneme_str_to_number(&number, port, UINT16_MAX) || number == 0) {
        return refuse(error, "the port is not a number from 1 to 65535");
    }
    if (host.len == 0) {
        return refuse(error, "it has no host");
    }
    if (database.len > 0 && !mneme_str_to_number(&out->database, database, INT16_MAX)) {
        return refuse(error, "the database is not a number");
    }
    bool is_right = true;
    out->port = (int)number;
    out->host = take_string(strings, &is_right, host);
    out->user = take_string(strings, &is_right, user);
    out->password = take_string(strings, &is_right, password);
    if (!is_right) {
        return refuse(error, "a % is not followed by two hexadecimal digits");
    }
    return strings->failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                             "cannot use REDIS_URL: out of memory; free some memory")
                           : MNEME_OK;
}

static bool is_same_login(const struct mneme_buffer *strings, const struct one_url *a,
                          const struct one_url *b) {
    return strcmp(strings->data + a->user, strings->data + b->user) == 0 &&
           strcmp(strings->data + a->password, strings->data + b->password) == 0 &&
           a->database == b->database;
}

int mneme_redis_urls_parse(struct mneme_redis_urls *out, const char *text, struct mneme_error *error) {
    struct one_url urls[MNEME_REDIS_MAX_URLS] = {{0}};
    size_t count = 0;
    struct mneme_str rest = mneme_str_from(text);
    for (bool is_last = false; !is_last; count++) {
        if (count == MNEME_REDIS_MAX_URLS) {
            return refuse(error, "it has more than 32 servers");
        }
        struct mneme_str url = mneme_str_split_off(&rest, ',', false);
        is_last = url.data == NULL;
        int status = parse_one(&urls[count], &out->strings, is_last ? rest : url, error);
        if (status != MNEME_OK) {
            return status;
        }
        if (!is_same_login(&out->strings, &urls[0], &urls[count])) {
            return refuse(error, "user, password and database are not the same for all its servers");
        }
    }
    out->user = out->strings.data + urls[0].user;
    out->password = out->strings.data + urls[0].password;
    out->database = urls[0].database;
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        out->servers[i] = (struct mneme_redis_server){out->strings.data + urls[i].host, urls[i].port};
    }
    return MNEME_OK;
}

void mneme_redis_urls_clean_up(struct mneme_redis_urls *urls) {
    mneme_buffer_clean_up(&urls->strings);
}
