/*
 * The projection `redis`: what it keeps is what the ledger's tables say, whatever the batches are, whoever
 * wrote before, and whatever became of Redis meanwhile.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "consumers/redis/redis_projection.h"
#include "stores/redis/change.h"
#include "tests/support/redis_case.h"

#define ID(n) "0194f000-0000-7000-8000-00000000000" n
#define SECOND INT64_C(1000000)

static struct mneme_redis_case hot;

static void set_up(void) {
    mneme_redis_case_set_up(&hot);
}

static void tear_down(void) {
    mneme_redis_case_tear_down(&hot);
}

TestSuite(redis_fold, .init = set_up, .fini = tear_down, .timeout = 120);

#define ASK(...) mneme_redis_case_ask(&hot, __VA_ARGS__)
#define ADD(...) now(mneme_fold_case_add(&hot.fold, __VA_ARGS__))
#define CREATE(user, n, more)                                                                                \
    ADD("{'type':'memory_created','user_id':'" user "','agent_id':'x','payload':{'memory_id':'" ID(          \
        n) "','memory_type':'fact','content':'tea'" more "}}")

/* What happens now. */
static struct mneme_batch_item *now(struct mneme_batch_item *item) {
    item->recorded_at = mneme_clock_now_micros();
    item->event.occurred_at = item->recorded_at;
    return item;
}

/* Whether Redis has the memory of that key as the table has it, with this text. */
static void check_memory(int partition, const char *names, const char *text) {
    char wanted[128];
    const char *value = ASK("GET %%1:{%d}:memory:%s", partition, names);
    snprintf(wanted, sizeof wanted, "\"content\":{\"text\": \"%s\"}", text);
    cr_assert(strstr(value, wanted) != NULL, "%s is not in %s", wanted, value);
}

Test(redis_fold, a_memory_is_kept_as_the_table_has_it) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" ID("1") "','content':'milk'}}");
    CREATE("ada", "1", ",'priority':9"); /* exists: without effect */
    mneme_redis_case_apply(&hot, 0);
    check_memory(at, "default/ada/" ID("1"), "milk");
    cr_assert_str_eq(ASK("ZRANGE %%1:{%d}:agent:default/x 0 -1", at), "ada/" ID("1"));
    cr_assert_str_eq(ASK("ZRANGE %%1:{%d}:user-agent:default/ada/x 0 -1", at), "ada/" ID("1"));
    cr_assert_str_eq(ASK("HGET %%1:{%d}:progress next_offset", at), "3");
    cr_assert_str_eq(ASK("GET %%{%d}:live", at), "1/4");
    cr_assert_str_eq(ASK("HGET %%topic partitions"), "4");
}

Test(redis_fold, the_batches_make_no_difference) {
    static const size_t sizes[] = {1, 2, 0};
    int32_t at = CREATE("ada", "1", "")->position.partition;
    CREATE("ada", "2", "");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" ID("1") "'}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" ID("2") "','content':'milk'}}");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        mneme_redis_case_apply(&hot, sizes[i]);
        cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("1"), at), "0");
        check_memory(at, "default/ada/" ID("2"), "milk");
        cr_assert_str_eq(ASK("ZRANGE %%1:{%d}:hot 0 -1", at), "memory:default/ada/" ID("2"));
        cr_assert_str_eq(ASK("ZRANGE %%1:{%d}:ages 0 -1", at), "memory:default/ada/" ID("2"));
        cr_assert_str_eq(ASK("ZRANGE %%1:{%d}:agent:default/x 0 -1", at), "ada/" ID("2"));
        mneme_redis_case_flush(&hot);
        cr_assert_eq(mneme_redis_case_assign(&hot, hot.projection), MNEME_APPLIED);
        cr_assert_eq(hot.next_offsets[at], 0);
        hot.folded = 0;
    }
}

