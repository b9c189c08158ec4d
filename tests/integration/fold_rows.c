/*
 * What becomes of rows: merged within a batch or changed across batches, the tables end the same;
 * conversations and their turns; patches; the ledger's columns.
 */
#include <criterion/criterion.h>

#include "tests/support/fold_case.h"

#define A "0194f000-0000-7000-8000-00000000000a"
#define B "0194f000-0000-7000-8000-00000000000b"

static struct mneme_fold_case fold;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_fold_case_tear_down(&fold);
}

TestSuite(fold_rows, .init = set_up, .fini = tear_down);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define OLD(item) mneme_fold_case_write_old(&fold, item)
#define TEXT(...) mneme_fold_case_text(&fold, __VA_ARGS__)
#define APPLY(size) cr_assert_eq(mneme_fold_case_apply(&fold, size), MNEME_APPLIED, "%s", fold.error.message)

Test(fold_rows, a_memory_takes_its_columns_from_event_and_scope) {
    ADD("{'type':'memory_created','tenant':'acme','user_id':'ada','agent_id':'bot','run_id':'r1','"
        "conversation_id':'c1',"
        "'occurred_at':'2026-02-03T04:05:06.789012Z','event_id':'" B "','payload':{'memory_id':'" A
        "','memory_type':'rule',"
        "'term':'long_term','content':{'text':'tea','n':1.50},'metadata':{'k':[1]},'tags':['x','y "
        "z'],'entities':['Ada'],"
        "'confidence':0.25,'importance':0.75,'priority':7,'tier':'hot'}}");
    APPLY(0);
    cr_assert_str_eq(
        TEXT("SELECT * FROM memories"),
        A "|acme|ada|bot|ada|r1|c1|rule|long_term|{\"n\": 1.50, \"text\": \"tea\"}|{\"k\": [1]}|{x,\"y z\"}|"
          "{Ada}|0.25|0.75|7|2026-02-03 04:05:06.789012+00|2026-02-03 04:05:06.789012+00|-|f|f|hot|1|" B
          "|3|2026-01-01 00:00:00+00");
}

Test(fold_rows, absent_fields_take_their_defaults) {
    ADD("{'type':'memory_created','user_id':'ada','occurred_at':'2026-02-03T00:00:00Z',"
        "'payload':{'memory_type':'fact','term':'short_term','content':'tea'}}");
    ADD("{'type':'memory_created','user_id':'ada','occurred_at':'2026-02-03T00:00:00Z',"
        "'payload':{'memory_type':'fact','term':'short_term','content':'tea','expires_at':'2030-01-01T00:00:"
        "00Z'}}");
    APPLY(0);
    cr_assert_str_eq(
        TEXT("SELECT metadata, tags, entities, confidence, importance, priority, tier, expires_at, agent_id "
             "FROM memories ORDER BY expires_at"),
        "{}|{}|{}|1|0.5|5|warm|2026-02-10 00:00:00+00|-;{}|{}|{}|1|0.5|5|warm|2030-01-01 00:00:00+00|-");
}

Test(fold_rows, the_ledger_keeps_the_whole_event) {
    struct mneme_batch_item *item = ADD("{'type':'memory_deleted','tenant':'acme','user_id':'ada','agent_id':"
                                        "'bot','stream_id':'s/1','run_id':'r',"
                                        "'conversation_id':'c','actor':'admin','correlation_id':'co','"
                                        "causation_id':'ca','expected_version':4,"
                                        "'metadata':{'correlation_id':'mine','z':'1'},'event_id':'" B
                                        "','occurred_at':'1969-12-31T23:59:59.999999Z',"
                                        "'payload':{'memory_id':'" A "','reason':'why \\'not\\''}}");
    item->recorded_at = INT64_C(1767225600123000);
    APPLY(0);
    cr_assert_str_eq(
        TEXT("SELECT sequence_id = kafka_offset * 4096 + kafka_partition, event_id, tenant, stream_id, "
             "event_type, "
             "version, verdict, expected_version, actual_version, payload, metadata, agent_id, user_id, "
             "run_id, "
             "conversation_id, actor, occurred_at, recorded_at, kafka_offset FROM events"),
        "t|" B "|acme|s/1|memory_deleted|-|rejected|4|0|{\"reason\": \"why \\\"not\\\"\", \"memory_id\": \"" A
        "\"}|{\"z\": \"1\", \"causation_id\": \"ca\", \"correlation_id\": \"co\"}|bot|ada|r|c|admin|"
        "1969-12-31 23:59:59.999999+00|2026-01-01 00:00:00.123+00|0");
    cr_assert_str_eq(
        TEXT("SELECT tenant, stream_id, version, event_id_high, memory_id_high, updated_at FROM streams"),
        "acme|s/1|0|" B "|-|2026-01-01 00:00:00.123+00");
}

