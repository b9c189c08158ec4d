/*
 * Conversations of exports: which branch counts, what a message says, and what is none.
 */
#include "importers/chat.h"

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
        {"{\"content_type\":\"multimodal_text\",\"parts\":[{\"content_type\":\"audio_transcription\","
         "\"text\":"
         "\"heard\"},{\"content_type\":\"real_time_user_audio_video_asset_pointer\"}]}",
         "heard", 1},
        {"{\"content_type\":\"tether_quote\",\"url\":\"u\",\"text\":\"quoted\"}", "quoted", 0},
        {"{\"content_type\":\"user_editable_context\",\"user_profile\":\"I "
         "bake.\",\"user_instructions\":\"Be "
         "brief.\"}",
         "I bake.\nBe brief.", 0},
        {"{\"content_type\":\"reasoning_recap\",\"content\":\"Thought for 5s\"}", NULL, 0},
        {"{\"content_type\":\"tether_browsing_display\",\"result\":\"L0: page\"}", NULL, 0},
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

#define MESSAGE(id, parent, time)                                                                            \
    "{\"uuid\":\"" id "\",\"sender\":\"human\",\"text\":\"" id "\"," parent                                  \
    "\"created_at\":\"2026-05-01T09:0" time ":00Z\"}"
#define PARENT(id) "\"parent_message_uuid\":\"" id "\","
#define ROOT_MESSAGE PARENT("00000000-0000-4000-8000-000000000000")

