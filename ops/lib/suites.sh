# shellcheck shell=bash
# The suites of ops/test. Each leaves its results where lib/summary.py finds them: JUnit files from CTest
# and pytest, or lines by record_result. A suite that fails as a whole returns non-zero.

# run_ctest SUITE PRESET LABELS: the summary counts the tests inside the programs, so their output is kept.
# CTest's own exit code says nothing that its report does not.
run_ctest() {
    local suite=$1 preset=$2 labels=$3
    CRITERION_VERBOSITY_LEVEL=1 ctest --test-dir "$BUILD_ROOT/$preset" -L "$labels" -j2 --output-on-failure \
        --test-output-size-passed 1000000 --test-output-size-failed 1000000 \
        --output-junit "$MNEME_TEST_RESULTS/$suite.xml" || [[ -s $MNEME_TEST_RESULTS/$suite.xml ]]
}

suite_unit() {
    run_ctest unit release '^unit$'
}

suite_integration() {
    run_ctest integration release '^integration$'
}

suite_sanitizers() {
    local reports=$MNEME_TEST_RESULTS/reports programs
    mkdir -p "$reports"
    build_preset asan
    # Children of a test, and leaks found when one exits, do not reach the exit code: reports go to files.
    ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:log_path=$reports/asan \
        UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:log_path=$reports/ubsan \
        LSAN_OPTIONS=print_suppressions=0 run_ctest asan asan '^(unit|integration)$'
    mapfile -t programs < <(race_programs)
    if ((${#programs[@]})); then
        build_preset tsan "${programs[@]}"
        TSAN_OPTIONS=halt_on_error=1:exitcode=66:log_path=$reports/tsan run_ctest tsan tsan '^race$'
    fi
    check_reports "$reports"
}

# race_programs: the targets of tests/race, one each.
race_programs() {
    local file
    for file in "$ROOT_DIR"/tests/race/*.c; do
        [[ ! -f $file ]] || printf 'mneme_race_%s\n' "$(basename "$file" .c)"
    done
}

# check_reports FOLDER: every report of a sanitizer is a failure, whatever the tests said.
check_reports() {
    local file clean=passed
    for file in "$1"/*; do
        [[ -f $file ]] || continue
        clean=failed
        head -n 40 "$file" >&2
    done
    record_result sanitizers 'no sanitizer wrote a report' "$clean"
}

suite_fuzz() {
    local programs file seconds=${MNEME_FUZZ_SECONDS:-10}
    mapfile -t programs < <(for file in "$ROOT_DIR"/tests/fuzz/*.c; do
        [[ ! -f $file ]] || printf 'fuzz_%s\n' "$(basename "$file" .c)"
    done)
    ((${#programs[@]})) || return 0
    build_preset fuzz "${programs[@]}"
    printf '%s\n' "${programs[@]}" |
        SECONDS_EACH=$seconds BUILD=$BUILD_ROOT/fuzz CORPUS=$ROOT_DIR/tests/fuzz/corpus \
            xargs -P2 -I{} bash "$OPS_DIR/lib/fuzz_one.sh" {}
}

# run_pytest SUITE FOLDER…: pytest's exit code says nothing that its report does not.
run_pytest() {
    local suite=$1 folder folders=() python
    shift
    python=$(python_environment)/bin/python
    for folder in "$@"; do
        ! compgen -G "$ROOT_DIR/tests/$folder/test_*.py" >/dev/null || folders+=("$ROOT_DIR/tests/$folder")
    done
    ((${#folders[@]})) || return 0
    "$python" -m pytest "${folders[@]}" -n 2 -q -p no:cacheprovider \
        --junitxml "$MNEME_TEST_RESULTS/$suite.xml" -o junit_family=xunit2 || [[ -s $MNEME_TEST_RESULTS/$suite.xml ]]
}

# The oracle that end-to-end tests compare with, and the harness, have tests of their own.
suite_e2e() {
    run_pytest e2e harness oracle e2e
}

suite_faults() {
    run_pytest faults faults
}

# ops/lint records its own results.
suite_lint() {
    "$OPS_DIR/lint" || true
}
