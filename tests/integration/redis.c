/*
 * The client of Redis against a server of its own: answers in their order whatever happens between them,
 * scripts, and what each kind of trouble is told as.
 */
#include "common/redis/redis.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "tests/support/redis_server.h"

#define PIPELINE 300

static const struct mneme_redis_script add = {"add", "return redis.call('INCRBY', KEYS[1], ARGV[1])"};
static const struct mneme_redis_script twice = {"twice", "return {ARGV[1], ARGV[1]}"};
static const struct mneme_redis_script broken = {"broken", "this is no Lua"};

static struct mneme_redis_server server;
static struct mneme_redis *redis;
static struct mneme_error error;
static const struct mneme_str key = {"{1}:number", 10};
static const struct mneme_str list = {"{1}:list", 8};

static void open_client(const char *url, int64_t timeout_ms) {
    const struct mneme_redis_options options = {.timeout_ms = timeout_ms};
    mneme_redis_close(redis);
    cr_assert_eq(mneme_redis_open(&redis, url, &options, &error), MNEME_OK, "%s", error.message);
}

static void set_up(void) {
    mneme_redis_server_start(&server, false);
    open_client(server.url, 10000);
}

static void tear_down(void) {
    mneme_redis_close(redis);
    mneme_redis_server_clean_up(&server);
}

TestSuite(redis, .init = set_up, .fini = tear_down, .timeout = 60);

#define SEND(...)                                                                                            \
    send_words((const struct mneme_str[]){__VA_ARGS__},                                                      \
               sizeof((const struct mneme_str[]){__VA_ARGS__}) / sizeof(struct mneme_str))

static int send_words(const struct mneme_str *words, size_t count) {
    const struct mneme_redis_command command = {.words = words, .count = count, .key = key};
    return mneme_redis_send(redis, &command, &error);
}

static int send_script(const struct mneme_redis_script *script, const char *argument) {
    const struct mneme_str words[] = {MNEME_STR_LIT("1"), key, mneme_str_from(argument)};
    const struct mneme_redis_command command = {.script = script, .words = words, .count = 3, .key = key};
    return mneme_redis_send(redis, &command, &error);
}

