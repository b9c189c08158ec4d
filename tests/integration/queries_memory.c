/*
 * Questions about memories, over tables that the projection itself has filled.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/uuid.h"
#include "queries/memory.h"
#include "tests/support/fold_case.h"

static struct mneme_fold_case fold;
static struct mneme_postgres *asking;
static struct mneme_error error;
static struct mneme_buffer seen; /* what visitors saw, one word after the other */
static struct mneme_arena arena;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
    mneme_arena_init(&arena, 0);
    cr_assert_eq(mneme_query_connect(&asking, fold.fixture.config, "test", &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_pg_close(asking);
    mneme_buffer_clean_up(&seen);
    mneme_arena_clean_up(&arena);
    mneme_fold_case_tear_down(&fold);
}

TestSuite(queries_memory, .init = set_up, .fini = tear_down, .timeout = 120);

#define ID(n) "0194f000-0000-7000-8000-00000000000" n

/* A memory that is told by its text, made at minute `minute` of an hour. */
static void remember(const char *tenant, const char *user, const char *id, int minute, const char *more) {
    mneme_fold_case_add(
        &fold,
        "{'type':'memory_created','tenant':'%s','user_id':'%s','occurred_at':'2026-01-01T00:%02d:00Z',"
        "%s'payload':{'memory_id':'%s','memory_type':'fact','content':'%s-%d'}}",
        tenant, user, minute, more, id, user, minute);
}

static void apply(void) {
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
}

static bool see_memory(const void *row, void *context) {
    const struct mneme_memory_row *memory = row;
    (void)context;
    mneme_buffer_printf(&seen, "%s%.*s", seen.len > 0 ? " " : "", MNEME_STR_ARG(memory->content));
    return true;
}

static struct mneme_memory_filter everything(const char *tenant) {
    return (struct mneme_memory_filter){.tenant = mneme_str_from(tenant), .all_scopes = true, .limit = 100};
}

/* The texts of the list, such as "ada-2 ada-1". */
static const char *list(const struct mneme_memory_filter *filter) {
    mneme_buffer_clear(&seen);
    int status = mneme_memory_list(asking, filter, see_memory, NULL, NULL, &error);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    mneme_buffer_append_byte(&seen, '\0');
    /* {"text": "ada-2"} is told as ada-2 */
    char *to = seen.data;
    for (const char *from = seen.data; *from != '\0'; from++) {
        if (strncmp(from, "{\"text\": \"", 10) == 0) {
            from += 9;
        } else if (*from != '"' && *from != '}') {
            *to++ = *from;
        }
    }
    *to = '\0';
    return seen.data;
}

Test(queries_memory, a_list_is_newest_first_and_of_one_tenant) {
    remember("default", "ada", ID("1"), 1, "");
    remember("default", "bob", ID("2"), 3, "");
    remember("default", "ada", ID("3"), 2, "");
    remember("blue", "ada", ID("4"), 4, "");
    apply();
    struct mneme_memory_filter filter = everything("default");
    cr_assert_str_eq(list(&filter), "bob-3 ada-2 ada-1");
    filter.user_id = MNEME_STR_LIT("ada");
    cr_assert_str_eq(list(&filter), "ada-2 ada-1");
    filter.tenant = MNEME_STR_LIT("blue");
    cr_assert_str_eq(list(&filter), "ada-4");
    filter.tenant = MNEME_STR_LIT("green");
    cr_assert_str_eq(list(&filter), "");
}

Test(queries_memory, a_list_without_a_scope_is_refused) {
    remember("default", "ada", ID("1"), 1, "");
    apply();
    struct mneme_memory_filter filter = {.tenant = MNEME_STR_LIT("default"), .limit = 100};
    cr_assert_eq(mneme_memory_list(asking, &filter, see_memory, NULL, NULL, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "all_scopes for the whole tenant"), "%s", error.message);
    filter.agent_id = MNEME_STR_LIT("");
    cr_assert_eq(mneme_memory_list(asking, &filter, see_memory, NULL, NULL, &error), MNEME_E_USAGE);
    filter.all_scopes = true;
    cr_assert_eq(mneme_memory_list(asking, &filter, see_memory, NULL, NULL, &error), MNEME_E_USAGE);
    filter.agent_id = MNEME_STR_NULL;
    cr_assert_str_eq(list(&filter), "ada-1");
}

Test(queries_memory, a_list_can_be_filtered_by_everything_at_once) {
    mneme_fold_case_add(
        &fold,
        "{'type':'memory_created','user_id':'ada','agent_id':'planner','run_id':'r1','"
        "conversation_id':'c1','payload':{'memory_id':'" ID(
            "1") "','memory_type':'insight',"
                 "'content':'ada-1','tags':['tea','green'],'metadata':{'source':{'kind':'mail'},'n':1}}}");
    mneme_fold_case_add(&fold, "{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" ID(
                                   "2") "','memory_type':'fact','content':'ada-2','tags':['tea']}}");
    apply();
    static const struct mneme_str types[] = {MNEME_STR_LIT("insight"), MNEME_STR_LIT("rule")};
    static const struct mneme_str tags[] = {MNEME_STR_LIT("green"), MNEME_STR_LIT("tea")};
    static const struct mneme_str coffee[] = {MNEME_STR_LIT("coffee")};
    struct mneme_memory_filter filter = everything("default");
    filter.agent_id = MNEME_STR_LIT("planner");
    filter.user_id = MNEME_STR_LIT("ada");
    filter.run_id = MNEME_STR_LIT("r1");
    filter.conversation_id = MNEME_STR_LIT("c1");
    filter.types = (struct mneme_str_array){types, 2, true};
    filter.tags = (struct mneme_str_array){tags, 2, true};
    filter.metadata = MNEME_STR_LIT("{\"source\":{\"kind\":\"mail\"}}");
    cr_assert_str_eq(list(&filter), "ada-1");
    struct mneme_memory_filter other = filter;
    other.tags = (struct mneme_str_array){coffee, 1, true};
    cr_assert_str_eq(list(&other), "");
    other = filter;
    other.metadata = MNEME_STR_LIT("{\"n\":2}");
    cr_assert_str_eq(list(&other), "");
    other = filter;
    other.run_id = MNEME_STR_LIT("r2");
    cr_assert_str_eq(list(&other), "");
}

/* How many rows of memories scans have read since the last call. */
static long rows_read(void) {
    static long before;
    PGresult *rows = NULL;
    cr_assert_eq(
        mneme_pg_run(asking, "SELECT pg_stat_force_next_flush(); SELECT pg_stat_clear_snapshot()", &error),
        MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_pg_query(&rows, asking,
                                "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables "
                                "WHERE relid = 'memories'::regclass",
                                NULL, false, &error),
                 MNEME_OK, "%s", error.message);
    long now = strtol(PQgetvalue(rows, 0, 0), NULL, 10);
    long since = now - before;
    before = now;
    PQclear(rows);
    return since;
}

Test(queries_memory, a_rare_label_leads_to_its_rows_and_a_frequent_one_to_the_newest) {
    static const struct mneme_str often = MNEME_STR_LIT("often");
    static const struct mneme_str rare = MNEME_STR_LIT("rare");
    static const struct mneme_str fact = MNEME_STR_LIT("fact");
    static const struct mneme_str rule = MNEME_STR_LIT("rule");
    mneme_fold_case_add(&fold, "{'type':'memory_created','agent_id':'planner','user_id':'ada','payload':{"
                               "'memory_id':'" ID("1") "','memory_type':'rule','content':'ada-1','tags':["
                                                       "'rare'],'metadata':{'source':'mail'}}}");
    apply();
    cr_assert_eq(
        mneme_pg_run(fold.postgres,
                     "CREATE TEMPORARY TABLE many AS SELECT * FROM memories; "
                     "UPDATE many SET memory_type = 'fact', tags = '{often}', "
                     "metadata = '{\"source\": \"chat\"}', created_at = created_at + interval '1 day'; "
                     "INSERT INTO memories SELECT (jsonb_populate_record(many, jsonb_build_object("
                     "'id', gen_random_uuid()))).* FROM many, generate_series(1, 20000); "
                     "ANALYZE memories",
                     &error),
        MNEME_OK, "%s", error.message);
    const struct {
        struct mneme_str_array types, tags;
        struct mneme_str metadata;
        size_t count;
    } cases[] = {
        {.types = {&rule, 1, true}, .count = 1},
        {.tags = {&rare, 1, true}, .count = 1},
        {.metadata = MNEME_STR_LIT("{\"source\":\"mail\"}"), .count = 1},
        {.types = {&fact, 1, true}, .count = 100},
        {.tags = {&often, 1, true}, .count = 100},
        {.metadata = MNEME_STR_LIT("{\"source\":\"chat\"}"), .count = 100},
        {.types = {&fact, 1, true}, .tags = {&rare, 1, true}, .count = 0},
    };
    struct mneme_memory_filter filter = everything("default");
    filter.all_scopes = false;
    filter.agent_id = MNEME_STR_LIT("planner");
    rows_read();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        filter.types = cases[i].types;
        filter.tags = cases[i].tags;
        filter.metadata = cases[i].metadata;
        for (int again = 0; again < 7;
             again++) { /* a prepared statement would by now have a plan for any value */
            size_t count = 0;
            cr_assert_eq(mneme_memory_list(asking, &filter, see_memory, NULL, &count, &error), MNEME_OK, "%s",
                         error.message);
            cr_expect_eq(count, cases[i].count, "case %zu: %zu rows", i, count);
        }
        long read = rows_read();
        cr_expect_lt(read, 7 * 400, "case %zu reads %ld rows", i, read);
    }
}

