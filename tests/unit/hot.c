/*
 * The hot tier's keys, and memories as its values.
 */
#include <criterion/criterion.h>

#include "common/base/clock.h"
#include "stores/redis/keys.h"
#include "stores/redis/memory_created.h"

static struct mneme_arena arena;
static struct mneme_buffer text;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
    mneme_buffer_clean_up(&text);
}

TestSuite(hot, .init = set_up, .fini = tear_down);

#define ID "0194f000-0000-7000-8000-000000000001"
#define SPACE ((struct mneme_hot_space){MNEME_STR_LIT("m:"), 3})

static struct mneme_uuid uuid(const char *as_text) {
    struct mneme_uuid id;
    cr_assert(mneme_uuid_parse(&id, mneme_str_from(as_text)));
    return id;
}

static void assert_text(const char *expected) {
    cr_assert(mneme_str_equal(mneme_buffer_str(&text), mneme_str_from(expected)), "%.*s is not %s",
              (int)text.len, text.data, expected);
    mneme_buffer_clear(&text);
}

Test(hot, names_in_keys_separate_nothing) {
    const struct mneme_str plain[] = {MNEME_STR_LIT("default"), MNEME_STR_LIT("ada"), MNEME_STR_LIT("c1")};
    const struct mneme_str odd[] = {MNEME_STR_LIT("a/b"), MNEME_STR_LIT("c:{d} e%\n")};
    struct mneme_hot_space space = SPACE;
    mneme_hot_key(&text, &space, 5, MNEME_HOT_PROGRESS, NULL, 0);
    assert_text("m:3:{5}:progress");
    mneme_hot_key(&text, &space, 5, MNEME_HOT_WORKING, plain, 3);
    assert_text("m:3:{5}:working:default/ada/c1");
    mneme_hot_key(&text, &space, 5, MNEME_HOT_WORKING_TURNS, plain, 3);
    assert_text("m:3:{5}:working:default/ada/c1:turns");
    mneme_hot_key(&text, &space, 0, MNEME_HOT_AGENT, odd, 2);
    assert_text("m:3:{0}:agent:a%2Fb/c%3A{d}%20e%25%0A");
    mneme_hot_memory_key(&text, &space, 12, plain[0], plain[1], uuid(ID));
    assert_text("m:3:{12}:memory:default/ada/" ID);
    mneme_hot_live_key(&text, space.prefix, 12);
    assert_text("m:{12}:live");
    mneme_hot_space_key(&text, space.prefix, 12);
    assert_text("m:{12}:space");
    mneme_hot_topic_key(&text, space.prefix);
    assert_text("m:topic");
}

Test(hot, a_stream_is_placed_as_publishers_place_it) {
    struct mneme_buffer key = {0};
    mneme_buffer_append_str(&key, MNEME_STR_LIT("left from before"));
    int32_t one = mneme_hot_partition(&key, MNEME_STR_LIT("default"), MNEME_STR_LIT("ada"), 4096);
    int32_t again = mneme_hot_partition(&key, MNEME_STR_LIT("default"), MNEME_STR_LIT("ada"), 4096);
    cr_assert(mneme_str_equal(mneme_buffer_str(&key), MNEME_STR_LIT("default/ada")));
    cr_assert(one == again && one >= 0 && one < 4096);
    mneme_buffer_clean_up(&key);
}

static const struct mneme_str tags[] = {MNEME_STR_LIT("x"), MNEME_STR_LIT("with \"quotes\"")};

static struct mneme_hot_memory sample(void) {
    return (struct mneme_hot_memory){
        .row = {.id = uuid(ID),
                .tenant = MNEME_STR_LIT("default"),
                .stream_id = MNEME_STR_LIT("ada"),
                .agent_id = MNEME_STR_LIT("helper 1"),
                .user_id = MNEME_STR_LIT("ada"),
                .memory_type = MNEME_STR_LIT("fact"),
                .content = MNEME_STR_LIT("{\"text\": \"tea\\nand \\u0001\"}"),
                .metadata = MNEME_STR_LIT("{}"),
                .tags = {tags, 2, true},
                .entities = {tags, 0, true},
                .confidence = 0.1 + 0.2,
                .importance = 0.98,
                .priority = 5,
                .access_count = 3,
                .last_accessed_at = {INT64_C(1769860800000001), true},
                .created_at = INT64_C(1769860800000000),
                .updated_at = INT64_C(1769860800000002),
                .tier = MNEME_STR_LIT("warm"),
                .version = 2,
                .source_event_id = uuid(ID)},
        .source_sequence = 4097,
    };
}

