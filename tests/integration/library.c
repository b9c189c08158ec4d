/*
 * Verdicts as a program that links libmneme gets them, over tables that the projection has filled.
 */
#include <criterion/criterion.h>

#include "library/include/mneme.h"
#include "tests/support/fold_case.h"
#include "tests/support/patience.h"

static struct mneme_fold_case fold;
static struct mneme_ledger *ledger;
static struct mneme_error error;

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
    const struct mneme_client_setting settings[] = {
        {"DATABASE_URL", mneme_config_string(fold.fixture.config, MNEME_SETTING_DATABASE_URL)},
        {"MNEME_PG_SCHEMA", mneme_config_string(fold.fixture.config, MNEME_SETTING_PG_SCHEMA)},
        {"MNEME_TOPIC_PREFIX", "test."}, /* that of a fold case */
    };
    cr_assert_eq(mneme_ledger_open(&ledger, NULL, settings, 3, &error), MNEME_OK, "%s", error.message);
}

static void tear_down(void) {
    mneme_ledger_close(ledger);
    mneme_fold_case_tear_down(&fold);
}

TestSuite(library, .init = set_up, .fini = tear_down, .timeout = 120);

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define NOTE "'type':'custom','user_id':'ada','payload':{'type':'note','json':{'n':1}}"

Test(library, each_position_has_its_verdict_in_the_order_asked) {
    ADD("{" NOTE ",'event_id':'0194f000-0000-7000-8000-000000000001'}");
    ADD("{" NOTE ",'expected_version':7}");
    ADD("{" NOTE ",'event_id':'0194f000-0000-7000-8000-000000000001'}");
    ADD("{'type':'memory_deleted','user_id':'ada','payload':{'memory_id':'0194f000-0000-7000-8000-"
        "000000000009'}}");
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    struct mneme_position positions[4];
    struct mneme_verdict verdicts[4];
    for (size_t i = 0; i < 4; i++) {
        positions[i] = fold.log[3 - i].position;
    }
    cr_assert_eq(mneme_verdict_wait(verdicts, ledger, positions, 4, MNEME_PATIENCE_MS, &error), MNEME_OK,
                 "%s", error.message);
    static const enum mneme_outcome outcomes[] = {MNEME_OUTCOME_NOT_FOUND, MNEME_OUTCOME_DUPLICATE,
                                                  MNEME_OUTCOME_REJECTED, MNEME_OUTCOME_ACCEPTED};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(verdicts[i].outcome, outcomes[i], "%zu", i);
        cr_assert_eq(verdicts[i].version.is_set, i == 3);
        cr_assert_str_eq(verdicts[i].reason, "");
    }
    cr_assert_eq(verdicts[3].version.value, 1);
    cr_assert(verdicts[2].actual_version.is_set);
    cr_assert_eq(verdicts[2].actual_version.value, 1);
}

Test(library, what_is_not_folded_yet_is_a_time_out_that_names_it) {
    struct mneme_position position = {2, 1000};
    struct mneme_verdict verdict;
    cr_assert_eq(mneme_verdict_wait(&verdict, ledger, &position, 1, 50, &error), MNEME_E_TIMEOUT);
    cr_assert_not_null(strstr(error.message, "2:1000"), "%s", error.message);
}

Test(library, a_position_of_a_failed_receipt_is_refused) {
    struct mneme_position position = {-1, -1};
    struct mneme_verdict verdict;
    cr_assert_eq(mneme_verdict_wait(&verdict, ledger, &position, 1, 50, &error), MNEME_E_USAGE);
}

Test(library, a_setting_that_there_is_none_is_named) {
    const struct mneme_client_setting settings[] = {{"MNEME_NOTHING", "1"}};
    struct mneme_ledger *other = NULL;
    cr_assert_eq(mneme_ledger_open(&other, NULL, settings, 1, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, "MNEME_NOTHING"), "%s", error.message);
    cr_assert_null(other);
}