/* An update of what is not cached any more leaves all of it, not what the event tells. */
Test(redis_fold, an_update_of_what_was_evicted_leaves_no_half) {
    int32_t at = CREATE("ada", "1", ",'tags':['a']")->position.partition;
    mneme_redis_case_apply(&hot, 0);
    ASK("DEL %%1:{%d}:memory:default/ada/" ID("1"), at);
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" ID("1") "','priority':7}}");
    mneme_redis_case_apply(&hot, 0);
    check_memory(at, "default/ada/" ID("1"), "tea");
    cr_assert(strstr(hot.fold.text.data, "\"tags\":[\"a\"]") != NULL, "%s", hot.fold.text.data);
    cr_assert(strstr(hot.fold.text.data, "\"priority\":7") != NULL, "%s", hot.fold.text.data);
}

/* The answer was lost, so the batch comes again. */
Test(redis_fold, a_batch_that_comes_again_changes_nothing) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    mneme_redis_case_apply(&hot, 0);
    ASK("DEL %%1:{%d}:memory:default/ada/" ID("1"), at);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 0, 1), MNEME_APPLIED);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("1"), at), "0");
    cr_assert_str_eq(ASK("HGET %%1:{%d}:progress next_offset", at), "1");
}

Test(redis_fold, a_writer_that_was_replaced_is_fenced) {
    CREATE("ada", "1", "");
    mneme_redis_case_apply(&hot, 0);
    CREATE("ada", "2", "");
    cr_assert_eq(mneme_fold_case_apply(&hot.fold, 0), MNEME_APPLIED);
    void *other = mneme_redis_case_open(&hot);
    cr_assert_eq(mneme_redis_case_assign(&hot, other), MNEME_APPLIED);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 1, 1), MNEME_FENCED);
    cr_assert(strstr(hot.fold.error.message, "another worker owns it now") != NULL, "%s",
              hot.fold.error.message);
    cr_assert_eq(mneme_cache_projection.idle(hot.projection, &hot.fold.error), MNEME_FENCED);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, other, 1, 1), MNEME_APPLIED, "%s", hot.fold.error.message);
    mneme_cache_projection.close(other);
}

/* Redis is empty, or an older copy: it is noticed without an event, and it goes on from what is there. */
Test(redis_fold, a_redis_that_lost_something_is_filled_again) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    mneme_redis_case_apply(&hot, 0);
    cr_assert_eq(mneme_cache_projection.idle(hot.projection, &hot.fold.error), MNEME_APPLIED);
    mneme_redis_case_flush(&hot);
    cr_assert_eq(mneme_cache_projection.idle(hot.projection, &hot.fold.error), MNEME_FENCED);
    cr_assert(strstr(hot.fold.error.message, "Redis has lost it") != NULL, "%s", hot.fold.error.message);
    cr_assert_eq(mneme_redis_case_assign(&hot, hot.projection), MNEME_APPLIED);
    cr_assert_eq(mneme_cache_projection.idle(hot.projection, &hot.fold.error), MNEME_APPLIED);
    cr_assert_str_eq(ASK("EXISTS %%{%d}:live", at), "0", "readers are sent to what is not filled yet");
    hot.folded = 0;
    mneme_redis_case_apply(&hot, 0);
    check_memory(at, "default/ada/" ID("1"), "tea");
    cr_assert_str_eq(ASK("GET %%{%d}:live", at), "1/4");
    ASK("HSET %%1:{%d}:progress next_offset 0", at);
    cr_assert_eq(mneme_cache_projection.idle(hot.projection, &hot.fold.error), MNEME_FENCED);
    cr_assert(strstr(hot.fold.error.message, "an older copy") != NULL, "%s", hot.fold.error.message);
}

