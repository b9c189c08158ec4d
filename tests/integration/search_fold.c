/*
 * The projection `search`: the same documents and the same history whether a batch holds the whole log or one
 * event of it, and none of what the ledger refused.
 */
#include <criterion/criterion.h>

#include "consumers/search/search_projection.h"
#include "tests/support/search_case.h"

#define A "0194f000-0000-7000-8000-00000000000a"
#define B "0194f000-0000-7000-8000-00000000000b"

static struct mneme_search_case search;

static void set_up(void) {
    mneme_search_case_set_up(&search);
}

static void tear_down(void) {
    mneme_search_case_tear_down(&search);
}

TestSuite(search_fold, .init = set_up, .fini = tear_down);

#define ADD(...) mneme_fold_case_add(&search.fold, __VA_ARGS__)
#define TEXT(...) mneme_fold_case_text(&search.fold, __VA_ARGS__)

/* The ledger passes the whole log; then search folds it event by event, in pairs, and at once. */
static void apply_each_way(void (*check)(void)) {
    static const size_t sizes[] = {1, 2, 0};
    cr_assert_eq(mneme_fold_case_apply(&search.fold, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert_eq(mneme_search_case_apply(&search, sizes[i]), MNEME_APPLIED, "%s",
                     search.fold.error.message);
        check();
        mneme_search_case_begin(&search);
    }
}

/* The documents, and what was before: "ref text from offset[ to offset]". */
static void check_documents(const char *documents, const char *history) {
    cr_assert_str_eq(TEXT("SELECT right(ref, 4), text, source_sequence / 4096 FROM mneme_search.documents "
                          "ORDER BY stream_id, kind, ref"),
                     documents, "%s", search.fold.text.data);
    cr_assert_str_eq(
        TEXT("SELECT right(ref, 4), text, source_sequence / 4096, superseded_sequence / 4096 "
             "FROM mneme_search.documents_history ORDER BY stream_id, kind, ref, source_sequence"),
        history, "%s", search.fold.text.data);
    cr_assert_str_eq(
        TEXT("SELECT count(*) FROM (SELECT length, lexemes FROM mneme_search.documents UNION ALL "
             "SELECT length, lexemes FROM mneme_search.documents_history) d WHERE length <> "
             "(SELECT count(DISTINCT place) FROM unnest(lexemes), unnest(positions) AS place)"),
        "0", "a length is not the number of places");
}

static void check_life(void) {
    check_documents("000a|milk|6;000b|tea|4", "000a|tea|0|1;000a|green tea|1|3;000a|coffee|3|5");
}

Test(search_fold, a_memory_is_followed_through_its_life) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'tea'}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','content':'green tea'}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','importance':0.9}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','content':'coffee'}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" B
        "','memory_type':'fact','content':'tea'}}");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" A "'}}");
    ADD("{'type':'memory_created','user_id':'ada','agent_id':'x','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'milk'}}");
    apply_each_way(check_life);
}

static void check_corrections(void) {
    check_documents("/c-1|User: tea, please|7;/c-2|User: new|6;/c-1|Agent: Green?|0",
                    "/c-1|User: tee|0|1;/c-1|User: tea|1|7;/c-2|User: old|2|3;/c-2|User: older|3|4");
    cr_assert_str_eq(TEXT("SELECT to_char(created_at, 'YYYY-MM-DD'), position FROM mneme_search.documents "
                          "WHERE text LIKE 'User: tea%%'"),
                     "2023-05-08|0");
}

/* What says the same again, at last, has no effect. */
Test(search_fold, a_corrected_turn_takes_the_place_of_the_former_one) {
#define TURN(conversation, at, members)                                                                      \
    ADD("{'type':'conversation_turn','user_id':'ada','occurred_at':'" at                                     \
        "T00:00:00Z','payload':{'conversation_id':'" conversation "','turn_index':0," members "}}")
    TURN("c-1", "2023-05-08", "'user_message':'tee','agent_response':'Green?'");
    TURN("c-1", "2024-05-08", "'user_message':'tea','agent_response':'Green?'");
    TURN("c-2", "2023-05-08", "'role':'user','content':'old'");
    TURN("c-2", "2023-05-09", "'role':'user','content':'older'");
    ADD("{'type':'conversation_deleted','user_id':'ada','payload':{'conversation_id':'c-2'}}");
    ADD("{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c-2'}}");
    TURN("c-2", "2023-05-10", "'role':'user','content':'new'");
    TURN("c-1", "2024-05-09", "'role':'user','content':'tea, please'");
    TURN("c-1", "2024-05-10", "'role':'user','content':'tea, please'");
    apply_each_way(check_corrections);
}

static void check_restored(void) {
    check_documents("000a|b: 2.50 | list: 1000, x | name: tea|2",
                    "000a|name: tea | list: 1e3, x | b: 2.50|0|1");
    cr_assert_str_eq(TEXT("SELECT user_id, agent_id, conversation_id, position, speaker, created_at "
                          "FROM mneme_search.documents"),
                     "ada|x|c|7|Ada|2023-05-08 00:00:00+00");
}

