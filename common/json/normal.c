/*
 * One pass: the value is copied as is, and an object whose members are not in order is sorted in the output
 * when it closes.
 */
#include "common/json/normal.h"

#include <stdlib.h>

#include "common/json/read.h"
#include "common/json/write.h"

/* A member of an object that is still open. */
struct mneme_json_member {
    size_t at, end;   /* of `"key": value` in the output */
    const char *name; /* the key without quotes in the input; NULL: in `names` */
    size_t name_at;   /* there */
    size_t name_len;
};

struct pass {
    struct mneme_buffer *out;
    struct mneme_json_normal *normal;
    const char *at, *end;
    size_t first_member[MNEME_JSON_NORMAL_DEPTH]; /* of each open level; SIZE_MAX: an array */
    unsigned depth;
    bool is_key_next;
};

void mneme_json_normal_clean_up(struct mneme_json_normal *normal) {
    mneme_buffer_clean_up(&normal->names);
    mneme_buffer_clean_up(&normal->moved);
    free(normal->members);
    *normal = (struct mneme_json_normal){0};
}

/* --- members --- */

static bool reserve_member(struct mneme_json_normal *normal) {
    if (normal->member_count < normal->member_capacity) {
        return true;
    }
    size_t capacity = normal->member_capacity == 0 ? 64 : normal->member_capacity * 2;
    struct mneme_json_member *members = realloc(normal->members, capacity * sizeof *members);
    if (members == NULL) {
        return false;
    }
    normal->members = members;
    normal->member_capacity = capacity;
    return true;
}

static const char *name_of(const struct mneme_json_normal *normal, const struct mneme_json_member *member) {
    return member->name != NULL ? member->name : normal->names.data + member->name_at;
}

static int compare_names(const struct mneme_json_normal *normal, const struct mneme_json_member *a,
                         const struct mneme_json_member *b) {
    if (a->name_len != b->name_len) {
        return a->name_len < b->name_len ? -1 : 1;
    }
    return a->name_len == 0 ? 0 : memcmp(name_of(normal, a), name_of(normal, b), a->name_len);
}

/* Of equal names the later one first: it is the one that stays. */
static int compare_members(const void *a, const void *b, void *normal) {
    const struct mneme_json_member *x = a;
    const struct mneme_json_member *y = b;
    int order = compare_names(normal, x, y);
    return order != 0 ? order : (x->at < y->at) - (x->at > y->at);
}

/* The key between `from` and `to`, without its quotes. */
static void begin_member(struct pass *pass, const char *from, const char *to, bool has_escape) {
    struct mneme_json_normal *normal = pass->normal;
    if (!reserve_member(normal)) {
        pass->out->failed = true;
        return;
    }
    struct mneme_json_member *member = &normal->members[normal->member_count++];
    *member = (struct mneme_json_member){.at = pass->out->len, .name = from, .name_len = (size_t)(to - from)};
    if (!has_escape) {
        return;
    }
    member->name = NULL;
    member->name_at = normal->names.len;
    while (from < to) {
        char bytes[4];
        size_t len = 1;
        if (*from == '\\') {
            len = mneme_json_read_escape(bytes, &from);
        } else {
            bytes[0] = *from++;
        }
        mneme_buffer_append(&normal->names, bytes, len);
    }
    member->name_len = normal->names.len - member->name_at;
    pass->out->failed |= normal->names.failed;
}

/* Writes the members from `first` on, which are sorted now, in their order and each name once. */
static void put_in_order(struct pass *pass, size_t first, size_t start) {
    struct mneme_json_normal *normal = pass->normal;
    struct mneme_buffer *moved = &normal->moved;
    mneme_buffer_clear(moved);
    mneme_buffer_append(moved, pass->out->data + start, pass->out->len - start);
    if (moved->failed) {
        pass->out->failed = true;
        return;
    }
    pass->out->len = start;
    for (size_t i = first; i < normal->member_count; i++) {
        const struct mneme_json_member *member = &normal->members[i];
        if (i > first && compare_names(normal, member - 1, member) == 0) {
            continue;
        }
        if (i > first) {
            mneme_buffer_append(pass->out, ", ", 2);
        }
        mneme_buffer_append(pass->out, moved->data + (member->at - start), member->end - member->at);
    }
}