/* What has expired by the time of its event is not there, whenever it is folded. */
Test(redis_fold, time_counts_from_the_event) {
    struct mneme_batch_item *old = CREATE("ada", "1", "");
    CREATE("ada", "2", "")->event.occurred_at -= 3590 * SECOND;
    CREATE("ada", "3", "")->event.occurred_at += 1000 * SECOND; /* no later than it was recorded */
    struct mneme_batch_item *own = CREATE("ada", "4", "");
    int32_t at = old->position.partition;
    old->event.occurred_at -= 3601 * SECOND;
    own->event.payload.memory_created.expires_at =
        (struct mneme_opt_long){mneme_clock_now_micros() + 100 * SECOND, true};
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("1"), at), "0");
    long left = strtol(ASK("TTL %%1:{%d}:memory:default/ada/" ID("2"), at), NULL, 10);
    cr_assert(left > -3 && left <= 10, "%ld", left);
    left = strtol(ASK("TTL %%1:{%d}:memory:default/ada/" ID("3"), at), NULL, 10);
    cr_assert(left > 3000 && left <= 3600, "%ld", left);
    left = strtol(ASK("TTL %%1:{%d}:memory:default/ada/" ID("4"), at), NULL, 10);
    cr_assert(left > 0 && left <= 100, "%ld", left);
    /* What a reader cached before an old event was told goes with it. */
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" ID("3") "','priority':1}}")
        ->event.occurred_at -= 4000 * SECOND;
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("3"), at), "0");
    cr_assert_str_eq(ASK("ZSCORE %%1:{%d}:hot memory:default/ada/" ID("3"), at), "-");
}

/* Of 4 partitions, each with a quarter. */
static void *open_with(const char *memories, const char *bytes, const char *percent) {
    struct mneme_config *config = hot.fold.fixture.config;
    struct mneme_error *error = &hot.fold.error;
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_REDIS_CAPACITY, memories, MNEME_FROM_OPTION, error),
                 0);
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_REDIS_MAX_BYTES, bytes, MNEME_FROM_OPTION, error), 0);
    cr_assert_eq(
        mneme_config_set(config, MNEME_SETTING_REDIS_USER_PERCENT, percent, MNEME_FROM_OPTION, error), 0);
    void *projection = mneme_redis_case_open(&hot);
    cr_assert_eq(mneme_redis_case_assign(&hot, projection), MNEME_APPLIED);
    return projection;
}

Test(redis_fold, what_counts_least_makes_room) {
    void *small = open_with("8", "1000000", "100"); /* 2 in each of 4 partitions */
    int32_t at = CREATE("ada", "1", ",'priority':9")->position.partition;
    CREATE("ada", "2", "");
    CREATE("ada", "3", "");
    CREATE("ada", "4", ",'priority':1");
    cr_assert_eq(mneme_fold_case_apply(&hot.fold, 0), MNEME_APPLIED);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, small, 0, 4), MNEME_APPLIED, "%s", hot.fold.error.message);
    cr_assert_str_eq(ASK("ZRANGE %%1:{%d}:hot 0 -1", at),
                     "memory:default/ada/" ID("3") ";memory:default/ada/" ID("1"));
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("2"), at), "0");
    cr_assert_str_eq(ASK("ZCARD %%1:{%d}:user-agent:default/ada/x", at), "2");
    cr_assert_str_eq(ASK("HGET %%1:{%d}:progress evicted", at), "2");
    mneme_cache_projection.close(small);
}

static void apply_all(void *projection) {
    cr_assert_eq(mneme_fold_case_apply(&hot.fold, 0), MNEME_APPLIED);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, projection, 0, hot.fold.count), MNEME_APPLIED, "%s",
                 hot.fold.error.message);
}

#define CREATE_OF(user, n, more)                                                                             \
    ADD("{'type':'memory_created','stream_id':'s','user_id':'" user                                          \
        "','agent_id':'x','payload':{'memory_id':'" ID(n) "','memory_type':'fact','content':'tea'" more      \
                                                          "}}")

