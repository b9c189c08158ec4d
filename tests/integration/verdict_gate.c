/*
 * The gate through which other projections agree with the ledger.
 */
#include "consumers/store/verdict_gate.h"

#include <criterion/criterion.h>
#include <pthread.h>

#include "common/base/clock.h"
#include "common/postgres/schema.h"
#include "tests/support/fold_case.h"

#define A "0194f000-0000-7000-8000-00000000000a"
#define MAX_ITEMS 8

static struct mneme_fold_case fold;
static struct mneme_postgres *postgres; /* as another projection has it */

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
    cr_assert_eq(
        mneme_pg_connect_to(&postgres, fold.fixture.config, MNEME_PROJECTION_SEARCH, "test", &fold.error),
        MNEME_OK, "%s", fold.error.message);
}

static void tear_down(void) {
    mneme_pg_close(postgres);
    mneme_fold_case_tear_down(&fold);
}

TestSuite(verdict_gate, .init = set_up, .fini = tear_down);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)

/* Asks the gate for items of the log. */
static int pass(bool *is_accepted, size_t first, size_t count) {
    struct mneme_batch batch;
    mneme_fold_case_batch(&fold, &batch, first, count);
    int status =
        mneme_verdict_gate_pass(is_accepted, postgres, NULL, MNEME_FOLD_CASE_TOPIC, &batch, &fold.error);
    mneme_fold_case_free_batch(&batch);
    return status;
}

static void add_three(void) {
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'tea'}}");
    ADD("{'type':'memory_created','user_id':'ada','payload':{'memory_id':'" A
        "','memory_type':'fact','content':'again'}}");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'" A "'}}");
}

Test(verdict_gate, what_the_ledger_refused_has_no_effect) {
    bool is_accepted[MAX_ITEMS];
    add_three();
    ADD("{'type':'memory_deleted','user_id':'bob','payload':{'memory_id':'" A "'}}")->park_reason = "broken";
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    cr_assert_eq(pass(is_accepted, 0, 4), MNEME_OK, "%s", fold.error.message);
    cr_assert(is_accepted[0] && !is_accepted[1] && is_accepted[2] && !is_accepted[3]);
    cr_assert_eq(pass(is_accepted, 1, 1), MNEME_OK);
    cr_assert_not(is_accepted[0], "the batch's range alone counts");
}

Test(verdict_gate, what_the_ledger_has_not_folded_waits) {
    bool is_accepted[MAX_ITEMS];
    add_three();
    cr_assert_eq(pass(is_accepted, 0, 3), MNEME_E_UNAVAILABLE);
    cr_assert(strstr(fold.error.message, "waits for the ledger") != NULL, "%s", fold.error.message);
    cr_assert_eq(mneme_fold_case_apply(&fold, 2), MNEME_APPLIED);
    cr_assert_eq(pass(is_accepted, 0, 3), MNEME_OK, "%s", fold.error.message);
}

Test(verdict_gate, what_the_ledger_parked_has_no_effect) {
    bool is_accepted[MAX_ITEMS];
    add_three();
    fold.log[0].park_reason = "broken";
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    fold.log[0].park_reason = NULL; /* readable for this projection */
    cr_assert_eq(pass(is_accepted, 0, 1), MNEME_OK, "%s", fold.error.message);
    cr_assert_not(is_accepted[0]);
}

Test(verdict_gate, what_was_parked_or_dropped_of_another_topic_does_not_count) {
    static const char *const tables[] = {"mneme.parked_events", "dropped_events"};
    bool is_accepted[MAX_ITEMS];
    add_three();
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char sql[512];
        snprintf(
            sql, sizeof sql,
            "INSERT INTO %s (projection, topic, partition, kafka_offset, value, reason, blocked_by, "
            "recorded_at%s) SELECT 'postgres', 'former.events', kafka_partition, kafka_offset, '', '', 0, "
            "now()%s FROM mneme.events",
            tables[i], i == 0 ? "" : ", parked_at, dropped_by", i == 0 ? "" : ", now(), ''");
        cr_assert_eq(mneme_pg_run(postgres, sql, &fold.error), MNEME_OK, "%s", fold.error.message);
    }
    cr_assert_eq(pass(is_accepted, 0, 1), MNEME_OK, "%s", fold.error.message);
    cr_assert(is_accepted[0]);
}

