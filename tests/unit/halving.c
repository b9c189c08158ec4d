/*
 * The search for events that a projection can never apply, against a projection that refuses what its script
 * says and checks that progress has no gap.
 */
#include "consumers/runtime/halving.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_ITEMS 4096
#define PARTITIONS 3

struct script {
    bool is_bad[MAX_ITEMS];          /* by index in the whole batch, which is the offset of the key */
    int retry_at_call;               /* this call answers RETRY; 0: none */
    enum mneme_apply_result instead; /* of RETRY, for retry_at_call */
    bool refuses_parked;
    int calls;
    int64_t progress[PARTITIONS];
    size_t applied, parked;
    int64_t order; /* the last index applied */
    bool has_gap;
};

static enum mneme_apply_result apply(void *projection, struct mneme_batch *batch, struct mneme_error *error) {
    struct script *script = projection;
    script->calls++;
    cr_assert_not_null(mneme_arena_alloc(&batch->arena, 1000));
    if (script->calls == script->retry_at_call) {
        mneme_error_set(error, MNEME_E_UNAVAILABLE, "away");
        return script->instead;
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        bool is_refused =
            item->park_reason == NULL ? script->is_bad[item->recorded_at] : script->refuses_parked;
        if (is_refused) {
            mneme_error_set(error, MNEME_E_INVALID, "bad %lld", (long long)item->recorded_at);
            return MNEME_REJECT;
        }
    }
    for (size_t i = 0; i < batch->partition_count; i++) {
        const struct mneme_batch_partition *part = &batch->partitions[i];
        script->has_gap |= script->progress[part->partition] != part->first_offset;
        script->progress[part->partition] = part->next_offset;
    }
    for (size_t i = 0; i < batch->count; i++) {
        script->has_gap |= batch->items[i].recorded_at != script->order + 1;
        script->order = batch->items[i].recorded_at;
        script->applied++;
        script->parked += batch->items[i].park_reason != NULL;
    }
    return MNEME_APPLIED;
}

static const struct mneme_projection_ops ops = {.apply = apply};

/* `count` items over three partitions, each with a key of its own unless `key` is given; recorded_at is the
 * index. */
static struct mneme_batch make_batch(size_t count, const char *key) {
    struct mneme_batch batch = {.count = count, .partition_count = PARTITIONS};
    batch.items = calloc(count, sizeof *batch.items);
    batch.partitions = calloc(PARTITIONS, sizeof *batch.partitions);
    mneme_arena_init(&batch.arena, 0);
    int64_t next[PARTITIONS] = {0};
    for (size_t i = 0; i < count; i++) {
        int32_t partition = (int32_t)((i / 5) % PARTITIONS);
        struct mneme_batch_item *item = &batch.items[i];
        item->position = (struct mneme_position){partition, next[partition]++};
        item->blocked_by = item->position.offset;
        item->recorded_at = (int64_t)i;
        char own[32];
        (void)snprintf(own, sizeof own, "key %zu", i);
        item->key = mneme_arena_copy(&batch.arena, mneme_str_from(key == NULL ? own : key));
        item->value = MNEME_STR_LIT("value");
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        batch.partitions[i] = (struct mneme_batch_partition){.partition = i, .next_offset = next[i]};
    }
    return batch;
}

static void free_batch(struct mneme_batch *batch, struct mneme_halving *halving) {
    mneme_halving_clean_up(halving);
    mneme_arena_clean_up(&batch->arena);
    free(batch->items);
    free(batch->partitions);
}

static void check_all_applied(const struct script *script, const struct mneme_batch *batch) {
    cr_assert_not(script->has_gap);
    cr_assert_eq(script->applied, batch->count);
    for (size_t i = 0; i < batch->partition_count; i++) {
        cr_assert_eq(script->progress[batch->partitions[i].partition], batch->partitions[i].next_offset);
    }
}

Test(halving, a_good_batch_is_applied_at_once_and_whole) {
    struct script script = {.order = -1};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(1000, NULL);
    cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_APPLIED);
    cr_assert_eq(script.calls, 1);
    cr_assert_eq(batch.count, 1000);
    check_all_applied(&script, &batch);
    free_batch(&batch, &halving);
}

Test(halving, finds_the_one_bad_event_wherever_it_is) {
    for (size_t bad = 0; bad < 130; bad++) {
        struct script script = {.order = -1};
        struct mneme_halving halving = {0};
        struct mneme_error error = {0};
        struct mneme_batch batch = make_batch(130, NULL);
        script.is_bad[bad] = true;
        cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_APPLIED);
        check_all_applied(&script, &batch);
        cr_assert_eq(script.parked, 1);
        cr_assert_eq(halving.parked_count, 1);
        cr_assert_not_null(batch.items[bad].park_reason);
        char reason[32];
        (void)snprintf(reason, sizeof reason, "bad %zu", bad);
        cr_assert_str_eq(batch.items[bad].park_reason, reason);
        cr_assert_eq(batch.items[bad].blocked_by, batch.items[bad].position.offset);
        cr_assert_leq(script.calls, 18, "%d calls", script.calls);
        free_batch(&batch, &halving);
    }
}