Test(search_fold, a_restored_memory_is_found_as_the_tables_print_it) {
    ADD("{'type':'memory_created','user_id':'ada','agent_id':'x','conversation_id':'c',"
        "'occurred_at':'2023-05-08T00:00:00Z','payload':{'memory_type':'fact','memory_id':'" A
        "','content':{'name':'tea','list':[1e3,'x'],'b':2.50},'metadata':{'turn_index':7,'speaker':'Ada'}}}");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" A "'}}");
    ADD("{'type':'memory_restored','user_id':'ada','payload':{'memory_id':'" A "'}}");
    apply_each_way(check_restored);
}

static void check_columns(void) {
    cr_assert_str_eq(
        TEXT("SELECT tenant, stream_id, kind, user_id, agent_id, run_id, conversation_id, position, speaker, "
             "role, to_char(created_at, 'YYYY-MM-DD'), text, strip(lexemes), length "
             "FROM mneme_search.documents ORDER BY kind"),
        "default|ada|memory|ada|x|r|c|7|Ada|-|2023-05-08|Ada: tea, tea|'2023' '8' 'ada' 'may' 'tea'|6;"
        "default|ada|turn|ada|-|-|c|0|Ada|user|2023-05-08|Ada: hi [a cat]|'2023' '8' 'a' 'ada' 'cat' 'hi' "
        "'may'|7",
        "%s", search.fold.text.data);
}

Test(search_fold, a_document_has_scope_place_speaker_and_day) {
    ADD("{'type':'memory_created','user_id':'ada','agent_id':'x','run_id':'r','conversation_id':'c',"
        "'occurred_at':'2023-05-08T23:59:59Z','payload':{'memory_type':'fact','content':'x',"
        "'memory_id':'" A "','metadata':{'turn_index':7,'speaker':'Ada'}}}");
    ADD("{'type':'conversation_turn','user_id':'ada','occurred_at':'2023-05-08T00:00:00Z',"
        "'payload':{'conversation_id':'c','role':'user','speaker':'Ada','content':'hi',"
        "'metadata':{'image_caption':'a cat'}}}");
    ADD("{'type':'memory_updated','user_id':'bob','stream_id':'ada','payload':{'memory_id':'" A
        "','content':'Ada: tea, tea'}}");
    apply_each_way(check_columns);
}

static void check_refused(void) {
    check_documents("000a|tea|0", "");
}

Test(search_fold, what_the_ledger_refused_has_no_effect) {
    ADD("{'type':'memory_created','user_id':'ada','event_id':'" B "','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'tea'}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'exists'}}");
    ADD("{'type':'memory_updated','user_id':'ada','expected_version':9,'payload':{'memory_id':'" A
        "','content':'rejected'}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" B "','content':'not found'}}");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" A
        "','expected_memory_version':7}}");
    ADD("{'type':'memory_created','user_id':'ada','event_id':'" B "','payload':{'memory_id':'" B
        "','memory_type':'fact','content':'duplicate'}}");
    apply_each_way(check_refused);
}

static void check_conversation(void) {
    check_documents("0/c|User: four|6;0/d|User: other|2", "0/c|User: one|0|4;1/c|User: two|1|4;"
                                                          "2/c|User: three|3|4");
}

Test(search_fold, a_deleted_conversation_takes_its_turns_along) {
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','role':'user',"
        "'content':'one'}}");
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','role':'user',"
        "'content':'two'}}");
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'d','role':'user',"
        "'content':'other'}}");
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','role':'user',"
        "'content':'three'}}");
    ADD("{'type':'conversation_deleted','user_id':'ada','payload':{'conversation_id':'c'}}");
    ADD("{'type':'conversation_created','user_id':'ada','payload':{'conversation_id':'c'}}");
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','role':'user',"
        "'content':'four'}}");
    apply_each_way(check_conversation);
}

static void check_blank(void) {
    check_documents("000a|tea|3", "000b|a: x|1|2");
}

Test(search_fold, a_blank_text_is_no_document) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':{'a':''}}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" B
        "','memory_type':'fact','content':{'a':'x'}}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" B "','content':{'a':null}}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','content':'tea'}}");
    apply_each_way(check_blank);
}