Test(chat, a_claude_conversation_is_a_tree_where_parents_are_named) {
    static const struct {
        const char *messages, *texts;
        int left_out;
        bool has_note;
    } cases[] = {
        /* The latest message decides, whatever the order. */
        {"\"chat_messages\":[" MESSAGE("a", ROOT_MESSAGE, "0") "," MESSAGE("b", PARENT("a"), "1") "," MESSAGE(
             "c", ROOT_MESSAGE, "5") "," MESSAGE("d", PARENT("c"), "7") "," MESSAGE("e", PARENT("c"),
                                                                                    "6") "]",
         "cd", 3, false},
        {"\"current_leaf_message_uuid\":\"b\",\"chat_messages\":[" MESSAGE(
             "a", ROOT_MESSAGE, "0") "," MESSAGE("b", PARENT("a"), "1") "," MESSAGE("c", PARENT("a"),
                                                                                    "2") "]",
         "ab", 1, false},
        {"\"current_leaf_message_uuid\":\"z\",\"chat_messages\":[" MESSAGE(
             "a", ROOT_MESSAGE, "0") "," MESSAGE("b", PARENT("a"), "1") "]",
         "ab", 0, true},
        /* Without parents it is a list; what names none among those that do follows the one before it. */
        {"\"chat_messages\":[" MESSAGE("a", "", "5") "," MESSAGE("b", "", "1") "]", "ab", 0, false},
        {"\"chat_messages\":[" MESSAGE("a", "", "0") "," MESSAGE("b", "", "1") "," MESSAGE("c", PARENT("b"),
                                                                                           "2") "]",
         "abc", 0, false},
        {"\"chat_messages\":[" MESSAGE("a", "\"parent_message_uuid\":null,", "0") "," MESSAGE(
             "b", PARENT("a"), "1") "," MESSAGE("c", "\"parent_message_uuid\":null,", "2") "]",
         "c", 2, false},
        /* One that is lost takes no other with it, and what is no message is passed by. */
        {"\"chat_messages\":[" MESSAGE("a", ROOT_MESSAGE, "0") "," MESSAGE("b", PARENT("gone"), "1") "]",
         "ab", 0, false},
        {"\"chat_messages\":[" MESSAGE("a", ROOT_MESSAGE, "0") ",7,null," MESSAGE("b", PARENT("a"), "1") "]",
         "ab", 0, false},
        /* A circle ends. */
        {"\"chat_messages\":[" MESSAGE("a", PARENT("b"), "0") "," MESSAGE("b", PARENT("a"), "1") "]", "ab", 0,
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[2048];
        char texts[16] = "";
        snprintf(json, sizeof json, "{\"uuid\":\"x\",%s}", cases[i].messages);
        cr_assert_eq(read(&mneme_claude_reader, json), MNEME_OK, "%s: %s", json, error.message);
        for (size_t m = 0; m < chat.count; m++) {
            strncat(texts, chat.messages[m].text.data == NULL ? "" : chat.messages[m].text.data,
                    chat.messages[m].text.len);
        }
        cr_assert_str_eq(texts, cases[i].texts, "%s", json);
        cr_assert_eq(chat.left_out, cases[i].left_out, "%s: %lld", json, (long long)chat.left_out);
        cr_assert_eq(chat.note != NULL, cases[i].has_note, "%s", json);
    }
}

Test(chat, a_tree_of_chatgpt_without_times_or_with_lost_nodes_is_read) {
    cr_assert_eq(read(&mneme_chatgpt_reader, "{\"id\":\"x\"," TREE "}"), MNEME_OK);
    cr_assert_eq(chat.count + (size_t)chat.left_out, 4);
    ASSERT_STR(chat.messages[0].text, "question");
    cr_assert_eq(read(&mneme_chatgpt_reader,
                      "{\"id\":\"x\",\"current_node\":\"b\",\"mapping\":{" NODE(
                          "a", "null", "user", "1") "," NODE("b", "\"lost\"", "user", "2") "}}"),
                 MNEME_OK);
    cr_assert_eq(chat.count, 2);
    cr_assert_eq(read(&mneme_chatgpt_reader, "{\"id\":\"x\",\"current_node\":\"z\"," TREE "}"), MNEME_OK);
    cr_assert_not_null(strstr(chat.note, "current_node"));
    cr_assert_gt(chat.count, 0);
}

Test(chat, what_attachments_hold_is_said) {
    static const char json[] =
        "{\"uuid\":\"x\",\"model\":\"m\",\"chat_messages\":["
        "{\"sender\":\"human\",\"text\":\"\",\"attachments\":[{\"extracted_content\":\"one\"},{\"file_name\":"
        "\"f\"},"
        "{\"extracted_content\":\"two\"}]},"
        "{\"sender\":\"assistant\",\"text\":\"own\",\"attachments\":[{\"extracted_content\":\" \"}]}]}";
    cr_assert_eq(read(&mneme_claude_reader, json), MNEME_OK, "%s", error.message);
    ASSERT_STR(chat.messages[0].text, "one\n\ntwo");
    cr_assert(chat.messages[0].has_attached_text);
    cr_assert_eq(chat.messages[0].attachments, 3);
    ASSERT_STR(chat.messages[0].model, NULL);
    ASSERT_STR(chat.messages[1].text, "own");
    ASSERT_STR(chat.messages[1].model, "m");
    cr_assert_not(chat.messages[1].has_attached_text);
}

Test(chat, what_is_no_conversation_is_refused) {
    static const struct {
        const struct mneme_chat_reader *reader;
        const char *json, *words;
    } cases[] = {
        {&mneme_chatgpt_reader, "{\"mapping\":{}}", "\"id\" and \"mapping\""},
        {&mneme_chatgpt_reader, "{\"id\":\"x\",\"mapping\":[]}", "\"id\" and \"mapping\""},
        {&mneme_chatgpt_reader, "[1]", "\"id\" and \"mapping\""},
        {&mneme_claude_reader, "{\"uuid\":\"x\"}", "\"chat_messages\""},
        {&mneme_claude_reader, "{\"uuid\":5,\"chat_messages\":[]}", "\"uuid\""},
        {&mneme_claude_reader, "7", "\"uuid\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(read(cases[i].reader, cases[i].json), MNEME_E_INVALID, "%s", cases[i].json);
        cr_assert_not_null(strstr(error.message, cases[i].words), "%s: %s", cases[i].json, error.message);
    }
}
