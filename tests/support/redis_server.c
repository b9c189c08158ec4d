/*
 * redis-server as a child; a cluster is made by the commands that redis-cli would send.
 */
#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/redis/slots.h"
#include "tests/support/running_worker.h"

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_geq(probe, 0);
    cr_assert_eq(bind(probe, (const struct sockaddr *)&address, len), 0);
    cr_assert_eq(getsockname(probe, (struct sockaddr *)&address, &len), 0);
    close(probe);
    return ntohs(address.sin_port);
}

static void run_server(const struct mneme_redis_server *server) {
    char port[16];
    char bus_port[16];
    snprintf(port, sizeof port, "%d", server->port);
    snprintf(bus_port, sizeof bus_port, "%d", free_port());
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execlp("redis-server", "redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", server->folder,
           "--save", "", "--logfile", "log", "--cluster-enabled", server->is_in_cluster ? "yes" : "no",
           "--cluster-port", bus_port, "--cluster-node-timeout", "10000", "--cluster-require-full-coverage",
           "no", (char *)NULL);
    _exit(127);
}

static bool answers(void *context) {
    const struct mneme_redis_server *server = context;
    redisContext *connection = redisConnect("127.0.0.1", server->port);
    redisReply *reply = connection == NULL || connection->err != 0 ? NULL : redisCommand(connection, "PING");
    bool is_up = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    freeReplyObject(reply);
    redisFree(connection);
    return is_up;
}

static void start(struct mneme_redis_server *server) {
    server->pid = fork();
    cr_assert_geq(server->pid, 0);
    if (server->pid == 0) {
        run_server(server);
    }
    cr_assert(mneme_wait_until(answers, server), "redis-server did not come up on port %d", server->port);
}

void mneme_redis_server_start(struct mneme_redis_server *server, bool is_in_cluster) {
    *server = (struct mneme_redis_server){.port = free_port(), .is_in_cluster = is_in_cluster};
    snprintf(server->folder, sizeof server->folder, "/tmp/mneme-redis-XXXXXX");
    snprintf(server->url, sizeof server->url, "redis://127.0.0.1:%d", server->port);
    cr_assert_not_null(mkdtemp(server->folder));
    start(server);
}

void mneme_redis_server_restart(struct mneme_redis_server *server) {
    start(server);
}

void mneme_redis_server_kill(struct mneme_redis_server *server) {
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

void mneme_redis_server_clean_up(struct mneme_redis_server *server) {
    static const char *const files[] = {"log", "nodes.conf"};
    char path[sizeof server->folder + 16];
    mneme_redis_server_kill(server);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", server->folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(server->folder);
}

static redisReply *vask(int port, const char *format, va_list arguments) {
    redisContext *connection = redisConnect("127.0.0.1", port);
    cr_assert(connection != NULL && connection->err == 0, "no Redis on port %d", port);
    redisReply *reply = redisvCommand(connection, format, arguments);
    cr_assert_not_null(reply, "%s: %s", format, connection->errstr);
    redisFree(connection);
    return reply;
}

redisReply *mneme_redis_server_ask(int port, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = vask(port, format, arguments);
    va_end(arguments);
    return reply;
}

void mneme_redis_server_tell(int port, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = vask(port, format, arguments);
    va_end(arguments);
    cr_assert_neq(reply->type, REDIS_REPLY_ERROR, "%s: %s", format, reply->str);
    freeReplyObject(reply);
}

static int bus_port_of(const struct mneme_redis_server *server) {
    redisReply *reply = mneme_redis_server_ask(server->port, "CONFIG GET cluster-port");
    cr_assert_eq(reply->elements, 2);
    int port = (int)strtol(reply->element[1]->str, NULL, 10);
    freeReplyObject(reply);
    return port;
}

static bool is_whole(void *context) {
    const struct mneme_redis_server *nodes = context;
    bool is_so = true;
    for (int i = 0; i < MNEME_REDIS_CLUSTER_NODES && is_so; i++) {
        redisReply *reply = mneme_redis_server_ask(nodes[i].port, "CLUSTER INFO");
        is_so = strstr(reply->str, "cluster_state:ok") != NULL &&
                strstr(reply->str, "cluster_slots_ok:16384") != NULL &&
                strstr(reply->str, "cluster_known_nodes:3") != NULL;
        freeReplyObject(reply);
    }
    return is_so;
}

void mneme_redis_cluster_start(struct mneme_redis_server nodes[MNEME_REDIS_CLUSTER_NODES]) {
    for (int i = 0; i < MNEME_REDIS_CLUSTER_NODES; i++) {
        mneme_redis_server_start(&nodes[i], true);
        mneme_redis_server_tell(nodes[i].port, "CLUSTER SET-CONFIG-EPOCH %d", i + 1);
        mneme_redis_server_tell(nodes[i].port, "CLUSTER ADDSLOTSRANGE %d %d",
                                i * MNEME_REDIS_SLOTS / MNEME_REDIS_CLUSTER_NODES,
                                (i + 1) * MNEME_REDIS_SLOTS / MNEME_REDIS_CLUSTER_NODES - 1);
        for (int j = 0; j < i; j++) {
            mneme_redis_server_tell(nodes[i].port, "CLUSTER MEET 127.0.0.1 %d %d", nodes[j].port,
                                    bus_port_of(&nodes[j]));
        }
    }
    cr_assert(mneme_wait_until(is_whole, nodes), "the cluster did not come together");
}