/* The user's own least goes, whatever others have; the lists say that they are not whole. */
Test(redis_fold, one_user_has_a_share) {
    void *small = open_with("16", "1000000", "50"); /* 2 of the 4 of a partition */
    int32_t at = CREATE_OF("bob", "1", ",'priority':1")->position.partition;
    CREATE_OF("ada", "2", ",'priority':9");
    CREATE_OF("ada", "3", "");
    CREATE_OF("ada", "4", "");
    CREATE_OF("ada", "5", "");
    apply_all(small);
    cr_assert_str_eq(ASK("ZRANGE %%1:{%d}:hot 0 -1", at),
                     "memory:default/s/" ID("1") ";memory:default/s/" ID("5") ";memory:default/s/" ID("2"));
    cr_assert_str_eq(ASK("HGET %%1:{%d}:progress evicted", at), "2");
    cr_assert(strstr(ASK("HGET %%1:{%d}:usage default/ada", at), " 2") != NULL);
    cr_assert(strstr(ASK("HGET %%1:{%d}:usage default/bob", at), " 1") != NULL);
    cr_assert_str_neq(ASK("ZSCORE %%1:{%d}:gaps agent:default/x", at), "-");
    cr_assert_str_neq(ASK("ZSCORE %%1:{%d}:gaps user-agent:default/ada/x", at), "-");
    cr_assert_str_eq(ASK("ZSCORE %%1:{%d}:gaps user-agent:default/bob/x", at), "-");
    mneme_cache_projection.close(small);
}

#define IN_CHAT(user, chat, type, more)                                                                      \
    ADD("{'type':'" type "','stream_id':'s','user_id':'" user "','payload':{'conversation_id':'" chat        \
        "'," more "}}")

/* Bytes are those of all kinds; what is lowest of all goes when nobody has more than a share. */
Test(redis_fold, bytes_of_all_kinds_are_counted) {
    char text[3001];
    void *small = open_with("10000", "65536", "100");
    int32_t at = CREATE_OF("ada", "1", ",'priority':1")->position.partition;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 6; i++) {
        ADD("{'type':'context_appended','stream_id':'s','user_id':'u%d','payload':{'conversation_id':'c%d',"
            "'event':'%s'}}",
            i, i, text);
    }
    CREATE_OF("bob", "2", ",'priority':6");
    apply_all(small);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/s/" ID("1"), at), "0", "the lowest has stayed");
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:working:default/s/c0", at), "0");
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:working:default/s/c0:events", at), "0");
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:working:default/s/c5", at), "1");
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/s/" ID("2"), at), "1");
    cr_assert_leq(strtol(ASK("HGET %%1:{%d}:progress bytes", at), NULL, 10), 65536 / 4);
    mneme_cache_projection.close(small);
}

/* Larger than what one owner may have: it is not kept, and what was there before goes. */
Test(redis_fold, what_is_larger_than_a_share_is_not_kept) {
    char text[3801];
    void *small = open_with("10000", "65536", "25");
    int32_t at = IN_CHAT("ada", "c", "context_appended", "'event':'small'")->position.partition;
    ADD("{'type':'conversation_created','stream_id':'s','user_id':'ada','payload':{'conversation_id':'c'}}");
    apply_all(small);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:working:default/s/c", at), "1");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    long evicted = strtol(ASK("HGET %%1:{%d}:progress evicted", at), NULL, 10);
    size_t before = hot.fold.count;
    ADD("{'type':'context_appended','stream_id':'s','user_id':'ada','payload':{'conversation_id':'c','event':"
        "'%s'}}",
        text);
    ADD("{'type':'context_appended','stream_id':'s','user_id':'ada','payload':{'conversation_id':'c','event':"
        "'%s'}}",
        text);
    ADD("{'type':'conversation_updated','stream_id':'s','user_id':'ada','payload':{'conversation_id':'c',"
        "'metadata':{'a':'%s'}}}",
        text);
    cr_assert_eq(mneme_fold_case_apply(&hot.fold, 0), MNEME_APPLIED);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, small, before, 3), MNEME_APPLIED, "%s",
                 hot.fold.error.message);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:working:default/s/c", at), "0");
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:conversation:default/s/c:context", at), "0");
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:recent-conversations:default/ada", at), "0");
    cr_assert_str_neq(ASK("ZSCORE %%1:{%d}:gaps recent-conversations:default/ada", at), "-");
    cr_assert_eq(strtol(ASK("HGET %%1:{%d}:progress evicted", at), NULL, 10), evicted + 3);
    cr_assert_str_eq(ASK("HGET %%1:{%d}:progress bytes", at), "0");
    mneme_cache_projection.close(small);
}

