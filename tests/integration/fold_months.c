/*
 * The months of the ledger: made ahead of their rows, detached with what the fold and the audit must go on
 * knowing, attached again.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumers/postgres/ledger/audit.h"
#include "consumers/postgres/postgres_projection.h"
#include "tests/support/fold_case.h"

#define JANUARY_15 INT64_C(1768435200000000) /* 2026 */
#define FEBRUARY_15 INT64_C(1771113600000000)
#define APRIL_15 INT64_C(1776211200000000)

static struct mneme_fold_case fold;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_fold_case_tear_down(&fold);
}

TestSuite(fold_months, .init = set_up, .fini = tear_down, .timeout = 60);

#define TEXT(...) mneme_fold_case_text(&fold, __VA_ARGS__)
#define APPLY(size)                                                                                          \
    cr_assert_eq(mneme_fold_case_apply(&fold, (size)), MNEME_APPLIED, "%s", fold.error.message)

/* Events of some streams, recorded from then on; the ids are random to the fold, as those of an
 * idempotency key are, so that each of them is looked up. */
static void add_events(int first, int count, int64_t recorded_at) {
    for (int i = first; i < first + count; i++) {
        struct mneme_batch_item *item = mneme_fold_case_add(
            &fold,
            "{'type':'custom','user_id':'u%d','idempotency_key':'k%d','payload':{'type':'t','json':%d}}",
            i % 7, i, i);
        item->recorded_at = recorded_at + i;
    }
}

static bool never(void *context) {
    (void)context;
    return false;
}

static void ignore(void *context, int64_t rows) {
    (void)context;
    (void)rows;
}

static void print_break(void *context, const struct mneme_break *found) {
    (void)context;
    fprintf(stderr, "%d:%lld %s: %s\n", (int)found->first.partition, (long long)found->first.offset,
            mneme_break_names[found->kind], found->reason);
}

static struct mneme_audit_result verify(void) {
    const struct mneme_audit audit = {.partition = -1,
                                      .is_interrupted = never,
                                      .on_total = ignore,
                                      .on_progress = ignore,
                                      .on_break = print_break};
    struct mneme_audit_result result;
    cr_assert_eq(mneme_audit_verify(&result, fold.postgres, &audit, &fold.error), MNEME_OK, "%s",
                 fold.error.message);
    return result;
}

static void check_whole(int64_t rows, int64_t detached_rows) {
    struct mneme_audit_result result = verify();
    cr_assert_eq(result.breaks, 0);
    cr_assert_eq(result.rows, rows);
    cr_assert_eq(result.detached_rows, detached_rows);
}

static const char *months(void) {
    return TEXT("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY 1");
}

Test(fold_months, a_batch_makes_its_months_and_the_one_ahead) {
    add_events(0, 20, JANUARY_15);
    add_events(20, 20, APRIL_15);
    APPLY(0);
    cr_assert_str_eq(months(), "events_2026_01;events_2026_04;events_2026_05");
    cr_assert_str_eq(TEXT("SELECT tableoid::regclass, count(*) FROM events GROUP BY 1 ORDER BY 1"),
                     "events_2026_01|20;events_2026_04|20");
    cr_assert_str_eq(TEXT("SELECT count(*) FROM pg_indexes WHERE tablename = 'events_2026_05'"), "7");
    check_whole(40, 0);
}

Test(fold_months, the_chain_is_the_same_however_the_log_is_cut) {
    add_events(0, 60, JANUARY_15);
    APPLY(0);
    char heads[2048];
    snprintf(heads, sizeof heads, "%s", TEXT("SELECT * FROM ledger_heads ORDER BY 1"));
    cr_assert_gt(strlen(heads), 64);
    mneme_fold_case_empty(&fold);
    APPLY(7);
    cr_assert_str_eq(TEXT("SELECT * FROM ledger_heads ORDER BY 1"), heads);
}

