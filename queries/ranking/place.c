/*
 * One sorted list of indices, in which neighbours are adjacent.
 */
#include "queries/ranking/place.h"

#include <stdlib.h>

bool mneme_place_same_conversation(const struct mneme_rank_item *a, const struct mneme_rank_item *b) {
    return a->conversation_id.data != NULL && mneme_str_equal(a->conversation_id, b->conversation_id) &&
           mneme_str_equal(a->stream_id, b->stream_id);
}

int mneme_place_compare(const struct mneme_rank_item *a, const struct mneme_rank_item *b) {
    int order = mneme_str_compare(a->stream_id, b->stream_id);
    order = order != 0 ? order : mneme_str_compare(a->conversation_id, b->conversation_id);
    order = order != 0 ? order : a->position.is_set - b->position.is_set;
    if (order == 0 && a->position.is_set && a->position.value != b->position.value) {
        order = a->position.value < b->position.value ? -1 : 1;
    }
    return order != 0 ? order : b->is_memory - a->is_memory;
}

static int compare_indices(const void *a, const void *b, void *items) {
    const struct mneme_rank_item *all = items;
    return mneme_place_compare(&all[*(const size_t *)a], &all[*(const size_t *)b]);
}

bool mneme_places_init(struct mneme_places *places, const struct mneme_rank_item *items, size_t count,
                       struct mneme_arena *arena) {
    *places = (struct mneme_places){.items = items,
                                    .order = mneme_arena_calloc(arena, count + 1, sizeof *places->order),
                                    .at = mneme_arena_calloc(arena, count + 1, sizeof *places->at)};
    if (places->order == NULL || places->at == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        places->at[i] = MNEME_NO_PLACE;
        if (items[i].conversation_id.data != NULL) {
            places->order[places->count++] = i;
        }
    }
    qsort_r(places->order, places->count, sizeof *places->order, compare_indices, (void *)items);
    for (size_t i = 0; i < places->count; i++) {
        places->at[places->order[i]] = i;
    }
    return true;
}

size_t mneme_place_beside(const struct mneme_places *places, size_t item, int step) {
    const struct mneme_rank_item *from = &places->items[item];
    if (places->at[item] == MNEME_NO_PLACE || !from->position.is_set) {
        return MNEME_NO_PLACE;
    }
    size_t near = (size_t)(step < 0 ? -step : step);
    for (size_t distance = 1; distance <= near; distance++) {
        size_t place = step < 0 ? places->at[item] - distance : places->at[item] + distance;
        if (place >= places->count) { /* also below 0 */
            return MNEME_NO_PLACE;
        }
        const struct mneme_rank_item *to = &places->items[places->order[place]];
        if (!mneme_place_same_conversation(from, to) || !to->position.is_set) {
            return MNEME_NO_PLACE;
        }
        int64_t apart = to->position.value - from->position.value;
        if (apart == step) {
            return places->order[place];
        }
    }
    return MNEME_NO_PLACE;
}

size_t mneme_place_members(const struct mneme_places *places, size_t first) {
    const struct mneme_rank_item *item = &places->items[places->order[first]];
    size_t count = 1;
    while (first + count < places->count &&
           mneme_place_same_conversation(item, &places->items[places->order[first + count]])) {
        count++;
    }
    return count;
}