Test(queries_memory, what_is_quoted_stays_data) {
    remember("default", "ada", ID("1"), 1, "");
    apply();
    struct mneme_memory_filter filter = everything("default");
    filter.user_id = MNEME_STR_LIT("ada' OR 'x'='x");
    cr_assert_str_eq(list(&filter), "");
    filter.user_id = MNEME_STR_LIT("'; DROP TABLE memories; --");
    cr_assert_str_eq(list(&filter), "");
    filter.user_id = MNEME_STR_LIT("ada");
    cr_assert_str_eq(list(&filter), "ada-1");
}

Test(queries_memory, expired_archived_and_deleted_ones_are_left_out) {
    remember("default", "ada", ID("1"), 1, "");
    mneme_fold_case_add(
        &fold, "{'type':'memory_created','user_id':'ada','occurred_at':'2026-01-01T00:02:00Z','payload':{"
               "'memory_id':'" ID("2") "','memory_type':'fact','content':'ada-2','expires_at':"
                                       "'2026-01-02T00:00:00Z'}}");
    remember("default", "ada", ID("3"), 3, "");
    mneme_fold_case_add(&fold,
                        "{'type':'memory_archived','user_id':'ada','payload':{'memory_id':'" ID("3") "'}}");
    remember("default", "ada", ID("4"), 4, "");
    mneme_fold_case_add(&fold,
                        "{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" ID("4") "'}}");
    apply();
    struct mneme_memory_filter filter = everything("default");
    cr_assert_str_eq(list(&filter), "ada-1");
    filter.include_expired = true;
    cr_assert_str_eq(list(&filter), "ada-2 ada-1");
    filter.include_archived = true;
    cr_assert_str_eq(list(&filter), "ada-3 ada-2 ada-1");
}

