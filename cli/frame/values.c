/*
 * Reads typed values of options.
 */
#include "cli/frame/values.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/position.h"

#define MAX_ITEMS 1000

struct mneme_str mneme_cli_opt_str(const struct mneme_cli *cli, const char *option) {
    return mneme_str_from(mneme_cli_value(cli, option));
}

static bool parse_long(int64_t *out, const char *text) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0) {
        return false;
    }
    *out = value;
    return true;
}

int mneme_cli_opt_long(struct mneme_opt_long *out, const struct mneme_cli *cli, const char *option,
                       int64_t minimum, int64_t maximum, struct mneme_error *error) {
    *out = (struct mneme_opt_long){0};
    const char *text = mneme_cli_value(cli, option);
    if (text == NULL) {
        return MNEME_OK;
    }
    if (!parse_long(&out->value, text) || out->value < minimum || out->value > maximum) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "--%s was not taken: it is '%s'; give a whole number from %lld to %lld",
                               option, text, (long long)minimum, (long long)maximum);
    }
    out->is_set = true;
    return MNEME_OK;
}

int mneme_cli_long(int64_t *out, const struct mneme_cli *cli, const char *option, int64_t fallback,
                   int64_t minimum, int64_t maximum, struct mneme_error *error) {
    struct mneme_opt_long value;
    int status = mneme_cli_opt_long(&value, cli, option, minimum, maximum, error);
    *out = value.is_set ? value.value : fallback;
    return status;
}

int mneme_cli_opt_double(struct mneme_opt_double *out, const struct mneme_cli *cli, const char *option,
                         double minimum, double maximum, struct mneme_error *error) {
    *out = (struct mneme_opt_double){0};
    const char *text = mneme_cli_value(cli, option);
    if (text == NULL) {
        return MNEME_OK;
    }
    char *end;
    out->value = strtod(text, &end);
    if (end == text || *end != '\0' || !(out->value >= minimum && out->value <= maximum)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "--%s was not taken: it is '%s'; give a number from %g to %g", option, text,
                               minimum, maximum);
    }
    out->is_set = true;
    return MNEME_OK;
}

struct mneme_str mneme_cli_next_item(struct mneme_str *rest) {
    const char *comma = memchr(rest->data, ',', rest->len);
    struct mneme_str item = {rest->data, comma == NULL ? rest->len : (size_t)(comma - rest->data)};
    size_t used = item.len + (comma != NULL);
    rest->data += used;
    rest->len -= used;
    while (item.len > 0 && item.data[0] == ' ') {
        item.data++;
        item.len--;
    }
    while (item.len > 0 && item.data[item.len - 1] == ' ') {
        item.len--;
    }
    return item;
}

static size_t count_items(struct mneme_str text) {
    size_t count = text.len > 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.data[i] == ',';
    }
    return count;
}

int mneme_cli_opt_list(struct mneme_str_array *out, const struct mneme_cli *cli, const char *option,
                       struct mneme_arena *arena, struct mneme_error *error) {
    *out = (struct mneme_str_array){0};
    struct mneme_str rest = mneme_cli_opt_str(cli, option);
    if (rest.data == NULL) {
        return MNEME_OK;
    }
    size_t count = count_items(rest);
    if (count > MAX_ITEMS) {
        return mneme_error_set(error, MNEME_E_USAGE, "--%s was not taken: it has %zu items; give at most %d",
                               option, count, MAX_ITEMS);
    }
    struct mneme_str *items = mneme_arena_calloc(arena, count + 1, sizeof *items);
    if (items == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "--%s was not taken: memory is exhausted; free some",
                               option);
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = mneme_cli_next_item(&rest);
        if (items[i].len == 0) {
            return mneme_error_set(
                error, MNEME_E_USAGE,
                "--%s was not taken: one of its items is empty; separate them by single commas", option);
        }
    }
    *out = (struct mneme_str_array){.items = items, .count = count, .is_set = true};
    return MNEME_OK;
}

int mneme_cli_opt_positions(const struct mneme_position **out, size_t *count, const struct mneme_cli *cli,
                            const char *option, struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_str_array items;
    *out = NULL;
    *count = 0;
    int status = mneme_cli_opt_list(&items, cli, option, arena, error);
    if (status != MNEME_OK || items.count == 0) {
        return status;
    }
    struct mneme_position *positions = mneme_arena_calloc(arena, items.count, sizeof *positions);
    if (positions == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "--%s was not taken: memory is exhausted; free some",
                               option);
    }
    for (size_t i = 0; i < items.count; i++) {
        if (!mneme_position_parse(&positions[i], items.items[i])) {
            return mneme_error_set(error, MNEME_E_USAGE,
                                   "--%s was not taken: '%.*s' is not a position; give partition:offset, as "
                                   "`mneme publish` prints it",
                                   option, MNEME_STR_ARG(items.items[i]));
        }
    }
    *out = positions;
    *count = items.count;
    return MNEME_OK;
}
