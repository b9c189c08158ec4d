/*
 * One pass over the text. At each byte that may begin a mark, the table of marks is consulted; a mark returns
 * its length and writes its replacement.
 */
#include "importers/chat_marks.h"

#include <stdio.h>

#include "common/base/buffer.h"
#include "common/base/text_check.h"
#include "common/json/read.h"

/* Private-use characters that frame ChatGPT's marks: begin, kind, separator, argument, …, end. */
#define FRAME_BEGIN MNEME_STR_LIT("\xEE\x88\x80") /* U+E200 */
#define FRAME_END MNEME_STR_LIT("\xEE\x88\x81")   /* U+E201 */
#define FRAME_SEPARATOR MNEME_STR_LIT("\xEE\x88\x82")
#define BRACKET_BEGIN MNEME_STR_LIT("\xE3\x80\x90") /* U+3010 */
#define BRACKET_END MNEME_STR_LIT("\xE3\x80\x91")
#define DAGGER MNEME_STR_LIT("\xE2\x80\xA0")

#define MAX_FRAME_BYTES 8192
#define MAX_BRACKET_BYTES 512
#define MAX_KIND_BYTES 40
#define MAX_OPEN 16 /* nested wrappers */

struct marks {
    struct mneme_str text;
    size_t at;
    struct mneme_buffer out;
    struct mneme_arena *arena;
    size_t code_end;          /* end of the current code */
    size_t closing[MAX_OPEN]; /* positions of the end tags of open wrappers, the innermost last */
    size_t open;
    bool has_tags;
    bool has_failed; /* memory is exhausted */
};

/* --- parts of text --- */

static struct mneme_str rest_of(const struct marks *marks) {
    return (struct mneme_str){marks->text.data + marks->at, marks->text.len - marks->at};
}

static struct mneme_str after(struct mneme_str text, size_t len) {
    return (struct mneme_str){text.data + len, text.len - len};
}

static bool begins_with(struct mneme_str text, struct mneme_str words) {
    return text.len >= words.len && memcmp(text.data, words.data, words.len) == 0;
}

/* The position of `words` in the text, or its length when not found. */
static size_t place_of(struct mneme_str text, struct mneme_str words) {
    const char *found = text.len == 0 ? NULL : memmem(text.data, text.len, words.data, words.len);
    return found == NULL ? text.len : (size_t)(found - text.data);
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_word_byte(char byte) {
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           byte == '-';
}

static size_t word_length(struct mneme_str text) {
    size_t len = 0;
    while (len < text.len && is_word_byte(text.data[len])) {
        len++;
    }
    return len;
}

static size_t digits_length(struct mneme_str text) {
    size_t len = 0;
    while (len < text.len && is_digit(text.data[len])) {
        len++;
    }
    return len;
}

/* --- framed marks of ChatGPT --- */

/* The name in ["city","Paris","a capital"]: the second string. */
static bool add_name(struct marks *marks, struct mneme_str argument) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_str name = MNEME_STR_NULL;
    if (!mneme_json_check(argument, &kind, &reason, &at) || kind != MNEME_JSON_ARRAY) {
        return true;
    }
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(argument));
    for (int i = 0; i < 2 && mneme_json_next(&reader, &key, &item); i++) {
        if (mneme_json_kind_of(item) == MNEME_JSON_STRING && !mneme_json_unquote(&name, marks->arena, item)) {
            return false;
        }
    }
    mneme_buffer_append_str(&marks->out, name);
    return true;
}

/* Writes the replacement of a complete frame. */
static bool add_readable(struct marks *marks, struct mneme_str kind, struct mneme_str argument) {
    static const char *const labelled[] = {"url", "link", "link_title", "navlist"};
    if (mneme_str_equal(kind, MNEME_STR_LIT("entity"))) {
        return add_name(marks, argument);
    }
    for (size_t i = 0; i < sizeof labelled / sizeof labelled[0]; i++) {
        if (mneme_str_equal(kind, mneme_str_from(labelled[i]))) {
            mneme_buffer_append_str(&marks->out, argument);
        }
    }
    return true;
}

