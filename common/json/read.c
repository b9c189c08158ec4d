/*
 * Finds the parts of JSON that is known to be well-formed, so that scanning needs no error paths.
 */
#include "common/json/read.h"

#include <locale.h>
#include <stdlib.h>

#include "common/base/text_check.h"
#include "common/base/utf8.h"

static bool is_space(char character) {
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

static const char *skip_space(const char *at, const char *end) {
    while (at < end && is_space(*at)) {
        at++;
    }
    return at;
}

/* The first quote with an even number of backslashes before it ends the string. */
const char *mneme_json_skip_string(const char *at, const char *end) {
    const char *begin = ++at;
    for (;;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL) {
            return end;
        }
        const char *escape = quote;
        while (escape > begin && escape[-1] == '\\') {
            escape--;
        }
        at = quote + 1;
        if ((quote - escape) % 2 == 0) {
            return at;
        }
    }
}

static const char *skip_container(const char *at, const char *end) {
    size_t depth = 0;
    do {
        char character = *at;
        if (character == '"') {
            at = mneme_json_skip_string(at, end);
            continue;
        }
        if (character == '{' || character == '[') {
            depth++;
        } else if (character == '}' || character == ']') {
            depth--;
        }
        at++;
    } while (depth > 0 && at < end);
    return at;
}

static const char *skip_value(const char *at, const char *end) {
    if (*at == '"') {
        return mneme_json_skip_string(at, end);
    }
    if (*at == '{' || *at == '[') {
        return skip_container(at, end);
    }
    while (at < end && !is_space(*at) && *at != ',' && *at != '}' && *at != ']') {
        at++;
    }
    return at;
}

static struct mneme_str slice(const char *begin, const char *end) {
    return (struct mneme_str){begin, (size_t)(end - begin)};
}

struct mneme_str mneme_json_trim(struct mneme_str text) {
    const char *end = text.data + text.len;
    const char *at = skip_space(text.data, end);
    while (end > at && is_space(end[-1])) {
        end--;
    }
    return slice(at, end);
}

enum mneme_json_kind mneme_json_kind_of(struct mneme_str value) {
    switch (value.data[0]) {
    case '{':
        return MNEME_JSON_OBJECT;
    case '[':
        return MNEME_JSON_ARRAY;
    case '"':
        return MNEME_JSON_STRING;
    case 't':
    case 'f':
        return MNEME_JSON_BOOL;
    case 'n':
        return MNEME_JSON_NULL;
    default:
        return MNEME_JSON_NUMBER;
    }
}

const char *mneme_json_kind_phrase(enum mneme_json_kind kind) {
    static const char *const phrases[] = {
        [MNEME_JSON_NULL] = "null",       [MNEME_JSON_BOOL] = "a boolean", [MNEME_JSON_NUMBER] = "a number",
        [MNEME_JSON_STRING] = "a string", [MNEME_JSON_ARRAY] = "an array", [MNEME_JSON_OBJECT] = "an object",
    };
    return phrases[kind];
}

struct mneme_json_reader mneme_json_enter(struct mneme_str container) {
    return (struct mneme_json_reader){container.data + 1, container.data + container.len - 1,
                                      container.data[0] == '{'};
}

bool mneme_json_next(struct mneme_json_reader *reader, struct mneme_str *key, struct mneme_str *value) {
    const char *at = skip_space(reader->at, reader->end);
    if (at == reader->end) {
        return false;
    }
    if (*at == ',') {
        at = skip_space(at + 1, reader->end);
    }
    *key = MNEME_STR_NULL;
    if (reader->is_object) {
        const char *key_end = mneme_json_skip_string(at, reader->end);
        *key = slice(at, key_end);
        at = skip_space(key_end, reader->end);
        at = skip_space(at + 1, reader->end); /* the colon */
    }
    reader->at = skip_value(at, reader->end);
    *value = slice(at, reader->at);
    return true;
}

static struct mneme_str inside_quotes(struct mneme_str quoted) {
    return (struct mneme_str){quoted.data + 1, quoted.len - 2};
}

static bool has_escape(struct mneme_str text) {
    return memchr(text.data, '\\', text.len) != NULL;
}

static uint32_t hex4(const char *at) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char lower = (char)(at[i] | 0x20);
        value = value << 4 | (uint32_t)(lower >= 'a' ? lower - 'a' + 10 : lower - '0');
    }
    return value;
}

/* Writes a code point as UTF-8 and gives its length. */
static size_t put_utf8(char out[4], uint32_t code) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0U | code >> 6);
        out[1] = (char)(0x80U | (code & 0x3FU));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0U | code >> 12);
        out[1] = (char)(0x80U | (code >> 6 & 0x3FU));
        out[2] = (char)(0x80U | (code & 0x3FU));
        return 3;
    }
    out[0] = (char)(0xF0U | code >> 18);
    out[1] = (char)(0x80U | (code >> 12 & 0x3FU));
    out[2] = (char)(0x80U | (code >> 6 & 0x3FU));
    out[3] = (char)(0x80U | (code & 0x3FU));
    return 4;
}

