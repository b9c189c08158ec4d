/*
 * Full-text search against real rows: what is found, in which order, for whom, and as of when.
 */
#include "queries/search/search.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/support/search_case.h"

#define ID(digit) "0194f000-0000-7000-8000-00000000000" #digit

static struct mneme_search_case search;
static struct mneme_postgres *postgres;
static struct mneme_buffer told, long_content;
static struct mneme_arena arena;
static struct mneme_search_question question;

static void set_up(void) {
    mneme_search_case_set_up(&search);
    mneme_arena_init(&arena, 0);
    cr_assert_eq(mneme_query_connect(&postgres, search.fold.fixture.config, "test", &search.fold.error),
                 MNEME_OK, "%s", search.fold.error.message);
    question = (struct mneme_search_question){
        .which = {.scope = {.tenant = MNEME_STR_LIT("default"), .user_id = MNEME_STR_LIT("ada")}},
        .limit = 100};
}

static void tear_down(void) {
    mneme_pg_close(postgres);
    mneme_buffer_clean_up(&told);
    mneme_buffer_clean_up(&long_content);
    mneme_arena_clean_up(&arena);
    mneme_search_case_tear_down(&search);
}

TestSuite(queries_search, .init = set_up, .fini = tear_down);

#define ADD(...) mneme_fold_case_add(&search.fold, __VA_ARGS__)

static void add_memory(const char *user, const char *text) {
    ADD("{'type':'memory_created','user_id':'%s','payload':{'memory_type':'fact','content':'%s'}}", user,
        text);
}

static void fold(void) {
    cr_assert_eq(mneme_fold_case_apply(&search.fold, 0), MNEME_APPLIED, "%s", search.fold.error.message);
    cr_assert_eq(mneme_search_case_apply(&search, 0), MNEME_APPLIED, "%s", search.fold.error.message);
}

static bool note_text(const void *row, void *context) {
    const struct mneme_candidate *hit = row;
    (void)context;
    mneme_buffer_printf(&told, "%s%.*s", told.len > 0 ? "; " : "", MNEME_STR_ARG(hit->text));
    return true;
}

static int ask(const char *text) {
    question.text = mneme_str_from(text);
    mneme_buffer_clear(&told);
    int status = mneme_search(postgres, &question, note_text, NULL, NULL, &search.fold.error);
    mneme_buffer_append_byte(&told, 0);
    return status;
}

static void check(const char *text, const char *found) {
    cr_assert_eq(ask(text), MNEME_OK, "%s: %s", text, search.fold.error.message);
    cr_assert_str_eq(told.data, found, "%s: %s", text, told.data);
}

Test(queries_search, words_phrases_or_and_minus) {
    add_memory("ada", "Ada drinks green tea");
    add_memory("ada", "tea that is green");
    add_memory("ada", "Ada drinks black coffee every day");
    fold();
    check("drinking teas", "Ada drinks green tea");
    check("\"green tea\"", "Ada drinks green tea");
    check("coffee OR \"green tea\"", "Ada drinks green tea; Ada drinks black coffee every day");
    check("ada -coffee", "Ada drinks green tea");
    check("milk", "");
    check("tea milk", "");
}

Test(queries_search, ranked_by_bm25_with_the_scopes_own_frequencies) {
    add_memory("ada", "tea");
    add_memory("ada", "tea and tea and more tea");
    add_memory("ada", "tea and a great many other words that make this a long text about nothing at all");
    add_memory("ada", "coffee");
    for (int i = 0; i < 20; i++) {
        add_memory("bob", "coffee");
    }
    fold();
    struct mneme_candidates found = {0};
    struct mneme_candidate_question asked = {.which = question.which,
                                             .text = MNEME_STR_LIT("tea coffee"),
                                             .form = MNEME_QUERY_ANY,
                                             .k1 = 1.2,
                                             .b = 0.75,
                                             .limit = 10};
    cr_assert_eq(mneme_candidates_find(&found, postgres, &asked, &search.fold.error), MNEME_OK);
    cr_assert_eq(found.documents, 4, "bob's are not counted");
    cr_assert_eq(found.term_count, 2);
    cr_assert_eq(found.count, 4);
    double total = 0;
    for (size_t i = 0; i < found.count; i++) {
        const struct mneme_candidate *item = &found.items[i];
        total += (double)item->length;
        cr_assert(i == 0 || found.items[i - 1].bm25 >= item->bm25);
    }
    cr_assert(fabs(found.bm25.mean_length - total / 4) < 1e-9);
    for (size_t i = 0; i < found.term_count; i++) {
        bool is_tea = mneme_str_equal(found.terms[i].lexeme, MNEME_STR_LIT("tea"));
        cr_assert_eq(found.terms[i].documents, is_tea ? 3 : 1);
        cr_assert(fabs(found.terms[i].idf - mneme_bm25_idf(4, is_tea ? 3 : 1)) < 1e-9);
    }
    cr_assert(mneme_str_equal(found.items[0].text, MNEME_STR_LIT("coffee")), "the rare word counts for more");
    cr_assert(mneme_str_equal(found.items[1].text, MNEME_STR_LIT("tea and tea and more tea")));
    mneme_candidates_clean_up(&found);
}