static void check_patch(size_t batch_size) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'tea',"
        "'tags':['a'],'metadata':{'k':1},'priority':3,'confidence':0.5}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','tags':[],'priority':0}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','metadata':{},'expires_at':"
        "'2027-01-01T00:00:00Z'}}");
    APPLY(batch_size);
    cr_assert_str_eq(TEXT("SELECT content, tags, metadata, priority, confidence, expires_at, version, "
                          "source_event_id = (SELECT event_id FROM events WHERE version = 3), "
                          "updated_at = (SELECT occurred_at FROM events WHERE version = 3), "
                          "created_at = (SELECT occurred_at FROM events WHERE version = 1) FROM memories"),
                     "{\"text\": \"tea\"}|{}|{}|0|0.5|2027-01-01 00:00:00+00|3|t|t|t");
}

Test(fold_rows, a_patch_leaves_what_it_does_not_name_within_a_batch) {
    check_patch(0);
}

Test(fold_rows, a_patch_leaves_what_it_does_not_name_across_batches) {
    check_patch(1);
}

static void check_arithmetic(size_t batch_size) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'tea',"
        "'term':'short_term','importance':0.7,'priority':5}}");
    ADD("{'type':'memory_promoted','user_id':'ada','payload':{'memory_id':'" A "'}}");
    ADD("{'type':'memory_prioritized','user_id':'ada','payload':{'memory_id':'" A "','boost_factor':1.5}}");
    APPLY(batch_size);
    cr_assert_str_eq(TEXT("SELECT term, expires_at, round(importance::numeric, 9), priority FROM memories"),
                     "long_term|-|0.800000000|7.5");
    for (int i = 0; i < 3; i++) {
        ADD("{'type':'memory_promoted','user_id':'ada','payload':{'memory_id':'" A "'}}");
        ADD("{'type':'memory_prioritized','user_id':'ada','payload':{'memory_id':'" A
            "','boost_factor':1.5}}");
    }
    ADD("{'type':'memory_archived','user_id':'ada','payload':{'memory_id':'" A "'}}");
    APPLY(batch_size);
    cr_assert_str_eq(TEXT("SELECT importance, priority, is_archived, version FROM memories"), "1|10|t|10");
}

Test(fold_rows, promotion_and_priority_reckon_with_what_is_there_within_a_batch) {
    check_arithmetic(0);
}

Test(fold_rows, promotion_and_priority_reckon_with_what_is_there_across_batches) {
    check_arithmetic(1);
}

static void check_mixed_arithmetic(size_t batch_size) {
#define BOOST(factor)                                                                                        \
    ADD("{'type':'memory_prioritized','user_id':'ada','payload':{'memory_id':'" A "','boost_factor':" factor \
        "}}")
    OLD(ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
            "','memory_type':'fact','content':'tea','priority':3}}"));
    OLD(BOOST("1.5"));
    BOOST("1.1");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','priority':7.25}}");
    OLD(BOOST("1"));
    APPLY(batch_size);
    cr_assert_str_eq(TEXT("SELECT priority FROM (SELECT version, priority FROM memories UNION ALL "
                          "SELECT version, priority FROM memories_history) AS versions ORDER BY version"),
                     "3;5;5.5;7.25;7");
}

Test(fold_rows, a_priority_of_the_first_version_stays_whole_within_a_batch) {
    check_mixed_arithmetic(0);
}

Test(fold_rows, a_priority_of_the_first_version_stays_whole_across_batches) {
    check_mixed_arithmetic(1);
}