size_t mneme_json_read_escape(char out[4], const char **at) {
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t"; /* pairs: escape character, meaning */
    char letter = (*at)[1];
    if (letter != 'u') {
        size_t pair = 0;
        while (letters[pair] != letter) {
            pair += 2;
        }
        out[0] = letters[pair + 1];
        *at += 2;
        return 1;
    }
    uint32_t code = hex4(*at + 2);
    *at += 6;
    if (code >= 0xD800 && code < 0xDC00) {
        code = 0x10000 + ((code - 0xD800) << 10) + (hex4(*at + 2) - 0xDC00);
        *at += 6;
    }
    return put_utf8(out, code);
}

/* The next character as UTF-8, escaped or not; moves behind it. */
static size_t read_character(char out[4], const char **at) {
    uint8_t lead = (uint8_t) * *at;
    if (lead == '\\') {
        return mneme_json_read_escape(out, at);
    }
    size_t len = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    memcpy(out, *at, len);
    *at += len;
    return len;
}

bool mneme_json_unquote(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str quoted) {
    struct mneme_str text = inside_quotes(quoted);
    if (!has_escape(text)) {
        *out = text;
        return true;
    }
    char *data = mneme_arena_alloc(arena, text.len); /* an escape is never shorter than its meaning */
    if (data == NULL) {
        return false;
    }
    size_t len = 0;
    for (const char *at = text.data, *end = text.data + text.len; at < end;) {
        if (*at != '\\') {
            data[len++] = *at++;
        } else {
            char character[4];
            size_t size = mneme_json_read_escape(character, &at);
            memcpy(data + len, character, size);
            len += size;
        }
    }
    *out = (struct mneme_str){data, len};
    return true;
}

bool mneme_json_unquotes_to(struct mneme_str quoted, struct mneme_str text) {
    struct mneme_str raw = inside_quotes(quoted);
    if (quoted.data == NULL || text.data == NULL) {
        return false;
    }
    if (!has_escape(raw)) {
        return raw.len == text.len && memcmp(raw.data, text.data, text.len) == 0;
    }
    size_t compared = 0;
    for (const char *at = raw.data, *end = raw.data + raw.len; at < end;) {
        char character[4];
        size_t size = read_character(character, &at);
        if (text.len - compared < size || memcmp(text.data + compared, character, size) != 0) {
            return false;
        }
        compared += size;
    }
    return compared == text.len;
}

void mneme_json_measure(struct mneme_str quoted, size_t *characters, bool *is_blank) {
    struct mneme_str raw = inside_quotes(quoted);
    *characters = 0;
    if (!has_escape(raw)) {
        const char *reason;
        size_t at;
        (void)mneme_utf8_check(raw, characters, &reason, &at); /* it is known to be well-formed */
        *is_blank = mneme_is_blank(raw);
        return;
    }
    *is_blank = true;
    for (const char *at = raw.data, *end = raw.data + raw.len; at < end;) {
        char character[4];
        size_t size = read_character(character, &at);
        *is_blank = *is_blank && mneme_is_blank((struct mneme_str){character, size});
        ++*characters;
    }
}

bool mneme_json_to_long(int64_t *out, struct mneme_str number) {
    bool is_negative = number.data[0] == '-';
    int64_t value = 0;
    for (size_t i = is_negative ? 1 : 0; i < number.len; i++) {
        int digit = number.data[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return false;
        }
    }
    /* Accumulated as a negative number, since that range is larger. */
    return is_negative ? (*out = value, true) : !__builtin_sub_overflow(0, value, out);
}

struct mneme_str mneme_json_member(struct mneme_str object, struct mneme_str member,
                                   struct mneme_arena *arena) {
    struct mneme_json_reader reader = mneme_json_enter(object);
    struct mneme_str key;
    struct mneme_str value;
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, member)) {
            struct mneme_str text = value;
            enum mneme_json_kind kind = mneme_json_kind_of(value);
            bool is_there = kind != MNEME_JSON_NULL &&
                            (kind != MNEME_JSON_STRING || mneme_json_unquote(&text, arena, value));
            return is_there ? text : MNEME_STR_NULL;
        }
    }
    return MNEME_STR_NULL;
}

bool mneme_json_to_double(double *out, struct mneme_str number) {
    char small[64];
    char *text = number.len < sizeof small ? small : malloc(number.len + 1);
    if (text == NULL) {
        return false;
    }
    memcpy(text, number.data, number.len);
    text[number.len] = '\0';
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale != (locale_t)0) {
        *out = strtod_l(text, NULL, locale);
        freelocale(locale);
    }
    if (text != small) {
        free(text);
    }
    return locale != (locale_t)0;
}

bool mneme_json_compact(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str value) {
    const char *end = value.data + value.len;
    const char *at = value.data;
    while (at < end && !is_space(*at)) {
        at = *at == '"' ? mneme_json_skip_string(at, end) : at + 1;
    }
    if (at == end) {
        *out = value;
        return true;
    }
    char *data = mneme_arena_alloc(arena, value.len);
    if (data == NULL) {
        return false;
    }
    size_t len = 0;
    for (at = value.data; at < end;) {
        const char *next = *at == '"' ? mneme_json_skip_string(at, end) : at + 1;
        if (!is_space(*at)) {
            memcpy(data + len, at, (size_t)(next - at));
            len += (size_t)(next - at);
        }
        at = next;
    }
    *out = (struct mneme_str){data, len};
    return true;
}