Test(queries_search, whatever_is_asked_is_no_error) {
    static const char *const texts[] = {
        "'",          "\"",           "\\",           "tea'; DROP TABLE documents; --",
        "&|!():*<->", "tea:*",        "tea & ! | ()", "tea or",
        "or tea",     "\"tea",        "--tea tea",    "%s%n{tea?}{filter}$1",
        "tea\x01",    "\xff\xfe tea", "😀 tea",
    };
    add_memory("ada", "tea");
    fold();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int status = ask(texts[i]);
        cr_assert(status == MNEME_OK || status == MNEME_E_USAGE, "%s: %s", texts[i],
                  search.fold.error.message);
    }
    struct mneme_buffer many = {0};
    for (int i = 0; i < 5000; i++) {
        mneme_buffer_printf(&many, "%s word%d", i == 0 ? "tea OR" : " OR", i);
    }
    mneme_buffer_append_byte(&many, 0);
    check(many.data, "tea");
    mneme_buffer_clear(&many);
    for (int i = 0; i < 10000; i++) {
        mneme_buffer_append_byte(&many, 'x');
    }
    mneme_buffer_append(&many, " OR tea", sizeof " OR tea");
    check(many.data, "tea");
    mneme_buffer_clean_up(&many);
}

Test(queries_search, a_query_without_words_is_told) {
    static const char *const texts[] = {"", " \t", "?!", "-tea", "\"\""};
    add_memory("ada", "tea");
    fold();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_assert_eq(ask(texts[i]), MNEME_E_USAGE, "%s", texts[i]);
        cr_assert_not_null(strstr(search.fold.error.message, "no word to look for"));
    }
}

/* Each text is found by all that is asked behind it, and by nothing else that is asked. */
static const struct {
    const char *text;
    const char *asked[12];
} found_by[] = {
    {"Had a crème brûlée at Café Zoë in Besançon",
     {"creme brulee", "BRU\u0302LE\u0301E", "zoe", "\"cafe zoe\"", "besancon"}},
    {"Ordered a cafe latte to go", {"\"café latte\"", "latte"}},
    {"Widziałam Łódź i Kraków", {"krakow", "Kraków", "lodz", "widzialam"}},
    {"We patch CVE-2026-2332 before Friday",
     {"CVE-2026-2332", "2332", "CVE 2332", "cve-2026", "2026-2332", "CVE20262332"}},
    {"The invoice is ORD-7741-00123", {"ORD-7741-00123", "7741", "00123 invoice", "ord-7741"}},
    {"Read https://www.canlii.org/en/on/laws/statute-42.html yesterday",
     {"canlii", "canlii.org", "www.canlii.org", "statute",
      "https://www.canlii.org/en/on/laws/statute-42.html", "statute-42"}},
    {"The file quarterly_report.final.pdf is on the share",
     {"quarterly_report.final.pdf", "quarterly", "quarterly_report", "report pdf"}},
    {"Write to ada.lovelace@example.com", {"ada.lovelace@example.com", "lovelace", "example.com"}},
    {"Deployed node.js", {"node", "node.js", "\"node js\"", "nodejs"}},
    {"Rename getUserName to fetch", {"getUserName", "getusername", "user rename"}},
    {"The Who played Quadrophenia", {"\"the who\"", "quadrophenia"}},
    {"He said to be or not to be", {"\"to be or not to be\"", "\"be or not\""}},
    {"저는 한국어를 배워요", {"한국어", "한국", "배워"}},
    {"我昨天喜欢在家里喝绿茶", {"绿茶", "喝绿茶 昨天"}},
    {"カフェでお茶を飲む", {"カフェ", "ｶﾌｪ", "お茶"}},
    {"เธอชอบดื่มกาแฟ", {"กาแฟ"}},
    {"Party tonight 🎉👍🏽", {"🎉", "👍", "party 🎉"}},
};

