/*
 * Escapes character by character: no line begins with a roff request, a minus can still be pasted, and quotes
 * are printed as written.
 */
#include "cli/frame/roff.h"

#include "common/base/utf8.h"

#define LONG_WORD 24 /* characters: one that may have to be broken */

static const struct {
    char character;
    const char *roff;
} escapes[] = {{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"}, {'`', "\\(ga"},
               {'^', "\\(ha"}, {'~', "\\(ti"}, {'"', "\\(dq"}};

static void put_escaped(struct mneme_buffer *out, char character) {
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        if (escapes[i].character == character) {
            mneme_buffer_printf(out, "%s", escapes[i].roff);
            return;
        }
    }
    mneme_buffer_append_byte(out, (uint8_t)character);
}

/* Puts a non-ASCII character by its number; an ellipsis as three dots, which every device has. */
static size_t put_wide(struct mneme_buffer *out, struct mneme_str text) {
    size_t len = mneme_utf8_length((const uint8_t *)text.data, text.len);
    if (len == 3 && memcmp(text.data, "…", 3) == 0) {
        mneme_buffer_printf(out, "...");
        return len;
    }
    uint32_t character = (uint8_t)text.data[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++) {
        character = character << 6 | ((uint8_t)text.data[i] & 0x3FU);
    }
    mneme_buffer_printf(out, "\\[u%04X]", (unsigned)character);
    return len == 0 ? 1 : len;
}

static size_t word_length(struct mneme_str text, size_t at) {
    size_t end = at;
    while (end < text.len && text.data[end] != ' ' && text.data[end] != '\n') {
        end++;
    }
    return end - at;
}

static bool is_bold_begin(struct mneme_str text, size_t at) {
    return text.data[at] == '`' && memchr(text.data + at + 1, '`', text.len - at - 1) != NULL;
}

void mneme_roff_words(struct mneme_buffer *out, struct mneme_str text) {
    bool is_bold = false;
    bool is_long = false;
    for (size_t i = 0; i < text.len;) {
        char c = text.data[i];
        if (i == 0 || text.data[i - 1] == ' ' || text.data[i - 1] == '\n') {
            is_long = word_length(text, i) > LONG_WORD;
            bool is_line = i == 0 || text.data[i - 1] == '\n';
            mneme_buffer_printf(out, "%s", is_line && (c == '.' || c == '\'') ? "\\&" : "");
        }
        if ((unsigned char)c >= 0x80) {
            i += put_wide(out, (struct mneme_str){text.data + i, text.len - i});
            continue;
        }
        if (is_bold ? c == '`' : is_bold_begin(text, i)) {
            is_bold = !is_bold;
            mneme_buffer_printf(out, is_bold ? "\\fB" : "\\fR");
        } else {
            put_escaped(out, c);
            mneme_buffer_printf(out, "%s", is_long && (c == ',' || c == '|') ? "\\:" : "");
        }
        i++;
    }
    mneme_buffer_printf(out, "%s", is_bold ? "\\fR" : "");
}

/* --- paragraphs --- */

static size_t indent_of(struct mneme_str line) {
    size_t indent = 0;
    while (indent < line.len && line.data[indent] == ' ') {
        indent++;
    }
    return indent;
}

/* Where two spaces separate a name from its text, after the indent; 0 if there are none. */
static size_t gap_of(struct mneme_str line, size_t indent) {
    for (size_t i = indent; i + 2 < line.len; i++) {
        if (line.data[i] == ' ' && line.data[i + 1] == ' ') {
            return i;
        }
    }
    return 0;
}

static struct mneme_str cut_line(struct mneme_str *rest) {
    const char *end = memchr(rest->data, '\n', rest->len);
    struct mneme_str line = {rest->data, end == NULL ? rest->len : (size_t)(end - rest->data)};
    size_t used = line.len + (end != NULL);
    rest->data += used;
    rest->len -= used;
    return line;
}

static void put_entry(struct mneme_buffer *out, struct mneme_str line, size_t indent, size_t gap) {
    size_t text = gap + indent_of((struct mneme_str){line.data + gap, line.len - gap});
    mneme_buffer_printf(out, ".TP\n\\fB");
    mneme_roff_words(out, (struct mneme_str){line.data + indent, gap - indent});
    mneme_buffer_printf(out, "\\fR\n");
    mneme_roff_words(out, (struct mneme_str){line.data + text, line.len - text});
    mneme_buffer_printf(out, "\n");
}

void mneme_roff_paragraphs(struct mneme_buffer *out, const char *text) {
    struct mneme_str rest = mneme_str_from(text);
    size_t before = 0; /* the indent of the line before */
    bool is_new = true;
    while (rest.len > 0) {
        struct mneme_str line = cut_line(&rest);
        size_t indent = indent_of(line);
        size_t gap = indent > 0 ? gap_of(line, indent) : 0;
        if (line.len == indent) {
            is_new = true;
            continue;
        }
        if (gap > 0 && (is_new || indent <= before)) {
            put_entry(out, line, indent, gap);
        } else {
            bool continues = !is_new && (indent == before || (before > 0 && indent > before));
            if (!continues) {
                mneme_buffer_printf(out, indent > 0 ? ".IP\n" : ".PP\n");
            }
            mneme_roff_words(out, (struct mneme_str){line.data + indent, line.len - indent});
            mneme_buffer_printf(out, "\n");
        }
        before = indent;
        is_new = false;
    }
}

void mneme_roff_literal(struct mneme_buffer *out, const char *text) {
    struct mneme_str rest = mneme_str_from(text);
    mneme_buffer_printf(out, ".EX\n");
    while (rest.len > 0) {
        struct mneme_str line = cut_line(&rest);
        mneme_buffer_printf(out, "%s",
                            line.len > 0 && (line.data[0] == '.' || line.data[0] == '\'') ? "\\&" : "");
        for (size_t i = 0; i < line.len;) {
            if ((unsigned char)line.data[i] >= 0x80) {
                i += put_wide(out, (struct mneme_str){line.data + i, line.len - i});
            } else {
                put_escaped(out, line.data[i++]);
            }
        }
        mneme_buffer_printf(out, "\n");
    }
    mneme_buffer_printf(out, ".EE\n");
}