static void check_ways_back(size_t batch_size) {
#define ON_A(type, more) ADD("{'type':'" type "','user_id':'ada','payload':{'memory_id':'" A "'" more "}}")
    ADD("{'type':'memory_created','user_id':'ada','occurred_at':'2026-02-01T00:00:00Z','payload':{'memory_id'"
        ":'" A "','memory_type':'fact','content':'tea','tags':['a'],'term':'short_term'}}");
    ON_A("memory_restored", "");
    ON_A("memory_archived", "");
    ON_A("memory_deleted", "");
    ON_A("memory_unarchived", "");
    ON_A("memory_restored", ",'expected_memory_version':2");
    ON_A("memory_restored", ",'expected_memory_version':3");
    ADD("{'type':'memory_restored','user_id':'ada','payload':{'memory_id':'" B "'}}");
    ON_A("memory_unarchived", "");
    APPLY(batch_size);
    cr_assert_str_eq(
        TEXT("SELECT verdict, actual_version FROM events ORDER BY sequence_id"),
        "accepted|-;exists|1;accepted|-;accepted|-;not_found|3;rejected|3;accepted|-;not_found|0;"
        "accepted|-");
    cr_assert_str_eq(TEXT("SELECT version, is_deleted, is_archived, content, tags, expires_at FROM memories"),
                     "5|f|f|{\"text\": \"tea\"}|{a}|2026-02-08 00:00:00+00");
    ON_A("memory_updated", ",'clear_expires_at':true,'clear_term':true,'memory_type':'rule'");
    APPLY(batch_size);
    cr_assert_str_eq(TEXT("SELECT memory_type, term, expires_at FROM memories"), "rule|-|-");
    ADD("{'type':'memory_updated','user_id':'ada','occurred_at':'2026-03-01T00:00:00Z','payload':{'memory_id'"
        ":'" A "','term':'short_term'}}");
    APPLY(batch_size);
    cr_assert_str_eq(TEXT("SELECT memory_type, term, expires_at FROM memories"),
                     "rule|short_term|2026-03-08 00:00:00+00");
    ON_A("memory_updated", ",'term':'long_term','clear_expires_at':false");
    ON_A("memory_updated", ",'term':'short_term','clear_expires_at':true");
    APPLY(batch_size);
    cr_assert_str_eq(
        TEXT("SELECT term, expires_at, version FROM (SELECT * FROM memories UNION ALL SELECT h.id, h.tenant, "
             "h.stream_id, h.agent_id, h.user_id, h.run_id, h.conversation_id, h.memory_type, h.term, "
             "h.content, h.metadata, h.tags, h.entities, h.confidence, h.importance, h.priority, "
             "h.created_at, h.updated_at, h.expires_at, h.is_deleted, h.is_archived, h.tier, h.version, "
             "h.source_event_id, h.source_sequence, h.valid_from FROM memories_history h) AS versions "
             "WHERE version > 7 ORDER BY version"),
        "long_term|2026-03-08 00:00:00+00|8;short_term|-|9");
}

Test(fold_rows, what_was_put_away_comes_back_within_a_batch) {
    check_ways_back(0);
}

Test(fold_rows, what_was_put_away_comes_back_across_batches) {
    check_ways_back(1);
}

/* By the first version of the schema: an index that is taken stands in its way. */
static void add_turn(const char *conversation, const char *index, int number) {
    OLD(ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'%s','turn_index':%s,"
            "'role':'user','content':'turn %d'}}",
            conversation, index, number));
}

#define TURNS                                                                                                \
    TEXT("SELECT conversation_id, turn_index, content FROM conversation_turns ORDER BY conversation_id, "    \
         "turn_index")

static void check_turns(size_t batch_size) {
    add_turn("c", "null", 1);
    add_turn("c", "null", 2);
    add_turn("c", "1", 3);
    add_turn("c", "7", 4);
    add_turn("c", "null", 5);
    add_turn("c", "3", 6);
    add_turn("c", "3", 7);
    APPLY(batch_size);
    cr_assert_str_eq(TURNS, "c|0|turn 1;c|1|turn 2;c|3|turn 6;c|7|turn 4;c|8|turn 5");
    cr_assert_str_eq(TEXT("SELECT verdict, actual_version FROM events ORDER BY sequence_id"),
                     "accepted|-;accepted|-;exists|1;accepted|-;accepted|-;accepted|-;exists|1");
    cr_assert_str_eq(
        TEXT("SELECT turn_count, version, is_active, user_id, "
             "last_activity_at = (SELECT occurred_at FROM events WHERE version = 5) FROM conversations"),
        "9|1|t|ada|t");
    cr_assert_str_eq(TEXT("SELECT encode(content_hash, 'hex') = encode(sha256(content::bytea), 'hex') FROM "
                          "conversation_turns LIMIT 1"),
                     "t");
}

Test(fold_rows, turns_are_numbered_and_taken_once_within_a_batch) {
    check_turns(0);
}

Test(fold_rows, turns_are_numbered_and_taken_once_across_batches) {
    check_turns(1);
}

static void check_conversation(size_t batch_size) {
    ADD("{'type':'conversation_updated','user_id':'ada','payload':{'conversation_id':'c','title':'none'}}");
    ADD("{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c','title':'first'}}");
    ADD("{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c','title':'again'}}");
    add_turn("c", "null", 1);
    ADD("{'type':'conversation_updated','user_id':'ada','payload':{'conversation_id':'c','metadata':{'a':1}}"
        "}");
    ADD("{'type':'conversation_closed','user_id':'ada','payload':{'conversation_id':'c'}}");
    APPLY(batch_size);
    cr_assert_str_eq(
        TEXT("SELECT title, metadata, is_active, is_deleted, turn_count, version FROM conversations"),
        "first|{\"a\": 1}|f|f|1|3");
    cr_assert_str_eq(TEXT("SELECT verdict FROM events ORDER BY sequence_id"),
                     "not_found;accepted;exists;accepted;accepted;accepted");
}