static void *apply_later(void *context) {
    (void)context;
    mneme_clock_pause(50000);
    return mneme_fold_case_apply(&fold, 0) == MNEME_APPLIED ? &fold : NULL;
}

Test(verdict_gate, what_the_ledger_refuses_while_a_projection_waits_has_no_effect) {
    bool is_accepted[MAX_ITEMS];
    struct mneme_batch batch;
    struct mneme_error error = {0};
    pthread_t thread;
    void *is_applied = NULL;
    int status = MNEME_E_UNAVAILABLE;
    add_three();
    mneme_fold_case_batch(&fold, &batch, 0, 3);
    cr_assert_eq(pthread_create(&thread, NULL, apply_later, NULL), 0);
    for (int i = 0; i < 100 && status == MNEME_E_UNAVAILABLE; i++) { /* on a busy machine it gives up */
        status = mneme_verdict_gate_pass(is_accepted, postgres, NULL, MNEME_FOLD_CASE_TOPIC, &batch, &error);
    }
    cr_assert_eq(pthread_join(thread, &is_applied), 0);
    cr_assert(is_applied != NULL, "%s", fold.error.message);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    cr_assert(is_accepted[0] && !is_accepted[1] && is_accepted[2]);
    mneme_fold_case_free_batch(&batch);
}

Test(verdict_gate, what_the_ledger_dropped_has_no_effect_and_waits_nowhere) {
    bool is_accepted[MAX_ITEMS];
    struct mneme_batch batch;
    add_three();
    fold.log[0].park_reason = "broken";
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    cr_assert_eq(
        mneme_pg_run(postgres,
                     "WITH gone AS (DELETE FROM mneme.parked_events WHERE blocked_by >= 0 RETURNING *) "
                     "INSERT INTO dropped_events (projection, topic, partition, kafka_offset, key, value, "
                     "reason, blocked_by, recorded_at, parked_at, dropped_by) SELECT projection, topic, "
                     "partition, kafka_offset, key, value, reason, blocked_by, recorded_at, parked_at, '' "
                     "FROM gone",
                     &fold.error),
        MNEME_OK, "%s", fold.error.message);
    mneme_fold_case_batch(&fold, &batch, 0, 1);
    cr_assert_eq(
        mneme_verdict_gate_pass(is_accepted, postgres, "search", MNEME_FOLD_CASE_TOPIC, &batch, &fold.error),
        MNEME_OK, "%s", fold.error.message);
    cr_assert_not(is_accepted[0]);
    cr_assert_null(batch.items[0].park_reason, "the projection refused it before it asked");
    mneme_fold_case_free_batch(&batch);
}

Test(verdict_gate, each_refusal_finds_its_event_among_those_of_other_partitions) {
    enum { USERS = 12, EVENTS = 2 * USERS };
    bool is_accepted[EVENTS];
    for (int i = 0; i < EVENTS;
         i++) { /* the second of a user exists already, unless it is a memory of its own */
        int user = i % USERS;
        ADD("{'type':'memory_created','user_id':'user-%d','payload':{'memory_id':'0194f000-0000-7000-8000-%"
            "012x',"
            "'memory_type':'fact','content':'tea'}}",
            user, i >= USERS && user % 3 == 0 ? i : user);
    }
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    cr_assert_str_eq(mneme_fold_case_text(&fold, "SELECT count(*), count(DISTINCT kafka_partition) > 1 FROM "
                                                 "verdict_exceptions"),
                     "8|t");
    cr_assert_eq(pass(is_accepted, 0, EVENTS), MNEME_OK, "%s", fold.error.message);
    for (int i = 0; i < EVENTS; i++) {
        cr_assert_eq(is_accepted[i], i < USERS || i % USERS % 3 == 0, "event %d", i);
    }
}
