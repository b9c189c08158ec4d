/*
 * Writes JSON text directly into a buffer. Strings are copied in runs between characters that need an escape;
 * numbers do not depend on the locale of the program that uses the library.
 */
#include "common/json/write.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"

/* Whether the innermost level is an object; levels beyond the 64 that are remembered count as arrays. Only
 * used by assertions. */
static __attribute__((unused)) bool is_in_object(const struct mneme_json_writer *json) {
    return json->depth > 0 && (json->object_bits & 1) != 0;
}

static void before_value(struct mneme_json_writer *json) {
    assert(json->has_key == is_in_object(json) || json->depth > 64);
    if (json->needs_comma) {
        mneme_buffer_append_byte(json->out, ',');
    }
    json->needs_comma = true;
    json->has_key = false;
}

static void begin(struct mneme_json_writer *json, char bracket) {
    before_value(json);
    mneme_buffer_append(json->out, &bracket, 1);
    json->needs_comma = false;
    json->depth++;
    json->object_bits = json->object_bits << 1 | (bracket == '{' ? 1 : 0);
}

static void end(struct mneme_json_writer *json, char bracket) {
    assert(json->depth > 0 && !json->has_key);
    assert(is_in_object(json) == (bracket == '}') || json->depth > 64);
    mneme_buffer_append(json->out, &bracket, 1);
    json->needs_comma = true;
    json->depth--;
    json->object_bits >>= 1;
}

void mneme_json_begin_object(struct mneme_json_writer *json) {
    begin(json, '{');
}

void mneme_json_end_object(struct mneme_json_writer *json) {
    end(json, '}');
}

void mneme_json_begin_array(struct mneme_json_writer *json) {
    begin(json, '[');
}

void mneme_json_end_array(struct mneme_json_writer *json) {
    end(json, ']');
}

static void append_literal(struct mneme_json_writer *json, const char *text, size_t len) {
    before_value(json);
    mneme_buffer_append(json->out, text, len);
}

void mneme_json_append_escape(struct mneme_buffer *out, uint8_t byte) {
    static const char digits[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 0x0F]};
    size_t len = 2;
    switch (byte) {
    case '"':
    case '\\':
        escape[1] = (char)byte;
        break;
    case '\n':
        escape[1] = 'n';
        break;
    case '\r':
        escape[1] = 'r';
        break;
    case '\t':
        escape[1] = 't';
        break;
    case '\b':
        escape[1] = 'b';
        break;
    case '\f':
        escape[1] = 'f';
        break;
    default:
        len = sizeof escape;
        break;
    }
    mneme_buffer_append(out, escape, len);
}

static bool needs_escape(uint8_t byte) {
    return byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F;
}

static void append_quoted(struct mneme_buffer *out, struct mneme_str text) {
    mneme_buffer_append_byte(out, '"');
    size_t run = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (needs_escape(byte)) {
            mneme_buffer_append(out, text.data + run, i - run);
            mneme_json_append_escape(out, byte);
            run = i + 1;
        }
    }
    mneme_buffer_append(out, text.data + run, text.len - run);
    mneme_buffer_append_byte(out, '"');
}

void mneme_json_key(struct mneme_json_writer *json, struct mneme_str key) {
    assert(key.data != NULL && !json->has_key && (is_in_object(json) || json->depth > 64));
    if (json->needs_comma) {
        mneme_buffer_append_byte(json->out, ',');
    }
    append_quoted(json->out, key);
    mneme_buffer_append_byte(json->out, ':');
    json->needs_comma = false;
    json->has_key = true;
}

void mneme_json_string(struct mneme_json_writer *json, struct mneme_str text) {
    if (text.data == NULL) {
        mneme_json_null(json);
        return;
    }
    before_value(json);
    append_quoted(json->out, text);
}

void mneme_json_raw(struct mneme_json_writer *json, struct mneme_str json_text) {
    if (json_text.data == NULL) {
        mneme_json_null(json);
        return;
    }
    append_literal(json, json_text.data, json_text.len);
}

void mneme_json_members(struct mneme_json_writer *json, struct mneme_str object) {
    static const char spaces[] = " \t\n\r";
    const char *at = memchr(object.data, '{', object.len);
    const char *end = object.data + object.len;
    assert(at != NULL && is_in_object(json) && !json->has_key);
    for (at++; memchr(spaces, *at, sizeof spaces - 1) != NULL;) {
        at++;
    }
    while (end[-1] != '}') {
        end--;
    }
    if (--end > at) {
        json->has_key = true; /* the first member already has a key */
        before_value(json);
        mneme_buffer_append(json->out, at, (size_t)(end - at));
    }
}