Test(queries_memory, a_cursor_goes_on_where_the_page_ended_even_when_new_ones_come) {
    for (int i = 1; i <= 5; i++) {
        char id[40];
        snprintf(id, sizeof id, "0194f000-0000-7000-8000-0000000000%02d", i);
        /* Two and two are of the same moment: the id decides between them. */
        remember("default", "ada", id, i / 2, "");
    }
    apply();
    struct mneme_memory_filter filter = everything("default");
    filter.limit = 2;
    cr_assert_str_eq(list(&filter), "ada-2 ada-2");
    filter.offset = 2;
    cr_assert_str_eq(list(&filter), "ada-1 ada-1");
    filter.offset = 0;
    struct mneme_buffer word = {0};
    mneme_cursor_write(&word, INT64_C(1767225720000000),
                       MNEME_STR_LIT("0194f000-0000-7000-8000-000000000004"), MNEME_STR_LIT("ada"));
    cr_assert_eq(mneme_cursor_read(&filter.cursor, mneme_buffer_str(&word), &arena, &error), MNEME_OK);
    mneme_buffer_clean_up(&word);
    remember("default", "ada", ID("9"), 9, "");
    apply();
    cr_assert_str_eq(list(&filter), "ada-1 ada-1");
    filter.limit = 100;
    cr_assert_str_eq(list(&filter), "ada-1 ada-1 ada-0");
}

