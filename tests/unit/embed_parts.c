/*
 * The vectors of a document from those of its parts: one for each, as many as there is room for.
 */
#include "consumers/embed/embed_parts.h"

#include <criterion/criterion.h>

#include "common/base/floats.h"

#define MOST 400

static struct mneme_arena arena;
static float numbers[MOST][2];
static struct mneme_embed_text parts[MOST];

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
}

TestSuite(embed_parts, .init = set_up, .fini = tear_down);

/* Parts of one byte each, of which part i has the vector (i, 1). */
static void make_parts(size_t count) {
    for (size_t i = 0; i < count; i++) {
        numbers[i][0] = (float)i;
        numbers[i][1] = 1;
        parts[i] = (struct mneme_embed_text){
            .text = MNEME_STR_LIT("a"),
            .vector = {(const char *)numbers[i], sizeof numbers[i]},
            .next = i + 1 < count ? &parts[i + 1] : NULL,
        };
    }
}

static float number(struct mneme_str vectors, size_t place) {
    float value;
    mneme_floats_get(&value, vectors.data + place * sizeof value, 1);
    return value;
}

static struct mneme_embedding join(size_t most) {
    struct mneme_embedding embedding = {0};
    cr_assert(mneme_embed_join_parts(&embedding, parts, most, &arena));
    cr_assert_eq(embedding.dimensions, 2);
    cr_assert_eq(embedding.vector.len, 2 * sizeof(float));
    return embedding;
}

Test(embed_parts, one_part_is_the_vector) {
    make_parts(1);
    parts[0].text = MNEME_STR_LIT("a longer one");
    struct mneme_embedding embedding = join(MNEME_EMBEDDING_MAX_PARTS);
    cr_expect_eq(embedding.vector.data, parts[0].vector.data);
    cr_expect_eq(embedding.part_vectors.len, 0);
}

Test(embed_parts, each_part_has_its_vector_and_their_mean_counts_by_length) {
    make_parts(3);
    parts[2].text = MNEME_STR_LIT("aa");
    struct mneme_embedding embedding = join(MNEME_EMBEDDING_MAX_PARTS);
    cr_assert_eq(embedding.part_vectors.len, 3 * embedding.vector.len);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(number(embedding.part_vectors, 2 * i), (float)i);
        cr_expect_eq(number(embedding.part_vectors, 2 * i + 1), 1.0F);
    }
    cr_expect_eq(number(embedding.vector, 0), 1.25F, "(0 + 1 + 2 × 2) / 4");
    cr_expect_eq(number(embedding.vector, 1), 1.0F);
}

Test(embed_parts, a_part_without_a_vector_is_left_out) {
    make_parts(4);
    parts[0].vector = MNEME_STR_NULL;    /* refused */
    parts[2].vector.len = sizeof(float); /* of other dimensions */
    struct mneme_embedding embedding = join(MNEME_EMBEDDING_MAX_PARTS);
    cr_assert_eq(embedding.part_vectors.len, 2 * embedding.vector.len);
    cr_expect_eq(number(embedding.part_vectors, 0), 1.0F);
    cr_expect_eq(number(embedding.part_vectors, 2), 3.0F);
    cr_expect_eq(number(embedding.vector, 0), 2.0F);
    parts[3].vector = MNEME_STR_NULL;
    embedding = join(MNEME_EMBEDDING_MAX_PARTS);
    cr_expect_eq(embedding.part_vectors.len, 0, "one is left");
    cr_expect_eq(number(embedding.vector, 0), 1.0F);
}

Test(embed_parts, neighbours_share_a_vector_where_there_are_too_many) {
    make_parts(5);
    struct mneme_embedding embedding = join(2);
    cr_assert_eq(embedding.part_vectors.len, 2 * embedding.vector.len);
    cr_expect_eq(number(embedding.part_vectors, 0), 1.0F, "of 0, 1 and 2");
    cr_expect_eq(number(embedding.part_vectors, 2), 3.5F, "of 3 and 4");
    cr_expect_eq(number(embedding.vector, 0), 2.0F);
    embedding = join(1);
    cr_expect_eq(embedding.part_vectors.len, 0);
    cr_expect_eq(number(embedding.vector, 0), 2.0F);
    make_parts(MOST);
    embedding = join(MNEME_EMBEDDING_MAX_PARTS);
    cr_assert_eq(embedding.part_vectors.len, MNEME_EMBEDDING_MAX_PARTS * embedding.vector.len);
    for (size_t i = 0; i < MNEME_EMBEDDING_MAX_PARTS;
         i++) { /* of one part or two, in their order, none twice */
        cr_assert(number(embedding.part_vectors, 2 * i) - (float)i * MOST / MNEME_EMBEDDING_MAX_PARTS < 2);
        cr_assert(i == 0 ||
                  number(embedding.part_vectors, 2 * i) > number(embedding.part_vectors, 2 * i - 2));
    }
}