static void end_member(struct pass *pass) {
    struct mneme_json_normal *normal = pass->normal;
    if (normal->member_count > 0) {
        normal->members[normal->member_count - 1].end = pass->out->len;
    }
}

static void end_object(struct pass *pass, size_t first) {
    struct mneme_json_normal *normal = pass->normal;
    size_t count = normal->member_count - first;
    if (count == 0) {
        return;
    }
    end_member(pass);
    bool is_in_order = true;
    for (size_t i = first + 1; i < normal->member_count && is_in_order; i++) {
        is_in_order = compare_names(normal, &normal->members[i - 1], &normal->members[i]) < 0;
    }
    if (!is_in_order) {
        size_t start = normal->members[first].at;
        qsort_r(normal->members + first, count, sizeof *normal->members, compare_members, normal);
        put_in_order(pass, first, start);
    }
    for (size_t i = first; i < first + count; i++) {
        if (normal->members[i].name == NULL && normal->members[i].name_at < normal->names.len) {
            normal->names.len = normal->members[i].name_at; /* names of inner objects follow */
        }
    }
    normal->member_count = first;
}

/* --- parts --- */

/* The text between the quotes. */
static void copy_escaped(struct mneme_buffer *out, const char *from, const char *to) {
    while (from < to) {
        const char *escape = memchr(from, '\\', (size_t)(to - from));
        if (escape == NULL) {
            escape = to;
        }
        mneme_buffer_append(out, from, (size_t)(escape - from));
        from = escape;
        if (from == to) {
            break;
        }
        char bytes[4];
        size_t len = mneme_json_read_escape(bytes, &from);
        uint8_t byte = (uint8_t)bytes[0];
        if (len == 1 && (byte < 0x20 || byte == '"' || byte == '\\')) {
            mneme_json_append_escape(out, byte);
        } else {
            mneme_buffer_append(out, bytes, len);
        }
    }
}

static bool take_string(struct pass *pass) {
    const char *end = mneme_json_skip_string(pass->at, pass->end);
    if (end - pass->at < 2 || end[-1] != '"') {
        return false;
    }
    const char *from = pass->at + 1;
    const char *to = end - 1;
    bool has_escape = memchr(from, '\\', (size_t)(to - from)) != NULL;
    if (pass->is_key_next) {
        begin_member(pass, from, to, has_escape);
        pass->is_key_next = false;
    }
    if (has_escape) {
        mneme_buffer_append_byte(pass->out, '"');
        copy_escaped(pass->out, from, to);
        mneme_buffer_append_byte(pass->out, '"');
    } else {
        mneme_buffer_append(pass->out, pass->at, (size_t)(end - pass->at));
    }
    pass->at = end;
    return true;
}

struct number {
    const char *digits; /* digits before the point, the point and digits after it */
    int64_t integers, decimals, exponent;
    bool is_zero, has_exponent;
};

static bool is_digit(const char *at, const char *end) {
    return at < end && *at >= '0' && *at <= '9';
}