Test(hot, a_memory_comes_back_as_it_was_written) {
    struct mneme_hot_memory memory = sample();
    struct mneme_hot_memory back;
    struct mneme_buffer again = {0};
    mneme_hot_memory_write(&text, &memory);
    const char *head = "0000000000000004097 3 1769860800000001 default/ada/helper%201\n{\"id\":\"" ID "\"";
    cr_assert(text.len > strlen(head) && memcmp(text.data, head, strlen(head)) == 0, "%.*s", (int)text.len,
              text.data);
    cr_assert(mneme_hot_memory_read(&back, mneme_buffer_str(&text), &arena));
    cr_assert_eq(back.source_sequence, memory.source_sequence);
    cr_assert_eq(back.row.access_count, 3);
    cr_assert(back.row.last_accessed_at.is_set);
    cr_assert_eq(back.row.confidence, memory.row.confidence);
    cr_assert(mneme_str_equal(back.row.content, memory.row.content));
    cr_assert(mneme_str_equal(back.row.run_id, MNEME_STR_NULL));
    cr_assert(back.row.tags.is_set && back.row.tags.count == 2 &&
              mneme_str_equal(back.row.tags.items[1], tags[1]));
    cr_assert_not(back.row.expires_at.is_set);
    mneme_hot_memory_write(&again, &back);
    cr_assert(mneme_str_equal(mneme_buffer_str(&again), mneme_buffer_str(&text)));
    mneme_buffer_clean_up(&again);
}

Test(hot, an_access_may_be_before_1970_or_never) {
    static const struct {
        struct mneme_opt_long accessed_at;
        const char *line;
    } cases[] = {{{-1, true}, "0000000000000004097 3 -1 default/ada/helper%201\n"},
                 {{0, true}, "0000000000000004097 3 0 default/ada/helper%201\n"},
                 {{0, false}, "0000000000000004097 3 - default/ada/helper%201\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mneme_hot_memory memory = sample();
        struct mneme_hot_memory back;
        mneme_buffer_clear(&text);
        memory.row.last_accessed_at = cases[i].accessed_at;
        mneme_hot_memory_write(&text, &memory);
        cr_assert_eq(strncmp(text.data, cases[i].line, strlen(cases[i].line)), 0, "%.60s", text.data);
        cr_assert(mneme_hot_memory_read(&back, mneme_buffer_str(&text), &arena));
        cr_assert_eq(back.row.last_accessed_at.is_set, cases[i].accessed_at.is_set);
        cr_assert_eq(back.row.last_accessed_at.value, cases[i].accessed_at.value);
    }
}

/* Cut anywhere, or changed, it is not a value; and nothing is read behind its end. */
Test(hot, part_of_a_value_is_none) {
    struct mneme_hot_memory memory = sample();
    struct mneme_hot_memory back;
    mneme_hot_memory_write(&text, &memory);
    for (size_t len = 0; len < text.len; len++) {
        const char *part = mneme_arena_copy(&arena, (struct mneme_str){text.data, len}).data;
        cr_assert_not(mneme_hot_memory_read(&back, (struct mneme_str){part, len}, &arena), "%zu", len);
    }
    static const char *const others[] = {
        "1 2 3\n{}",    "1 2 3 \n{\"id\":1}",           "x 2 3 \n{}", "1  3 \n{}", "1 2 -x \n{}",
        "1 2 --1 \n{}", "99999999999999999999 2 3 \n{}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cr_assert_not(mneme_hot_memory_read(&back, mneme_str_from(others[i]), &arena), "%zu", i);
    }
}

Test(hot, accesses_add_to_the_importance) {
    struct mneme_memory_row row = {.importance = 0.5, .access_count = 7};
    mneme_memory_row_add_accesses(&row);
    cr_assert_eq(row.importance, 0.5 + 0.07);
    row = (struct mneme_memory_row){.importance = 0.5, .access_count = 51};
    mneme_memory_row_add_accesses(&row);
    cr_assert_eq(row.importance, 1);
}

Test(hot, a_short_term_memory_of_the_last_day_expires_before_time_ends) {
    struct mneme_error error = {0};
    struct mneme_hot_memory memory;
    struct mneme_json_normal normal = {0};
    struct mneme_event event = {.type = MNEME_EVENT_MEMORY_CREATED, .occurred_at = MNEME_MAX_MICROS};
    event.payload.memory_created.term = MNEME_STR_LIT("short_term");
    event.payload.memory_created.content = MNEME_STR_LIT("{}");
    event.payload.memory_created.metadata = MNEME_STR_LIT("{}");
    cr_assert_eq(mneme_hot_memory_create(&memory, &event, 1, &arena, &text, &normal, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(memory.row.expires_at.value, MNEME_MAX_MICROS);
    mneme_json_normal_clean_up(&normal);
}