Test(queries_search, names_identifiers_and_links_are_found_by_their_parts) {
    for (size_t i = 0; i < sizeof found_by / sizeof *found_by; i++) {
        add_memory("ada", found_by[i].text);
    }
    fold();
    for (size_t i = 0; i < sizeof found_by / sizeof *found_by; i++) {
        for (const char *const *asked = found_by[i].asked; *asked != NULL; asked++) {
            check(*asked, found_by[i].text);
        }
    }
    cr_assert_eq(ask("cafe"), MNEME_OK);
    cr_assert_not_null(strstr(told.data, found_by[0].text));
    cr_assert_not_null(strstr(told.data, found_by[1].text));
}

Test(queries_search, common_words_alone_are_looked_for) {
    add_memory("ada", "The Who");
    add_memory("ada", "who knows the way");
    add_memory("ada", "green tea");
    fold();
    check("the tea", "green tea");
    check("\"the who\"", "The Who");
    check("the who", "The Who; who knows the way");
}

/* A text of so many words, all the same but the last three. */
static void add_long_memory(int words) {
    struct mneme_batch_item *item =
        ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact','content':'x'}}");
    struct mneme_buffer *content = &long_content;
    mneme_buffer_clear(content);
    mneme_buffer_append_str(content, MNEME_STR_LIT("{\"text\":\""));
    for (int i = 0; i < words; i++) {
        mneme_buffer_append_str(content, MNEME_STR_LIT("tea "));
    }
    mneme_buffer_append_str(content, MNEME_STR_LIT("tea party ends\"}"));
    item->event.payload.memory_created.content = mneme_buffer_str(content);
}

static void check_count(const char *text, const char *least, size_t count) {
    cr_assert_eq(ask(text), MNEME_OK, "%s: %s", text, search.fold.error.message);
    cr_assert_eq(told.len > 1, count > 0, "%s: %.60s", text, told.data);
    cr_assert(count == 0 || strncmp(told.data, least, strlen(least)) == 0);
}

static void check_long(int words) {
    add_long_memory(words);
    fold();
    check_count("\"tea party\"", "tea tea", 1);
    check_count("\"party ends\"", "tea tea", 1);
    check_count("\"tea tea party ends\"", "tea tea", 1);
    check_count("\"party tea\"", "", 0);
    check_count("\"tea ends\"", "", 0);
    check_count("tea -\"party ends\"", "", 0);
    check_count("tea -\"ends party\"", "tea tea", 1);
    check_count("coffee OR \"tea party\"", "tea tea", 1);
}

Test(queries_search, phrases_are_found_behind_the_255th_occurrence) {
    check_long(1000);
}

Test(queries_search, phrases_are_found_behind_the_16383rd_word) {
    check_long(25000);
}

Test(queries_search, words_of_another_analysis_are_told_with_what_mends_them) {
    add_memory("ada", "tea");
    fold();
    cr_assert_eq(mneme_pg_run(search.fold.postgres, "UPDATE mneme_search.search_settings SET analysis = 1",
                              &search.fold.error),
                 MNEME_OK);
    cr_assert_eq(ask("tea"), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(search.fold.error.message, "`mneme rebuild search`"), "%s",
                       search.fold.error.message);
}

Test(queries_search, scripts_without_spaces_are_found_by_their_parts) {
    add_memory("ada", "我昨天喜欢在家里喝绿茶");
    add_memory("ada", "เธอชอบชาเขียว");
    add_memory("ada", "カフェでお茶を飲む");
    fold();
    check("绿茶", "我昨天喜欢在家里喝绿茶");
    check("喝绿茶 昨天", "我昨天喜欢在家里喝绿茶");
    check("茶绿", "");
    check("茶", "カフェでお茶を飲む; 我昨天喜欢在家里喝绿茶");
    check("ชา", "เธอชอบชาเขียว");
    check("カフェ -飲む", "");
}

