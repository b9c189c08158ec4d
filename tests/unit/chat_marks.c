/*
 * Marks of interfaces in exported texts, and what only looks like them; and texts cut into parts.
 */
#include "importers/chat_marks.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/buffer.h"
#include "importers/chat_parts.h"

#define BEGIN "\xEE\x88\x80"
#define END "\xEE\x88\x81"
#define SEPARATOR "\xEE\x88\x82"
#define MARK(kind, argument) BEGIN kind SEPARATOR argument END
#define CITATION                                                                                             \
    "\xE3\x80\x90"                                                                                           \
    "12\xE2\x80\xA0source\xE3\x80\x91"

static const struct {
    const char *text, *plain;
    bool has_tags;
} cases[] = {
    /* Framed marks of ChatGPT. */
    {"It rains " MARK("cite", "turn0search1" SEPARATOR "turn0view2") ".", "It rains.", false},
    {"It rains." MARK("filecite", "turn1file0" SEPARATOR "L1-L5"), "It rains.", false},
    {MARK("entity", "[\"city\",\"Braga\",\"in Portugal\"]") " is old", "Braga is old", false},
    {MARK("entity", "no list") "x", "x", false},
    {"See " MARK("url", "the guide" SEPARATOR "https://example.com") "!", "See the guide!", false},
    {"a " MARK("image_group", "{\"query\":[\"x\"]}") "\n\nb", "a\n\nb", false},
    {"cut off " BEGIN "cite" SEPARATOR "turn0sea", "cut off", false},
    {"a " BEGIN "cite" SEPARATOR "turn0 and " MARK("cite", "turn1view0") "b", "a and b", false},
    {"`" MARK("cite", "turn0view0") "`", "``", false},
    {BEGIN " is a sign of my font", BEGIN " is a sign of my font", false},
    {"cite turn0search1, citeturn0search1", "cite turn0search1, citeturn0search1", false},
    /* Citations in brackets. */
    {"So it is" CITATION ".", "So it is.", false},
    {"So it is \xE3\x80\x90"
     "4:0\xE2\x80\xA0notes.pdf\xE3\x80\x91, he said",
     "So it is, he said", false},
    {"\xE3\x80\x90"
     "3\xE2\x80\xA0Opening hours\xE2\x80\xA0"
     "example.com\xE3\x80\x91",
     "Opening hours", false},
    {"x\xE3\x80\x90turn2view0\xE3\x80\x91y\xE3\x80\x90oaicite:3\xE3\x80\x91", "xy", false},
    {"\xE3\x80\x90重要\xE3\x80\x91 \xE3\x80\x90"
     "12\xE3\x80\x91 \xE3\x80\x90see \xE2\x80\xA0 a\xE3\x80\x91",
     "\xE3\x80\x90重要\xE3\x80\x91 \xE3\x80\x90"
     "12\xE3\x80\x91 \xE3\x80\x90see \xE2\x80\xA0 a\xE3\x80\x91",
     false},
    {"write `" CITATION "`", "write `" CITATION "`", false},
    {"```\n" CITATION "\n```" CITATION, "```\n" CITATION "\n```", false},
    {"it`s " CITATION "\nit`s", "it`s\nit`s", false},
    {"a :contentReference[oaicite:0]{index=0} b", "a b", false},
    {":contentReference[oaicite:x]{index=0}", ":contentReference[oaicite:x]{index=0}", false},
    /* Characters without width. */
    {"\xEF\xBB\xBFhel\xE2\x80\x8Blo\xE2\x81\xA0", "hello", false},
    {"\xE0\xB8\x81\xE2\x80\x8B\xE0\xB8\x82", "\xE0\xB8\x81\xE2\x80\x8B\xE0\xB8\x82", false},
    {"👩\xE2\x80\x8D🚀", "👩\xE2\x80\x8D🚀", false},
    {"\xE2\x80\x8B", NULL, false},
    /* Claude. */
    {"Yes.\n\n```\nThis block is not supported on your current device yet.\n```\n\nDone.", "Yes.\n\nDone.",
     true},
    {"<antThinking>hm</antThinking>It is.", "It is.", true},
    {"<antArtifact identifier=\"a\" title=\"Sea\">\nGrey.\n</antArtifact>", "Sea\nGrey.\n", true},
    {"<antArtifact identifier=\"a\">Grey ```x</antArtifact> y", "Grey ```x y", true},
    {"<antArtifact identifier=\"a\">Grey.", "<antArtifact identifier=\"a\">Grey.", true},
    {"`<antThinking>a</antThinking>`", "`<antThinking>a</antThinking>`", true},
    {"<antThinker>a</antThinker> 1 < 2", "<antThinker>a</antThinker> 1 < 2", true},
    {"<antThinking>a</antThinking>", "<antThinking>a</antThinking>", false},
    {"It is <"
     "antml:cite index=\"1\">so</"
     "antml:cite>.",
     "It is so.", true},
    {"", "", true},
};

Test(chat_marks, are_removed_or_replaced_by_what_is_read) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mneme_str text = mneme_str_from(cases[i].text);
        cr_assert(mneme_chat_remove_marks(&text, &arena, cases[i].has_tags));
        cr_assert(mneme_str_equal(text, mneme_str_from(cases[i].plain)), "%s became %.*s", cases[i].text,
                  MNEME_STR_ARG(text));
    }
    mneme_arena_clean_up(&arena);
}

static const struct {
    const char *text;
    struct mneme_chat_limit limit;
    const char *parts; /* with a bar between them */
} cuts[] = {
    {"short", {10, 100}, "short"},
    {"0123456789", {10, 100}, "0123456789"},
    {"0123456789a", {10, 100}, "0123456789|a"},
    {"éééééé", {4, 100}, "éééé|éé"},
    {"éééééé", {100, 5}, "éé|éé|éé"},
    {"🙂🙂", {1, 4}, "🙂|🙂"},
    {"aaaaaaaaaaaaaaaaa bb\ncccccccc", {20, 100}, "aaaaaaaaaaaaaaaaa bb|\ncccccccc"},
    {"aaaaaaaaaaaaaaaaaa\nb ccccccc", {20, 100}, "aaaaaaaaaaaaaaaaaa\n|b ccccccc"},
    {"aaaaaaaaaaaaaaaaaa bccccccc", {20, 100}, "aaaaaaaaaaaaaaaaaa |bccccccc"},
    {"a bbbbbbbbbbbbbbbbbbbbbbbb", {20, 100}, "a bbbbbbbbbbbbbbbbbb|bbbbbb"},
};

Test(chat_marks, parts_follow_each_other_and_end_where_a_line_or_a_word_does) {
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct mneme_str rest = mneme_str_from(cuts[i].text);
        struct mneme_buffer parts = {0};
        int64_t count = 0;
        while (rest.len > 0) {
            mneme_buffer_append_str(&parts, count++ > 0 ? MNEME_STR_LIT("|") : MNEME_STR_LIT(""));
            mneme_buffer_append_str(&parts, mneme_chat_next_part(&rest, &cuts[i].limit));
        }
        cr_assert(mneme_str_equal(mneme_buffer_str(&parts), mneme_str_from(cuts[i].parts)), "%s became %.*s",
                  cuts[i].text, MNEME_STR_ARG(mneme_buffer_str(&parts)));
        cr_assert_eq(mneme_chat_count_parts(mneme_str_from(cuts[i].text), &cuts[i].limit), count);
        mneme_buffer_clean_up(&parts);
    }
}
