/*
 * The table of weights, and its reader.
 */
#include "queries/ranking/weights.h"

#include <math.h>
#include <stdlib.h>

#define MAX_WEIGHT 1000
#define NUMBER_BYTES 32

const struct mneme_rank_weights mneme_rank_default_weights = {
#define X(name, value, doc) .name = (value),
    MNEME_RANK_WEIGHTS(X)
#undef X
};

static const struct {
    const char *name;
    size_t offset;
} table[] = {
#define X(name, value, doc) {#name, offsetof(struct mneme_rank_weights, name)},
    MNEME_RANK_WEIGHTS(X)
#undef X
};

#define X(name, value, doc) " " #name
static const char names[] = MNEME_RANK_WEIGHTS(X);
#undef X

static struct mneme_str trimmed(const char *from, const char *to) {
    while (from < to && *from == ' ') {
        from++;
    }
    while (to > from && to[-1] == ' ') {
        to--;
    }
    return (struct mneme_str){from, (size_t)(to - from)};
}

static double *find(struct mneme_rank_weights *weights, struct mneme_str name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (mneme_str_equal(name, mneme_str_from(table[i].name))) {
            return (double *)(void *)((char *)weights + table[i].offset);
        }
    }
    return NULL;
}

static bool read_number(double *out, struct mneme_str text) {
    char copy[NUMBER_BYTES];
    char *end;
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' && isfinite(*out) && *out >= 0 && *out <= MAX_WEIGHT;
}

static int read_item(struct mneme_rank_weights *out, struct mneme_str item, struct mneme_error *error) {
    const char *equals = memchr(item.data, '=', item.len);
    double *weight = equals == NULL ? NULL : find(out, trimmed(item.data, equals));
    if (weight == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "weights were not taken: '%.*s' is not NAME=NUMBER; names are:%s",
                               MNEME_STR_ARG(item), names);
    }
    if (!read_number(weight, trimmed(equals + 1, item.data + item.len))) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "weights were not taken: the value in '%.*s' is not a number from 0 to %d; give one",
            MNEME_STR_ARG(item), MAX_WEIGHT);
    }
    return MNEME_OK;
}

int mneme_rank_weights_parse(struct mneme_rank_weights *out, struct mneme_str text,
                             struct mneme_error *error) {
    const char *at = text.data;
    const char *end = text.data + text.len;
    *out = mneme_rank_default_weights;
    while (text.len > 0 && at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma == NULL ? end : comma;
        struct mneme_str item = trimmed(at, stop);
        int status = item.len == 0 ? MNEME_OK : read_item(out, item, error);
        if (status != MNEME_OK) {
            return status;
        }
        at = stop + 1;
    }
    return MNEME_OK;
}
