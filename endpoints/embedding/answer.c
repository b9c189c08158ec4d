/*
 * Checks and reads in one pass over the JSON's slices: a vector is written to its place as soon as it is
 * known to be valid.
 */
#include "endpoints/embedding/answer.h"

#include <math.h>
#include <openssl/evp.h>

#include "common/base/floats.h"
#include "common/json/read.h"

#define MAX_DIMENSIONS 65536
#define MAX_REASON_BYTES 300

struct reading {
    struct mneme_embedder_answer *out;
    struct mneme_arena *arena;
    size_t count; /* of texts */
    bool *is_there;
    struct mneme_error *error;
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory");
}

#define REFUSE(error, ...) mneme_error_set(error, MNEME_E_UNAVAILABLE, __VA_ARGS__)

/* The member of an object; null if there is no such member. */
static struct mneme_str member(struct mneme_str object, const char *name) {
    struct mneme_str key;
    struct mneme_str value;
    if (object.data == NULL || mneme_json_kind_of(object) != MNEME_JSON_OBJECT) {
        return MNEME_STR_NULL;
    }
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, mneme_str_from(name))) {
            return value;
        }
    }
    return MNEME_STR_NULL;
}

static bool is_kind(struct mneme_str value, enum mneme_json_kind kind) {
    return value.data != NULL && mneme_json_kind_of(value) == kind;
}

static size_t count_items(struct mneme_str array) {
    struct mneme_str key;
    struct mneme_str value;
    size_t count = 0;
    struct mneme_json_reader reader = mneme_json_enter(array);
    while (mneme_json_next(&reader, &key, &value)) {
        count++;
    }
    return count;
}

/* The first vector sets the dimension if none was asked for, and with it the room that all vectors need. */
static int settle_dimensions(struct reading *reading, size_t dimensions) {
    struct mneme_embedder_answer *out = reading->out;
    if (dimensions == 0 || dimensions > MAX_DIMENSIONS) {
        return REFUSE(reading->error, "a vector has %zu dimensions", dimensions);
    }
    if (out->dimensions == 0) {
        out->dimensions = dimensions;
    }
    if (dimensions != out->dimensions) {
        return REFUSE(reading->error, "a vector has %zu dimensions, not %zu", dimensions, out->dimensions);
    }
    if (out->vectors == NULL) {
        out->vectors = mneme_arena_calloc(reading->arena, reading->count, dimensions * sizeof(float));
    }
    return out->vectors == NULL ? no_memory(reading->error) : MNEME_OK;
}

static int read_numbers(struct reading *reading, size_t index, struct mneme_str array) {
    int status = settle_dimensions(reading, count_items(array));
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(array);
    float *vector = reading->out->vectors + index * reading->out->dimensions;
    while (status == MNEME_OK && mneme_json_next(&reader, &key, &value)) {
        double number = 0;
        if (!is_kind(value, MNEME_JSON_NUMBER)) {
            status = REFUSE(reading->error, "a vector holds %s",
                            mneme_json_kind_phrase(mneme_json_kind_of(value)));
        } else if (!mneme_json_to_double(&number, value)) {
            status = no_memory(reading->error);
        }
        *vector++ = (float)number;
    }
    return status;
}

static int read_base64(struct reading *reading, size_t index, struct mneme_str text) {
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.data[text.len - 1 - padding] == '=') {
        padding++;
    }
    size_t bytes = text.len / 4 * 3 - padding;
    if (text.len == 0 || text.len % 4 != 0 || text.len > (size_t)INT32_MAX || bytes % sizeof(float) != 0) {
        return REFUSE(reading->error, "a vector is not base64 of floats");
    }
    int status = settle_dimensions(reading, bytes / sizeof(float));
    if (status != MNEME_OK) {
        return status;
    }
    /* EVP_DecodeBlock writes whole groups of three bytes. */
    uint8_t *decoded = mneme_arena_alloc(reading->arena, text.len / 4 * 3);
    if (decoded == NULL) {
        return no_memory(reading->error);
    }
    /* EVP_DecodeBlock would stop at some characters without an error. */
    int length = EVP_DecodeBlock(decoded, (const unsigned char *)text.data, (int)text.len);
    if (length < 0 || (size_t)length != text.len / 4 * 3) {
        return REFUSE(reading->error, "a vector is not base64 of floats");
    }
    mneme_floats_get(reading->out->vectors + index * reading->out->dimensions, decoded,
                     reading->out->dimensions);
    return MNEME_OK;
}

static int check_values(const struct reading *reading, size_t index) {
    const float *vector = reading->out->vectors + index * reading->out->dimensions;
    bool is_zero = true;
    for (size_t i = 0; i < reading->out->dimensions; i++) {
        if (!isfinite(vector[i])) {
            return REFUSE(reading->error, "a vector holds a number that is not finite");
        }
        is_zero = is_zero && vector[i] == 0;
    }
    return is_zero ? REFUSE(reading->error, "a vector is all zeros") : MNEME_OK;
}

