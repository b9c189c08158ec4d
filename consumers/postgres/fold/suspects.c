/*
 * Two rows are swapped if both follow from the rows before when some of their fields are exchanged.
 */
#include "consumers/postgres/fold/suspects.h"

#include <stdlib.h>

#include "consumers/postgres/ledger/ledger_row.h"

/* Sets of fields that are worth exchanging, by their places in the row: the whole event but for where it
 * stands (with and without its time), or what it says. */
#define POSITION (UINT32_C(1) << 0 | UINT32_C(1) << 18 | UINT32_C(1) << 19)
#define TIME (UINT32_C(1) << 17)
#define PAYLOAD (UINT32_C(1) << 9)
#define METADATA (UINT32_C(1) << 10)
#define ALL ((UINT32_C(1) << MNEME_LEDGER_FIELDS) - 1)
static const uint32_t exchanges[] = {ALL & ~POSITION & ~TIME, ALL & ~POSITION, PAYLOAD, PAYLOAD | METADATA};

void mneme_fold_suspects_clean_up(struct mneme_fold_suspects *suspects) {
    for (size_t i = 0; i < suspects->count; i++) {
        free(suspects->items[i].bytes);
    }
    free(suspects->items);
    *suspects = (struct mneme_fold_suspects){0};
}

struct mneme_fold_suspect_item *mneme_fold_suspects_add(struct mneme_fold_suspects *suspects,
                                                        const struct mneme_ledger_read *row, bool *is_full) {
    *is_full = suspects->count == MNEME_FOLD_MAX_SUSPECTS;
    if (*is_full) {
        return NULL;
    }
    if (suspects->items == NULL) {
        suspects->items = calloc(MNEME_FOLD_MAX_SUSPECTS, sizeof *suspects->items);
    }
    char *bytes = suspects->items == NULL ? NULL : malloc(row->fields.len);
    if (bytes == NULL) {
        return NULL;
    }
    memcpy(bytes, row->fields.data, row->fields.len);
    struct mneme_fold_suspect_item *suspect = &suspects->items[suspects->count++];
    *suspect = (struct mneme_fold_suspect_item){.row = *row, .kind = MNEME_BREAK_CHANGED, .other_offset = -1};
    suspect->row.fields.data = suspect->bytes = bytes;
    for (size_t i = 0; i < MNEME_LEDGER_FIELDS; i++) {
        suspect->row.field[i].data = bytes + (row->field[i].data - row->fields.data);
    }
    return suspect;
}

struct judge {
    EVP_MD_CTX *context;
    const EVP_MD *sha256;
    struct mneme_buffer bytes;
    bool has_failed;
};

static bool same_hash(const uint8_t *a, const uint8_t *b) {
    return memcmp(a, b, MNEME_LEDGER_HASH_BYTES) == 0;
}

/* The hash of the row with some fields of the other one. */
static void hash_exchanged(struct judge *judge, uint8_t hash[MNEME_LEDGER_HASH_BYTES],
                           const uint8_t previous[MNEME_LEDGER_HASH_BYTES],
                           const struct mneme_ledger_read *row, const struct mneme_ledger_read *other,
                           uint32_t exchange) {
    mneme_buffer_clear(&judge->bytes);
    for (int i = 0; i < MNEME_LEDGER_FIELDS; i++) {
        mneme_buffer_append_str(&judge->bytes, (exchange >> i & 1) != 0 ? other->field[i] : row->field[i]);
    }
    judge->has_failed |= judge->bytes.failed || !mneme_ledger_hash(hash, judge->context, judge->sha256,
                                                                   previous, mneme_buffer_str(&judge->bytes));
}

/* Rows directly behind a row with a wrong hash are right if they follow from its right hash. */
static void clear_behind(struct judge *judge, struct mneme_fold_suspects *suspects, int64_t offset,
                         const uint8_t right[MNEME_LEDGER_HASH_BYTES]) {
    for (size_t i = 0; i < suspects->count; i++) {
        struct mneme_fold_suspect_item *suspect = &suspects->items[i];
        uint8_t hash[MNEME_LEDGER_HASH_BYTES];
        if (suspect->previous_offset == offset && suspect->kind != MNEME_BREAK_SWAPPED) {
            hash_exchanged(judge, hash, right, &suspect->row, &suspect->row, 0);
            suspect->is_cleared |= same_hash(hash, suspect->row.hash);
        }
    }
}

static bool try_exchange(struct judge *judge, struct mneme_fold_suspects *suspects,
                         struct mneme_fold_suspect_item *first, struct mneme_fold_suspect_item *second,
                         uint32_t exchange) {
    uint8_t low[MNEME_LEDGER_HASH_BYTES];
    uint8_t high[MNEME_LEDGER_HASH_BYTES];
    hash_exchanged(judge, low, first->previous, &first->row, &second->row, exchange);
    if (!same_hash(low, first->row.hash) && !same_hash(low, second->row.hash)) {
        return false;
    }
    bool is_next = second->previous_offset == first->row.offset;
    hash_exchanged(judge, high, is_next ? low : second->previous, &second->row, &first->row, exchange);
    if (!same_hash(high, first->row.hash) && !same_hash(high, second->row.hash)) {
        return false;
    }
    first->kind = second->kind = MNEME_BREAK_SWAPPED;
    first->other_offset = second->row.offset;
    second->other_offset = first->row.offset;
    clear_behind(judge, suspects, first->row.offset, low);
    clear_behind(judge, suspects, second->row.offset, high);
    return true;
}

bool mneme_fold_suspects_judge(struct mneme_fold_suspects *suspects, EVP_MD_CTX *context,
                               const EVP_MD *sha256) {
    struct judge judge = {.context = context, .sha256 = sha256};
    for (size_t i = 0; i < suspects->count; i++) {
        for (size_t k = i + 1; k < suspects->count; k++) {
            bool is_open = suspects->items[i].kind != MNEME_BREAK_SWAPPED &&
                           suspects->items[k].kind != MNEME_BREAK_SWAPPED;
            for (size_t e = 0; e < sizeof exchanges / sizeof *exchanges && is_open; e++) {
                is_open =
                    !try_exchange(&judge, suspects, &suspects->items[i], &suspects->items[k], exchanges[e]);
            }
        }
    }
    mneme_buffer_clean_up(&judge.bytes);
    return !judge.has_failed;
}
