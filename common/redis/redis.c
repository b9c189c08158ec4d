/*
 * Commands in flight are in a list in the order of sending, in which the caller receives them, and in a list
 * for each node in the order of its answers. An answer is kept with its command until the caller receives it;
 * the answers "not here" and "no such script" cause the command to be sent again.
 */
#include "common/redis/redis.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/redis/client.h"

#define FLUSH_BYTES ((size_t)16 * 1024) /* worth a system call */
#define KEPT_BYTES ((size_t)64 * 1024)  /* of a command's memory, for reuse */
#define MAX_RESENDS 5
#define SHA1_BYTES 20

static int no_memory(struct mneme_redis *redis, struct mneme_error *error) {
    redis->session.code[0] = '\0';
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot use Redis: out of memory; free some memory");
}

int mneme_redis_open(struct mneme_redis **out, const char *urls, const struct mneme_redis_options *options,
                     struct mneme_error *error) {
    struct mneme_redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot use Redis: out of memory; free some memory");
    }
    redis->session.urls = &redis->urls;
    redis->session.options = *options;
    int status = mneme_redis_urls_parse(&redis->urls, urls, error);
    for (size_t i = 0; i < redis->urls.count && status == MNEME_OK; i++) {
        struct mneme_redis_server *server = &redis->urls.servers[i];
        struct mneme_redis_node *node;
        status = mneme_redis_find_node(&node, redis, mneme_str_from(server->host), server->port, error);
    }
    if (status != MNEME_OK) {
        mneme_redis_close(redis);
        return status;
    }
    *out = redis;
    return MNEME_OK;
}

const char *mneme_redis_code(const struct mneme_redis *redis) {
    return redis->session.code;
}

size_t mneme_redis_in_flight(const struct mneme_redis *redis) {
    return redis->in_flight;
}

static void free_call(struct mneme_redis_call *call) {
    mneme_buffer_clean_up(&call->bytes);
    free(call);
}

/* A finished command is kept for reuse, with its memory unless that is large. */
static void recycle(struct mneme_redis *redis, struct mneme_redis_call *call) {
    struct mneme_buffer bytes = call->bytes;
    freeReplyObject(call->reply);
    freeReplyObject(call->refusal);
    if (bytes.capacity > KEPT_BYTES) {
        mneme_buffer_clean_up(&bytes);
    }
    mneme_buffer_clear(&bytes);
    *call = (struct mneme_redis_call){.next = redis->free_calls, .bytes = bytes};
    redis->free_calls = call;
}

void mneme_redis_drop(struct mneme_redis *redis) {
    for (size_t i = 0; i < redis->node_count; i++) {
        struct mneme_redis_node *node = redis->nodes[i];
        if (node->first_due != NULL) {
            mneme_redis_node_disconnect(node);
            node->first_due = NULL;
            node->last_due = NULL;
        }
    }
    while (redis->first != NULL) {
        struct mneme_redis_call *call = redis->first;
        redis->first = call->next;
        recycle(redis, call);
    }
    redis->last = NULL;
    redis->in_flight = 0;
}

/* Cleans up after a failed connection. */
static int give_up(struct mneme_redis *redis, int status) {
    mneme_redis_drop(redis);
    redis->is_map_old = true;
    return status;
}

void mneme_redis_close(struct mneme_redis *redis) {
    if (redis == NULL) {
        return;
    }
    mneme_redis_drop(redis);
    while (redis->free_calls != NULL) {
        struct mneme_redis_call *call = redis->free_calls;
        redis->free_calls = call->next;
        free_call(call);
    }
    for (size_t i = 0; i < redis->node_count; i++) {
        mneme_redis_node_destroy(redis->nodes[i]);
    }
    free(redis->nodes);
    mneme_redis_urls_clean_up(&redis->urls);
    free(redis);
}

/* The known script, added on first use; NULL when there are too many. */
static const struct mneme_redis_known_script *find_script(struct mneme_redis *redis,
                                                          const struct mneme_redis_script *script) {
    for (size_t i = 0; i < redis->script_count; i++) {
        if (redis->scripts[i].script == script) {
            return &redis->scripts[i];
        }
    }
    uint8_t digest[SHA1_BYTES] = {0};
    if (redis->script_count == MNEME_REDIS_MAX_SCRIPTS ||
        EVP_Digest(script->source, strlen(script->source), digest, NULL, EVP_sha1(), NULL) != 1) {
        return NULL;
    }
    struct mneme_redis_known_script *known = &redis->scripts[redis->script_count];
    for (size_t i = 0; i < SHA1_BYTES; i++) {
        snprintf(known->sha1 + 2 * i, 3, "%02x", digest[i]);
    }
    known->script = script;
    known->bit = UINT64_C(1) << redis->script_count++;
    return known;
}

