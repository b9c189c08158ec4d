# shellcheck shell=bash
# Results of checks other than CTest and pytest runs: one line each in a file that ops/test sums up.

# record_result SUITE NAME passed|failed: does nothing outside ops/test.
record_result() {
    [[ -n ${MNEME_TEST_RESULTS:-} ]] || return 0
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$MNEME_TEST_RESULTS/results.tsv"
}
