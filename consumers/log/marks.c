/*
 * A sorted array. Almost always it is empty, and then a look-up costs nothing.
 */
#include "consumers/log/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mneme_log_marks_clean_up(struct mneme_log_marks *marks) {
    for (size_t i = 0; i < marks->count; i++) {
        free(marks->items[i].reason);
    }
    free(marks->items);
    *marks = (struct mneme_log_marks){0};
}

bool mneme_log_marks_add(struct mneme_log_marks *marks, struct mneme_position position,
                         struct mneme_str reason, const struct mneme_log_digest *dropped) {
    if (marks->count == marks->capacity) {
        size_t wanted = marks->capacity == 0 ? 16 : marks->capacity * 2;
        struct mneme_log_mark *larger = reallocarray(marks->items, wanted, sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        marks->items = larger;
        marks->capacity = wanted;
    }
    char *copy = strndup(reason.data == NULL ? "" : reason.data, reason.len);
    if (copy == NULL) {
        return false;
    }
    struct mneme_log_mark *mark = &marks->items[marks->count++];
    *mark = (struct mneme_log_mark){.position = position, .reason = copy};
    if (dropped != NULL) {
        mark->dropped = *dropped;
    }
    return true;
}

static int compare(const void *wanted, const void *item) {
    const struct mneme_position *a = wanted;
    const struct mneme_position *b = &((const struct mneme_log_mark *)item)->position;
    int order = (a->partition > b->partition) - (a->partition < b->partition);
    return order != 0 ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

const struct mneme_log_mark *mneme_log_marks_find(const struct mneme_log_marks *marks,
                                                  struct mneme_position position) {
    return marks == NULL || marks->count == 0
               ? NULL
               : bsearch(&position, marks->items, marks->count, sizeof *marks->items, compare);
}

void mneme_unknown_schema_reason(char *out, size_t size, const struct mneme_error *error) {
    const char *from = strstr(error->message, ": ");
    from = from == NULL ? error->message : from + 2;
    const char *advice = strrchr(from, ';');
    int len = (int)(advice == NULL ? strlen(from) : (size_t)(advice - from));
    (void)snprintf(out, size, "%.*s", len, from);
}

int mneme_unknown_schema(struct mneme_error *error, const char *topic, struct mneme_position position,
                         const struct mneme_error *reason) {
    char why[sizeof reason->message];
    mneme_unknown_schema_reason(why, sizeof why, reason);
    return mneme_error_set(
        error, MNEME_E_UNKNOWN_SCHEMA,
        "cannot read the event at %d:%lld of %s: unknown schema: %s; upgrade this program, "
        "or leave the event out with `mneme dead-letters park %d:%lld`",
        (int)position.partition, (long long)position.offset, topic, why, (int)position.partition,
        (long long)position.offset);
}
