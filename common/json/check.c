/*
 * The check of JSON: one pass without recursion or allocation. Open levels take one bit each, and numbers are
 * checked digit by digit, independent of locale and conversion.
 */
#include <endian.h>

#include "common/base/utf8.h"
#include "common/json/check.h"

_Static_assert(MNEME_JSON_MAX_DEPTH <= 64, "open levels are kept in the bits of one word");

/* The maximum number of digits that Postgres keeps after the point of a jsonb number. */
#define MAX_DECIMALS 16383
/* Beyond any exponent that could matter; stops the sum from overflowing. */
#define MAX_EXPONENT INT64_C(1000000000)

struct checker {
    const uint8_t *at;
    const uint8_t *end;
    uint64_t object_bits; /* for each open level, the innermost lowest: whether it is an object */
    unsigned depth;
    const char *reason;
};

static bool fail(struct checker *json, const char *reason) {
    json->reason = reason;
    return false;
}

static void skip_space(struct checker *json) {
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\n' || *json->at == '\r' || *json->at == '\t')) {
        json->at++;
    }
}

/* Skips plain bytes of a string: ASCII except quotes, backslashes and control characters. */
static void skip_plain(struct checker *json) {
    const uint8_t *at = json->at;
    while (json->end - at >= (ptrdiff_t)sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        word = le64toh(word);
        uint64_t quote = word ^ MNEME_EACH_BYTE('"');
        uint64_t backslash = word ^ MNEME_EACH_BYTE('\\');
        /* Subtracting borrows from the top bit of a byte that is too small. The bits above the first such
         * byte may be wrong, those below it are right, and only the first one matters. */
        uint64_t stops = ((quote - MNEME_EACH_BYTE(1)) | (backslash - MNEME_EACH_BYTE(1)) |
                          (word - MNEME_EACH_BYTE(0x20)) | word) &
                         MNEME_EACH_BYTE(0x80);
        if (stops != 0) {
            json->at = at + __builtin_ctzll(stops) / 8;
            return;
        }
        at += sizeof word;
    }
    while (at < json->end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') {
        at++;
    }
    json->at = at;
}

static int hex_value(uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    uint8_t lower = byte | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The four digits after \u. */
static bool take_code_unit(struct checker *json, unsigned *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        int digit = json->at < json->end ? hex_value(*json->at) : -1;
        if (digit < 0) {
            return fail(json, "an incomplete \\u escape");
        }
        *unit = *unit << 4 | (unsigned)digit;
    }
    return true;
}

static bool take_unicode_escape(struct checker *json) {
    const uint8_t *start = json->at;
    unsigned unit;
    if (!take_code_unit(json, &unit)) {
        return false;
    }
    if (unit == 0) {
        json->at = start;
        return fail(json, "a NUL character");
    }
    if (unit < 0xD800 || unit > 0xDFFF) {
        return true;
    }
    unsigned low = 0;
    if (unit <= 0xDBFF && json->end - json->at >= 2 && json->at[0] == '\\' && json->at[1] == 'u') {
        json->at += 2;
        if (!take_code_unit(json, &low)) {
            return false;
        }
    }
    if (low < 0xDC00 || low > 0xDFFF) {
        json->at = start;
        return fail(json, "a lone surrogate");
    }
    return true;
}

static bool take_escape(struct checker *json) {
    json->at++;
    if (json->at == json->end) {
        return fail(json, "an unterminated string");
    }
    switch (*json->at) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        json->at++;
        return true;
    case 'u':
        json->at++;
        return take_unicode_escape(json);
    default:
        return fail(json, "an unknown escape");
    }
}

/* A string whose opening quote is at `at`. */
static bool take_string(struct checker *json) {
    json->at++;
    for (;;) {
        skip_plain(json);
        if (json->at == json->end) {
            return fail(json, "an unterminated string");
        }
        uint8_t byte = *json->at;
        if (byte == '"') {
            json->at++;
            return true;
        }
        if (byte == '\\') {
            if (!take_escape(json)) {
                return false;
            }
        } else if (byte < 0x20) {
            return fail(json, byte == 0 ? "a NUL character" : "a control character in a string");
        } else {
            size_t length = mneme_utf8_length(json->at, (size_t)(json->end - json->at));
            if (length == 0) {
                return fail(json, "invalid UTF-8");
            }
            json->at += length;
        }
    }
}

