/*
 * Edit distance with swaps over three rows; words longer than any of our names are not compared.
 */
#include "common/base/nearest.h"

#define MAX_WORD 64

static size_t min2(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t edit_distance(struct mneme_str a, struct mneme_str b) {
    size_t rows[3][MAX_WORD + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= b.len; j++) {
        above[j] = j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t replaced = above[j - 1] + (a.data[i - 1] == b.data[j - 1] ? 0 : 1);
            row[j] = min2(replaced, min2(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1]) {
                row[j] = min2(row[j], before[j - 2] + 1);
            }
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b.len];
}

void mneme_nearest_offer(struct mneme_nearest *nearest, struct mneme_str word, const char *known) {
    struct mneme_str name = mneme_str_from(known);
    if (word.len == 0 || word.len > MAX_WORD || name.len > MAX_WORD) {
        return;
    }
    size_t distance = edit_distance(word, name);
    size_t longest = word.len > name.len ? word.len : name.len;
    if (distance * 3 <= longest && (nearest->name == NULL || distance < nearest->distance)) {
        nearest->name = known;
        nearest->distance = distance;
    }
}
