/*
 * Turns that are stored again, and what is said and answered in one event: corrected, left alone, kept in the
 * history, however the log is cut into batches.
 */
#include <criterion/criterion.h>

#include "tests/support/fold_case.h"

static struct mneme_fold_case fold;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_fold_case_tear_down(&fold);
}

TestSuite(fold_turns, .init = set_up, .fini = tear_down);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define OLD(item) mneme_fold_case_write_old(&fold, item)
#define TEXT(...) mneme_fold_case_text(&fold, __VA_ARGS__)
#define APPLY(size) cr_assert_eq(mneme_fold_case_apply(&fold, size), MNEME_APPLIED, "%s", fold.error.message)
#define TURN(members)                                                                                        \
    "{'type':'conversation_turn','user_id':'ada','occurred_at':'2026-02-01T00:00:00Z',"                      \
    "'payload':{'conversation_id':'c'," members "}}"
#define LATER(members)                                                                                       \
    "{'type':'conversation_turn','user_id':'ada','occurred_at':'2026-03-01T00:00:00Z',"                      \
    "'payload':{'conversation_id':'c'," members "}}"
#define BEGIN "{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c'}}"
#define DELETE "{'type':'conversation_deleted','user_id':'ada','payload':{'conversation_id':'c'}}"

#define VERDICTS TEXT("SELECT verdict FROM events ORDER BY sequence_id")
#define TURNS TEXT("SELECT turn_index, role, content FROM conversation_turns ORDER BY turn_index")
#define HISTORY                                                                                              \
    TEXT("SELECT turn_index, content, source_sequence / 4096, superseded_sequence / 4096 "                   \
         "FROM conversation_turns_history ORDER BY source_sequence, turn_index")

/* The same log at once, event by event, and in batches of two and three. */
static void apply_each_way(void (*check)(void)) {
    static const size_t sizes[] = {0, 1, 2, 3};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        mneme_fold_case_empty(&fold);
        APPLY(sizes[i]);
        check();
    }
}

static void check_correction(void) {
    cr_assert_str_eq(VERDICTS, "accepted;accepted;accepted;duplicate;accepted");
    cr_assert_str_eq(
        TEXT("SELECT turn_index, role, speaker, content, token_count, model, metadata, created_at, "
             "corrected_at, "
             "first_sequence / 4096, source_sequence / 4096, "
             "content_hash = sha256(convert_to(content, 'UTF8')) FROM conversation_turns WHERE turn_index = "
             "0"),
        "0|assistant|-|tea, please|-|m|{\"k\": 1}|2026-02-01 00:00:00+00|2026-03-01 00:00:00+00|0|4|t");
    cr_assert_str_eq(HISTORY, "0|tee|0|2;0|tea|2|4");
    cr_assert_str_eq(
        TEXT("SELECT h.valid_to = e.recorded_at, h.first_sequence IS NULL, h.token_count "
             "FROM conversation_turns_history h JOIN events e ON e.sequence_id = h.superseded_sequence "
             "ORDER BY h.source_sequence"),
        "t|t|7;t|f|-");
    cr_assert_str_eq(TEXT("SELECT turn_count, last_activity_at, version FROM conversations"),
                     "2|2026-02-01 00:00:00+00|1");
}

Test(fold_turns, a_turn_that_is_stored_again_is_corrected_and_the_same_is_a_duplicate) {
    ADD(TURN("'turn_index':0,'role':'user','speaker':'Ada','content':'tee','token_count':7"));
    ADD(TURN("'role':'user','content':'black'"));
    ADD(LATER("'turn_index':0,'role':'user','content':'tea'"));
    ADD(LATER("'turn_index':0,'role':'user','content':'tea','model':'another'"));
    ADD(LATER("'turn_index':0,'role':'assistant','content':'tea, please','model':'m','metadata':{'k':1}"));
    apply_each_way(check_correction);
}

static void check_old(void) {
    cr_assert_str_eq(VERDICTS, "accepted;exists;exists;accepted");
    cr_assert_str_eq(TURNS, "0|user|tea");
    cr_assert_str_eq(HISTORY, "0|tee|0|3");
}

Test(fold_turns, an_index_that_is_taken_stands_in_the_way_of_a_turn_of_the_first_version) {
    ADD(TURN("'turn_index':0,'role':'user','content':'tee'"));
    OLD(ADD(TURN("'turn_index':0,'role':'user','content':'tea'")));
    OLD(ADD(TURN("'turn_index':0,'role':'user','content':'tee'")));
    ADD(TURN("'turn_index':0,'role':'user','content':'tea'"));
    apply_each_way(check_old);
}

static void check_late_duplicate(void) {
    cr_assert_str_eq(VERDICTS, "accepted;duplicate;accepted;duplicate;duplicate");
    cr_assert_str_eq(TURNS, "0|user|tea");
}

Test(fold_turns, a_duplicate_is_one_however_late_it_comes_again) {
#define AGAIN                                                                                                \
    ADD("{'type':'conversation_turn','event_id':'0194f000-0000-7000-8000-0000000000e1','user_id':'ada',"     \
        "'payload':{'conversation_id':'c','turn_index':0,'role':'user','content':'tee'}}")
    ADD(TURN("'turn_index':0,'role':'user','content':'tee'"));
    AGAIN;
    ADD(TURN("'turn_index':0,'role':'user','content':'tea'"));
    AGAIN;
    AGAIN;
    apply_each_way(check_late_duplicate);
}

