/*
 * Which partitions this worker keeps in Redis and how far they are: claimed with a new epoch, which fences
 * the former worker, and with the position that Redis has, so that a Redis that was flushed, restored or
 * replaced by an old copy is filled again from there.
 */
#ifndef MNEME_CONSUMERS_REDIS_CLAIMS_H
#define MNEME_CONSUMERS_REDIS_CLAIMS_H

#include "common/kafka/kafka.h"
#include "consumers/runtime/projection.h"
#include "stores/redis/change.h"

struct mneme_claim {
    int32_t partition;
    struct mneme_hot_space space;
    int64_t epoch;
    int64_t next_offset;
    int64_t user_bytes; /* the most that Redis keeps of one owner */
    int64_t refill_end; /* where the ledger was at the claim: until that is reached, it may not be read */
    bool
        has_parked; /* the ledger has parked events that others wait behind: then it may not be read either */
};

struct mneme_claims {
    struct mneme_redis *redis; /* borrowed, as owner and config */
    const struct mneme_config *config;
    const char *owner;
    struct mneme_str prefix;
    int64_t wanted_space; /* 0: the live one */
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t topic_partitions;
    struct mneme_claim *items; /* malloc'd */
    size_t count, capacity;
};
void mneme_claims_clean_up(struct mneme_claims *claims);

/* Claims the assignment's partitions and fills its out-parameters. MNEME_E_CONFLICT when another space has
 * become the live one meanwhile, MNEME_E_UNSAFE when Redis has the progress of another log. */
int mneme_claims_take(struct mneme_claims *claims, struct mneme_assignment *assignment,
                      struct mneme_error *error);

/* Sets the progress of a partition that was claimed just now back to the offset, and the assignment with it.
 */
int mneme_claims_rewind(struct mneme_claims *claims, struct mneme_claim *claim, int64_t offset,
                        struct mneme_assignment *assignment, struct mneme_error *error);

struct mneme_claim *mneme_claims_find(struct mneme_claims *claims, int32_t partition);
void mneme_claims_release(struct mneme_claims *claims, const int32_t *partitions, size_t count);

/* The value of `live` for the partition: "<space>/<partitions>". */
#define MNEME_LIVE_BYTES 40
struct mneme_str mneme_claims_live(const struct mneme_claims *claims, const struct mneme_claim *claim,
                                   char text[MNEME_LIVE_BYTES]);

/* How long it lasts without being renewed. */
#define MNEME_LIVE_MS 10000

/* Checks that every partition is still this worker's, and sets `live` for readers where is_current[i] is set.
 * MNEME_E_CONFLICT when one is not. */
int mneme_claims_renew(struct mneme_claims *claims, const bool *is_current, struct mneme_error *error);

/* The error for a verdict that is neither DONE nor ALREADY: MNEME_E_CONFLICT, or MNEME_E_UNAVAILABLE for
 * FROZEN. */
int mneme_claims_lost(enum mneme_hot_verdict verdict, int32_t partition, struct mneme_error *error);

#endif