/* The length of a frame whose end was cut off: the kind, and arguments that are words. */
static size_t cut_frame_length(struct mneme_str text, size_t len) {
    while (begins_with(after(text, len), FRAME_SEPARATOR)) {
        len += FRAME_SEPARATOR.len;
        len += word_length(after(text, len));
    }
    return len;
}

static size_t match_frame(struct marks *marks, struct mneme_str text) {
    if (!begins_with(text, FRAME_BEGIN)) {
        return 0;
    }
    struct mneme_str kind = after(text, FRAME_BEGIN.len);
    kind.len = word_length(kind);
    size_t len = FRAME_BEGIN.len + kind.len;
    struct mneme_str inside = after(text, len);
    if (kind.len == 0 || kind.len > MAX_KIND_BYTES) {
        return 0;
    }
    if (begins_with(inside, FRAME_END)) {
        return len + FRAME_END.len;
    }
    if (!begins_with(inside, FRAME_SEPARATOR)) {
        return 0;
    }
    inside.len = inside.len < MAX_FRAME_BYTES ? inside.len : MAX_FRAME_BYTES;
    size_t end = place_of(inside, FRAME_END);
    if (end == inside.len || place_of(inside, FRAME_BEGIN) < end) {
        return cut_frame_length(text, len);
    }
    struct mneme_str argument = {inside.data + FRAME_SEPARATOR.len, end - FRAME_SEPARATOR.len};
    argument.len = place_of(argument, FRAME_SEPARATOR);
    marks->has_failed = !add_readable(marks, kind, argument);
    return len + end + FRAME_END.len;
}

/* --- citations in brackets --- */

/* turn0search12, the models' names for search results. */
static bool is_reference(struct mneme_str text) {
    if (!begins_with(text, MNEME_STR_LIT("turn"))) {
        return false;
    }
    text = after(text, 4);
    size_t digits = digits_length(text);
    text = after(text, digits);
    size_t letters = 0;
    while (letters < text.len && text.data[letters] >= 'a' && text.data[letters] <= 'z') {
        letters++;
    }
    text = after(text, letters);
    return digits > 0 && letters > 0 && text.len > 0 && digits_length(text) == text.len;
}

/* 【12†source】 and 【4:0†notes.pdf】 are citations; 【3†Opening hours†example.com】 is a link with text. */
static size_t match_bracket(struct marks *marks, struct mneme_str text) {
    if (!begins_with(text, BRACKET_BEGIN)) {
        return 0;
    }
    struct mneme_str inside = after(text, BRACKET_BEGIN.len);
    inside.len = inside.len < MAX_BRACKET_BYTES ? inside.len : MAX_BRACKET_BYTES;
    size_t end = place_of(inside, BRACKET_END);
    size_t whole = BRACKET_BEGIN.len + end + BRACKET_END.len;
    if (end == inside.len || memchr(inside.data, '\n', end) != NULL) {
        return 0;
    }
    inside.len = end;
    if (is_reference(inside) ||
        (begins_with(inside, MNEME_STR_LIT("oaicite:")) && digits_length(after(inside, 8)) == end - 8)) {
        return whole;
    }
    size_t digits = digits_length(inside);
    if (digits > 0 && digits < inside.len && inside.data[digits] == ':') {
        size_t more = digits_length(after(inside, digits + 1));
        digits = more == 0 ? 0 : digits + 1 + more;
    }
    if (digits == 0 || !begins_with(after(inside, digits), DAGGER)) {
        return 0;
    }
    struct mneme_str label = after(inside, digits + DAGGER.len);
    size_t second = place_of(label, DAGGER);
    if (second < label.len) {
        mneme_buffer_append(&marks->out, label.data, second);
    }
    return whole;
}

/* :contentReference[oaicite:0]{index=0} */
static size_t match_content_reference(struct marks *marks, struct mneme_str text) {
    (void)marks;
    static const char *const parts[] = {":contentReference[oaicite:", "]{index=", "}"};
    size_t len = 0;
    for (size_t i = 0; i < 3; i++) {
        struct mneme_str part = mneme_str_from(parts[i]);
        if (!begins_with(after(text, len), part)) {
            return 0;
        }
        len += part.len;
        size_t digits = digits_length(after(text, len));
        if (digits == 0 && i < 2) {
            return 0;
        }
        len += i < 2 ? digits : 0;
    }
    return len;
}

