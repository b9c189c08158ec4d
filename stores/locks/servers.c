/*
 * A command is sent to every server before waiting for the first answer, so that a vote takes as long as the
 * slowest server, not as long as all of them together.
 */
#include "stores/locks/servers.h"

static int refuse(struct mneme_error *error, const char *why) {
    return mneme_error_set(error, MNEME_E_USAGE,
                           "cannot use MNEME_LOCK_URLS: %s; set it to at most %d URLs of independent "
                           "servers, separated by commas",
                           why, MNEME_LOCK_MAX_SERVERS);
}

static bool is_named_before(const char *urls, size_t at, size_t len) {
    for (size_t i = 0; i < at; i += strcspn(urls + i, ",") + 1) {
        if (strcspn(urls + i, ",") == len && memcmp(urls + i, urls + at, len) == 0) {
            return true;
        }
    }
    return false;
}

static int open_server(struct mneme_lock_servers *servers, const char *url, const struct mneme_config *config,
                       struct mneme_error *error) {
    /* A server that was unavailable is asked again at once: each vote counts. */
    const struct mneme_redis_options options = {
        .timeout_ms = mneme_config_long(config, MNEME_SETTING_LOCK_TIMEOUT_MS), .pause_ms = 0};
    int status = mneme_redis_open(&servers->servers[servers->count], url, &options, error);
    servers->count += status == MNEME_OK;
    return status;
}

int mneme_lock_servers_init(struct mneme_lock_servers *servers, const struct mneme_config *config,
                            struct mneme_error *error) {
    const char *urls = mneme_config_string(config, MNEME_SETTING_LOCK_URLS);
    int status = MNEME_OK;
    *servers = (struct mneme_lock_servers){0};
    if (urls[0] == '\0') {
        return open_server(servers, mneme_config_string(config, MNEME_SETTING_REDIS_URL), config, error);
    }
    for (size_t at = 0; status == MNEME_OK && at <= strlen(urls);) {
        struct mneme_buffer url = {0};
        size_t len = strcspn(urls + at, ",");
        mneme_buffer_append(&url, urls + at, len);
        mneme_buffer_append_byte(&url, '\0');
        if (url.failed) {
            status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                     "cannot read MNEME_LOCK_URLS: out of memory; free some memory");
        } else if (servers->count == MNEME_LOCK_MAX_SERVERS) {
            status = refuse(error, "there are too many servers");
        } else if (is_named_before(urls, at, len)) {
            status = refuse(error, "a server is named twice");
        } else {
            status = open_server(servers, url.data, config, error);
        }
        mneme_buffer_clean_up(&url);
        at += len + 1;
    }
    return status;
}

void mneme_lock_servers_clean_up(struct mneme_lock_servers *servers) {
    for (size_t i = 0; i < servers->count; i++) {
        mneme_redis_close(servers->servers[i]);
    }
    servers->count = 0;
}

/* Reads {answer, number} as a vote; anything else is not a vote. */
static void read_vote(struct mneme_lock_vote *vote, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_INTEGER || reply->element[1]->type != REDIS_REPLY_INTEGER) {
        return;
    }
    int64_t number = reply->element[1]->integer;
    switch (reply->element[0]->integer) {
    case MNEME_LOCK_OURS:
        *vote = (struct mneme_lock_vote){.answer = MNEME_LOCK_OURS, .token = number};
        break;
    case MNEME_LOCK_FREE:
        *vote = (struct mneme_lock_vote){.answer = MNEME_LOCK_FREE};
        break;
    case MNEME_LOCK_OTHERS:
        *vote = (struct mneme_lock_vote){.answer = MNEME_LOCK_OTHERS, .left_ms = number};
        break;
    default:
        break;
    }
}

/* Keeps the first error of several. */
static void note(int *first, int status, struct mneme_error *error, const struct mneme_error *why) {
    if (*first == MNEME_OK && status != MNEME_OK) {
        *first = mneme_error_set(error, why->code, "%s", why->message);
    }
}

int mneme_lock_servers_ask(struct mneme_lock_vote *votes, struct mneme_lock_servers *servers,
                           const struct mneme_redis_script *script, const struct mneme_str *words,
                           size_t count, struct mneme_error *error) {
    const struct mneme_redis_command command = {
        .script = script, .words = words, .count = count, .key = words[1]};
    struct mneme_error why = {0};
    int first = MNEME_OK;
    for (size_t i = 0; i < servers->count; i++) {
        if (votes[i].answer == MNEME_LOCK_UNASKED) {
            votes[i].answer = MNEME_LOCK_SILENT;
            int status = mneme_redis_send(servers->servers[i], &command, &why);
            status = status == MNEME_OK ? mneme_redis_flush(servers->servers[i], &why) : status;
            note(&first, status, error, &why);
        }
    }
    for (size_t i = 0; i < servers->count; i++) {
        redisReply *reply = NULL;
        if (mneme_redis_in_flight(servers->servers[i]) == 0) {
            continue; /* not asked, or not reachable */
        }
        int status = mneme_redis_receive(&reply, servers->servers[i], &why);
        note(&first, status, error, &why);
        if (status == MNEME_OK) {
            read_vote(&votes[i], reply);
            freeReplyObject(reply);
        }
    }
    return first;
}
