/*
 * A vector as JSON.
 */
#include <math.h>

#include "common/json/read.h"
#include "operations/vector/vector.h"

int mneme_vector_parse(float **out, size_t *dimensions, struct mneme_str json, struct mneme_arena *arena,
                       struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    struct mneme_str key;
    struct mneme_str item;
    size_t count = 0;
    if (!mneme_json_check(json, &kind, &reason, &at)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "the vector was not taken: it is not a JSON array (%s at byte %zu); give one "
                               "such as [0.1, 0.2]",
                               reason, at);
    }
    if (kind != MNEME_JSON_ARRAY) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "the vector was not taken: it is not a JSON array; give one such as [0.1, 0.2]");
    }
    /* A number has at least a digit and a comma. */
    float *floats = mneme_arena_alloc(arena, (json.len / 2 + 1) * sizeof *floats);
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(json));
    while (floats != NULL && mneme_json_next(&reader, &key, &item)) {
        double value = 0;
        if (mneme_json_kind_of(item) != MNEME_JSON_NUMBER || !mneme_json_to_double(&value, item) ||
            !isfinite((float)value)) {
            return mneme_error_set(
                error, MNEME_E_INVALID,
                "the vector was not taken: item %zu is not a number of single precision; correct it",
                count + 1);
        }
        floats[count++] = (float)value;
    }
    *out = floats;
    *dimensions = count;
    if (floats == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the vector was not taken: memory is exhausted; free some");
    }
    return count > 0 ? MNEME_OK
                     : mneme_error_set(error, MNEME_E_INVALID,
                                       "the vector was not taken: it has no numbers; give some");
}
