/*
 * Redis servers of a test's own, alone or three as a cluster: for what must not be done to one that others
 * use.
 */
#ifndef MNEME_TESTS_REDIS_SERVER_H
#define MNEME_TESTS_REDIS_SERVER_H

#include <hiredis/hiredis.h>
#include <sys/types.h>

#include "common/base/types.h"

struct mneme_redis_server {
    char folder[64]; /* its data, below /tmp */
    char url[64];
    int port;
    pid_t pid; /* 0: not running */
    bool is_in_cluster;
};

/* Starts one on a free port of 127.0.0.1 and waits until it answers. It ends with the process that started
 * it. Fails the test when it does not come up. */
void mneme_redis_server_start(struct mneme_redis_server *server, bool is_in_cluster);

/* Starts it again after a kill, on the same port, with nothing but its place in the cluster. */
void mneme_redis_server_restart(struct mneme_redis_server *server);

void mneme_redis_server_kill(struct mneme_redis_server *server);

/* Kills it, if it runs, and removes its folder. */
void mneme_redis_server_clean_up(struct mneme_redis_server *server);

/* Sends one command, format as for redisCommand, by a connection of its own, and gives the answer, to be
 * freed by freeReplyObject. Fails the test when there is none. */
redisReply *mneme_redis_server_ask(int port, const char *format, ...);

/* The same where any answer but an error will do. */
void mneme_redis_server_tell(int port, const char *format, ...);

#define MNEME_REDIS_CLUSTER_NODES 3

/* Starts three servers, each with a third of the slots, and waits until each of them says that all is well.
 */
void mneme_redis_cluster_start(struct mneme_redis_server nodes[MNEME_REDIS_CLUSTER_NODES]);

#endif
