/*
 * Conversations of exports: which branch counts, what a message says, and what is none.
 */
#include "producers/importers/chat.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct mneme_arena arena;
static struct mneme_chat chat;
static struct mneme_error error;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
}

TestSuite(chat, .init = set_up, .fini = tear_down);

#define ASSERT_STR(actual, expected)                                                                         \
    cr_assert(mneme_str_equal((actual), mneme_str_from(expected)), "%.*s", MNEME_STR_ARG(actual))

static int read(const struct mneme_chat_reader *reader, const char *json) {
    error = (struct mneme_error){0};
    return reader->read(&chat, &arena, mneme_str_from(json), &error);
}

/* A node of a mapping. */
#define NODE(id, parent, role, text)                                                                         \
    "\"" id "\":{\"parent\":" parent ",\"message\":{\"author\":{\"role\":\"" role                            \
    "\"},\"content\":{\"content_type\":\"text\",\"parts\":[\"" text "\"]}}}"

#define TREE                                                                                                 \
    "\"mapping\":{" NODE("c", "\"b\"", "assistant", "new answer") "," NODE(                                  \
        "a", "null", "user", "question") "," NODE("b", "\"a\"", "user",                                      \
                                                  "changed question") "," NODE("d", "\"a\"", "assistant",    \
                                                                               "old answer") "}"

Test(chat, the_branch_of_the_current_node_counts) {
    cr_assert_eq(read(&mneme_chatgpt_reader, "{\"id\":\"x\",\"current_node\":\"c\"," TREE "}"), MNEME_OK,
                 "%s", error.message);
    cr_assert_eq(chat.count, 3);
    ASSERT_STR(chat.messages[0].text, "question");
    ASSERT_STR(chat.messages[1].text, "changed question");
    ASSERT_STR(chat.messages[2].text, "new answer");
    ASSERT_STR(chat.messages[2].role, "assistant");
    ASSERT_STR(chat.messages[2].id, "c");
    cr_assert_eq(chat.left_out, 1);
    cr_assert_eq(read(&mneme_chatgpt_reader, "{\"id\":\"x\",\"current_node\":\"d\"," TREE "}"), MNEME_OK);
    cr_assert_eq(chat.count, 2);
    cr_assert_eq(chat.left_out, 2);
}

Test(chat, without_a_current_node_the_latest_message_is_it) {
    static const char json[] =
        "{\"conversation_id\":\"x\",\"mapping\":{\"b\":{\"parent\":\"a\",\"message\":{\"create_time\":20.5}},"
        "\"c\":{\"parent\":\"a\",\"message\":{\"create_time\":10}},\"a\":{\"message\":{\"create_time\":5}}}}";
    cr_assert_eq(read(&mneme_chatgpt_reader, json), MNEME_OK, "%s", error.message);
    cr_assert_eq(chat.count, 2);
    ASSERT_STR(chat.messages[1].id, "b");
    cr_assert_eq(read(&mneme_chatgpt_reader, "{\"id\":\"x\",\"mapping\":{}}"), MNEME_OK);
    cr_assert_eq(chat.count, 0);
}

Test(chat, a_circle_of_parents_ends) {
    cr_assert_eq(
        read(&mneme_chatgpt_reader, "{\"id\":\"x\",\"current_node\":\"a\",\"mapping\":{" NODE(
                                        "a", "\"b\"", "user", "1") "," NODE("b", "\"a\"", "user", "2") "}}"),
        MNEME_OK);
    cr_assert_eq(chat.count, 2);
}

Test(chat, a_message_is_its_parts_or_its_text) {
    static const struct {
        const char *content, *text;
        int attachments;
    } cases[] = {
        {"{\"parts\":[\"a\",\"\",\"b\"]}", "a\nb", 0},
        {"{\"parts\":[{\"asset_pointer\":\"x\"},\"a\",{\"text\":\"heard\"},null,7]}", "a\nheard", 1},
        {"{\"parts\":[\" \"]}", NULL, 0},
        {"{\"content_type\":\"code\",\"text\":\"x = 1\"}", "x = 1", 0},
        {"{\"thoughts\":[{\"content\":\"hm\"}]}", NULL, 0},
        {"\"plain\"", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[512];
        snprintf(json, sizeof json,
                 "{\"id\":\"x\",\"current_node\":\"a\",\"mapping\":{\"a\":{\"message\":{\"content\":%s}}}}",
                 cases[i].content);
        cr_assert_eq(read(&mneme_chatgpt_reader, json), MNEME_OK, "%s: %s", json, error.message);
        cr_assert_eq(chat.count, 1);
        ASSERT_STR(chat.messages[0].text, cases[i].text);
        cr_assert_eq(chat.messages[0].attachments, cases[i].attachments, "%s", json);
    }
}

Test(chat, blocks_of_text_are_what_was_said) {
    static const char json[] =
        "{\"uuid\":\"x\",\"name\":\"N\",\"chat_messages\":["
        "{\"uuid\":\"1\",\"sender\":\"human\",\"text\":\"whole\",\"content\":[{\"type\":\"text\",\"text\":"
        "\"a\"},"
        "{\"type\":\"tool_use\",\"input\":{}},{\"type\":\"text\",\"text\":\"b\"}],\"files\":[{},{}]},"
        "{\"uuid\":\"2\",\"sender\":\"assistant\",\"text\":\"only this\",\"content\":[]},"
        "{\"sender\":\"critic\",\"text\":\"hm\",\"created_at\":\"2025-03-03T09:12:00Z\"}]}";
    cr_assert_eq(read(&mneme_claude_reader, json), MNEME_OK, "%s", error.message);
    cr_assert_eq(chat.count, 3);
    ASSERT_STR(chat.title, "N");
    ASSERT_STR(chat.messages[0].text, "a\n\nb");
    ASSERT_STR(chat.messages[0].role, "user");
    cr_assert_eq(chat.messages[0].attachments, 2);
    ASSERT_STR(chat.messages[1].text, "only this");
    ASSERT_STR(chat.messages[2].role, NULL);
    ASSERT_STR(chat.messages[2].id, NULL);
    ASSERT_STR(chat.messages[2].author, "critic");
    cr_assert_eq(chat.messages[2].created_at.value, INT64_C(1740993120000000));
}

Test(chat, what_is_no_conversation_is_refused) {
    static const struct {
        const struct mneme_chat_reader *reader;
        const char *json, *words;
    } cases[] = {
        {&mneme_chatgpt_reader, "{\"mapping\":{}}", "\"id\" and \"mapping\""},
        {&mneme_chatgpt_reader, "{\"id\":\"x\",\"mapping\":[]}", "\"id\" and \"mapping\""},
        {&mneme_chatgpt_reader, "[1]", "\"id\" and \"mapping\""},
        {&mneme_chatgpt_reader, "{\"id\":\"x\",\"current_node\":\"z\",\"mapping\":{}}", "current_node \"z\""},
        {&mneme_claude_reader, "{\"uuid\":\"x\"}", "\"chat_messages\""},
        {&mneme_claude_reader, "{\"uuid\":5,\"chat_messages\":[]}", "\"uuid\""},
        {&mneme_claude_reader, "7", "\"uuid\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(read(cases[i].reader, cases[i].json), MNEME_E_INVALID, "%s", cases[i].json);
        cr_assert_not_null(strstr(error.message, cases[i].words), "%s: %s", cases[i].json, error.message);
    }
}
