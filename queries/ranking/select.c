/*
 * Selects documents: one for each place before ranking, and a limited number for each conversation after it.
 */
#include <math.h>
#include <stdlib.h>

#include "queries/ranking/place.h"

static int compare_items(const void *a, const void *b) {
    return mneme_place_compare(a, b);
}

static bool has_same_place(const struct mneme_rank_item *a, const struct mneme_rank_item *b) {
    return mneme_place_same_conversation(a, b) && a->position.is_set && b->position.is_set &&
           a->position.value == b->position.value;
}

size_t mneme_rank_collapse(struct mneme_rank_item *items, size_t count) {
    size_t kept = 0;
    if (count > 0) {
        qsort(items, count, sizeof *items, compare_items);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && has_same_place(&items[kept - 1], &items[i])) {
            /* fmax ignores a NAN. */
            items[kept - 1].meaning = fmax(items[kept - 1].meaning, items[i].meaning);
            items[kept - 1].topic = fmax(items[kept - 1].topic, items[i].topic);
        } else {
            items[kept++] = items[i];
        }
    }
    return kept;
}

size_t mneme_rank_cap_conversations(struct mneme_rank_item *items, size_t count, size_t most) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t before = 0;
        for (size_t j = 0; j < kept && before < most; j++) {
            before += mneme_place_same_conversation(&items[j], &items[i]);
        }
        if (before < most) {
            items[kept++] = items[i];
        }
    }
    return kept;
}