static const char *read_number(struct number *number, const char *at, const char *end) {
    *number = (struct number){.digits = at, .is_zero = true};
    for (; is_digit(at, end); at++, number->integers++) {
        number->is_zero &= *at == '0';
    }
    if (at < end && *at == '.') {
        for (at++; is_digit(at, end); at++, number->decimals++) {
            number->is_zero &= *at == '0';
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        number->has_exponent = true;
        at++;
        bool is_negative = *at == '-';
        at += *at == '-' || *at == '+' ? 1 : 0;
        for (; is_digit(at, end); at++) {
            /* The check refuses longer exponents, except for leading zeros. */
            number->exponent = number->exponent * 10 + (*at - '0');
        }
        number->exponent = is_negative ? -number->exponent : number->exponent;
    }
    return at;
}

/* The digit at this index after the first one. */
static char digit_at(const struct number *number, int64_t place) {
    if (place < 0 || place >= number->integers + number->decimals) {
        return '0';
    }
    return number->digits[place < number->integers ? place : place + 1];
}

static void write_expanded(struct mneme_buffer *out, const struct number *number) {
    int64_t point = number->integers + number->exponent;
    int64_t scale = number->decimals > number->exponent ? number->decimals - number->exponent : 0;
    int64_t place = 0;
    while (!number->is_zero && place < point && digit_at(number, place) == '0') {
        place++;
    }
    if (number->is_zero || place >= point) {
        mneme_buffer_append_byte(out, '0');
        place = point;
    }
    for (; place < point; place++) {
        mneme_buffer_append_byte(out, (uint8_t)digit_at(number, place));
    }
    if (scale > 0) {
        mneme_buffer_append_byte(out, '.');
    }
    for (int64_t i = 0; i < scale; i++) {
        mneme_buffer_append_byte(out, (uint8_t)digit_at(number, point + i));
    }
}

static bool take_number(struct pass *pass) {
    struct number number;
    const char *start = pass->at;
    bool is_negative = *start == '-';
    if (!is_digit(start + (is_negative ? 1 : 0), pass->end)) {
        return false;
    }
    pass->at = read_number(&number, start + (is_negative ? 1 : 0), pass->end);
    if (is_negative && number.is_zero) {
        start++;
        is_negative = false;
    }
    if (!number.has_exponent) {
        mneme_buffer_append(pass->out, start, (size_t)(pass->at - start));
        return true;
    }
    if (is_negative) {
        mneme_buffer_append_byte(pass->out, '-');
    }
    write_expanded(pass->out, &number);
    return true;
}

static bool begin_level(struct pass *pass) {
    char bracket = *pass->at;
    if (pass->depth == MNEME_JSON_NORMAL_DEPTH) {
        return false;
    }
    pass->is_key_next = bracket == '{';
    pass->first_member[pass->depth++] = pass->is_key_next ? pass->normal->member_count : SIZE_MAX;
    mneme_buffer_append_byte(pass->out, (uint8_t)bracket);
    pass->at++;
    return true;
}

static bool end_level(struct pass *pass) {
    if (pass->depth == 0) {
        return false;
    }
    size_t first = pass->first_member[--pass->depth];
    pass->is_key_next = false;
    if (first != SIZE_MAX && !pass->out->failed) {
        end_object(pass, first);
    }
    mneme_buffer_append_byte(pass->out, (uint8_t)*pass->at++);
    return true;
}

static bool take_comma(struct pass *pass) {
    if (pass->depth == 0) {
        return false;
    }
    if (pass->first_member[pass->depth - 1] != SIZE_MAX) {
        end_member(pass);
        pass->is_key_next = true;
    }
    mneme_buffer_append(pass->out, ", ", 2);
    pass->at++;
    return true;
}

static bool take_word(struct pass *pass) {
    size_t len = *pass->at == 'f' ? 5 : 4; /* false; true, null */
    if ((size_t)(pass->end - pass->at) < len) {
        return false;
    }
    mneme_buffer_append(pass->out, pass->at, len);
    pass->at += len;
    return true;
}

/* The next part; false where none begins. */
static bool take_part(struct pass *pass) {
    switch (*pass->at) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
        pass->at++;
        return true;
    case '{':
    case '[':
        return begin_level(pass);
    case '}':
    case ']':
        return end_level(pass);
    case ',':
        return take_comma(pass);
    case ':':
        mneme_buffer_append(pass->out, ": ", 2);
        pass->at++;
        return true;
    case '"':
        return take_string(pass);
    case 't':
    case 'f':
    case 'n':
        return take_word(pass);
    default:
        return take_number(pass);
    }
}

void mneme_json_normalise(struct mneme_buffer *out, struct mneme_json_normal *normal, struct mneme_str text) {
    struct pass pass = {.out = out, .normal = normal, .at = text.data, .end = text.data + text.len};
    normal->member_count = 0;
    mneme_buffer_clear(&normal->names);
    bool is_json = true;
    while (pass.at < pass.end && !out->failed && is_json) {
        is_json = take_part(&pass);
    }
    if (!is_json) {
        mneme_buffer_append(out, pass.at, (size_t)(pass.end - pass.at)); /* Postgres will refuse it */
    }
}