Test(queries_search, tenants_and_users_never_see_each_other) {
    add_memory("ada", "Ada has tea");
    add_memory("bob", "Bob has tea");
    ADD("{'type':'memory_created','tenant':'other','user_id':'ada','payload':{'memory_type':'fact',"
        "'content':'tea of another tenant'}}");
    ADD("{'type':'memory_created','user_id':'ada','agent_id':'x','run_id':'r','conversation_id':'c',"
        "'payload':{'memory_type':'fact','content':'tea of the agent'}}");
    fold();
    check("tea", "Ada has tea; tea of the agent");
    question.which.scope.agent_id = MNEME_STR_LIT("x");
    check("tea", "tea of the agent");
    question.which.scope.user_id = MNEME_STR_NULL;
    check("tea", "tea of the agent");
    question.which.scope.agent_id = MNEME_STR_LIT("y");
    check("tea", "");
    question.which.scope =
        (struct mneme_search_scope){.tenant = MNEME_STR_LIT("default"), .run_id = MNEME_STR_LIT("r")};
    check("tea", "tea of the agent");
    question.which.scope = (struct mneme_search_scope){.tenant = MNEME_STR_LIT("default"),
                                                       .conversation_id = MNEME_STR_LIT("c")};
    check("tea", "tea of the agent");
    question.which.scope = (struct mneme_search_scope){.tenant = MNEME_STR_LIT("other"), .all_scopes = true};
    check("tea", "tea of another tenant");
    /* A name that would be the key of another scope, were the two put together without care. */
    question.which.scope =
        (struct mneme_search_scope){.tenant = MNEME_STR_LIT("default/user"), .user_id = MNEME_STR_LIT("ada")};
    check("tea", "");
}

Test(queries_search, a_scope_that_says_nothing_is_refused) {
    static const struct mneme_search_scope scopes[] = {
        {.tenant = MNEME_STR_LIT("default")},
        {.tenant = MNEME_STR_LIT("default"), .user_id = MNEME_STR_LIT("")},
        {.tenant = MNEME_STR_LIT("default"), .user_id = MNEME_STR_LIT(""), .all_scopes = true},
        {.tenant = MNEME_STR_LIT("default"), .user_id = MNEME_STR_LIT("ada"), .run_id = MNEME_STR_LIT("")},
    };
    add_memory("ada", "Ada has tea");
    fold();
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        question.which.scope = scopes[i];
        cr_assert_eq(ask("tea"), MNEME_E_USAGE, "%zu", i);
    }
    question.which.scope =
        (struct mneme_search_scope){.tenant = MNEME_STR_LIT("default"), .all_scopes = true};
    check("tea", "Ada has tea");
}

Test(queries_search, a_turn_and_its_memory_are_one_result) {
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','turn_index':3,"
        "'role':'user','speaker':'Ada','content':'tea'}}");
    ADD("{'type':'memory_created','user_id':'ada','conversation_id':'c','payload':{'memory_type':'fact',"
        "'content':'Ada: tea','metadata':{'turn_index':3}}}");
    ADD("{'type':'conversation_turn','user_id':'ada','payload':{'conversation_id':'c','turn_index':4,"
        "'role':'user','content':'more tea'}}");
    fold();
    check("tea", "Ada: tea; User: more tea");
    question.limit = 1;
    question.offset = 1;
    check("tea", "User: more tea");
}