/* --- characters without width --- */

static bool is_three_bytes(char lead) {
    return ((uint8_t)lead & 0xF0U) == 0xE0;
}

/* U+200B between characters of three bytes may be a word break in a script without spaces, and stays. */
static size_t match_zero_width(struct marks *marks, struct mneme_str text) {
    if (begins_with(text, MNEME_STR_LIT("\xEF\xBB\xBF")) ||
        begins_with(text, MNEME_STR_LIT("\xE2\x81\xA0"))) {
        return 3;
    }
    if (!begins_with(text, MNEME_STR_LIT("\xE2\x80\x8B"))) {
        return 0;
    }
    bool is_break = text.len > 3 && is_three_bytes(text.data[3]) && marks->out.len >= 3 &&
                    is_three_bytes(marks->out.data[marks->out.len - 3]);
    return is_break ? 0 : 3;
}

/* --- Claude --- */

/* The placeholder in exports for what the interface could not show. */
static size_t match_not_supported(struct marks *marks, struct mneme_str text) {
    static const char words[] = "```\nThis block is not supported on your current device yet.\n```";
    return marks->has_tags && begins_with(text, mneme_str_from(words)) ? sizeof words - 1 : 0;
}

/* Tags, and whether their contents are not part of the message. */
static const struct {
    const char *name;
    bool is_silent;
} tags[] = {
    {"antArtifact", false},         {"antThinking", true},    {"antml:thinking", true},
    {"antml:function_calls", true}, {"function_calls", true}, {"antml:cite", false},
    {"antml:artifact", false},
};

/* The value of title="…" in a tag. */
static struct mneme_str title_in(struct mneme_str tag) {
    size_t at = place_of(tag, MNEME_STR_LIT(" title=\""));
    if (at == tag.len) {
        return MNEME_STR_NULL;
    }
    struct mneme_str title = after(tag, at + sizeof " title=\"" - 1);
    title.len = place_of(title, MNEME_STR_LIT("\""));
    return title;
}

/* A tag whose end tag follows: a silent tag is removed with its contents, others without. */
static size_t match_open_tag(struct marks *marks, struct mneme_str text, size_t tag) {
    struct mneme_str name = mneme_str_from(tags[tag].name);
    char end_tag[MAX_KIND_BYTES];
    size_t len = 1 + name.len;
    if (text.len <= len || (text.data[len] != '>' && text.data[len] != ' ')) {
        return 0;
    }
    len += place_of(after(text, len), MNEME_STR_LIT(">")) + 1;
    int end_len = snprintf(end_tag, sizeof end_tag, "</%s>", tags[tag].name);
    struct mneme_str inside = len < text.len ? after(text, len) : MNEME_STR_NULL;
    size_t end = place_of(inside, mneme_str_from(end_tag));
    if (end == inside.len) {
        return 0;
    }
    if (tags[tag].is_silent) {
        return len + end + (size_t)end_len;
    }
    if (marks->open == MAX_OPEN) {
        return 0;
    }
    marks->closing[marks->open++] = marks->at + len + end;
    struct mneme_str title = title_in((struct mneme_str){text.data, len});
    if (title.len > 0) {
        mneme_buffer_append_str(&marks->out, title);
        mneme_buffer_append_str(&marks->out,
                                inside.data[0] == '\n' ? MNEME_STR_LIT("") : MNEME_STR_LIT("\n"));
    }
    return len;
}

static size_t match_tag(struct marks *marks, struct mneme_str text) {
    if (!marks->has_tags || text.data[0] != '<') {
        return 0;
    }
    if (marks->open > 0 && marks->closing[marks->open - 1] == marks->at) {
        marks->open--;
        return place_of(text, MNEME_STR_LIT(">")) + 1;
    }
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (begins_with(after(text, 1), mneme_str_from(tags[i].name))) {
            size_t len = match_open_tag(marks, text, i);
            if (len > 0) {
                return len;
            }
        }
    }
    return 0;
}

/* --- all of them --- */

