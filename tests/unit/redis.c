/*
 * What a REDIS_URL may be, what Redis' errors mean, and percent encoding. Connections are tested where Redis
 * is.
 */
#include "common/redis/redis.h"

#include <criterion/criterion.h>

#include "common/base/percent.h"
#include "common/redis/errors.h"
#include "common/redis/slots.h"
#include "common/redis/url.h"

static const struct mneme_redis_options options = {.timeout_ms = 100, .pause_ms = MNEME_REDIS_PAUSE_MS};

Test(redis, a_url_that_is_none_is_refused_before_anything_is_connected) {
    static const struct {
        const char *url, *says;
    } bad[] = {
        {"", "does not begin with"},
        {"127.0.0.1:6379", "does not begin with"},
        {"rediss://127.0.0.1", "does not begin with"},
        {"redis://", "has no host"},
        {"redis://:6379/0", "has no host"},
        {"redis://localhost:port", "the port is not a number from 1 to 65535"},
        {"redis://localhost:0", "the port is not a number from 1 to 65535"},
        {"redis://localhost:65536", "the port is not a number from 1 to 65535"},
        {"redis://localhost/zero", "database is not a number"},
        {"redis://localhost/99999999999", "database is not a number"},
        {"redis://:a%2@localhost", "not followed by two hexadecimal digits"},
        {"redis://localhost,", "does not begin with"},
        {"redis://localhost,redis://:6379", "has no host"},
        {"redis://:a@localhost,redis://:b@localhost", "not the same for all"},
        {"redis://a:p@localhost,redis://b:p@localhost", "not the same for all"},
        {"redis://localhost/1,redis://localhost/2", "not the same for all"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mneme_redis *redis = NULL;
        struct mneme_error error = {0};
        cr_assert_eq(mneme_redis_open(&redis, bad[i].url, &options, &error), MNEME_E_USAGE, "%s", bad[i].url);
        cr_assert_not_null(strstr(error.message, bad[i].says), "%s: %s", bad[i].url, error.message);
        cr_assert_not_null(strstr(error.message, "REDIS_URL"));
    }
}

Test(redis, a_url_tells_servers_and_the_login_that_they_share) {
    struct mneme_redis_urls urls = {0};
    struct mneme_error error = {0};
    cr_assert_eq(
        mneme_redis_urls_parse(&urls, "redis://me:p%40%2Css@one:7000/2,redis://me:p%40%2Css@two/2", &error),
        MNEME_OK, "%s", error.message);
    cr_assert_eq(urls.count, 2);
    cr_assert_str_eq(urls.user, "me");
    cr_assert_str_eq(urls.password, "p@,ss");
    cr_assert_eq(urls.database, 2);
    cr_assert_str_eq(urls.servers[0].host, "one");
    cr_assert_eq(urls.servers[0].port, 7000);
    cr_assert_str_eq(urls.servers[1].host, "two");
    cr_assert_eq(urls.servers[1].port, 6379);
    mneme_redis_urls_clean_up(&urls);
}

static int get(struct mneme_redis *redis, struct mneme_error *error) {
    const struct mneme_str words[] = {MNEME_STR_LIT("GET"), MNEME_STR_LIT("key")};
    const struct mneme_redis_command command = {.words = words, .count = 2, .key = words[1]};
    redisReply *reply;
    int status = mneme_redis_run(&reply, redis, &command, error);
    cr_assert_null(reply);
    return status;
}

Test(redis, one_that_is_away_is_asked_once_and_then_left_alone) {
    struct mneme_redis *redis = NULL;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_redis_open(&redis, "redis://user:p%40ss@127.0.0.1:1/2", &options, &error), MNEME_OK,
                 "%s", error.message);
    cr_assert_eq(get(redis, &error), MNEME_E_UNAVAILABLE);
    cr_assert_str_empty(mneme_redis_code(redis));
    cr_assert_not_null(strstr(error.message, "127.0.0.1:1"), "%s", error.message);
    cr_assert_null(strstr(error.message, "p@ss"), "%s", error.message);
    cr_assert_eq(get(redis, &error), MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "is not tried again yet"), "%s", error.message);
    mneme_redis_close(redis);
}