/* Accesses are told in another stream, which lies in another partition. */
Test(redis_fold, accesses_are_counted) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    mneme_redis_case_apply(&hot, 0);
    ADD("{'type':'memory_accessed','user_id':'ada','stream_id':'ada#access','payload':{'memory_ids':['" ID(
        "1") "','" ID("2") "'],'counts':[3,1],'last_accessed_at':'2026-01-02T00:00:00Z'}}");
    mneme_redis_case_apply(&hot, 0);
    mneme_redis_case_apply(&hot, 0);
    const char *value = ASK("GET %%1:{%d}:memory:default/ada/" ID("1"), at);
    cr_assert_eq(strncmp(value + 19, " 3 1767312000000000 default/ada/x\n{", 35), 0, "%s", value);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("2"), at), "0");
}

/* The ledger is told of it later, and then says the very same. */
Test(redis_fold, a_creation_that_is_certain_does_not_wait_for_the_ledger) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    mneme_redis_case_apply(&hot, 0);
    CREATE("ada", "2",
           ",'term':'short_term','metadata':{'b': 1.50, 'a':[true,null]},'tags':['x','y'],'confidence':0.25");
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 1, 1), MNEME_APPLIED, "%s",
                 hot.fold.error.message);
    char *early = strdup(ASK("GET %%1:{%d}:memory:default/ada/" ID("2"), at));
    cr_assert_not_null(strstr(early, "\"metadata\":{\"a\": [true, null], \"b\": 1.50}"), "%s", early);
    mneme_redis_case_flush(&hot);
    cr_assert_eq(mneme_redis_case_assign(&hot, hot.projection), MNEME_APPLIED);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 0, 2), MNEME_RETRY,
                 "nothing is known now");
    hot.folded = 0;
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(early, ASK("GET %%1:{%d}:memory:default/ada/" ID("2"), at));
    free(early);
}

/* Partitions are folded each in its own time. */
Test(redis_fold, an_access_may_come_before_the_creation) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    int32_t other =
        ADD("{'type':'memory_accessed','user_id':'ada','stream_id':'ada#access','payload':{"
            "'memory_ids':['" ID("1") "'],'counts':[3],'last_accessed_at':'2026-01-02T00:00:00Z'}}")
            ->position.partition;
    cr_assert_neq(at, other);
    cr_assert_eq(mneme_fold_case_apply(&hot.fold, 0), MNEME_APPLIED);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 1, 1), MNEME_APPLIED);
    cr_assert_str_eq(ASK("ZCARD %%1:{%d}:hot", at), "0");
    cr_assert(strtol(ASK("PTTL %%1:{%d}:memory:default/ada/" ID("1"), at), NULL, 10) > 0);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 0, 1), MNEME_APPLIED);
    const char *value = ASK("GET %%1:{%d}:memory:default/ada/" ID("1"), at);
    cr_assert_eq(strncmp(value + 19, " 3 1767312000000000 default/ada/x\n{", 35), 0, "%s", value);
}

