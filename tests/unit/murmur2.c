/*
 * The hash of keys, against values that the Java client computes.
 */
#include "common/kafka/murmur2.h"

#include <criterion/criterion.h>

Test(murmur2, agrees_with_the_java_client) {
    static const struct {
        const char *key;
        int32_t hash;
    } vectors[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        cr_assert_eq((int32_t)mneme_murmur2(mneme_str_from(vectors[i].key)), vectors[i].hash, "%s",
                     vectors[i].key);
    }
}

Test(murmur2, places_a_key_of_a_negative_hash_on_a_partition_there_is) {
    cr_assert_eq(mneme_partition_of(MNEME_STR_LIT("21"), 8), (-973932308 & 0x7fffffff) % 8);
    for (int32_t partitions = 1; partitions < 100; partitions++) {
        int32_t partition = mneme_partition_of(MNEME_STR_LIT("foobar"), partitions);
        cr_assert(partition >= 0 && partition < partitions);
    }
}

Test(murmur2, does_not_depend_on_alignment) {
    char bytes[64];
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(bytes + shift, "a-little-bit-long-string", sizeof "a-little-bit-long-string");
        cr_assert_eq((int32_t)mneme_murmur2((struct mneme_str){bytes + shift, 24}), -985981536);
    }
}
