/*
 * The comparison of progress and log.
 */
#include "consumers/runtime/saved_offset.h"

int mneme_saved_offset_check(const struct mneme_saved_offset *saved, struct mneme_error *error) {
    const char *reason = NULL;
    bool is_lost = saved->next_offset < saved->log_start;
    if (saved->next_offset > saved->log_end) {
        reason = "the log is shorter than what was folded, so the topic was truncated or made again";
    } else if (saved->next_offset < saved->log_start && saved->next_offset == 0) {
        reason = "the log has lost its beginning before anything was folded";
    } else if (saved->next_offset < saved->log_start) {
        reason = "the log has lost events that were not folded yet";
    }
    if (reason == NULL) {
        return MNEME_OK;
    }
    return mneme_error_set(
        error, MNEME_E_UNSAFE,
        "cannot fold partition %d of %s: the log holds offsets %lld to %lld and %s is at %lld: %s; "
        "run `mneme rebuild %s%s` to fold what the log holds",
        (int)saved->partition, saved->topic, (long long)saved->log_start, (long long)saved->log_end,
        saved->projection, (long long)saved->next_offset, reason, saved->rebuilt_by,
        is_lost && saved->takes_loss ? " --accept-loss" : "");
}