Test(redis_fold, conversations_and_recent_ones_are_kept) {
    int32_t at = ADD("{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c1',"
                     "'title':'tea'}}")
                     ->position.partition;
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c2','role':'user',"
        "'content':'hi'}}");
    ADD("{'type':'agent_decision','user_id':'ada','agent_id':'x','payload':{'decision_id':'" ID(
        "1") "','decision':'wait'}}");
    mneme_redis_case_apply(&hot, 0);
    const char *value = ASK("GET %%1:{%d}:conversation:default/ada/c1:context", at);
    cr_assert(strstr(value, "0000000000000000003\n{\"conversation_id\":\"c1\",") == value, "%s", value);
    value = ASK("GET %%1:{%d}:recent-conversations:default/ada", at);
    const char *second = strstr(value, "},{\"conversation_id\":\"c1\"");
    cr_assert(strstr(value, "\n[{\"conversation_id\":\"c2\"") != NULL && second != NULL, "%s", value);
    value = ASK("GET %%1:{%d}:recent-decisions:default/x", at);
    cr_assert(strstr(value, "\n[{\"decision_id\":\"" ID("1") "\"") != NULL, "%s", value);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("1"), at), "1");
    long left = strtol(ASK("TTL %%1:{%d}:conversation:default/ada/c1:context", at), NULL, 10);
    cr_assert(left > 1200 && left <= 1800, "%ld", left);
    left = strtol(ASK("TTL %%1:{%d}:recent-conversations:default/ada", at), NULL, 10);
    cr_assert(left > 3000 && left <= 3600, "%ld", left);
    left = strtol(ASK("TTL %%1:{%d}:recent-decisions:default/x", at), NULL, 10);
    cr_assert(left > 1200 && left <= 1800, "%ld", left);
    ADD("{'type':'conversation_deleted','user_id':'ada','payload':{'conversation_id':'c1'}}");
    ADD("{'type':'conversation_deleted','user_id':'ada','payload':{'conversation_id':'c2'}}");
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:conversation:default/ada/c1:context", at), "0");
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:recent-conversations:default/ada", at), "0");
}

#define IN_C1(type, more)                                                                                    \
    ADD("{'type':'" type "','user_id':'ada','payload':{'conversation_id':'c1'," more "}}")

Test(redis_fold, working_memory_is_kept_whole) {
    int32_t at = IN_C1("conversation_turn", "'role':'user','content':'hi'")->position.partition;
    IN_C1("working_thought", "'thought':'who?'");
    IN_C1("working_goal_set", "'goal':'greet'");
    IN_C1("context_set", "'key':'mood','value':{'is':'good'}");
    IN_C1("context_set", "'key':'gone','value':1,'ttl_s':1")->event.occurred_at -= 2 * SECOND;
    IN_C1("context_appended", "'event':[1]");
    mneme_redis_case_apply(&hot, 2);
#define GROUP "%%1:{%d}:working:default/ada/c1"
    cr_assert_str_eq(ASK("HMGET " GROUP " next_offset goal", at), "0000000000000000006;greet");
    cr_assert_eq(strlen(ASK("HGET " GROUP " goal_id", at)), 36, "that of the event");
    cr_assert_str_neq(ASK("HGET " GROUP " goal_set_at", at), "");
    cr_assert_str_eq(ASK("LLEN " GROUP ":turns", at), "1");
    cr_assert(strstr(ASK("LRANGE " GROUP ":turns 0 -1", at), "{\"turn_index\":0,\"role\":\"user\"") != NULL);
    cr_assert(strstr(ASK("LRANGE " GROUP ":thoughts 0 -1", at), "{\"thought\":\"who?\"") != NULL);
    cr_assert_str_eq(ASK("HKEYS " GROUP ":context", at), "mood");
    cr_assert(strstr(ASK("LRANGE " GROUP ":events 0 -1", at), "{\"entry_index\":1,\"event\":[1]") != NULL);
    long left = strtol(ASK("TTL " GROUP ":context", at), NULL, 10);
    cr_assert(left > 3000 && left <= 3600, "%ld", left);
    IN_C1("working_cleared", "'reason':'over'");
    IN_C1("conversation_turn", "'role':'user','content':'again'");
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("EXISTS " GROUP ":thoughts " GROUP ":context " GROUP ":events", at, at, at), "0");
    cr_assert_str_eq(ASK("HMGET " GROUP " next_offset goal goal_id goal_set_at", at),
                     "0000000000000000008;-;-;-");
    cr_assert(strstr(ASK("LRANGE " GROUP ":turns 0 -1", at), "{\"turn_index\":1") == hot.fold.text.data);
}