Test(fold_rows, a_conversation_is_created_patched_and_closed_within_a_batch) {
    check_conversation(0);
}

Test(fold_rows, a_conversation_is_created_patched_and_closed_across_batches) {
    check_conversation(1);
}

static void check_deleted_conversation(size_t batch_size) {
    add_turn("c", "null", 1);
    add_turn("c", "null", 2);
    ADD("{'type':'conversation_deleted','user_id':'ada','payload':{'conversation_id':'c'}}");
    add_turn("c", "null", 3);
    ADD("{'type':'conversation_closed','user_id':'ada','payload':{'conversation_id':'c'}}");
    ADD("{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c'}}");
    add_turn("c", "1", 4);
    add_turn("c", "null", 5);
    add_turn("c", "1", 6);
    APPLY(batch_size);
    cr_assert_str_eq(TURNS, "c|1|turn 4;c|2|turn 5");
    cr_assert_str_eq(TEXT("SELECT verdict FROM events ORDER BY sequence_id"),
                     "accepted;accepted;accepted;not_found;not_found;accepted;accepted;accepted;exists");
    cr_assert_str_eq(TEXT("SELECT turn_count, version, is_deleted FROM conversations"), "3|3|f");
}

Test(fold_rows, a_deleted_conversation_begins_anew_without_turns_within_a_batch) {
    check_deleted_conversation(0);
}

Test(fold_rows, a_deleted_conversation_begins_anew_without_turns_across_batches) {
    check_deleted_conversation(1);
}

Test(fold_rows, an_older_turn_does_not_set_the_last_activity_back) {
    for (int i = 0; i < 3; i++) {
        ADD("{'type':'conversation_turn','user_id':'ada','occurred_at':'2026-0%d-01T00:00:00Z','payload':{'"
            "conversation_id':"
            "'c','role':'user','content':'x'}}",
            i == 1 ? 9 : i + 1);
    }
    APPLY(1);
    cr_assert_str_eq(TEXT("SELECT last_activity_at FROM conversations"), "2026-09-01 00:00:00+00");
}

/* A log in which every kind of event and verdict comes up, by simple arithmetic on a counter. */
static void add_mixture(int events) {
    uint32_t chance = 12345;
    for (int i = 0; i < events; i++) {
        chance = chance * 1664525 + 1013904223;
        int user = (int)(chance >> 16) % 7;
        int memory = (int)(chance >> 8) % 40;
        int kind = (int)(chance >> 20) % 16;
        char id[40];
        snprintf(id, sizeof id, "0194f000-0000-%d000-8000-%012d", memory % 3 == 0 ? 4 : 7, memory);
        const char *expected = kind == 3 ? ",'expected_version':5" : "";
        if (kind < 5) {
            ADD("{'type':'memory_created','user_id':'u%d'%s,'payload':{'memory_id':'%s','memory_type':'fact',"
                "'content':'m %d',"
                "'tags':['t%d']}}",
                user, expected, id, i, i % 3);
        } else if (kind < 8) {
            ADD("{'type':'memory_updated','user_id':'u%d','payload':{'memory_id':'%s','importance':0.%d%s}}",
                user, id, i % 10, kind == 7 ? ",'content':'patched','expected_memory_version':2" : "");
        } else if (kind < 10) {
            ADD("{'type':'memory_deleted','user_id':'u%d','payload':{'memory_id':'%s'}}", user, id);
        } else if (kind == 10) {
            ADD("{'type':'memory_promoted','user_id':'u%d','idempotency_key':'p%d','payload':{'memory_id':'%"
                "s'}}",
                user, memory % 5, id);
        } else if (kind == 11) {
            ADD("{'type':'conversation_%s','user_id':'u%d','payload':{'conversation_id':'c%d'}}",
                memory % 3 == 0   ? "deleted"
                : memory % 3 == 1 ? "created"
                                  : "closed",
                user, memory % 4);
        } else {
            ADD("{'type':'conversation_turn','user_id':'u%d','payload':{'conversation_id':'c%d','turn_index':"
                "%s,'role':'tool',"
                "'content':'t %d'}}",
                user, memory % 4, kind == 15 ? "3" : "null", i);
        }
        if (kind == 14 && i > 50) {
            fold.log[i].event.event_id =
                fold.log[i - memory].event.event_id; /* often another stream's: then no duplicate */
        }
    }
}