Test(search_fold, every_script_is_found_by_a_part_of_it) {
    static const struct {
        const char *text, *words;
    } scripts[] = {
        {"Ada prefers green teas", "prefer & tea"},
        {"我昨天喜欢在家里喝绿茶", "喝绿 <-> 绿茶"},
        {"カフェでお茶を飲む", "お茶 <-> 茶を"},
        {"เธอชอบชาเขียว", "ชา <-> าเ"},
        {"Она любит зелёный чай", "чай"},
        {"היא אוהבת תה", "תה"},
        {"هي تحب الشاي", "الشاي"},
        {"그녀는 녹차를 좋아한다", "녹차 <-> 차를"},
        {"ນາງມັກຊາ", "ຊາ"},
        {"នាងចូលចិត្តតែ", "តែ"},
        {"သူမလက်ဖက်ရည်ကြိုက်တယ်", "လက"},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact','content':'%s'}}",
            scripts[i].text);
    }
    cr_assert_eq(mneme_fold_case_apply(&search.fold, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_eq(mneme_search_case_apply(&search, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        cr_assert_str_eq(TEXT("SELECT text FROM mneme_search.documents WHERE lexemes @@ "
                              "to_tsquery('english', '%s')",
                              scripts[i].words),
                         scripts[i].text, "%s: %s", scripts[i].words, search.fold.text.data);
    }
}

Test(search_fold, the_longest_text_has_its_words) {
    /* The line is longer than the case takes: the content is put into the event. */
    struct mneme_batch_item *item = ADD("{'type':'memory_created','user_id':'ada','payload':{"
                                        "'memory_type':'fact','content':'x'}}");
    struct mneme_buffer content = {0};
    mneme_buffer_printf(&content, "{\"text\":\"");
    for (int i = 0; i < 10000 / 7; i++) {
        mneme_buffer_printf(&content, "w%04x😀 ", i);
    }
    mneme_buffer_printf(&content, "\"}");
    item->event.payload.memory_created.content = mneme_buffer_str(&content);
    cr_assert_eq(mneme_fold_case_apply(&search.fold, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_eq(mneme_search_case_apply(&search, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_str_eq(TEXT("SELECT lexemes @@ 'w0593'::tsquery, lexemes @@ 'w0594'::tsquery FROM "
                          "mneme_search.documents"),
                     "t|f");
    mneme_buffer_clean_up(&content);
}

Test(search_fold, one_document_updated_a_thousand_times_has_each_version) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'tea 0'}}");
    for (int i = 1; i <= 1000; i++) {
        ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" A "','content':'tea %d'}}",
            i);
    }
    cr_assert_eq(mneme_fold_case_apply(&search.fold, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_eq(mneme_search_case_apply(&search, 100), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_str_eq(TEXT("SELECT text, (SELECT count(*) FROM mneme_search.documents_history) FROM "
                          "mneme_search.documents"),
                     "tea 1000|1000");
    TEXT("SET search_path = mneme_search, mneme");
    cr_assert_str_eq(TEXT("SELECT text FROM documents_as_of((SELECT recorded_at FROM events WHERE "
                          "kafka_offset = 500))"),
                     "tea 500");
}

Test(search_fold, it_waits_for_the_ledger) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact','content':'tea'}}");
    cr_assert_eq(mneme_search_case_apply(&search, 0), MNEME_RETRY);
    cr_assert_not_null(strstr(search.fold.error.message, "waits for the ledger"), "%s",
                       search.fold.error.message);
    cr_assert_eq(mneme_fold_case_apply(&search.fold, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_eq(mneme_search_case_apply(&search, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_str_eq(TEXT("SELECT text FROM mneme_search.documents"), "tea");
}

Test(search_fold, a_parked_event_is_stored_and_has_no_effect) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact','content':'tea'}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact','content':'milk'}}")
        ->park_reason = "broken";
    cr_assert_eq(mneme_fold_case_apply(&search.fold, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_eq(mneme_search_case_apply(&search, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_str_eq(
        TEXT("SELECT (SELECT string_agg(text, ',') FROM mneme_search.documents), projection, reason "
             "FROM mneme_search.parked_events"),
        "tea|search|broken");
}

Test(search_fold, another_owner_fences_the_one_before) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact','content':'tea'}}");
    cr_assert_eq(mneme_fold_case_apply(&search.fold, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    void *before = search.search;
    search.search = NULL;
    cr_assert_eq(mneme_search_case_open(&search), MNEME_OK, "%s", search.fold.error.message);
    cr_assert_eq(mneme_search_case_assign(&search), MNEME_APPLIED, "%s", search.fold.error.message);
    void *after = search.search;
    search.search = before;
    cr_assert_eq(mneme_search_case_apply(&search, 0), MNEME_FENCED);
    search.search = after;
    cr_assert_eq(mneme_search_case_apply(&search, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    mneme_search_projection.close(before);
}

static void set_words(const char *text_search_config) {
    int status = mneme_config_set(search.fold.fixture.config, MNEME_SETTING_TEXT_SEARCH_CONFIG,
                                  text_search_config, MNEME_FROM_OPTION, &search.fold.error);
    cr_assert_eq(status, MNEME_OK, "%s", search.fold.error.message);
}

Test(search_fold, another_configuration_of_words_is_refused) {
    void *other = search.search;
    search.search = NULL;
    set_words("simple");
    cr_assert_eq(mneme_search_case_open(&search), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(search.fold.error.message, "mneme rebuild search"), "%s",
                       search.fold.error.message);
    set_words("english");
    TEXT("UPDATE mneme_search.search_settings SET analysis = 1");
    cr_assert_eq(mneme_search_case_open(&search), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(search.fold.error.message, "version 1 of the analysis"), "%s",
                       search.fold.error.message);
    cr_assert_not_null(strstr(search.fold.error.message, "`mneme rebuild search`"), "%s",
                       search.fold.error.message);
    set_words("klingon");
    cr_assert_eq(mneme_search_case_open(&search), MNEME_E_USAGE);
    cr_assert_not_null(strstr(search.fold.error.message, "klingon"), "%s", search.fold.error.message);
    search.search = other;
}