static bool is_digit(const struct checker *json) {
    return json->at < json->end && *json->at >= '0' && *json->at <= '9';
}

/* One digit or more; returns their count. */
static int64_t take_digits(struct checker *json) {
    const uint8_t *start = json->at;
    while (is_digit(json)) {
        json->at++;
    }
    return json->at - start;
}

/* Whether a number whose first significant digit stands for 10^308 overflows a double when rounded. It does
 * from 2^1024 - 2^970 on. */
static bool rounds_to_infinity(const uint8_t *digits, const uint8_t *end) {
    static const char limit[] =
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587"
        "207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711"
        "531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093"
        "042880177904174497792";
    for (const char *at = limit; *at != '\0'; at++) {
        while (digits < end && *digits == '.') {
            digits++;
        }
        int digit = digits < end ? *digits++ : '0';
        if (digit != *at) {
            return digit > *at;
        }
    }
    return true;
}

/* Checks a number whose digits and point run from `digits` to `end`, with `integers` digits before the point
 * and `decimals` after it. */
static bool check_range(struct checker *json, const uint8_t *digits, const uint8_t *end, int64_t integers,
                        int64_t decimals, int64_t exponent) {
    if (decimals - exponent > MAX_DECIMALS) {
        return fail(json, "a number with too many decimals");
    }
    int64_t power = integers - 1 + exponent; /* of the digit at `digits` */
    while (digits < end && (*digits == '0' || *digits == '.')) {
        power -= *digits == '0' ? 1 : 0;
        digits++;
    }
    bool is_zero = digits == end;
    bool is_out =
        is_zero ? exponent >= MAX_EXPONENT : power > 308 || (power == 308 && rounds_to_infinity(digits, end));
    return !is_out || fail(json, "a number out of range");
}

static bool take_number(struct checker *json) {
    const uint8_t *start = json->at;
    if (*json->at == '-') {
        json->at++;
    }
    const uint8_t *digits = json->at;
    int64_t integers = take_digits(json);
    if (integers == 0 || (integers > 1 && *digits == '0')) {
        json->at = start;
        return fail(json, "a malformed number");
    }
    int64_t decimals = 0;
    if (json->at < json->end && *json->at == '.') {
        json->at++;
        decimals = take_digits(json);
        if (decimals == 0) {
            return fail(json, "a malformed number");
        }
    }
    const uint8_t *end = json->at;
    int64_t exponent = 0;
    if (json->at < json->end && (*json->at | 0x20) == 'e') {
        json->at++;
        bool is_negative = json->at < json->end && *json->at == '-';
        if (is_negative || (json->at < json->end && *json->at == '+')) {
            json->at++;
        }
        if (!is_digit(json)) {
            return fail(json, "a malformed number");
        }
        for (; is_digit(json); json->at++) {
            exponent = exponent >= MAX_EXPONENT ? MAX_EXPONENT : exponent * 10 + (*json->at - '0');
        }
        exponent = is_negative ? -exponent : exponent;
    }
    /* Numbers with fewer digits than a double's range, which are nearly all, need no closer check. */
    return (exponent == 0 && integers < 300 && decimals < 300) ||
           check_range(json, digits, end, integers, decimals, exponent);
}

static bool take_word(struct checker *json, const char *word, size_t len) {
    if ((size_t)(json->end - json->at) < len || memcmp(json->at, word, len) != 0) {
        return fail(json, "an unknown literal");
    }
    json->at += len;
    return true;
}

/* A member's name and colon, up to where its value begins. */
static bool take_key(struct checker *json) {
    if (json->at == json->end || *json->at != '"') {
        return fail(json, "an object member without a name");
    }
    if (!take_string(json)) {
        return false;
    }
    skip_space(json);
    if (json->at == json->end || *json->at != ':') {
        return fail(json, "a name without a colon");
    }
    json->at++;
    return true;
}