Test(fold_rows, a_log_folds_into_the_same_rows_however_it_is_cut) {
    static const size_t sizes[] = {1, 7, 250, 1000, 0};
    char first[64] = "";
    add_mixture(3000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        APPLY(sizes[i]);
        if (i == 0) {
            cr_assert_str_eq(TEXT("SELECT count(DISTINCT verdict) FROM events"), "5");
            snprintf(first, sizeof first, "%s", mneme_fold_case_hash(&fold));
        } else {
            cr_assert_str_eq(mneme_fold_case_hash(&fold), first, "in batches of %zu", sizes[i]);
        }
        mneme_fold_case_empty(&fold);
    }
}

Test(fold_rows, more_streams_than_are_remembered_change_nothing) {
    char first[64];
    for (int i = 0; i < 4000; i++) {
        ADD("{'type':'memory_created','user_id':'u%d','payload':{'memory_type':'fact','content':'m'}}",
            i * 7 % 501);
    }
    APPLY(60);
    cr_assert_str_eq(TEXT("SELECT count(*), sum(version) FROM streams"), "501|4000");
    snprintf(first, sizeof first, "%s", mneme_fold_case_hash(&fold));
    int status = mneme_config_set(fold.fixture.config, MNEME_SETTING_STREAM_CACHE, "100", MNEME_FROM_OPTION,
                                  &fold.error);
    cr_assert_eq(status, MNEME_OK);
    mneme_fold_case_empty(&fold);
    APPLY(60);
    cr_assert_str_eq(mneme_fold_case_hash(&fold), first);
}

Test(fold_rows, every_column_that_a_patch_may_change_keeps_its_value_exactly) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'tea'}}");
    APPLY(0);
    ADD("{'type':'memory_updated','user_id':'ada','occurred_at':'2026-02-03T04:05:06.000001Z','payload':{'"
        "memory_id':'" A
        "','content':{'text':'q \\' b \\\\ n \\n u \\u00e9 \xf0\x9f\x98\x80'},'metadata':{'n':0.10,'e':1e-7},"
        "'tags':['','a \\' "
        "b','back\\\\slash','{x,y}','NULL'],'entities':[],'confidence':0.1,'importance':1e-300,"
        "'priority':10,'expires_at':'9999-12-31T23:59:59.999999Z'}}");
    APPLY(0);
    cr_assert_str_eq(
        TEXT("SELECT content->>'text', metadata, tags[1], tags[2], tags[3], tags[4], tags[5], "
             "cardinality(tags), entities, confidence, importance, priority, expires_at, updated_at, version "
             "FROM memories"),
        "q \" b \\ n \n u \xc3\xa9 \xf0\x9f\x98\x80|{\"e\": 0.0000001, \"n\": 0.10}||a \" "
        "b|back\\slash|{x,y}|NULL|"
        "5|{}|0.1|1e-300|10|9999-12-31 23:59:59.999999+00|2026-02-03 04:05:06.000001+00|2");
}

Test(fold_rows, a_batch_of_many_changes_is_written_in_parts) {
    enum { MEMORIES = 60000 };
    for (int i = 0; i < MEMORIES; i++) {
        ADD("{'type':'memory_created','user_id':'u%d','payload':{'memory_id':'0194f000-0000-7000-8000-%012d',"
            "'memory_type':'fact','content':'x'}}",
            i % 100, i);
    }
    APPLY(20000);
    for (int i = 0; i < MEMORIES; i++) {
        ADD("{'type':'memory_updated','user_id':'u%d','payload':{'memory_id':'0194f000-0000-7000-8000-%012d',"
            "'priority':%d}}",
            i % 100, i, i % 11);
    }
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT count(*) FROM memories WHERE version = 2 AND priority = "
                          "right(id::text, 12)::integer %% 11 AND content->>'text' = 'x'"),
                     "60000");
}

Test(fold_rows, a_default_expiry_ends_with_the_year_9999) {
    for (int i = 0; i < 2; i++) {
        ADD("{'type':'memory_created','user_id':'ada','occurred_at':'9999-12-31T23:59:59.999999Z','payload':{"
            "'memory_id':'" A "','memory_type':'fact','term':'short_term','content':'x'}}");
        ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" A "'}}");
        APPLY(0);
        cr_assert_str_eq(TEXT("SELECT expires_at, version FROM memories"),
                         i == 0 ? "9999-12-31 23:59:59.999999+00|2" : "9999-12-31 23:59:59.999999+00|4");
    }
}