Test(halving, the_rest_of_a_key_goes_on_where_events_are_parked_alone) {
    struct mneme_projection_ops alone = ops;
    struct script script = {.order = -1};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(100, "one key");
    alone.parks_alone = true;
    script.is_bad[40] = true;
    cr_assert_eq(mneme_halving_apply(&halving, &alone, &script, &batch, &error), MNEME_APPLIED);
    check_all_applied(&script, &batch);
    cr_assert_eq(script.parked, 1);
    cr_assert_eq(batch.items[40].blocked_by, MNEME_PARKED_ALONE);
    cr_assert_null(batch.items[41].park_reason);
    free_batch(&batch, &halving);
}

Test(halving, finds_all_of_many_bad_events) {
    struct script script = {.order = -1};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(4000, NULL);
    size_t bad = 0;
    for (size_t i = 0; i < 4000; i += 1 + (i * 7) % 97) {
        script.is_bad[i] = true;
        bad++;
    }
    cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_APPLIED);
    check_all_applied(&script, &batch);
    cr_assert_eq(script.parked, bad);
    free_batch(&batch, &halving);
}

Test(halving, a_batch_of_nothing_but_bad_events_takes_two_attempts_for_each) {
    struct script script = {.order = -1};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(512, NULL);
    memset(script.is_bad, 1, sizeof script.is_bad);
    cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_APPLIED);
    check_all_applied(&script, &batch);
    cr_assert_eq(script.parked, 512);
    cr_assert_leq(script.calls, 512 * 3 + 10, "%d calls", script.calls);
    free_batch(&batch, &halving);
}

Test(halving, later_events_of_the_key_wait_behind_the_bad_one_in_its_partition_only) {
    struct script script = {.order = -1};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(60, "t/ada");
    script.is_bad[7] = true; /* partition 1, offset 2 */
    cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_APPLIED);
    check_all_applied(&script, &batch);
    for (size_t i = 0; i < batch.count; i++) {
        const struct mneme_batch_item *item = &batch.items[i];
        bool waits = item->position.partition == 1 && item->position.offset >= 2;
        cr_assert_eq(item->park_reason != NULL, waits, "item %zu", i);
        cr_assert(!waits || item->blocked_by == 2);
    }
    cr_assert_not_null(strstr(batch.items[8].park_reason, "offset 2"));
    free_batch(&batch, &halving);
}

Test(halving, goes_on_after_a_retry_where_it_was) {
    for (int at = 1; at < 20; at++) {
        struct script script = {.order = -1, .retry_at_call = at, .instead = MNEME_RETRY};
        struct mneme_halving halving = {0};
        struct mneme_error error = {0};
        struct mneme_batch batch = make_batch(100, NULL);
        script.is_bad[61] = true;
        enum mneme_apply_result result = mneme_halving_apply(&halving, &ops, &script, &batch, &error);
        cr_assert_eq(batch.count, 100);
        if (script.calls == at) {
            cr_assert_eq(result, MNEME_RETRY);
            cr_assert_str_eq(error.message, "away");
            result = mneme_halving_apply(&halving, &ops, &script, &batch, &error);
        }
        cr_assert_eq(result, MNEME_APPLIED);
        check_all_applied(&script, &batch);
        cr_assert_eq(script.parked, 1);
        free_batch(&batch, &halving);
    }
}

Test(halving, tells_when_it_was_fenced) {
    struct script script = {.order = -1, .retry_at_call = 3, .instead = MNEME_FENCED};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(100, NULL);
    script.is_bad[99] = true;
    cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_FENCED);
    cr_assert_eq(script.calls, 3);
    free_batch(&batch, &halving);
}

Test(halving, an_event_that_cannot_even_be_parked_ends_the_work) {
    struct script script = {.order = -1, .refuses_parked = true};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(10, NULL);
    script.is_bad[4] = true;
    cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_FATAL);
    cr_assert_not_null(strstr(error.message, "cannot park the event at 0:4"));
    free_batch(&batch, &halving);
}

Test(halving, memory_of_the_projection_is_given_back_between_attempts) {
    struct script script = {.order = -1, .instead = MNEME_RETRY};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(10, NULL);
    for (int i = 1; i <= 1000; i++) {
        script.retry_at_call = i;
        cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_RETRY);
    }
    cr_assert_lt(halving.scratch.used_bytes, 10000);
    free_batch(&batch, &halving);
}

Test(halving, progress_reaches_behind_the_last_item_where_no_event_is) {
    for (size_t bad = 0; bad < 20; bad++) {
        struct script script = {.order = -1};
        struct mneme_halving halving = {0};
        struct mneme_error error = {0};
        struct mneme_batch batch = make_batch(20, NULL);
        script.is_bad[bad] = true;
        for (size_t i = 0; i < batch.partition_count; i++) {
            batch.partitions[i].next_offset += 2;
        }
        cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_APPLIED);
        check_all_applied(&script, &batch);
        free_batch(&batch, &halving);
    }
}

Test(halving, a_batch_without_items_moves_progress) {
    struct script script = {.order = -1, .retry_at_call = 1, .instead = MNEME_RETRY};
    struct mneme_halving halving = {0};
    struct mneme_error error = {0};
    struct mneme_batch batch = make_batch(0, NULL);
    batch.partitions[1].next_offset = 3;
    cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_RETRY);
    cr_assert_eq(script.progress[1], 0);
    cr_assert_eq(mneme_halving_apply(&halving, &ops, &script, &batch, &error), MNEME_APPLIED);
    cr_assert_eq(script.progress[1], 3);
    free_batch(&batch, &halving);
}