static void check_answers(void) {
    cr_assert_str_eq(VERDICTS, "accepted;accepted;duplicate;accepted;accepted;accepted;accepted");
    cr_assert_str_eq(
        TEXT(
            "SELECT turn_index, role, speaker, content, token_count, model, metadata FROM conversation_turns "
            "ORDER BY turn_index"),
        "0|user|Ada|Hi|2|-|{\"k\": "
        "1};1|assistant|-|Hello!|-|-|{};2|user|-|Tea?|-|-|{};3|assistant|-|Green|-|-|{};"
        "7|user|-|Bye|-|-|{};8|assistant|-|See you|-|-|{};9|user|-|More|-|-|{}");
    cr_assert_str_eq(HISTORY, "1|Hello|0|3");
    cr_assert_str_eq(TEXT("SELECT turn_count FROM conversations"), "10");
    cr_assert_str_eq(TEXT("SELECT payload ->> 'agent_response' FROM events WHERE payload ? 'agent_response' "
                          "ORDER BY sequence_id LIMIT 1"),
                     "Hello");
}

Test(fold_turns, what_is_said_and_answered_are_two_turns_in_this_order) {
    ADD(TURN("'user_message':'Hi','agent_response':'Hello','speaker':'Ada','token_count':2,'model':'m',"
             "'metadata':{'k':1}"));
    ADD(TURN("'user_message':'Tea?','agent_response':'Green'"));
    ADD(TURN("'turn_index':0,'user_message':'Hi','agent_response':'Hello'"));
    ADD(TURN("'turn_index':0,'user_message':'Hi','agent_response':'Hello!'"));
    ADD(TURN("'turn_index':7,'user_message':'Bye'"));
    ADD(TURN(
        "'turn_index':7,'user_message':'Bye','agent_response':'See you'")); /* the half that is missing */
    ADD(TURN("'role':'user','content':'More'"));
    apply_each_way(check_answers);
}

static void check_another_life(void) {
    cr_assert_str_eq(VERDICTS, "accepted;accepted;accepted;accepted;accepted;accepted;accepted;duplicate");
    cr_assert_str_eq(TURNS, "0|user|new");
    cr_assert_str_eq(HISTORY, "0|tee|0|2;1|stays|1|4;0|tea|2|4;0|now|5|6");
    cr_assert_str_eq(TEXT("SELECT first_sequence / 4096 FROM conversation_turns"), "5");
    cr_assert_str_eq(TEXT("SELECT turn_count FROM conversations"), "1");
}

Test(fold_turns, a_correction_ends_with_the_life_of_its_conversation) {
    ADD(TURN("'turn_index':0,'role':'user','content':'tee'"));
    ADD(TURN("'turn_index':1,'role':'user','content':'stays'"));
    ADD(TURN("'turn_index':0,'role':'user','content':'tea'"));
    ADD(DELETE);
    ADD(BEGIN);
    ADD(TURN("'turn_index':0,'role':'user','content':'now'"));
    ADD(TURN("'turn_index':0,'role':'user','content':'new'"));
    ADD(TURN("'turn_index':0,'role':'user','content':'new'"));
    apply_each_way(check_another_life);
    /* The correction is in a batch with the end, and what it corrects in the one before. */
    mneme_fold_case_empty(&fold);
    for (size_t first = 1; first < 3; first++) {
        mneme_fold_case_empty(&fold);
        size_t all = fold.count;
        fold.count = first;
        APPLY(0);
        fold.count = all;
        APPLY(0);
        check_another_life();
    }
}

Test(fold_turns, what_was_cleared_from_working_memory_stays_cleared_when_it_is_corrected) {
    ADD(TURN("'turn_index':0,'role':'user','content':'tee'"));
    ADD("{'type':'working_cleared','user_id':'ada','payload':{'conversation_id':'c'}}");
    ADD(TURN("'turn_index':0,'role':'user','content':'tea'"));
    APPLY(1);
    cr_assert_str_eq(
        TEXT("SELECT count(*) FROM conversation_turns t JOIN working_memory w USING (conversation_id) "
             "WHERE coalesce(t.first_sequence, t.source_sequence) > w.cleared_sequence"),
        "0");
}

Test(fold_turns, turns_are_as_they_were) {
    ADD(TURN("'turn_index':0,'role':'user','content':'tee'"));
    ADD(TURN("'turn_index':0,'role':'user','content':'tea'"));
    APPLY(1);
    cr_assert_str_eq(
        TEXT("SELECT content FROM conversation_turns_as_of((SELECT recorded_at FROM events ORDER BY "
             "sequence_id LIMIT 1))"),
        "tee");
    cr_assert_str_eq(TEXT("SELECT content FROM conversation_turns_as_of(NULL)"), "tea");
    cr_assert_str_eq(TEXT("SELECT last_activity_at FROM conversations_as_of(now() + interval '1 year')"),
                     "2026-02-01 00:00:00+00");
}