Test(redis_fold, a_corrected_turn_is_corrected_in_working_memory) {
    int32_t at =
        IN_C1("conversation_turn", "'user_message':'hi','agent_response':'hello'")->position.partition;
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("LLEN " GROUP ":turns", at), "2");
    IN_C1("conversation_turn", "'turn_index':0,'role':'user','content':'hey'");
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("LLEN " GROUP ":turns", at), "2");
    cr_assert(strstr(ASK("LINDEX " GROUP ":turns 0", at), "\"content\":\"hey\"") != NULL, "%s",
              hot.fold.text.data);
    cr_assert(strstr(ASK("LINDEX " GROUP ":turns 1", at), "\"content\":\"hello\"") != NULL, "%s",
              hot.fold.text.data);
    IN_C1("working_cleared", "'reason':'over'");
    IN_C1("conversation_turn", "'turn_index':1,'role':'assistant','content':'good day'");
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("LLEN " GROUP ":turns", at), "0");
}

Test(redis_fold, a_memory_that_is_restored_is_kept_again) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" ID("1") "'}}");
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("1"), at), "0");
    ADD("{'type':'memory_restored','user_id':'ada','payload':{'memory_id':'" ID("1") "'}}");
    mneme_redis_case_apply(&hot, 0);
    check_memory(at, "default/ada/" ID("1"), "tea");
}

Test(redis_fold, a_parked_event_has_no_effect_and_holds_up_nothing) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" ID("1") "'}}")->park_reason = "x";
    mneme_redis_case_apply(&hot, 0);
    check_memory(at, "default/ada/" ID("1"), "tea");
    cr_assert_str_eq(ASK("HGET %%1:{%d}:progress next_offset", at), "2");
}

Test(redis_fold, a_key_of_another_program_is_named) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    cr_assert_eq(mneme_fold_case_apply(&hot.fold, 0), MNEME_APPLIED);
    ASK("HSET %%1:{%d}:memory:default/ada/" ID("1") " a b", at);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 0, 1), MNEME_FATAL);
    cr_assert(strstr(hot.fold.error.message, "memory:default/ada/" ID("1")) != NULL, "%s",
              hot.fold.error.message);
    cr_assert_str_eq(ASK("HGET %%1:{%d}:progress next_offset", at), "0");
}

/* A rebuild or a verification needs a moment; the batch comes again. */
Test(redis_fold, a_partition_that_is_held_up_waits) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    cr_assert_eq(mneme_fold_case_apply(&hot.fold, 0), MNEME_APPLIED);
    ASK("HSET %%1:{%d}:progress frozen_until 99999999999999", at);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 0, 1), MNEME_RETRY);
    cr_assert(strstr(hot.fold.error.message, "pauses it for a moment") != NULL, "%s", hot.fold.error.message);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("1"), at), "0");
    ASK("HSET %%1:{%d}:progress frozen_until 1", at);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 0, 1), MNEME_APPLIED);
    check_memory(at, "default/ada/" ID("1"), "tea");
}

/* A rebuild has switched to what it filled. */
Test(redis_fold, a_worker_follows_the_live_space) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    mneme_redis_case_apply(&hot, 0);
    ASK("SET %%{%d}:space 2", at);
    cr_assert_eq(mneme_cache_projection.idle(hot.projection, &hot.fold.error), MNEME_FENCED);
    cr_assert_eq(mneme_redis_case_apply_some(&hot, hot.projection, 0, 1), MNEME_FENCED);
    cr_assert_eq(mneme_redis_case_assign(&hot, hot.projection), MNEME_APPLIED);
    cr_assert_eq(hot.next_offsets[at], 0);
    hot.folded = 0;
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("EXISTS %%2:{%d}:memory:default/ada/" ID("1"), at), "1");
    cr_assert_str_eq(ASK("GET %%{%d}:live", at), "2/4");
}