Test(queries_memory, a_cursor_of_another_list_is_refused) {
    struct mneme_memory_filter filter = everything("default");
    filter.cursor = (struct mneme_cursor){
        .id = MNEME_STR_LIT("chat-1"), .stream_id = MNEME_STR_LIT("ada"), .is_set = true};
    cr_assert_eq(mneme_memory_list(asking, &filter, see_memory, NULL, NULL, &error), MNEME_E_USAGE);
}

static struct mneme_uuid id_of(const char *text) {
    struct mneme_uuid id;
    cr_assert(mneme_uuid_parse(&id, mneme_str_from(text)));
    return id;
}

static size_t get(const char *tenant, const char *id, struct mneme_str stream_id, bool include_deleted) {
    size_t count;
    mneme_buffer_clear(&seen);
    int status = mneme_memory_get(asking,
                                  &(struct mneme_memory_key){.tenant = mneme_str_from(tenant),
                                                             .id = id_of(id),
                                                             .stream_id = stream_id,
                                                             .include_deleted = include_deleted},
                                  see_memory, NULL, &count, &error);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    return count;
}

Test(queries_memory, an_id_is_looked_up_within_its_tenant_and_stream) {
    remember("default", "ada", ID("1"), 1, "");
    remember("default", "bob", ID("1"), 2, "");
    remember("blue", "ada", ID("2"), 3, "");
    apply();
    cr_assert_eq(get("default", ID("1"), MNEME_STR_NULL, false), 2);
    cr_assert_eq(get("default", ID("1"), MNEME_STR_LIT("bob"), false), 1);
    cr_assert_eq(get("default", ID("2"), MNEME_STR_NULL, false), 0);
    cr_assert_eq(get("blue", ID("2"), MNEME_STR_NULL, false), 1);
}

Test(queries_memory, a_deleted_one_is_there_only_for_who_asks_for_it) {
    remember("default", "ada", ID("1"), 1, "");
    mneme_fold_case_add(&fold,
                        "{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" ID("1") "'}}");
    apply();
    cr_assert_eq(get("default", ID("1"), MNEME_STR_NULL, false), 0);
    cr_assert_eq(get("default", ID("1"), MNEME_STR_NULL, true), 1);
}

static bool copy_json(const void *row, void *context) {
    struct mneme_json_writer json = {.out = context};
    mneme_json_begin_object(&json);
    mneme_row_json(row, mneme_memory_columns, MNEME_MEMORY_COLUMN_COUNT, &json);
    mneme_json_end_object(&json);
    return true;
}

