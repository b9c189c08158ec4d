/*
 * What a REDIS_URL may be, and percent encoding. Connections are tested where Redis is.
 */
#include "common/redis.h"

#include <criterion/criterion.h>

#include "common/percent.h"

Test(redis, a_url_that_is_none_is_refused_before_anything_is_connected) {
    static const struct {
        const char *url, *says;
    } bad[] = {
        {"", "does not begin with"},
        {"127.0.0.1:6379", "does not begin with"},
        {"rediss://127.0.0.1", "does not begin with"},
        {"redis://", "has no host"},
        {"redis://:6379/0", "has no host"},
        {"redis://localhost:port", "port is none"},
        {"redis://localhost:0", "port is none"},
        {"redis://localhost:65536", "port is none"},
        {"redis://localhost/zero", "database is no number"},
        {"redis://localhost/99999999999", "database is no number"},
        {"redis://:a%2@localhost", "without two hexadecimal digits"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mneme_redis *redis = NULL;
        struct mneme_error error = {0};
        cr_assert_eq(mneme_redis_open(&redis, bad[i].url, 100, &error), MNEME_E_USAGE, "%s", bad[i].url);
        cr_assert_not_null(strstr(error.message, bad[i].says), "%s: %s", bad[i].url, error.message);
        cr_assert_not_null(strstr(error.message, "REDIS_URL"));
    }
}

Test(redis, a_redis_that_is_away_is_asked_once_and_then_left_alone) {
    struct mneme_redis *redis = NULL;
    struct mneme_buffer value = {0};
    struct mneme_error error = {0};
    bool is_found = true;
    cr_assert_eq(mneme_redis_open(&redis, "redis://user:p%40ss@127.0.0.1:1/2", 100, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(mneme_redis_get(&value, &is_found, redis, MNEME_STR_LIT("key"), &error),
                 MNEME_E_UNAVAILABLE);
    cr_assert_not(is_found);
    cr_assert_not_null(strstr(error.message, "127.0.0.1:1"), "%s", error.message);
    cr_assert_null(strstr(error.message, "p@ss"), "%s", error.message);
    cr_assert_eq(mneme_redis_get(&value, &is_found, redis, MNEME_STR_LIT("key"), &error),
                 MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "left alone"), "%s", error.message);
    mneme_redis_close(redis);
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
