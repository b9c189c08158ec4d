# shellcheck shell=bash
# Results of checks that are no CTest or pytest run: one line each in a file that ops/test sums up.

# record_result SUITE NAME passed|failed: nothing to do outside of ops/test.
record_result() {
    [[ -n ${MNEME_TEST_RESULTS:-} ]] || return 0
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$MNEME_TEST_RESULTS/results.tsv"
}
