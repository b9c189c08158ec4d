/*
 * SCAN covers one node, so each node is scanned once, addressed by a key of a partition on it; nodes are
 * distinguished by the identity that they report.
 */
#include "stores/redis/scan.h"

#include <stdlib.h>

#define SCAN_COUNT "1000" /* keys that Redis examines in one step */
#define MAX_IN_FLIGHT 100

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot list the keys of Redis: out of memory; free some memory");
}

/* --- nodes --- */

/* The identity of the node with the key; empty if there is only one node. */
static int ask_node(struct mneme_buffer *out, struct mneme_redis *redis, struct mneme_str key,
                    struct mneme_error *error) {
    const struct mneme_str words[] = {MNEME_STR_LIT("CLUSTER"), MNEME_STR_LIT("MYID")};
    const struct mneme_redis_command command = {NULL, words, 2, key};
    struct mneme_error reason = {0};
    redisReply *reply = NULL;
    int status = mneme_redis_run(&reply, redis, &command, &reason);
    if (status == MNEME_OK) {
        mneme_buffer_append(out, reply->str, reply->len);
        freeReplyObject(reply);
    } else if (strcmp(mneme_redis_code(redis), "ERR") == 0) { /* no cluster */
        status = MNEME_OK;
    } else {
        *error = reason;
    }
    mneme_buffer_append_byte(out, '\n');
    return status;
}

/* --- one node --- */

/* The pattern for SCAN; special characters in the prefix are escaped. */
static void put_pattern(struct mneme_buffer *out, const struct mneme_hot_space *space) {
    for (size_t i = 0; i < space->prefix.len; i++) {
        if (strchr("*?[]\\^", space->prefix.data[i]) != NULL) {
            mneme_buffer_append_byte(out, '\\');
        }
        mneme_buffer_append_byte(out, (uint8_t)space->prefix.data[i]);
    }
    mneme_buffer_printf(out, "%lld:{*}:*", (long long)space->number);
}

/* Splits a key; false if it does not belong to the space. */
static bool take_key(struct mneme_hot_scanned *out, const struct mneme_buffer *start, const redisReply *key) {
    *out = (struct mneme_hot_scanned){.key = {key->str, key->len}};
    if (key->len <= start->len || memcmp(key->str, start->data, start->len) != 0) {
        return false;
    }
    char *end = NULL;
    long partition = strtol(key->str + start->len, &end, 10);
    if (end == key->str + start->len || strncmp(end, "}:", 2) != 0 || partition < 0 ||
        partition > INT32_MAX) {
        return false;
    }
    out->partition = (int32_t)partition;
    out->name = (struct mneme_str){end + 2, key->len - (size_t)(end + 2 - key->str)};
    return true;
}

static int visit(const struct mneme_hot_scan *scan, const struct mneme_buffer *start, const redisReply *found,
                 struct mneme_error *error) {
    struct mneme_hot_scanned *keys = calloc(found->elements + 1, sizeof *keys);
    size_t count = 0;
    if (keys == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < found->elements; i++) {
        count += take_key(&keys[count], start, found->element[i]);
    }
    int status = count == 0 ? MNEME_OK : scan->visit(scan->context, keys, count, error);
    free(keys);
    return status;
}

/* Scans the node with the key `at`. */
static int scan_node(const struct mneme_hot_scan *scan, struct mneme_str at, struct mneme_error *error) {
    struct mneme_buffer pattern = {0};
    struct mneme_buffer start = {0};
    char cursor[24] = "0";
    put_pattern(&pattern, &scan->space);
    mneme_buffer_append_str(&start, scan->space.prefix);
    mneme_buffer_printf(&start, "%lld:{", (long long)scan->space.number);
    int status = pattern.failed || start.failed ? no_memory(error) : MNEME_OK;
    do {
        const struct mneme_str words[] = {MNEME_STR_LIT("SCAN"),  mneme_str_from(cursor),
                                          MNEME_STR_LIT("MATCH"), mneme_buffer_str(&pattern),
                                          MNEME_STR_LIT("COUNT"), MNEME_STR_LIT(SCAN_COUNT)};
        const struct mneme_redis_command command = {NULL, words, 6, at};
        redisReply *reply = NULL;
        status = status == MNEME_OK ? mneme_redis_run(&reply, scan->redis, &command, error) : status;
        if (status == MNEME_OK) {
            snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
            status = visit(scan, &start, reply->element[1], error);
            freeReplyObject(reply);
        }
    } while (status == MNEME_OK && strcmp(cursor, "0") != 0);
    mneme_buffer_clean_up(&pattern);
    mneme_buffer_clean_up(&start);
    return status;
}

int mneme_hot_scan_run(const struct mneme_hot_scan *scan, struct mneme_error *error) {
    struct mneme_buffer nodes = {0}; /* scanned nodes, one per line */
    struct mneme_buffer node = {0};
    struct mneme_buffer key = {0};
    int status = MNEME_OK;
    for (int32_t partition = 0; status == MNEME_OK && partition < scan->partitions; partition++) {
        mneme_buffer_clear(&key);
        mneme_buffer_clear(&node);
        mneme_hot_base(&key, &scan->space, partition);
        status = key.failed ? no_memory(error) : ask_node(&node, scan->redis, mneme_buffer_str(&key), error);
        if (status == MNEME_OK &&
            (nodes.len == 0 || memmem(nodes.data, nodes.len, node.data, node.len) == NULL)) {
            mneme_buffer_append_str(&nodes, mneme_buffer_str(&node));
            status = nodes.failed ? no_memory(error) : scan_node(scan, mneme_buffer_str(&key), error);
        }
    }
    mneme_buffer_clean_up(&nodes);
    mneme_buffer_clean_up(&node);
    mneme_buffer_clean_up(&key);
    return status;
}

/* --- removing --- */

static int remove_keys(void *context, const struct mneme_hot_scanned *keys, size_t count,
                       struct mneme_error *error) {
    struct mneme_redis *redis = context;
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        const struct mneme_str words[] = {MNEME_STR_LIT("UNLINK"), keys[i].key};
        const struct mneme_redis_command command = {NULL, words, 2, keys[i].key};
        if (mneme_redis_in_flight(redis) >= MAX_IN_FLIGHT) {
            status = mneme_redis_receive(NULL, redis, error);
        }
        status = status == MNEME_OK ? mneme_redis_send(redis, &command, error) : status;
    }
    while (status == MNEME_OK && mneme_redis_in_flight(redis) > 0) {
        status = mneme_redis_receive(NULL, redis, error);
    }
    mneme_redis_drop(redis);
    return status;
}

int mneme_hot_space_remove(struct mneme_redis *redis, const struct mneme_hot_space *space, int32_t partitions,
                           struct mneme_error *error) {
    const struct mneme_hot_scan scan = {redis, *space, partitions, remove_keys, redis};
    return mneme_hot_scan_run(&scan, error);
}