Test(redis, one_that_is_away_is_asked_each_time_where_no_pause_is_wanted) {
    static const struct mneme_redis_options none = {.timeout_ms = 100};
    struct mneme_redis *redis = NULL;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_redis_open(&redis, "redis://127.0.0.1:1", &none, &error), MNEME_OK, "%s",
                 error.message);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(get(redis, &error), MNEME_E_UNAVAILABLE);
        cr_assert_not_null(strstr(error.message, "refused"), "%s", error.message);
    }
    mneme_redis_close(redis);
}

Test(redis_errors, become_a_status_and_a_sentence) {
    static const struct {
        const char *answer;
        enum mneme_status status;
        const char *code;
    } answers[] = {
        {"BUSY Redis is busy running a script.", MNEME_E_UNAVAILABLE, "BUSY"},
        {"CLUSTERDOWN The cluster is down", MNEME_E_UNAVAILABLE, "CLUSTERDOWN"},
        {"LOADING Redis is loading the dataset in memory", MNEME_E_UNAVAILABLE, "LOADING"},
        {"MASTERDOWN Link with MASTER is down", MNEME_E_UNAVAILABLE, "MASTERDOWN"},
        {"MISCONF Redis is configured to save RDB snapshots", MNEME_E_UNAVAILABLE, "MISCONF"},
        {"NOREPLICAS Not enough good replicas to write.", MNEME_E_UNAVAILABLE, "NOREPLICAS"},
        {"OOM command not allowed when used memory > 'maxmemory'.", MNEME_E_UNAVAILABLE, "OOM"},
        {"READONLY You can't write against a read only replica.", MNEME_E_UNAVAILABLE, "READONLY"},
        {"TRYAGAIN Multiple keys request during rehashing of slot", MNEME_E_UNAVAILABLE, "TRYAGAIN"},
        {"MOVED 3999 127.0.0.1:6381", MNEME_E_UNAVAILABLE, "MOVED"},
        {"ERR max number of clients reached", MNEME_E_UNAVAILABLE, "ERR"},
        {"NOAUTH Authentication required.", MNEME_E_DENIED, "NOAUTH"},
        {"WRONGPASS invalid username-password pair", MNEME_E_DENIED, "WRONGPASS"},
        {"NOPERM this user has no permissions", MNEME_E_DENIED, "NOPERM"},
        {"ERR invalid password", MNEME_E_DENIED, "ERR"},
        {"ERR The user executing the script can't run this command", MNEME_E_DENIED, "ERR"},
        {"WRONGTYPE Operation against a key", MNEME_E_USAGE, "WRONGTYPE"},
        {"ERR DB index is out of range", MNEME_E_USAGE, "ERR"},
        {"ERR SELECT is not allowed in cluster mode", MNEME_E_USAGE, "ERR"},
        {"ERR unknown command 'X', with args beginning with: ", MNEME_E_USAGE, "ERR"},
        {"CROSSSLOT Keys in request don't hash to the same slot", MNEME_E_INTERNAL, "CROSSSLOT"},
        {"ERR syntax error", MNEME_E_INTERNAL, "ERR"},
        {"SOMETHINGTHATNOBODYKNOWS", MNEME_E_INTERNAL, "SOMETHINGTHATNO"},
        {"", MNEME_E_INTERNAL, ""},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct mneme_error error = {0};
        char code[MNEME_REDIS_CODE_BYTES];
        cr_assert_eq(mneme_redis_answer_error(&error, code, "here:1", answers[i].answer),
                     (int)answers[i].status, "%s", answers[i].answer);
        cr_assert_str_eq(code, answers[i].code);
        cr_assert_not_null(strstr(error.message, "here:1"));
        cr_assert_not_null(strstr(error.message, answers[i].answer));
        cr_assert_not_null(strstr(error.message, "; "), "%s", error.message);
    }
}

Test(redis_errors, of_a_replica_or_a_changed_login_ask_for_another_connection) {
    cr_assert(mneme_redis_answer_is_of_another("READONLY You can't write against a read only replica."));
    cr_assert(mneme_redis_answer_is_of_another("NOAUTH Authentication required."));
    cr_assert_not(mneme_redis_answer_is_of_another("OOM command not allowed"));
    cr_assert_not(mneme_redis_answer_is_of_another("ERR syntax error"));
}