Test(queries_memory, a_row_has_every_column_as_json) {
    mneme_fold_case_add(
        &fold,
        "{'type':'memory_created','user_id':'ada','agent_id':'planner','occurred_at':"
        "'2026-01-01T00:00:00.000001Z','event_id':'0194f000-0000-7000-8000-0000000000ee','payload':{"
        "'memory_id':'" ID(
            "1") "','memory_type':'fact','term':'short_term','content':{'n':[1,null,'\\u00e9']},"
                 "'metadata':{'a':{'b':true}},'tags':['x','y\\u0022'],'confidence':0.25,'priority':7}}");
    apply();
    struct mneme_buffer json = {0};
    cr_assert_eq(
        mneme_memory_get(asking,
                         &(struct mneme_memory_key){.tenant = MNEME_STR_LIT("default"), .id = id_of(ID("1"))},
                         copy_json, &json, NULL, &error),
        MNEME_OK, "%s", error.message);
    mneme_buffer_append_byte(&json, '\0');
    cr_assert_str_eq(
        json.data,
        "{\"id\":\"" ID(
            "1") "\",\"tenant\":\"default\",\"stream_id\":\"ada\",\"agent_id\":\"planner\",\"user_id\":"
                 "\"ada\","
                 "\"run_id\":null,\"conversation_id\":null,\"memory_type\":\"fact\",\"term\":\"short_term\","
                 "\"content\":{\"n\": [1, null, \"\u00e9\"]},\"metadata\":{\"a\": {\"b\": "
                 "true}},\"tags\":[\"x\",\"y\\\"\"],"
                 "\"entities\":[],\"confidence\":0.25,\"importance\":0.5,\"priority\":7,\"access_count\":0,"
                 "\"last_accessed_at\":null,\"created_at\":\"2026-01-01T00:00:00.000001Z\","
                 "\"updated_at\":\"2026-01-01T00:00:00.000001Z\",\"expires_at\":\"2026-01-08T00:00:00."
                 "000001Z\","
                 "\"is_deleted\":false,\"is_archived\":false,\"tier\":\"warm\",\"version\":1,"
                 "\"source_event_id\":\"0194f000-0000-7000-8000-0000000000ee\"}");
    mneme_buffer_clean_up(&json);
}

static bool see_version(const void *row, void *context) {
    const struct mneme_memory_version_row *version = row;
    (void)context;
    mneme_buffer_printf(&seen, "%lld %.*s %.*s/%.*s stream %lld;", (long long)version->version,
                        MNEME_STR_ARG(version->event_type), MNEME_STR_ARG(version->actor),
                        MNEME_STR_ARG(version->reason), (long long)version->stream_version.value);
    return true;
}

Test(queries_memory, the_history_has_every_version_and_nothing_that_was_not_accepted) {
    remember("default", "ada", ID("1"), 1, "'actor':'carol',");
    remember("default", "ada", ID("2"), 2, "");
    mneme_fold_case_add(&fold, "{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" ID(
                                   "1") "','content':'x','reason':'said twice'}}");
    mneme_fold_case_add(&fold, "{'type':'memory_updated','user_id':'ada','payload':{'memory_id':'" ID(
                                   "1") "','content':'y','expected_memory_version':1}}");
    mneme_fold_case_add(&fold,
                        "{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" ID("1") "'}}");
    apply();
    size_t count;
    int status = mneme_memory_history(asking,
                                      &(struct mneme_memory_key){.tenant = MNEME_STR_LIT("default"),
                                                                 .stream_id = MNEME_STR_LIT("ada"),
                                                                 .id = id_of(ID("1"))},
                                      0, 100, see_version, NULL, &count, &error);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    mneme_buffer_append_byte(&seen, '\0');
    cr_assert_str_eq(seen.data, "1 memory_created carol/ stream 1;2 memory_updated /said twice stream 3;"
                                "3 memory_deleted / stream 4;");
    mneme_buffer_clear(&seen);
    status = mneme_memory_history(asking,
                                  &(struct mneme_memory_key){.tenant = MNEME_STR_LIT("default"),
                                                             .stream_id = MNEME_STR_LIT("ada"),
                                                             .id = id_of(ID("1"))},
                                  1, 1, see_version, NULL, &count, &error);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    mneme_buffer_append_byte(&seen, '\0');
    cr_assert_str_eq(seen.data, "2 memory_updated /said twice stream 3;");
}

Test(queries_memory, the_asking_connection_can_change_nothing) {
    cr_assert_neq(mneme_pg_run(asking, "DELETE FROM memories", &error), MNEME_OK);
    cr_assert_str_eq(mneme_pg_sqlstate(asking), "25006");
}