static int format(struct mneme_redis_call *call, struct mneme_redis *redis,
                  const struct mneme_redis_command *command, struct mneme_error *error) {
    struct mneme_buffer *bytes = &call->bytes;
    mneme_redis_format_count(bytes, command->count + (command->script == NULL ? 0 : 2));
    if (command->script != NULL) {
        call->script = find_script(redis, command->script);
        if (call->script == NULL) {
            redis->session.code[0] = '\0';
            return mneme_error_set(error, MNEME_E_INTERNAL,
                                   "cannot send the script %s to Redis: there are more than %d scripts, or "
                                   "OpenSSL does not provide SHA-1; report this",
                                   command->script->name, MNEME_REDIS_MAX_SCRIPTS);
        }
        mneme_redis_format_word(bytes, MNEME_STR_LIT("EVALSHA"));
        mneme_redis_format_word(bytes, mneme_str_from(call->script->sha1));
    }
    for (size_t i = 0; i < command->count; i++) {
        mneme_redis_format_word(bytes, command->words[i]);
    }
    return bytes->failed ? no_memory(redis, error) : MNEME_OK;
}

/* Adds a command to a node's output that prepares the following command. */
static void put_ahead(struct mneme_redis_call *call, struct mneme_redis_node *node,
                      const struct mneme_str *words, size_t count) {
    mneme_redis_format_count(&node->out, count);
    for (size_t i = 0; i < count; i++) {
        mneme_redis_format_word(&node->out, words[i]);
    }
    call->ahead++;
}

/* Adds a command to a node's output. */
static void put(struct mneme_redis_call *call, struct mneme_redis_node *node, bool is_asking) {
    call->node = node;
    if (call->script != NULL && (node->loaded & call->script->bit) == 0) {
        const struct mneme_str load[] = {MNEME_STR_LIT("SCRIPT"), MNEME_STR_LIT("LOAD"),
                                         mneme_str_from(call->script->script->source)};
        put_ahead(call, node, load, 3);
        node->loaded |= call->script->bit;
    }
    if (is_asking) { /* applies only to the next command */
        put_ahead(call, node, &MNEME_STR_LIT("ASKING"), 1);
    }
    mneme_buffer_append_str(&node->out, mneme_buffer_str(&call->bytes));
    call->next_due = NULL;
    *(node->last_due == NULL ? &node->first_due : &node->last_due->next_due) = call;
    node->last_due = call;
}

static struct mneme_redis_call *new_call(struct mneme_redis *redis) {
    struct mneme_redis_call *call = redis->free_calls;
    if (call == NULL) {
        return calloc(1, sizeof *call);
    }
    redis->free_calls = call->next;
    call->next = NULL;
    return call;
}

static int try_send(struct mneme_redis *redis, const struct mneme_redis_command *command,
                    struct mneme_error *error) {
    struct mneme_redis_node *node = NULL;
    int status = mneme_redis_reach(&node, redis, command->key, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_redis_call *call = new_call(redis);
    if (call == NULL) {
        return no_memory(redis, error);
    }
    status = format(call, redis, command, error);
    if (status != MNEME_OK) {
        recycle(redis, call);
        return status;
    }
    *(redis->last == NULL ? &redis->first : &redis->last->next) = call;
    redis->last = call;
    redis->in_flight++;
    put(call, node, false);
    return node->out.len < FLUSH_BYTES ? MNEME_OK : mneme_redis_node_flush(node, &redis->session, error);
}

int mneme_redis_send(struct mneme_redis *redis, const struct mneme_redis_command *command,
                     struct mneme_error *error) {
    int status = try_send(redis, command, error);
    return status == MNEME_OK ? MNEME_OK : give_up(redis, status);
}

static int flush_all(struct mneme_redis *redis, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; i < redis->node_count && status == MNEME_OK; i++) {
        if (redis->nodes[i]->out.len > 0) {
            status = mneme_redis_node_flush(redis->nodes[i], &redis->session, error);
        }
    }
    return status;
}

int mneme_redis_flush(struct mneme_redis *redis, struct mneme_error *error) {
    int status = flush_all(redis, error);
    return status == MNEME_OK ? MNEME_OK : give_up(redis, status);
}