/* Which text an entry of "data" belongs to: its index, else its place. */
static int read_index(size_t *index, const struct reading *reading, struct mneme_str entry, size_t place) {
    struct mneme_str given = member(entry, "index");
    int64_t number = (int64_t)place;
    if (given.data != NULL && (!is_kind(given, MNEME_JSON_NUMBER) || !mneme_json_to_long(&number, given))) {
        return REFUSE(reading->error, "an index is not a whole number");
    }
    if (number < 0 || (uint64_t)number >= reading->count) {
        return REFUSE(reading->error, "a vector has the index %lld, of %zu texts", (long long)number,
                      reading->count);
    }
    *index = (size_t)number;
    if (reading->is_there[*index]) {
        return REFUSE(reading->error, "two vectors have the index %lld", (long long)number);
    }
    reading->is_there[*index] = true;
    return MNEME_OK;
}

static int read_entry(struct reading *reading, struct mneme_str entry, size_t place) {
    size_t index = 0;
    struct mneme_str embedding = member(entry, "embedding");
    int status = read_index(&index, reading, entry, place);
    if (status != MNEME_OK) {
        return status;
    }
    if (is_kind(embedding, MNEME_JSON_ARRAY)) {
        status = read_numbers(reading, index, embedding);
    } else if (is_kind(embedding, MNEME_JSON_STRING)) {
        struct mneme_str text;
        status = mneme_json_unquote(&text, reading->arena, embedding) ? read_base64(reading, index, text)
                                                                      : no_memory(reading->error);
    } else {
        status = REFUSE(reading->error, "an entry has no embedding");
    }
    return status == MNEME_OK ? check_values(reading, index) : status;
}

static int check_json(struct mneme_str body, struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    size_t begin = 0;
    while (begin < body.len && strchr(" \t\r\n", body.data[begin]) != NULL) {
        begin++;
    }
    if (begin == body.len) {
        return REFUSE(error, "the answer is empty");
    }
    if (body.data[begin] == '<') {
        return REFUSE(error, "the answer is a page of HTML");
    }
    if (!mneme_json_check(body, &kind, &reason, &at)) {
        return REFUSE(error, "the answer is not valid JSON: %s at byte %zu of %zu", reason, at, body.len);
    }
    return kind == MNEME_JSON_OBJECT ? MNEME_OK : REFUSE(error, "the answer is not a JSON object");
}

int mneme_embedder_answer_read(struct mneme_embedder_answer *out, struct mneme_arena *arena,
                               struct mneme_str body, size_t count, size_t dimensions,
                               struct mneme_error *error) {
    *out = (struct mneme_embedder_answer){.dimensions = dimensions};
    int status = check_json(body, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_str data = member(mneme_json_trim(body), "data");
    if (!is_kind(data, MNEME_JSON_ARRAY)) {
        return REFUSE(error, "the answer has no list of vectors under \"data\"");
    }
    size_t came = count_items(data);
    if (came != count) {
        return REFUSE(error, "%zu vectors came for %zu texts", came, count);
    }
    struct reading reading = {out, arena, count, mneme_arena_calloc(arena, count, sizeof(bool)), error};
    if (reading.is_there == NULL) {
        return no_memory(error);
    }
    struct mneme_str key;
    struct mneme_str entry;
    struct mneme_json_reader reader = mneme_json_enter(data);
    for (size_t place = 0; status == MNEME_OK && mneme_json_next(&reader, &key, &entry); place++) {
        status = read_entry(&reading, entry, place);
    }
    return status;
}

struct mneme_str mneme_embedder_answer_reason(struct mneme_arena *arena, struct mneme_str body) {
    static const char *const names[] = {"message", "detail", "error"};
    struct mneme_error ignored = {0};
    struct mneme_str text = MNEME_STR_NULL;
    if (check_json(body, &ignored) == MNEME_OK) {
        struct mneme_str object = mneme_json_trim(body);
        struct mneme_str inner = member(object, "error");
        object = is_kind(inner, MNEME_JSON_OBJECT) ? inner : object;
        for (size_t i = 0; i < sizeof names / sizeof names[0] && text.data == NULL; i++) {
            struct mneme_str value = member(object, names[i]);
            if (is_kind(value, MNEME_JSON_STRING) && !mneme_json_unquote(&text, arena, value)) {
                text = MNEME_STR_NULL;
            }
        }
    }
    if (text.data == NULL) {
        text = body;
    }
    text.len = text.len > MAX_REASON_BYTES ? MAX_REASON_BYTES : text.len;
    return text;
}
