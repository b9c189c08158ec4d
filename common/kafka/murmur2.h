/*
 * The hash by which Java clients (and librdkafka's "murmur2") place a key on a partition.
 */
#ifndef MNEME_COMMON_KAFKA_MURMUR2_H
#define MNEME_COMMON_KAFKA_MURMUR2_H

#include "common/base/types.h"

/* MurmurHash2, 32 bits, seed 0x9747b28c, as org.apache.kafka.common.utils.Utils.murmur2 computes it. */
uint32_t mneme_murmur2(struct mneme_str key);

/* The partition of a key: toPositive(murmur2(key)) % partitions. `partitions` > 0. */
static inline int32_t mneme_partition_of(struct mneme_str key, int32_t partitions) {
    return (int32_t)((mneme_murmur2(key) & 0x7fffffffU) % (uint32_t)partitions);
}

#endif