Test(redis_slots, are_those_of_the_cluster_specification) {
    static const struct {
        const char *key;
        int slot;
    } keys[] = {
        {"123456789", 12739},   {"", 0},         {"foo", 12182},       {"{foo}.bar", 12182},
        {"a{foo}{bar}", 12182}, {"{}foo", 9500}, {"foo{}{bar}", 8363}, {"foo{{bar}}zap", 4015},
        {"{foo", 13308},        {"foo}", 15679},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        cr_expect_eq(mneme_redis_slot(mneme_str_from(keys[i].key)), keys[i].slot, "%s: %d", keys[i].key,
                     mneme_redis_slot(mneme_str_from(keys[i].key)));
    }
}

Test(redis_slots, redirects_are_told_from_other_answers) {
    struct mneme_redis_redirect redirect;
    cr_assert(mneme_redis_parse_redirect(&redirect, MNEME_STR_LIT("MOVED 3999 10.0.0.1:6381")));
    cr_assert_not(redirect.is_ask);
    cr_assert(mneme_str_equal(redirect.host, MNEME_STR_LIT("10.0.0.1")));
    cr_assert_eq(redirect.port, 6381);
    cr_assert(mneme_redis_parse_redirect(&redirect, MNEME_STR_LIT("ASK 0 ::1:65535")));
    cr_assert(redirect.is_ask);
    cr_assert(mneme_str_equal(redirect.host, MNEME_STR_LIT("::1")));
    cr_assert_eq(redirect.port, 65535);
    cr_assert(mneme_redis_parse_redirect(&redirect, MNEME_STR_LIT("MOVED 16383 :1")));
    cr_assert_eq(redirect.host.len, 0);
    static const char *const others[] = {"",
                                         "MOVED",
                                         "MOVED ",
                                         "MOVED 1",
                                         "MOVED 1 ",
                                         "MOVED 1 host",
                                         "MOVED 1 host:",
                                         "MOVED 1 host:0",
                                         "MOVED 1 host:65536",
                                         "MOVED 1 host:1x",
                                         "MOVED x host:1",
                                         "MOVED 16384 host:1",
                                         "ASKING",
                                         "ERR MOVED 1 host:1"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_assert_not(mneme_redis_parse_redirect(&redirect, mneme_str_from(others[i])), "%s", others[i]);
    }
}

Test(percent, comes_back_whatever_it_was) {
    static const char all[] = "plain %/ %2F 100% ü\n\"";
    struct mneme_buffer encoded = {0};
    struct mneme_buffer decoded = {0};
    mneme_percent_encode(&encoded, MNEME_STR_LIT(all), "/");
    cr_assert(mneme_str_equal(mneme_buffer_str(&encoded), MNEME_STR_LIT("plain %25%2F %252F 100%25 ü\n\"")),
              "%.*s", MNEME_STR_ARG(mneme_buffer_str(&encoded)));
    cr_assert(mneme_percent_decode(&decoded, mneme_buffer_str(&encoded)));
    cr_assert(mneme_str_equal(mneme_buffer_str(&decoded), MNEME_STR_LIT(all)));
    mneme_buffer_clean_up(&encoded);
    mneme_buffer_clean_up(&decoded);
}

Test(percent, an_escape_that_is_cut_off_is_refused) {
    static const char *const bad[] = {"%", "a%", "a%2", "%zz", "%2z", "ok%2Fnot%"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mneme_buffer decoded = {0};
        cr_assert_not(mneme_percent_decode(&decoded, mneme_str_from(bad[i])), "%s", bad[i]);
        mneme_buffer_clean_up(&decoded);
    }
    struct mneme_buffer decoded = {0};
    cr_assert(mneme_percent_decode(&decoded, MNEME_STR_LIT("%2f%2F")));
    cr_assert(mneme_str_equal(mneme_buffer_str(&decoded), MNEME_STR_LIT("//")));
    mneme_buffer_clean_up(&decoded);
}
