/*
 * The arena: alignment, reuse after a reset, bounds of what is kept.
 */
#include "common/base/arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>

Test(arena, gives_aligned_memory_that_does_not_overlap) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 256);
    unsigned char *parts[200];
    for (size_t i = 0; i < 200; i++) {
        parts[i] = mneme_arena_alloc(&arena, i);
        cr_assert_not_null(parts[i]);
        cr_assert_eq((uintptr_t)parts[i] % alignof(max_align_t), 0);
        memset(parts[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t at = 0; at < i; at++) {
            cr_assert_eq(parts[i][at], (unsigned char)i);
        }
    }
    mneme_arena_clean_up(&arena);
}

Test(arena, asks_for_no_new_memory_after_a_reset) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 1024);
    static const size_t sizes[] = {100, 900, 5000, 10, 1024, 3000, 700, 64};
    void *first[8];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 8; i++) {
            void *part = mneme_arena_alloc(&arena, sizes[i]);
            if (round == 0) {
                first[i] = part;
            }
            cr_assert_eq(part, first[i], "round %d, part %zu", round, i);
        }
        mneme_arena_reset(&arena, SIZE_MAX);
    }
    mneme_arena_clean_up(&arena);
}

Test(arena, keeps_no_more_than_it_was_told) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 1000);
    for (int i = 0; i < 10; i++) {
        cr_assert_not_null(mneme_arena_alloc(&arena, 1000));
    }
    cr_assert_geq(arena.used_bytes, 10000);
    mneme_arena_reset(&arena, 0);
    cr_assert_null(arena.first);
    cr_assert_eq(arena.used_bytes, 0);
    cr_assert_not_null(mneme_arena_alloc(&arena, 10));
    mneme_arena_clean_up(&arena);
}

Test(arena, zeroes_and_refuses_an_overflow) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    memset(mneme_arena_alloc(&arena, 512), 0xAB, 512);
    mneme_arena_reset(&arena, SIZE_MAX);
    const unsigned char *zeroes = mneme_arena_calloc(&arena, 64, 8);
    for (size_t i = 0; i < 512; i++) {
        cr_assert_eq(zeroes[i], 0);
    }
    cr_assert_null(mneme_arena_calloc(&arena, SIZE_MAX / 4, 8));
    cr_assert_null(mneme_arena_alloc(&arena, SIZE_MAX));
    mneme_arena_clean_up(&arena);
}

Test(arena, copies_text_with_an_end_and_keeps_null) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    struct mneme_str copy = mneme_arena_copy(&arena, (struct mneme_str){"abcdef", 3});
    cr_assert_str_eq(copy.data, "abc");
    cr_assert_eq(copy.len, 3);
    cr_assert_not_null(mneme_arena_copy(&arena, MNEME_STR_LIT("")).data);
    cr_assert_null(mneme_arena_copy(&arena, MNEME_STR_NULL).data);
    mneme_arena_clean_up(&arena);
}
