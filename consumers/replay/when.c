/*
 * Places in the log by their texts.
 */
#include "consumers/replay/when.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/moment.h"
#include "common/base/position.h"

#define RESOLVE_TIMEOUT_MS 30000

/* Cuts the next position off `rest`; false if that is not a position. */
static bool next_position(struct mneme_position *out, struct mneme_str *rest) {
    const char *comma = memchr(rest->data, ',', rest->len);
    struct mneme_str item = {rest->data, comma == NULL ? rest->len : (size_t)(comma - rest->data)};
    size_t used = item.len + (comma != NULL);
    rest->data += used;
    rest->len -= used;
    return mneme_position_parse(out, item) && (comma == NULL || rest->len > 0);
}

/* How many positions the text lists; 0 when it is something else. */
static size_t count_positions(const char *text) {
    struct mneme_str rest = mneme_str_from(text);
    struct mneme_position position;
    size_t count = 0;
    while (rest.len > 0) {
        if (!next_position(&position, &rest)) {
            return 0;
        }
        count++;
    }
    return count;
}

/* Everything but a list of several positions. */
static bool read_point(struct mneme_log_point *point, const char *text, bool is_end) {
    struct mneme_str whole = mneme_str_from(text);
    *point = (struct mneme_log_point){.is_behind = is_end};
    if (mneme_str_equal(whole, MNEME_STR_LIT("beginning"))) {
        point->kind = MNEME_LOG_BEGINNING;
    } else if (mneme_str_equal(whole, MNEME_STR_LIT("end"))) {
        point->kind = MNEME_LOG_END;
    } else if (mneme_position_parse(&point->position, whole)) {
        point->kind = MNEME_LOG_POSITION;
    } else if (mneme_moment_parse(&point->micros, whole, mneme_clock_now_micros(), MNEME_MOMENT_AGO)) {
        point->kind = MNEME_LOG_TIME;
    } else {
        return false;
    }
    return true;
}

bool mneme_when_is_valid(const char *text) {
    struct mneme_log_point point;
    return read_point(&point, text, false) || count_positions(text) > 1;
}

/* Moves the cuts of the partitions that are named. `ends` are the log's. */
static int cut_by_list(int64_t *offsets, const int64_t *ends, int32_t partitions, const char *text,
                       bool is_end, struct mneme_error *error) {
    struct mneme_str rest = mneme_str_from(text);
    struct mneme_position at;
    while (rest.len > 0 && next_position(&at, &rest)) {
        if (at.partition >= partitions || at.offset < offsets[at.partition] ||
            at.offset >= ends[at.partition] + (is_end ? 0 : 1)) {
            return mneme_error_set(
                error, MNEME_E_NOT_FOUND,
                "there is no position %d:%lld in the log; `mneme status` shows what it holds",
                (int)at.partition, (long long)at.offset);
        }
        offsets[at.partition] = at.offset + (is_end ? 1 : 0);
    }
    return MNEME_OK;
}

static int resolve_list(int64_t *offsets, struct mneme_log_reader *reader, const char *text, bool is_end,
                        struct mneme_error *error) {
    const struct mneme_log_point beginning = {.kind = MNEME_LOG_BEGINNING};
    const struct mneme_log_point end = {.kind = MNEME_LOG_END};
    int32_t partitions = mneme_log_reader_partitions(reader);
    int64_t *ends = calloc((size_t)partitions + 1, sizeof *ends);
    if (ends == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot read the log: out of memory");
    }
    int status = mneme_log_reader_resolve(offsets, reader, &beginning, RESOLVE_TIMEOUT_MS, error);
    if (status == MNEME_OK) {
        status = mneme_log_reader_resolve(ends, reader, &end, RESOLVE_TIMEOUT_MS, error);
    }
    if (status == MNEME_OK) {
        status = cut_by_list(offsets, ends, partitions, text, is_end, error);
    }
    free(ends);
    return status;
}

int mneme_when_resolve(int64_t *offsets, struct mneme_log_reader *reader, const char *text, bool is_end,
                       struct mneme_error *error) {
    struct mneme_log_point point;
    /* Where there is one partition a position is a list of one, which may begin where the log ends. */
    bool is_list = count_positions(text) > (mneme_log_reader_partitions(reader) == 1 && !is_end ? 0 : 1);
    if (!is_list && read_point(&point, text, is_end)) {
        return mneme_log_reader_resolve(offsets, reader, &point, RESOLVE_TIMEOUT_MS, error);
    }
    if (is_list) {
        return resolve_list(offsets, reader, text, is_end, error);
    }
    return mneme_error_set(error, MNEME_E_USAGE, "'%.100s' is not a place in the log; give " MNEME_WHEN_FORMS,
                           text, mneme_moment_forms(MNEME_MOMENT_AGO));
}
