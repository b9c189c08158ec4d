/*
 * Where a key goes, against values that the Java client computes. librdkafka is asked without a topic: that
 * it needs none is what these tests hold it to.
 */
#include "common/kafka/kafka.h"

#include <criterion/criterion.h>

#define MOST 0x7fffffff /* the partition is then the hash itself, without its sign */

Test(partition_of_key, agrees_with_the_java_client) {
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
        {"", 275646681},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct mneme_str key = mneme_str_from(vectors[i].key);
        cr_assert_eq(mneme_kafka_partition_of(key, MOST), vectors[i].hash & MOST, "%s", vectors[i].key);
        cr_assert_eq(mneme_kafka_partition_of(key, 8), (vectors[i].hash & MOST) % 8, "%s", vectors[i].key);
    }
}

Test(partition_of_key, is_one_there_is) {
    for (int32_t partitions = 1; partitions < 100; partitions++) {
        int32_t partition = mneme_kafka_partition_of(MNEME_STR_LIT("foobar"), partitions);
        cr_assert(partition >= 0 && partition < partitions);
    }
}

Test(partition_of_key, does_not_depend_on_alignment) {
    char bytes[64];
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(bytes + shift, "a-little-bit-long-string", sizeof "a-little-bit-long-string");
        cr_assert_eq(mneme_kafka_partition_of((struct mneme_str){bytes + shift, 24}, MOST),
                     -985981536 & MOST);
    }
}