static void receive_number(long long wanted) {
    redisReply *reply;
    cr_assert_eq(mneme_redis_receive(&reply, redis, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(reply->type, REDIS_REPLY_INTEGER);
    cr_assert_eq(reply->integer, wanted, "%lld instead of %lld", reply->integer, wanted);
    freeReplyObject(reply);
}

static void receive_failure(int wanted, const char *code) {
    redisReply *reply;
    cr_assert_eq(mneme_redis_receive(&reply, redis, &error), wanted, "%s", error.message);
    cr_assert_null(reply);
    cr_assert_str_eq(mneme_redis_code(redis), code);
}

/* One command by itself; its status. */
static int run(const char *name, struct mneme_str of) {
    const struct mneme_str words[] = {mneme_str_from(name), of};
    const struct mneme_redis_command command = {.words = words, .count = 2, .key = of};
    return mneme_redis_run(NULL, redis, &command, &error);
}

Test(redis, answers_come_in_the_order_of_sending) {
    static char large[100 * 1024]; /* more than what the sockets hold, in all */
    memset(large, 'x', sizeof large);
    for (int i = 0; i < PIPELINE; i++) {
        cr_assert_eq(SEND(MNEME_STR_LIT("APPEND"), key, ((struct mneme_str){large, sizeof large})), MNEME_OK);
        cr_assert_eq(mneme_redis_in_flight(redis), (size_t)i + 1);
    }
    for (int i = 0; i < PIPELINE; i++) {
        receive_number((i + 1) * (long long)sizeof large);
    }
    cr_assert_eq(mneme_redis_in_flight(redis), 0);
}

Test(redis, a_refusal_shifts_no_other_answer) {
    SEND(MNEME_STR_LIT("INCR"), key);
    SEND(MNEME_STR_LIT("LPUSH"), key, MNEME_STR_LIT("x"));
    SEND(MNEME_STR_LIT("INCR"), key);
    SEND(MNEME_STR_LIT("NOCOMMAND"));
    SEND(MNEME_STR_LIT("LPUSH"), list, MNEME_STR_LIT("x"), MNEME_STR_LIT("y"));
    receive_number(1);
    receive_failure(MNEME_E_USAGE, "WRONGTYPE");
    cr_assert_not_null(strstr(error.message, "MNEME_REDIS_PREFIX"), "%s", error.message);
    receive_number(2);
    receive_failure(MNEME_E_USAGE, "ERR");
    receive_number(2);
}

Test(redis, scripts_are_loaded_when_they_are_needed_and_again_when_they_were_flushed) {
    send_script(&add, "1");
    send_script(&twice, "x");
    receive_number(1);
    redisReply *reply;
    cr_assert_eq(mneme_redis_receive(&reply, redis, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(reply->elements, 2);
    freeReplyObject(reply);
    send_script(&add, "2");
    SEND(MNEME_STR_LIT("SCRIPT"), MNEME_STR_LIT("FLUSH"));
    for (int i = 0; i < PIPELINE; i++) {
        send_script(&add, "1");
    }
    receive_number(3);
    cr_assert_eq(mneme_redis_receive(NULL, redis, &error), MNEME_OK, "%s", error.message);
    for (int i = 0; i < PIPELINE; i++) {
        receive_number(i + 4);
    }
    redisReply *info = mneme_redis_server_ask(server.port, "INFO commandstats");
    cr_assert_not_null(strstr(info->str, "cmdstat_script|load:calls="), "%s", info->str);
    cr_assert_null(strstr(info->str, "cmdstat_eval:"), "%s", info->str);
    freeReplyObject(info);
}

Test(redis, a_script_that_is_none_tells_why) {
    send_script(&broken, "1");
    send_script(&add, "1");
    receive_failure(MNEME_E_INTERNAL, "ERR");
    cr_assert_not_null(strstr(error.message, "compiling"), "%s", error.message);
    receive_number(1);
}

Test(redis, a_server_that_dies_leaves_nothing_in_flight_and_is_found_again) {
    SEND(MNEME_STR_LIT("INCR"), key);
    SEND(MNEME_STR_LIT("BLPOP"), list, MNEME_STR_LIT("0")); /* answers nothing */
    SEND(MNEME_STR_LIT("INCR"), key);
    receive_number(1);
    cr_assert_eq(mneme_redis_flush(redis, &error), MNEME_OK);
    mneme_redis_server_kill(&server);
    receive_failure(MNEME_E_UNAVAILABLE, "");
    cr_assert_eq(mneme_redis_in_flight(redis), 0);
    cr_assert_eq(SEND(MNEME_STR_LIT("INCR"), key), MNEME_E_UNAVAILABLE);
    mneme_redis_server_restart(&server);
    send_script(&add, "5"); /* the new server does not know it */
    receive_number(5);
}

Test(redis, an_answer_that_comes_too_late_is_nobody_elses) {
    open_client(server.url, 200);
    SEND(MNEME_STR_LIT("BLPOP"), list, MNEME_STR_LIT("0"));
    receive_failure(MNEME_E_UNAVAILABLE, "");
    cr_assert_not_null(strstr(error.message, "within 200 ms"), "%s", error.message);
    mneme_redis_server_tell(server.port, "LPUSH %b late", list.data, list.len);
    const struct mneme_str words[] = {MNEME_STR_LIT("EXISTS"), key};
    const struct mneme_redis_command command = {.words = words, .count = 2, .key = key};
    redisReply *reply;
    int status = MNEME_E_UNAVAILABLE; /* the machine may be slow, too */
    for (int i = 0; i < 50 && status == MNEME_E_UNAVAILABLE; i++) {
        status = mneme_redis_run(&reply, redis, &command, &error);
    }
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    cr_assert_eq(reply->type, REDIS_REPLY_INTEGER);
    freeReplyObject(reply);
}

Test(redis, what_is_dropped_is_not_received) {
    SEND(MNEME_STR_LIT("INCR"), key);
    SEND(MNEME_STR_LIT("INCR"), key);
    receive_number(1);
    mneme_redis_drop(redis);
    cr_assert_eq(mneme_redis_in_flight(redis), 0);
    receive_failure(MNEME_E_INTERNAL, "");
    SEND(MNEME_STR_LIT("LPUSH"), list, MNEME_STR_LIT("x"));
    receive_number(1);
}

Test(redis, nothing_runs_between_what_is_in_flight) {
    SEND(MNEME_STR_LIT("INCR"), key);
    cr_assert_eq(run("GET", key), MNEME_E_INTERNAL);
    receive_number(1);
}

Test(redis, a_full_server_refuses_what_needs_room_and_nothing_else) {
    SEND(MNEME_STR_LIT("INCR"), key);
    receive_number(1);
    mneme_redis_server_tell(server.port, "CONFIG SET maxmemory 1");
    SEND(MNEME_STR_LIT("INCR"), key);
    send_script(&add, "1");
    SEND(MNEME_STR_LIT("STRLEN"), key);
    receive_failure(MNEME_E_UNAVAILABLE, "OOM");
    receive_failure(MNEME_E_UNAVAILABLE, "OOM");
    receive_number(1);
    mneme_redis_server_tell(server.port, "CONFIG SET maxmemory 0");
    send_script(&add, "1");
    receive_number(2);
}

Test(redis, a_replica_is_not_written_to_until_it_is_a_primary) {
    cr_assert_eq(run("INCR", key), MNEME_OK, "%s", error.message);
    mneme_redis_server_tell(server.port, "REPLICAOF 127.0.0.1 1");
    cr_assert_eq(run("INCR", key), MNEME_E_UNAVAILABLE);
    cr_assert_str_eq(mneme_redis_code(redis), "READONLY");
    mneme_redis_server_tell(server.port, "REPLICAOF NO ONE");
    cr_assert_eq(run("INCR", key), MNEME_OK, "%s", error.message);
}

Test(redis, logs_in_and_says_when_it_may_not) {
    char url[128];
    mneme_redis_server_tell(server.port, "ACL SETUSER writer on >p@ss ~* +@all");
    mneme_redis_server_tell(server.port, "CONFIG SET requirepass secret");
    cr_assert_eq(run("INCR", key), MNEME_E_DENIED, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "user and password"), "%s", error.message);
    static const struct {
        const char *login;
        int status;
    } logins[] = {{":secret@", MNEME_OK},
                  {"writer:p%40ss@", MNEME_OK},
                  {"writer:wrong@", MNEME_E_DENIED},
                  {":wrong@", MNEME_E_DENIED}};
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        snprintf(url, sizeof url, "redis://%s127.0.0.1:%d/3", logins[i].login, server.port);
        open_client(url, 10000);
        cr_assert_eq(run("INCR", key), logins[i].status, "%s: %s", logins[i].login, error.message);
        cr_assert_null(strstr(error.message, "wrong@"), "%s", error.message);
    }
}

Test(redis, a_user_with_the_rights_that_are_documented_can_do_what_is_needed) {
    static const struct mneme_redis_script clock = {"clock",
                                                    "return tonumber(redis.call('TIME')[1]) > 0 and 7"};
    char url[128];
    mneme_redis_server_tell(server.port,
                            "ACL SETUSER few on >pw ~{1}* +@read +@write +@scripting +@connection "
                            "+time +cluster|slots +cluster|myid");
    snprintf(url, sizeof url, "redis://few:pw@127.0.0.1:%d", server.port);
    open_client(url, 10000);
    send_script(&clock, "1");
    send_script(&add, "2");
    SEND(MNEME_STR_LIT("SCAN"), MNEME_STR_LIT("0"));
    SEND(MNEME_STR_LIT("GET"), MNEME_STR_LIT("of another program"));
    receive_number(7);
    receive_number(2);
    cr_assert_eq(mneme_redis_receive(NULL, redis, &error), MNEME_OK, "%s", error.message);
    receive_failure(MNEME_E_DENIED, "NOPERM");
}

Test(redis, a_database_that_is_not_there_is_told) {
    char url[128];
    snprintf(url, sizeof url, "%s/99", server.url);
    open_client(url, 10000);
    cr_assert_eq(run("INCR", key), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "database in REDIS_URL"), "%s", error.message);
}

Test(redis, several_servers_that_are_no_cluster_are_refused) {
    char urls[192];
    snprintf(urls, sizeof urls, "%s,%s", server.url, server.url);
    open_client(urls, 10000);
    cr_assert_eq(run("INCR", key), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "belongs to no cluster"), "%s", error.message);
}

Test(redis, a_connection_that_was_ended_while_it_was_idle_is_made_anew) {
    cr_assert_eq(run("INCR", key), MNEME_OK, "%s", error.message);
    mneme_redis_server_tell(server.port, "CLIENT KILL TYPE normal SKIPME yes");
    mneme_clock_pause(1100000); /* idle is who was not used for a second */
    cr_assert_eq(run("INCR", key), MNEME_OK, "%s", error.message);
}