/* Answers to preparing commands matter only if they are errors. */
static void take_ahead(struct mneme_redis_call *call, redisReply *reply) {
    call->ahead--;
    if (reply->type == REDIS_REPLY_ERROR && call->refusal == NULL) {
        call->refusal = reply;
    } else {
        freeReplyObject(reply);
    }
}

/* Sends a command again if its answer says that its script is missing, or that it belongs to another node;
 * leaves *is_final unchanged for all other answers, and after too many repetitions. */
static int send_again(bool *is_final, struct mneme_redis *redis, struct mneme_redis_call *call,
                      const redisReply *reply, struct mneme_error *error) {
    struct mneme_redis_redirect redirect;
    struct mneme_redis_node *node = call->node;
    if (reply->type != REDIS_REPLY_ERROR || call->resent_count == MAX_RESENDS) {
        return MNEME_OK;
    }
    bool is_elsewhere = mneme_redis_parse_redirect(&redirect, (struct mneme_str){reply->str, reply->len});
    if (is_elsewhere) {
        redis->is_map_old = redis->is_map_old || !redirect.is_ask;
        int status = mneme_redis_follow(&node, redis, call->node, &redirect, error);
        if (status != MNEME_OK) {
            return status;
        }
    } else if (call->script != NULL && call->refusal == NULL && strncmp(reply->str, "NOSCRIPT ", 9) == 0) {
        node->loaded &= ~call->script->bit;
    } else {
        return MNEME_OK;
    }
    call->resent_count++;
    put(call, node, is_elsewhere && redirect.is_ask);
    *is_final = false;
    return MNEME_OK;
}

/* Reads one answer of a node, for the next command due. */
static int take_answer(struct mneme_redis *redis, struct mneme_redis_node *node, struct mneme_error *error) {
    struct mneme_redis_call *call = node->first_due;
    redisReply *reply = NULL;
    int status = mneme_redis_node_flush(node, &redis->session, error);
    if (status == MNEME_OK) {
        status = mneme_redis_node_read(&reply, node, &redis->session, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    if (call->ahead > 0) {
        take_ahead(call, reply);
        return MNEME_OK;
    }
    node->first_due = call->next_due;
    node->last_due = node->first_due == NULL ? NULL : node->last_due;
    bool is_final = true;
    status = send_again(&is_final, redis, call, reply, error);
    if (is_final) {
        call->reply = reply;
    } else {
        freeReplyObject(reply);
    }
    return status;
}

/* An error in the answer, or in that of a preparing command, which is more specific. */
static int judge(struct mneme_redis *redis, const struct mneme_redis_call *call, struct mneme_error *error) {
    if (call->reply->type != REDIS_REPLY_ERROR) {
        return MNEME_OK;
    }
    const char *answer = call->refusal != NULL ? call->refusal->str : call->reply->str;
    redis->is_map_old = redis->is_map_old || strncmp(answer, "CLUSTERDOWN ", 12) == 0;
    call->node->is_of_another = call->node->is_of_another || mneme_redis_answer_is_of_another(answer);
    return mneme_redis_answer_error(error, redis->session.code, call->node->place, answer);
}

int mneme_redis_receive(redisReply **reply, struct mneme_redis *redis, struct mneme_error *error) {
    struct mneme_redis_call *call = redis->first;
    if (reply != NULL) {
        *reply = NULL;
    }
    if (call == NULL) {
        redis->session.code[0] = '\0';
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "cannot receive an answer from Redis: no command is in flight; report this");
    }
    int status = flush_all(redis, error);
    while (status == MNEME_OK && call->reply == NULL) {
        status = take_answer(redis, call->node, error);
    }
    if (status != MNEME_OK) {
        return give_up(redis, status);
    }
    redis->first = call->next;
    redis->last = redis->first == NULL ? NULL : redis->last;
    redis->in_flight--;
    status = judge(redis, call, error);
    if (status == MNEME_OK && reply != NULL) {
        *reply = call->reply;
        call->reply = NULL;
    }
    recycle(redis, call);
    return status;
}

int mneme_redis_run(redisReply **reply, struct mneme_redis *redis, const struct mneme_redis_command *command,
                    struct mneme_error *error) {
    if (reply != NULL) {
        *reply = NULL;
    }
    if (redis->in_flight > 0) {
        redis->session.code[0] = '\0';
        return mneme_error_set(error, MNEME_E_INTERNAL,
                               "cannot send a command to Redis: others are in flight; report this");
    }
    int status = mneme_redis_send(redis, command, error);
    return status == MNEME_OK ? mneme_redis_receive(reply, redis, error) : status;
}
