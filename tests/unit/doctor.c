/*
 * What mneme doctor makes of clocks and errors.
 */
#include "cli/doctor/doctor.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>

#include "cli/frame/output.h"

#define SECOND INT64_C(1000000)
#define NOW (1000 * SECOND)

static struct mneme_cli cli = {.json = true};
static struct mneme_doctor doctor = {.cli = &cli};

TestSuite(doctor, .init = cr_redirect_stdout);

static void check_clock(int64_t server, enum mneme_finding_state state) {
    size_t before = doctor.counts[state];
    mneme_doctor_report_clock(&doctor, "clock", server, NOW, NOW + SECOND / 10);
    cr_assert_eq(doctor.counts[state], before + 1, "%lld", (long long)(server - NOW));
}

Test(doctor, a_clock_within_the_time_of_the_question_is_right) {
    check_clock(NOW, MNEME_FINDING_OK);
    check_clock(NOW + SECOND / 20, MNEME_FINDING_OK);
    check_clock(NOW + SECOND, MNEME_FINDING_OK);
    check_clock(NOW - SECOND, MNEME_FINDING_OK);
}

Test(doctor, a_clock_that_is_off_is_a_warning_and_far_off_a_failure) {
    check_clock(NOW + 2 * SECOND, MNEME_FINDING_WARNING);
    check_clock(NOW - 2 * SECOND, MNEME_FINDING_WARNING);
    check_clock(NOW + 60 * SECOND, MNEME_FINDING_FAILED);
    check_clock(NOW - 60 * SECOND, MNEME_FINDING_FAILED);
}

Test(doctor, the_end_of_a_sentence_is_what_to_change) {
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_UNAVAILABLE, "cannot connect: it is away; start it");
    mneme_doctor_report_error(&doctor, MNEME_FINDING_FAILED, "postgres", &error);
    fflush(stdout);
    cr_assert_stdout_eq_str(
        "{\"check\":\"postgres\",\"state\":\"failed\",\"detail\":\"cannot connect: it is away\","
        "\"advice\":\"start it\"}\n");
}