Test(fold_months, a_detached_month_is_remembered_by_the_fold_and_the_audit) {
    add_events(0, 40, JANUARY_15);
    add_events(40, 40, FEBRUARY_15);
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT ledger_detach_month('2026-01-20')"), "events_2026_01");
    cr_assert_str_eq(TEXT("SELECT count(*) FROM events"), "40");
    cr_assert_str_eq(TEXT("SELECT count(*), sum(row_count) FROM ledger_bases b, (SELECT count(DISTINCT "
                          "kafka_partition) AS n FROM events_2026_01) p GROUP BY n HAVING count(*) = n"),
                     TEXT("SELECT count(DISTINCT kafka_partition), 40 FROM events_2026_01"));
    check_whole(40, 40);
    add_events(0, 10, FEBRUARY_15 + 1000000); /* the same keys once more */
    add_events(80, 10, FEBRUARY_15 + 2000000);
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT verdict, count(*) FROM events GROUP BY 1 ORDER BY 1"),
                     "accepted|50;duplicate|10");
    check_whole(60, 40);
    cr_assert_str_eq(TEXT("SELECT ledger_detach_month('2026-02-01')"), "events_2026_02");
    check_whole(0, 100);
    cr_assert_str_eq(TEXT("SELECT ledger_attach_month('2026-01-01')"), "events_2026_01");
    check_whole(40, 60);
    cr_assert_str_eq(TEXT("SELECT ledger_attach_month('2026-02-01')"), "events_2026_02");
    check_whole(100, 0);
    cr_assert_str_eq(
        TEXT("SELECT (SELECT count(*) FROM ledger_bases), (SELECT count(*) FROM detached_event_ids)"), "0|0");
}

Test(fold_months, what_is_taken_away_beside_a_detached_month_is_seen) {
    add_events(0, 40, JANUARY_15);
    add_events(40, 40, FEBRUARY_15);
    APPLY(0);
    TEXT("SELECT ledger_detach_month('2026-01-01')");
    TEXT("DELETE FROM events WHERE sequence_id = (SELECT min(sequence_id) FROM events)");
    cr_assert_eq(verify().breaks, 1);
}

Test(fold_months, a_month_that_was_changed_while_detached_is_seen_when_it_is_back) {
    add_events(0, 40, JANUARY_15);
    APPLY(0);
    TEXT("SELECT ledger_detach_month('2026-01-01')");
    TEXT("UPDATE events_2026_01 SET actor = 'me' WHERE sequence_id = (SELECT max(sequence_id) FROM "
         "events_2026_01)");
    check_whole(0, 40);
    TEXT("SELECT ledger_attach_month('2026-01-01')");
    cr_assert_eq(verify().breaks, 1);
}

Test(fold_months, events_of_a_detached_month_stop_the_worker_until_it_is_attached) {
    add_events(0, 10, JANUARY_15);
    APPLY(0);
    TEXT("SELECT ledger_detach_month('2026-01-01')");
    add_events(10, 10, JANUARY_15);
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_RETRY, "the month was still remembered");
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_FATAL);
    cr_assert_eq(fold.error.code, MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(fold.error.message, "SELECT ledger_attach_month('2026-01-15')"), "%s",
                       fold.error.message);
    TEXT("SELECT ledger_attach_month('2026-01-15')");
    APPLY(0);
    check_whole(20, 0);
}

Test(fold_months, a_month_that_is_not_over_is_not_detached) {
    add_events(0, 1, JANUARY_15);
    fold.log[0].recorded_at = strtoll(TEXT("SELECT (extract(epoch FROM now()) * 1000000)::bigint"), NULL, 10);
    APPLY(0);
    int status = mneme_pg_run(fold.postgres, "SELECT ledger_detach_month(now()::date)", &fold.error);
    cr_assert_neq(status, MNEME_OK);
    cr_assert_not_null(strstr(fold.error.message, "is not over"), "%s", fold.error.message);
    check_whole(1, 0);
}

static void run(const char *sql) {
    cr_assert_eq(mneme_pg_run(fold.postgres, sql, &fold.error), MNEME_OK, "%s", fold.error.message);
}

Test(fold_months, a_batch_that_finds_no_room_for_notifications_is_folded_without_them) {
    run("CREATE SEQUENCE attempts; CREATE FUNCTION full_queue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('attempts') = 1 THEN RAISE program_limit_exceeded USING MESSAGE = 'too many "
        "notifications in "
        "the NOTIFY queue'; END IF; RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER full_queue AFTER INSERT "
        "ON "
        "ledger_heads DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION full_queue()");
    add_events(0, 1, JANUARY_15);
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_RETRY, "%s", fold.error.message);
    cr_assert_not_null(strstr(fold.error.message, "no room for its notifications"), "%s", fold.error.message);
    APPLY(0);
    cr_assert_str_eq(TEXT("SELECT count(*), (SELECT count(*) FROM parked_events) FROM events"), "1|0");
    check_whole(1, 0);
}
