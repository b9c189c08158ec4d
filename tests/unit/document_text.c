/*
 * The texts of memories and turns that are searched and embedded.
 */
#include "consumers/documents/text.h"

#include <criterion/criterion.h>

static struct mneme_buffer out, scratch;

static void tear_down(void) {
    mneme_buffer_clean_up(&out);
    mneme_buffer_clean_up(&scratch);
}

TestSuite(document_text, .fini = tear_down);

static void check_memory(const char *content, const char *text) {
    mneme_buffer_clear(&out);
    mneme_document_memory_text(&out, &scratch, mneme_str_from(content));
    mneme_buffer_append_byte(&out, 0);
    cr_assert_str_eq(out.data, text, "%s: %s", content, out.data);
}

Test(document_text, a_text_alone_is_the_text) {
    check_memory("{\"text\":\"Ada prefers tea\"}", "Ada prefers tea");
    check_memory(" { \"text\" : \"a \\\"b\\\" \\u00e9\\ud83d\\ude00\\n\" } ", "a \"b\" é😀\n");
    check_memory("{\"text\":\"\"}", "");
}

Test(document_text, fields_are_joined_with_their_names) {
    check_memory("{\"name\":\"Ada\",\"city\":\"Paris\"}", "name: Ada | city: Paris");
    check_memory("{\"text\":\"Ada\",\"age\":36}", "text: Ada | age: 36");
    check_memory("{\"text\":36}", "text: 36");
    check_memory("{\"n\":1.50e3,\"yes\":true,\"no\":false}", "n: 1.50e3 | yes: true | no: false");
}

Test(document_text, nested_fields_have_their_path) {
    check_memory("{\"a\":{\"b\":\"v\",\"c\":{\"d\":1}},\"e\":2}", "a.b: v | a.c.d: 1 | e: 2");
    check_memory("{\"a\\u0062\":{\"c\\\"\":\"v\"}}", "ab.c\": v");
}

Test(document_text, items_are_joined_by_commas) {
    check_memory("{\"tags\":[\"tea\",\"green\",3,null,true]}", "tags: tea, green, 3, true");
    check_memory("{\"a\":[[1,2],[3]]}", "a: 1, 2, 3");
    check_memory("{\"people\":[{\"name\":\"Ada\",\"age\":36},{\"name\":\"Bob\"}]}",
                 "people: name: Ada, age: 36, name: Bob");
}

Test(document_text, what_is_empty_is_left_out) {
    check_memory("{\"a\":null,\"b\":\"\",\"c\":[],\"d\":{},\"e\":[null,{\"f\":\"\"}],\"g\":0}", "g: 0");
    check_memory("{\"a\":{\"b\":null}}", "");
    check_memory("{}", "");
}

Test(document_text, a_long_text_in_any_script_is_whole) {
    struct mneme_buffer content = {0};
    mneme_buffer_append_str(&content, MNEME_STR_LIT("{\"text\":\""));
    for (int i = 0; i < 10000; i++) {
        mneme_buffer_append_str(&content, MNEME_STR_LIT("茶"));
    }
    mneme_buffer_append_str(&content, MNEME_STR_LIT("\"}"));
    mneme_buffer_clear(&out);
    mneme_document_memory_text(&out, &scratch, mneme_buffer_str(&content));
    cr_assert_eq(out.len, 30000);
    mneme_buffer_clean_up(&content);
}

static void check_turn(const char *speaker, const char *role, const char *metadata, const char *text) {
    struct mneme_conversation_turn turn = {.speaker = mneme_str_from(speaker),
                                           .role = mneme_str_from(role),
                                           .content = MNEME_STR_LIT("hi there"),
                                           .metadata = mneme_str_from(metadata)};
    mneme_buffer_clear(&out);
    mneme_document_turn_text(&out, &turn);
    mneme_buffer_append_byte(&out, 0);
    cr_assert_str_eq(out.data, text);
}

Test(document_text, a_turn_begins_with_who_says_it) {
    check_turn("Ada", "user", NULL, "Ada: hi there");
    check_turn(NULL, "user", NULL, "User: hi there");
    check_turn(NULL, "assistant", NULL, "Agent: hi there");
    check_turn(NULL, "system", "{}", "System: hi there");
    check_turn(" ", "tool", "{\"a\":1}", "Tool: hi there");
}

Test(document_text, a_turn_ends_with_the_caption_of_its_image) {
    check_turn("Ada", "user", "{\"x\":1,\"image_caption\":\"a \\\"cat\\\"\"}", "Ada: hi there [a \"cat\"]");
    check_turn("Ada", "user", "{\"image_caption\":\"\"}", "Ada: hi there");
    check_turn("Ada", "user", "{\"image_caption\":[\"no text\"]}", "Ada: hi there");
}