void mneme_json_long(struct mneme_json_writer *json, int64_t value) {
    char text[21];
    char *at = text + sizeof text;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (value < 0) {
        *--at = '-';
    }
    append_literal(json, at, (size_t)(text + sizeof text - at));
}

/* Replaces the locale's decimal separator (of any length) with a point. */
static size_t use_decimal_point(char *text) {
    size_t len = 0;
    for (const char *at = text; *at != '\0'; at++) {
        bool is_own = (*at >= '0' && *at <= '9') || *at == '-' || *at == '+' || *at == 'e';
        if (is_own) {
            text[len++] = *at;
        } else if (len > 0 && text[len - 1] != '.') {
            text[len++] = '.';
        }
    }
    return len;
}

/* Most doubles in events have a few decimals, and need no search for the shortest text: if a quotient of
 * whole numbers equals the double, its decimals read back as the same double. */
static bool write_thousandths(struct mneme_json_writer *json, double value) {
    const double largest = 1e9;
    if (!(fabs(value) < largest) || (value == 0 && signbit(value))) {
        return false;
    }
    int64_t thousandths = llround(value * 1000);
    if ((double)thousandths / 1000 != value) {
        return false;
    }
    uint64_t magnitude = thousandths < 0 ? 0 - (uint64_t)thousandths : (uint64_t)thousandths;
    char text[24];
    char *at = text + sizeof text;
    bool is_behind_point = magnitude % 1000 != 0;
    for (int digit = 0; digit < 4 || magnitude > 0; digit++) {
        if (digit == 3 && is_behind_point) {
            *--at = '.';
        }
        /* Trailing zeros of the decimals are left out. */
        if (digit >= 3 || magnitude % 10 != 0 || at < text + sizeof text) {
            *--at = (char)('0' + magnitude % 10);
        }
        magnitude /= 10;
    }
    if (thousandths < 0) {
        *--at = '-';
    }
    append_literal(json, at, (size_t)(text + sizeof text - at));
    return true;
}

void mneme_json_double(struct mneme_json_writer *json, double value) {
    if (!isfinite(value)) {
        mneme_json_null(json);
        return;
    }
    if (write_thousandths(json, value)) {
        return;
    }
    char text[64];
    for (int precision = 15; precision <= 17; precision++) {
        int len = snprintf(text, sizeof text, "%.*g", precision, value);
        assert(len > 0 && (size_t)len < sizeof text);
        (void)len;
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    append_literal(json, text, use_decimal_point(text));
}

void mneme_json_float(struct mneme_json_writer *json, float value) {
    if (!isfinite(value)) {
        mneme_json_null(json);
        return;
    }
    char text[64];
    for (int precision = 6; precision <= 9; precision++) {
        int len = snprintf(text, sizeof text, "%.*g", precision, (double)value);
        assert(len > 0 && (size_t)len < sizeof text);
        (void)len;
        if (strtof(text, NULL) == value) {
            break;
        }
    }
    append_literal(json, text, use_decimal_point(text));
}

void mneme_json_bool(struct mneme_json_writer *json, bool value) {
    if (value) {
        append_literal(json, "true", 4);
    } else {
        append_literal(json, "false", 5);
    }
}

void mneme_json_null(struct mneme_json_writer *json) {
    append_literal(json, "null", 4);
}

void mneme_json_uuid(struct mneme_json_writer *json, struct mneme_uuid id) {
    char text[MNEME_UUID_TEXT_BYTES + 2];
    text[0] = '"';
    mneme_uuid_format(id, text + 1);
    text[sizeof text - 1] = '"';
    append_literal(json, text, sizeof text);
}

void mneme_json_time(struct mneme_json_writer *json, int64_t micros) {
    char text[MNEME_RFC3339_BYTES];
    mneme_clock_format_rfc3339(micros, text);
    mneme_json_string(json, mneme_str_from(text));
}

void mneme_json_position(struct mneme_json_writer *json, struct mneme_position position) {
    before_value(json);
    mneme_buffer_printf(json->out, "\"%" PRId32 ":%" PRId64 "\"", position.partition, position.offset);
}
