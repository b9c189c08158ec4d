/*
 * Counts votes, and computes the validity.
 */
#include "stores/locks/quorum.h"

#define MICROS_PER_MS 1000
#define DRIFT_PARTS 100 /* one part in this many */
#define DRIFT_FIXED_MICROS (2 * MICROS_PER_MS)

struct mneme_lock_tally mneme_lock_count(const struct mneme_lock_vote *votes, size_t servers) {
    struct mneme_lock_tally tally = {.servers = servers, .left_ms = -1};
    for (size_t i = 0; i < servers; i++) {
        switch (votes[i].answer) {
        case MNEME_LOCK_OURS:
            tally.ours++;
            tally.token = votes[i].token > tally.token ? votes[i].token : tally.token;
            break;
        case MNEME_LOCK_OTHERS:
            tally.others++;
            tally.left_ms = votes[i].left_ms > tally.left_ms ? votes[i].left_ms : tally.left_ms;
            break;
        case MNEME_LOCK_FREE:
            tally.free++;
            break;
        case MNEME_LOCK_SILENT:
        case MNEME_LOCK_UNASKED:
        default:
            tally.silent++;
            break;
        }
    }
    return tally;
}

enum mneme_status mneme_lock_verdict(const struct mneme_lock_tally *tally) {
    size_t majority = mneme_lock_majority(tally->servers);
    if (tally->ours >= majority) {
        return MNEME_OK;
    }
    if (tally->ours + tally->silent >= majority) {
        return MNEME_E_UNAVAILABLE;
    }
    return tally->others > 0 ? MNEME_E_CONFLICT : MNEME_E_NOT_FOUND;
}

int64_t mneme_lock_valid_until(int64_t asked_at, int64_t lease_ms) {
    int64_t lease = lease_ms * MICROS_PER_MS;
    return asked_at + lease - lease / DRIFT_PARTS - DRIFT_FIXED_MICROS;
}