Test(queries_search, filters_expiry_and_archive_are_those_of_memories) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" ID(
        1) "','memory_type':'fact',"
           "'content':'tea one','confidence':0.9,'metadata':{'a':1}}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" ID(
        2) "','memory_type':'rule',"
           "'content':'tea two','confidence':0.1}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" ID(
        3) "','memory_type':'fact',"
           "'content':'tea three','expires_at':'2020-01-01T00:00:00Z'}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" ID(4) "','memory_type':'fact',"
                                                                                  "'content':'tea four'}}");
    ADD("{'type':'memory_archived','user_id':'ada','payload':{'memory_id':'" ID(4) "'}}");
    ADD("{'type':'conversation_turn','user_id':'ada','occurred_at':'2025-01-01T00:00:00Z','payload':{"
        "'conversation_id':'c','role':'user','content':'tea five'}}");
    fold();
    check("tea", "tea two; tea one; User: tea five");
    question.which.include_expired = question.which.include_archived = true;
    check("tea one OR three OR four", "tea four; tea three; tea one");
    static const struct mneme_str fact[] = {{"fact", 4}};
    question.which.types = (struct mneme_str_array){fact, 1, true};
    check("tea", "tea four; tea three; tea one");
    cr_assert_eq(mneme_filter_parse(&question.which.filter,
                                    MNEME_STR_LIT("confidence gte 0.9 AND metadata.a eq 1"), &arena,
                                    &search.fold.error),
                 MNEME_OK);
    check("tea", "tea one");
    question.which.types.is_set = false;
    question.which.filter = NULL;
    question.which.until = (struct mneme_opt_long){INT64_C(1740000000000000), true};
    check("tea", "User: tea five");
    question.which.since = (struct mneme_opt_long){INT64_C(1740000000000000), true};
    check("tea", "");
}

Test(queries_search, many_that_may_not_be_shown_leave_no_result_short) {
    for (int i = 0; i < 300; i++) {
        ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact','content':'tea',"
            "'confidence':%s}}",
            i % 100 == 0 ? "0.9" : "0.1");
    }
    fold();
    cr_assert_eq(mneme_filter_parse(&question.which.filter, MNEME_STR_LIT("confidence gte 0.9"), &arena,
                                    &search.fold.error),
                 MNEME_OK);
    question.limit = 3;
    check("tea", "tea; tea; tea");
}

Test(queries_search, the_past_is_searched_as_it_was) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" ID(1) "','memory_type':'fact',"
                                                                                  "'content':'tea'}}");
    ADD("{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" ID(
        1) "','content':'green tea'}}");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" ID(1) "'}}");
    fold();
    check("tea", "");
    for (size_t i = 0; i < 3; i++) {
        static const char *const found[] = {"tea", "green tea", ""};
        const struct mneme_batch_item *item = &search.fold.log[i];
        question.which.as_of = (struct mneme_as_of){true, item->recorded_at, true, item->position};
        check("tea", found[i]);
        question.which.as_of = (struct mneme_as_of){.is_set = true, .micros = item->recorded_at};
        check("tea", found[i]);
    }
    question.which.as_of = (struct mneme_as_of){.is_set = true, .micros = search.fold.log[0].recorded_at - 1};
    check("tea", "");
}

Test(queries_search, documents_of_other_lists_are_added_with_their_scores) {
    add_memory("ada", "green tea");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" ID(1) "','memory_type':'fact',"
                                                                                  "'content':'tea'}}");
    ADD("{'type':'memory_created','user_id':'bob','payload':{'memory_id':'" ID(2) "','memory_type':'fact',"
                                                                                  "'content':'tea'}}");
    fold();
    struct mneme_candidates found = {0};
    struct mneme_candidate_question asked = {.which = question.which,
                                             .text = MNEME_STR_LIT("green tea"),
                                             .form = MNEME_QUERY_WEB,
                                             .k1 = 0.9,
                                             .b = 0.4,
                                             .limit = 10};
    cr_assert_eq(mneme_candidates_find(&found, postgres, &asked, &search.fold.error), MNEME_OK);
    cr_assert_eq(found.count, 1);
    const struct mneme_candidate_key keys[] = {
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT(ID(1))},
        {MNEME_STR_LIT("bob"), MNEME_STR_LIT("memory"), MNEME_STR_LIT(ID(2))},
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT(ID(9))},
        {MNEME_STR_LIT("ada"), MNEME_STR_LIT("memory"), MNEME_STR_LIT(ID(1))},
    };
    cr_assert_eq(mneme_candidates_add(&found, postgres, &question.which, keys, 4, &search.fold.error),
                 MNEME_OK, "%s", search.fold.error.message);
    cr_assert_eq(found.count, 2, "bob's is of another scope");
    cr_assert(mneme_str_equal(found.items[1].ref, MNEME_STR_LIT(ID(1))));
    cr_assert_gt(found.items[1].bm25, 0);
    cr_assert_gt(found.items[0].bm25, found.items[1].bm25);
    mneme_candidates_clean_up(&found);
}