/* Opens a level; *is_value_next says whether a value follows, or the level was closed at once. */
static bool open_level(struct checker *json, bool is_object, bool *is_value_next) {
    if (json->depth == MNEME_JSON_MAX_DEPTH) {
        return fail(json, "JSON that is nested too deeply");
    }
    json->at++;
    skip_space(json);
    if (json->at < json->end && *json->at == (is_object ? '}' : ']')) {
        json->at++;
        *is_value_next = false;
        return true;
    }
    json->depth++;
    json->object_bits = json->object_bits << 1 | (is_object ? 1 : 0);
    *is_value_next = true;
    return !is_object || take_key(json);
}

/* Reads the beginning of a value: all of a scalar, or the bracket. */
static bool take_value(struct checker *json, enum mneme_json_kind *kind, bool *is_value_next) {
    *is_value_next = false;
    skip_space(json);
    if (json->at == json->end) {
        return fail(json, "JSON that ends too early");
    }
    switch (*json->at) {
    case '{':
        *kind = MNEME_JSON_OBJECT;
        return open_level(json, true, is_value_next);
    case '[':
        *kind = MNEME_JSON_ARRAY;
        return open_level(json, false, is_value_next);
    case '"':
        *kind = MNEME_JSON_STRING;
        return take_string(json);
    case 't':
        *kind = MNEME_JSON_BOOL;
        return take_word(json, "true", 4);
    case 'f':
        *kind = MNEME_JSON_BOOL;
        return take_word(json, "false", 5);
    case 'n':
        *kind = MNEME_JSON_NULL;
        return take_word(json, "null", 4);
    default:
        if (*json->at != '-' && !is_digit(json)) {
            return fail(json, "a character that cannot begin a value");
        }
        *kind = MNEME_JSON_NUMBER;
        return take_number(json);
    }
}

/* After a value: closes levels, and stops where the next value begins or all is closed. */
static bool take_ends(struct checker *json) {
    while (json->depth > 0) {
        bool is_object = (json->object_bits & 1) != 0;
        skip_space(json);
        if (json->at == json->end) {
            return fail(json, "JSON that ends too early");
        }
        if (*json->at == ',') {
            json->at++;
            skip_space(json);
            return !is_object || take_key(json);
        }
        if (*json->at != (is_object ? '}' : ']')) {
            return fail(json, is_object ? "neither a comma nor the end of an object"
                                        : "neither a comma nor the end of an array");
        }
        json->at++;
        json->depth--;
        json->object_bits >>= 1;
    }
    return true;
}

bool mneme_json_check(struct mneme_str text, enum mneme_json_kind *kind, const char **reason, size_t *at) {
    const uint8_t *start = (const uint8_t *)(text.data == NULL ? "" : text.data);
    struct checker json = {.at = start, .end = start + text.len};
    enum mneme_json_kind outermost;
    enum mneme_json_kind inner;
    bool is_value_next;
    bool is_valid = take_value(&json, &outermost, &is_value_next);
    while (is_valid && (is_value_next || json.depth > 0)) {
        if (!is_value_next) {
            is_valid = take_ends(&json);
            if (!is_valid || json.depth == 0) {
                break;
            }
        }
        is_valid = take_value(&json, &inner, &is_value_next);
    }
    if (is_valid) {
        skip_space(&json);
        is_valid = json.at == json.end || fail(&json, "extra text after the JSON value");
    }
    if (!is_valid) {
        *reason = json.reason;
        *at = (size_t)(json.at - start);
        return false;
    }
    if (kind != NULL) {
        *kind = outermost;
    }
    return true;
}

bool mneme_json_is_object(struct mneme_str text) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    return text.len > 0 && text.data[0] == '{' && mneme_json_check(text, &kind, &reason, &at) &&
           kind == MNEME_JSON_OBJECT;
}
