/*
 * The set of parked keys.
 */
#include "consumers/log/park_set.h"

#include <criterion/criterion.h>
#include <stdio.h>

static bool find(struct mneme_park_set *set, int64_t *blocked_by, int32_t partition, struct mneme_str key) {
    bool failed = true;
    bool found = mneme_park_set_find(set, blocked_by, &failed, partition, key);
    cr_assert_not(failed);
    return found;
}

Test(park_set, finds_the_offset_that_a_key_waits_behind) {
    struct mneme_park_set set = {0};
    int64_t offset = 0;
    cr_assert_not(find(&set, &offset, 1, MNEME_STR_LIT("t/ada")));
    cr_assert(mneme_park_set_add(&set, 1, MNEME_STR_LIT("t/ada"), 17));
    cr_assert(find(&set, &offset, 1, MNEME_STR_LIT("t/ada")));
    cr_assert_eq(offset, 17);
    cr_assert_not(find(&set, &offset, 1, MNEME_STR_LIT("t/ad")));
    cr_assert_not(find(&set, &offset, 1, MNEME_STR_LIT("t/adaa")));
    mneme_park_set_clean_up(&set);
}

Test(park_set, keeps_the_same_key_of_two_partitions_apart) {
    struct mneme_park_set set = {0};
    int64_t offset = 0;
    cr_assert(mneme_park_set_add(&set, 1, MNEME_STR_LIT("k"), 5));
    cr_assert_not(find(&set, &offset, 2, MNEME_STR_LIT("k")));
    cr_assert(mneme_park_set_add(&set, 2, MNEME_STR_LIT("k"), 6));
    cr_assert(find(&set, &offset, 2, MNEME_STR_LIT("k")) && offset == 6);
    cr_assert(find(&set, &offset, 1, MNEME_STR_LIT("k")) && offset == 5);
    mneme_park_set_clean_up(&set);
}

Test(park_set, the_first_offset_of_a_key_stays) {
    struct mneme_park_set set = {0};
    int64_t offset = 0;
    cr_assert(mneme_park_set_add(&set, 0, MNEME_STR_LIT("k"), 5));
    cr_assert(mneme_park_set_add(&set, 0, MNEME_STR_LIT("k"), 9));
    cr_assert_eq(mneme_park_set_count(&set), 1);
    cr_assert(find(&set, &offset, 0, MNEME_STR_LIT("k")) && offset == 5);
    mneme_park_set_clean_up(&set);
}

Test(park_set, a_message_without_a_key_is_never_parked_and_an_empty_key_is_a_key) {
    struct mneme_park_set set = {0};
    int64_t offset = 0;
    cr_assert(mneme_park_set_add(&set, 0, MNEME_STR_LIT(""), 3));
    cr_assert_not(find(&set, &offset, 0, MNEME_STR_NULL));
    cr_assert(find(&set, &offset, 0, MNEME_STR_LIT("")) && offset == 3);
    mneme_park_set_clean_up(&set);
}

Test(park_set, holds_many_keys_with_any_bytes) {
    struct mneme_park_set set = {0};
    char key[9] = "\0k\xff";
    for (int i = 0; i < 5000; i++) {
        memcpy(key + 4, &i, sizeof i);
        cr_assert(mneme_park_set_add(&set, i % 7, (struct mneme_str){key, 8}, i));
    }
    cr_assert_eq(mneme_park_set_count(&set), 5000);
    for (int i = 0; i < 5000; i++) {
        int64_t offset = -1;
        memcpy(key + 4, &i, sizeof i);
        cr_assert(find(&set, &offset, i % 7, (struct mneme_str){key, 8}) && offset == i);
    }
    mneme_park_set_clean_up(&set);
    cr_assert_eq(mneme_park_set_count(&set), 0);
}
