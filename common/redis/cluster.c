/*
 * Which node a command goes to. A server is asked for the slots of its cluster; a server without a cluster is
 * the only node. The answer is used until a redirect, a lost connection or a cluster that is down puts it in
 * doubt.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/redis/client.h"

int mneme_redis_find_node(struct mneme_redis_node **out, struct mneme_redis *redis, struct mneme_str host,
                          int port, struct mneme_error *error) {
    char name[MNEME_REDIS_HOST_BYTES];
    snprintf(name, sizeof name, "%.*s", MNEME_STR_ARG(host));
    for (size_t i = 0; i < redis->node_count; i++) {
        *out = redis->nodes[i];
        if ((*out)->port == port && strcmp((*out)->host, name) == 0) {
            return MNEME_OK;
        }
    }
    struct mneme_redis_node **grown = realloc(redis->nodes, (redis->node_count + 1) * sizeof *grown);
    redis->nodes = grown == NULL ? redis->nodes : grown;
    *out = grown == NULL ? NULL : mneme_redis_node_new(name, port);
    if (*out == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot use Redis at %s:%d: out of memory; free some memory", name, port);
    }
    redis->nodes[redis->node_count++] = *out;
    return MNEME_OK;
}

/* The host that a server reports for a node; an unknown host means the server's own address. */
static struct mneme_str host_or_own(struct mneme_str told, const struct mneme_redis_node *asked) {
    bool is_known = told.len > 0 && !mneme_str_equal(told, MNEME_STR_LIT("?"));
    return is_known ? told : mneme_str_from(asked->host);
}

/* One entry of CLUSTER SLOTS: first slot, last slot, and nodes as host, port …, the primary first. */
static int take_range(struct mneme_redis *redis, const struct mneme_redis_node *asked,
                      const redisReply *range, struct mneme_error *error) {
    const redisReply *primary =
        range->type == REDIS_REPLY_ARRAY && range->elements >= 3 ? range->element[2] : NULL;
    if (primary == NULL || primary->type != REDIS_REPLY_ARRAY || primary->elements < 2) {
        return MNEME_OK; /* an unknown form: the slots stay unassigned */
    }
    const redisReply *host = primary->element[0];
    long long port = primary->element[1]->integer;
    long long first = range->element[0]->integer;
    long long last = range->element[1]->integer;
    if (port <= 0 || port > UINT16_MAX || first < 0 || last >= MNEME_REDIS_SLOTS) {
        return MNEME_OK;
    }
    struct mneme_redis_node *node;
    struct mneme_str told = {host->str, host->type == REDIS_REPLY_STRING ? host->len : 0};
    int status = mneme_redis_find_node(&node, redis, host_or_own(told, asked), (int)port, error);
    size_t index = 0;
    while (status == MNEME_OK && redis->nodes[index] != node) {
        index++;
    }
    for (long long slot = first; slot <= last && status == MNEME_OK; slot++) {
        redis->slot_nodes[slot] = (uint16_t)(index + 1);
    }
    return status;
}

static int take_map(struct mneme_redis *redis, const struct mneme_redis_node *asked, const redisReply *map,
                    struct mneme_error *error) {
    int status = MNEME_OK;
    memset(redis->slot_nodes, 0, sizeof redis->slot_nodes);
    for (size_t i = 0; i < map->elements && status == MNEME_OK; i++) {
        status = take_range(redis, asked, map->element[i], error);
    }
    redis->kind = MNEME_REDIS_CLUSTER;
    redis->is_map_old = false;
    return status;
}

/* Asks one server for its cluster. A refusal means that there is none; a server without slots has lost its
 * cluster, or never joined it. */
static int ask(struct mneme_redis *redis, struct mneme_redis_node *node, struct mneme_error *error) {
    static const struct mneme_str words[] = {MNEME_STR_LIT("CLUSTER"), MNEME_STR_LIT("SLOTS")};
    redisReply *map = NULL;
    int status = mneme_redis_node_ensure(node, &redis->session, error);
    if (status == MNEME_OK) {
        status = mneme_redis_node_ask(&map, node, &redis->session, words, 2, error);
    }
    if (status == MNEME_OK) {
        status = map->elements > 0 ? take_map(redis, node, map, error)
                                   : mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                                     "cannot use Redis at %s: its cluster has no slots; "
                                                     "check the state of the cluster with CLUSTER INFO",
                                                     node->place);
        freeReplyObject(map);
        return status;
    }
    if (status == MNEME_E_UNAVAILABLE ||
        (strcmp(redis->session.code, "ERR") != 0 && strcmp(redis->session.code, "NOPERM") != 0)) {
        return status;
    }
    if (redis->urls.count > 1) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot use REDIS_URL: it names several servers, and %s belongs to no "
                               "cluster; name one server, or nodes of one cluster",
                               node->place);
    }
    redis->kind = MNEME_REDIS_SINGLE;
    redis->is_map_old = false;
    return MNEME_OK;
}

/* Asks connected nodes first, since others may be gone. */
static int read_slots(struct mneme_redis *redis, struct mneme_error *error) {
    int status = MNEME_E_UNAVAILABLE;
    size_t count = redis->node_count;
    for (int is_connected = 1; is_connected >= 0; is_connected--) {
        for (size_t i = 0; i < count && status == MNEME_E_UNAVAILABLE; i++) {
            struct mneme_redis_node *node = redis->nodes[i];
            if ((node->context != NULL) == (is_connected == 1)) {
                status = ask(redis, node, error);
            }
        }
    }
    return status;
}

static struct mneme_redis_node *choose(const struct mneme_redis *redis, struct mneme_str key) {
    uint16_t of_slot = redis->kind == MNEME_REDIS_CLUSTER ? redis->slot_nodes[mneme_redis_slot(key)] : 0;
    return redis->nodes[of_slot == 0 ? 0 : of_slot - 1];
}

int mneme_redis_reach(struct mneme_redis_node **out, struct mneme_redis *redis, struct mneme_str key,
                      struct mneme_error *error) {
    int status = MNEME_OK;
    if (redis->kind == MNEME_REDIS_UNKNOWN) {
        status = read_slots(redis, error);
    } else if (redis->kind == MNEME_REDIS_CLUSTER && redis->is_map_old && redis->in_flight == 0) {
        (void)read_slots(redis, NULL); /* if nobody answers, the old slots stay */
    }
    if (status != MNEME_OK) {
        return status;
    }
    *out = choose(redis, key);
    status = mneme_redis_node_ensure(*out, &redis->session, error);
    if (status == MNEME_E_UNAVAILABLE && redis->kind == MNEME_REDIS_CLUSTER && redis->in_flight == 0 &&
        read_slots(redis, NULL) == MNEME_OK && choose(redis, key) != *out) {
        *out = choose(redis, key);
        status = mneme_redis_node_ensure(*out, &redis->session, error);
    }
    return status;
}

int mneme_redis_follow(struct mneme_redis_node **out, struct mneme_redis *redis,
                       const struct mneme_redis_node *node, const struct mneme_redis_redirect *redirect,
                       struct mneme_error *error) {
    int status = mneme_redis_find_node(out, redis, host_or_own(redirect->host, node), redirect->port, error);
    if (!redirect->is_ask) {
        redis->kind = MNEME_REDIS_CLUSTER;
    }
    return status == MNEME_OK ? mneme_redis_node_ensure(*out, &redis->session, error) : status;
}