Test(redis_fold, another_number_of_partitions_is_refused) {
    ASK("HSET %%1:{2}:progress topic_partitions 8");
    cr_assert_eq(mneme_redis_case_assign(&hot, hot.projection), MNEME_FATAL);
    cr_assert(strstr(hot.fold.error.message, "it has 4 partitions and had 8") != NULL, "%s",
              hot.fold.error.message);
}

/* Gives Redis what a reader found in Postgres when the ledger was at that offset. */
static enum mneme_hot_verdict fill(int32_t partition, const struct mneme_hot_memory *memory,
                                   int64_t ledger_offset) {
    struct mneme_hot_space space = {mneme_str_from(hot.fold.fixture.redis_prefix), MNEME_HOT_FIRST_SPACE};
    struct mneme_hot_call call = {0};
    int64_t at = mneme_clock_now_micros();
    mneme_hot_call_begin(&call, &space, partition);
    mneme_hot_guard_fill(&call, ledger_offset);
    mneme_hot_change_memory(&call, memory, at / 1000 + 60000, at);
    struct mneme_redis_command command = mneme_hot_call_command(&call);
    redisReply *reply = NULL;
    cr_assert_eq(mneme_redis_run(&reply, hot.redis, &command, &hot.fold.error), MNEME_OK, "%s",
                 hot.fold.error.message);
    enum mneme_hot_verdict verdict = mneme_hot_verdict_of(reply);
    freeReplyObject(reply);
    mneme_hot_call_clean_up(&call);
    return verdict;
}

/* A reader was slow: what was changed or deleted since it looked does not come back. */
Test(redis_fold, what_was_read_earlier_never_takes_the_place_of_what_is_newer) {
    int32_t at = CREATE("ada", "1", "")->position.partition;
    CREATE("ada", "2", "");
    mneme_redis_case_apply(&hot, 0);
    struct mneme_hot_memory read[2];
    for (size_t i = 0; i < 2; i++) {
        const char *value = ASK("GET %%1:{%d}:memory:default/ada/" ID("%d"), at, (int)i + 1);
        struct mneme_str copy = mneme_arena_copy(&hot.fold.arena, mneme_str_from(value));
        cr_assert(mneme_hot_memory_read(&read[i], copy, &hot.fold.arena));
    }
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" ID("1") "','content':'milk'}}");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" ID("2") "'}}");
    mneme_redis_case_apply(&hot, 0);
    cr_assert_eq(fill(at, &read[1], 2), MNEME_HOT_NEWER);
    cr_assert_str_eq(ASK("EXISTS %%1:{%d}:memory:default/ada/" ID("2"), at), "0");
    cr_assert_eq(fill(at, &read[0], 4), MNEME_HOT_DONE); /* as if it had been read late: its version tells */
    check_memory(at, "default/ada/" ID("1"), "milk");
    mneme_redis_case_flush(&hot);
    cr_assert_eq(fill(at, &read[0], 4), MNEME_HOT_LOST);
}

Test(redis_fold, a_batch_in_parts_moves_the_progress_in_order) {
    int32_t at = 0;
    for (int i = 0; i < 1205; i++) {
        at = ADD("{'type':'memory_created','stream_id':'ada','user_id':'user %d','payload':{'memory_id':"
                 "'0194f000-0000-7000-8000-00000001%04d','memory_type':'fact','content':'t%d'}}",
                 i % 10, i, i)
                 ->position.partition;
    }
    mneme_redis_case_apply(&hot, 0);
    cr_assert_str_eq(ASK("HGET %%1:{%d}:progress next_offset", at), "1205");
    cr_assert_str_eq(ASK("ZCARD %%1:{%d}:hot", at), "1205");
    check_memory(at, "default/ada/0194f000-0000-7000-8000-000000011204", "t1204");
}