static const struct {
    char lead;
    bool is_mark_in_code;
    size_t (*match)(struct marks *marks, struct mneme_str text);
} kinds[] = {
    {'\xEE', true, match_frame},
    {'\xE3', false, match_bracket},
    {':', false, match_content_reference},
    {'\xEF', false, match_zero_width},
    {'\xE2', false, match_zero_width},
    {'`', false, match_not_supported},
    {'<', false, match_tag},
};

/* The end of the code that begins here with backticks; the place after the backticks when it is not closed.
 */
static size_t find_code_end(struct mneme_str text) {
    size_t ticks = 0;
    while (ticks < text.len && text.data[ticks] == '`') {
        ticks++;
    }
    for (size_t at = ticks; at < text.len;) {
        if (text.data[at] == '\n' && ticks < 3) {
            break;
        }
        size_t run = 0;
        while (at + run < text.len && text.data[at + run] == '`') {
            run++;
        }
        if (run == ticks) {
            return at + run;
        }
        at += run == 0 ? 1 : run;
    }
    return ticks;
}

/* Also removes a space before a removed mark, and a paragraph that contained only the mark. */
static void close_gap(struct marks *marks) {
    struct mneme_buffer *out = &marks->out;
    struct mneme_str rest = rest_of(marks);
    bool ends_word = rest.len == 0 || strchr(" \n.,;:!?)", rest.data[0]) != NULL;
    if (out->len > 0 && out->data[out->len - 1] == ' ' && ends_word) {
        out->len--;
    }
    if (out->len == 0 || (out->len >= 2 && memcmp(out->data + out->len - 2, "\n\n", 2) == 0)) {
        while (marks->at < marks->text.len && marks->text.data[marks->at] == '\n') {
            marks->at++;
        }
    }
}

/* Advances by one mark or one byte. */
static void step(struct marks *marks) {
    struct mneme_str rest = rest_of(marks);
    bool is_code = marks->at < marks->code_end;
    size_t written = marks->out.len;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = rest.data[0] == kinds[i].lead && (!is_code || kinds[i].is_mark_in_code)
                         ? kinds[i].match(marks, rest)
                         : 0;
        if (len > 0) {
            marks->at += len;
            if (marks->out.len == written) {
                close_gap(marks);
            }
            return;
        }
    }
    if (rest.data[0] == '`' && !is_code) {
        size_t end = marks->at + find_code_end(rest);
        bool is_wrapped = marks->open > 0 && marks->closing[marks->open - 1] < end;
        marks->code_end = is_wrapped ? marks->closing[marks->open - 1] : end;
    }
    mneme_buffer_append_byte(&marks->out, (uint8_t)rest.data[0]);
    marks->at++;
}

/* Whether the text may contain marks at all; most do not. */
static bool may_have_marks(struct mneme_str text, bool has_tags) {
    static const char *const hints[] = {"\xEE\x88\x80",
                                        "\xE3\x80\x90",
                                        ":contentReference[",
                                        "\xEF\xBB\xBF",
                                        "\xE2\x81\xA0",
                                        "\xE2\x80\x8B",
                                        NULL};
    for (size_t i = 0; hints[i] != NULL; i++) {
        if (place_of(text, mneme_str_from(hints[i])) < text.len) {
            return true;
        }
    }
    return has_tags && (memchr(text.data, '<', text.len) != NULL ||
                        place_of(text, MNEME_STR_LIT("This block is not supported")) < text.len);
}

bool mneme_chat_remove_marks(struct mneme_str *text, struct mneme_arena *arena, bool has_tags) {
    if (text->len == 0 || !may_have_marks(*text, has_tags)) {
        return true;
    }
    struct marks marks = {.text = *text, .arena = arena, .has_tags = has_tags};
    while (!marks.has_failed && marks.at < marks.text.len) {
        step(&marks);
    }
    struct mneme_str plain = mneme_buffer_str(&marks.out);
    *text = mneme_is_blank(plain) ? MNEME_STR_NULL : mneme_arena_copy(arena, plain);
    bool has_memory = !marks.has_failed && !marks.out.failed && (mneme_is_blank(plain) || text->data != NULL);
    mneme_buffer_clean_up(&marks.out);
    return has_memory;
}
