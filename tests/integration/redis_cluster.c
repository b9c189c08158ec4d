/*
 * The client of Redis against a cluster of three: each key's node, redirects in mid-pipeline, a node that is
 * gone. The cases share one cluster and run one after the other.
 */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/redis/redis.h"
#include "common/redis/slots.h"
#include "tests/support/redis_server.h"

#define PIPELINE 300
#define PORTS_VARIABLE "MNEME_TEST_CLUSTER_PORTS"

static const struct mneme_redis_script add = {"add", "return redis.call('INCRBY', KEYS[1], ARGV[1])"};

static struct mneme_redis_server nodes[MNEME_REDIS_CLUSTER_NODES]; /* of the process that runs the tests */
static int ports[MNEME_REDIS_CLUSTER_NODES];
static int turn; /* the file whose lock a case holds */
static struct mneme_redis *redis;
static struct mneme_error error;

ReportHook(PRE_ALL)(struct criterion_test_set *tests) {
    char text[64];
    (void)tests;
    mneme_redis_cluster_start(nodes);
    snprintf(text, sizeof text, "%d %d %d", nodes[0].port, nodes[1].port, nodes[2].port);
    setenv(PORTS_VARIABLE, text, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats) {
    (void)stats;
    for (int i = 0; i < MNEME_REDIS_CLUSTER_NODES; i++) {
        mneme_redis_server_clean_up(&nodes[i]);
    }
}

static void open_client(const char *urls, int64_t timeout_ms) {
    const struct mneme_redis_options options = {.timeout_ms = timeout_ms};
    mneme_redis_close(redis);
    cr_assert_eq(mneme_redis_open(&redis, urls, &options, &error), MNEME_OK, "%s", error.message);
}

static void set_up(void) {
    char url[64];
    char *rest = getenv(PORTS_VARIABLE);
    for (int i = 0; i < MNEME_REDIS_CLUSTER_NODES; i++) {
        ports[i] = (int)strtol(rest, &rest, 10);
    }
    turn = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    cr_assert_geq(turn, 0);
    cr_assert_eq(flock(turn, LOCK_EX), 0);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", ports[0]);
    open_client(url, 10000);
}

static void tear_down(void) {
    mneme_redis_close(redis);
    close(turn);
}

TestSuite(redis_cluster, .init = set_up, .fini = tear_down, .timeout = 60);

/* A key of that name whose slot the node had in the beginning. */
static struct mneme_str key_on(int node, const char *name, char text[64]) {
    int slot = -1;
    for (int i = 0; slot * MNEME_REDIS_CLUSTER_NODES / MNEME_REDIS_SLOTS != node || slot < 0; i++) {
        snprintf(text, 64, "{%s %d}", name, i);
        slot = mneme_redis_slot(mneme_str_from(text));
    }
    return mneme_str_from(text);
}

static void send_add(struct mneme_str key, const char *amount, bool is_script) {
    const struct mneme_str plain[] = {MNEME_STR_LIT("INCRBY"), key, mneme_str_from(amount)};
    const struct mneme_str call[] = {MNEME_STR_LIT("1"), key, mneme_str_from(amount)};
    const struct mneme_redis_command command = {
        .script = is_script ? &add : NULL, .words = is_script ? call : plain, .count = 3, .key = key};
    cr_assert_eq(mneme_redis_send(redis, &command, &error), MNEME_OK, "%s", error.message);
}

static void receive_number(long long wanted) {
    redisReply *reply;
    cr_assert_eq(mneme_redis_receive(&reply, redis, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(reply->integer, wanted, "%lld instead of %lld", reply->integer, wanted);
    freeReplyObject(reply);
}

/* MGET of two keys of one slot; the status. */
static int get_both(struct mneme_str one, struct mneme_str other) {
    const struct mneme_str words[] = {MNEME_STR_LIT("MGET"), one, other};
    const struct mneme_redis_command command = {.words = words, .count = 3, .key = one};
    return mneme_redis_run(NULL, redis, &command, &error);
}

static void id_of(int node, char id[64]) {
    redisReply *reply = mneme_redis_server_ask(ports[node], "CLUSTER MYID");
    snprintf(id, 64, "%s", reply->str);
    freeReplyObject(reply);
}

/* Gives the slot of a key that nobody has yet from one node to the other, as those two know it. */
static void move_slot(struct mneme_str key, int from, int to) {
    char id[64];
    int slot = mneme_redis_slot(key);
    id_of(to, id);
    mneme_redis_server_tell(ports[to], "CLUSTER SETSLOT %d NODE %s", slot, id);
    mneme_redis_server_tell(ports[from], "CLUSTER SETSLOT %d NODE %s", slot, id);
}

Test(redis_cluster, one_node_leads_to_all_and_answers_keep_their_order) {
    char text[64];
    char amount[16];
    for (int i = 0; i < PIPELINE; i++) {
        snprintf(text, sizeof text, "order:%d", i);
        snprintf(amount, sizeof amount, "%d", i);
        send_add(mneme_str_from(text), amount, i % 2 == 0);
    }
    for (int i = 0; i < PIPELINE; i++) {
        receive_number(i);
    }
    for (int i = 0; i < MNEME_REDIS_CLUSTER_NODES; i++) {
        redisReply *size = mneme_redis_server_ask(ports[i], "DBSIZE");
        cr_assert_gt(size->integer, PIPELINE / 10);
        freeReplyObject(size);
    }
}

Test(redis_cluster, any_node_of_the_url_will_do) {
    char urls[128];
    char text[64];
    snprintf(urls, sizeof urls, "redis://127.0.0.1:1,redis://127.0.0.1:%d", ports[2]);
    open_client(urls, 10000);
    for (int i = 0; i < MNEME_REDIS_CLUSTER_NODES; i++) {
        send_add(key_on(i, "any", text), "7", false);
    }
    for (int i = 0; i < MNEME_REDIS_CLUSTER_NODES; i++) {
        receive_number(7);
    }
}

Test(redis_cluster, a_node_without_slots_is_not_believed) {
    char urls[160];
    char text[64];
    struct mneme_redis_server lonely;
    mneme_redis_server_start(&lonely, true);
    snprintf(urls, sizeof urls, "%s,redis://127.0.0.1:%d", lonely.url, ports[0]);
    open_client(urls, 10000);
    send_add(key_on(1, "believed", text), "7", false);
    receive_number(7);
    open_client(lonely.url, 10000);
    cr_assert_eq(get_both(MNEME_STR_LIT("a"), MNEME_STR_LIT("a")), MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "no slots"), "%s", error.message);
    mneme_redis_server_clean_up(&lonely);
}

Test(redis_cluster, a_slot_that_moves_in_mid_pipeline_costs_no_command_and_no_order) {
    char text[64];
    char other_text[64];
    struct mneme_str key = key_on(0, "moves", text);
    struct mneme_str other = key_on(2, "stays", other_text);
    send_add(other, "0", true); /* the map is known from here on */
    receive_number(0);
    move_slot(key, 0, 1);
    for (int i = 0; i < PIPELINE; i++) {
        send_add(key, "1", i % 3 == 0);
        send_add(other, "1", i % 3 == 1);
        if (i % 2 == 1) {
            receive_number(i / 2 + 1);
            receive_number(i / 2 + 1);
        }
    }
    for (int i = PIPELINE / 2; i < PIPELINE; i++) {
        receive_number(i + 1);
        receive_number(i + 1);
    }
    send_add(key, "1", false); /* by the new map */
    receive_number(PIPELINE + 1);
}

Test(redis_cluster, a_slot_under_way_is_asked_for_where_it_goes) {
    char text[64];
    char id[64];
    struct mneme_str key = key_on(1, "asks", text);
    int slot = mneme_redis_slot(key);
    id_of(1, id);
    mneme_redis_server_tell(ports[2], "CLUSTER SETSLOT %d IMPORTING %s", slot, id);
    mneme_redis_server_tell(ports[1], "SET %b-there 1", key.data, key.len);
    id_of(2, id);
    mneme_redis_server_tell(ports[1], "CLUSTER SETSLOT %d MIGRATING %s", slot, id);
    for (int i = 0; i < PIPELINE; i++) {
        send_add(key, "1", i % 3 == 0);
    }
    for (int i = 0; i < PIPELINE; i++) {
        receive_number(i + 1);
    }
    char there[80];
    snprintf(there, sizeof there, "%s-there", text);
    cr_assert_eq(get_both(mneme_str_from(there), key), MNEME_E_UNAVAILABLE, "%s", error.message);
    cr_assert_str_eq(mneme_redis_code(redis), "TRYAGAIN");
    mneme_redis_server_tell(ports[1], "DEL %s", there);
    move_slot(key, 1, 2);
    send_add(key, "1", true);
    receive_number(PIPELINE + 1);
}

Test(redis_cluster, a_node_that_hangs_stops_nobody_else_and_is_left_when_another_has_its_slot) {
    char texts[3][64];
    char url[64];
    struct mneme_str keys[3];
    for (int i = 0; i < 3; i++) {
        keys[i] = key_on(i, "hangs", texts[i]);
    }
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", ports[0]);
    open_client(url, 1000);
    send_add(keys[2], "1", false);
    receive_number(1);
    redisReply *info = mneme_redis_server_ask(ports[2], "INFO server");
    pid_t pid = (pid_t)strtol(strstr(info->str, "process_id:") + sizeof "process_id:" - 1, NULL, 10);
    freeReplyObject(info);
    cr_assert_eq(kill(pid, SIGSTOP), 0);
    send_add(keys[2], "1", false);
    send_add(keys[0], "1", false);
    cr_assert_eq(mneme_redis_receive(NULL, redis, &error), MNEME_E_UNAVAILABLE);
    cr_assert_eq(mneme_redis_in_flight(redis), 0);
    send_add(keys[1], "1", true);
    receive_number(1);
    char id[64];
    id_of(1, id);
    mneme_redis_server_tell(ports[1], "CLUSTER SETSLOT %d NODE %s", mneme_redis_slot(keys[2]), id);
    mneme_redis_server_tell(ports[0], "CLUSTER SETSLOT %d NODE %s", mneme_redis_slot(keys[2]), id);
    mneme_redis_server_tell(ports[1], "CLUSTER BUMPEPOCH");
    const struct mneme_str words[] = {MNEME_STR_LIT("INCRBY"), keys[2], MNEME_STR_LIT("5")};
    const struct mneme_redis_command command = {.words = words, .count = 3, .key = keys[2]};
    int status = MNEME_E_UNAVAILABLE; /* the map is asked for again after each failure */
    for (int i = 0; i < 20 && status == MNEME_E_UNAVAILABLE; i++) {
        status = mneme_redis_run(NULL, redis, &command, &error);
    }
    cr_assert_eq(kill(pid, SIGCONT), 0);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
}

Test(redis_cluster, a_database_is_refused_since_a_cluster_has_one) {
    char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%d/2", ports[0]);
    open_client(url, 10000);
    const struct mneme_str words[] = {MNEME_STR_LIT("GET"), MNEME_STR_LIT("x")};
    const struct mneme_redis_command command = {.words = words, .count = 2, .key = words[1]};
    cr_assert_eq(mneme_redis_run(NULL, redis, &command, &error), MNEME_E_USAGE, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "leave out the database"), "%s", error.message);
}
