# shellcheck shell=bash
# The suites of ops/test. Each leaves its results where lib/summary.py finds them: JUnit files from CTest
# and pytest, or lines by record_result. A suite that fails as a whole returns non-zero.

# Tests mostly wait, so more of them run than there are cores.
TESTS_AT_ONCE=$(($(nproc) * 2))

# run_ctest SUITE PRESET LABELS: keeps the programs' output, since the summary counts the tests in it. CTest's exit code is
# ignored: its report says the same.
run_ctest() {
    local suite=$1 preset=$2 labels=$3
    CRITERION_VERBOSITY_LEVEL=1 ctest --test-dir "$BUILD_ROOT/$preset" -L "$labels" -j "$TESTS_AT_ONCE" --output-on-failure \
        --test-output-size-passed 1000000 --test-output-size-failed 1000000 \
        --output-junit "$MNEME_TEST_RESULTS/$suite.xml" || [[ -s $MNEME_TEST_RESULTS/$suite.xml ]]
}

# run_suite SUITE
run_suite() {
    local start
    start=$(now_ms)
    note "suite $1"
    "suite_$1" || record_result "$1" "$1 ran to its end" failed
    note "suite $1 took $(seconds_since "$start") s"
}

suite_unit() {
    run_ctest unit release '^unit$'
}

suite_integration() {
    run_ctest integration release '^integration$'
}

suite_sanitizers() {
    local reports=$MNEME_TEST_RESULTS/reports
    mkdir -p "$reports"
    build_asan || return 1
    # Failures in children of a test, and leaks found at exit, do not reach the exit code, so reports go to files.
    ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:log_path=$reports/asan \
        UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:log_path=$reports/ubsan \
        LSAN_OPTIONS=print_suppressions=0 run_ctest asan asan '^(unit|integration)$'
    build_tsan || return 1
    TSAN_OPTIONS=halt_on_error=1:exitcode=66:log_path=$reports/tsan run_ctest tsan tsan '^race$'
    check_reports "$reports"
}

# build_asan, build_tsan: build only what the suite runs.
build_asan() {
    local targets
    mapfile -t targets < <(programs_of unit unit_ && programs_of integration integration_)
    build_preset asan "${targets[@]}"
}

build_tsan() {
    local targets
    mapfile -t targets < <(programs_of race mneme_race_)
    build_preset tsan "${targets[@]}"
}

# programs_of FOLDER PREFIX: prints the targets of tests/FOLDER, one for each file.
programs_of() {
    local file
    for file in "$ROOT_DIR/tests/$1"/*.c; do
        printf '%s%s\n' "$2" "$(basename "$file" .c)"
    done
}

# check_reports FOLDER: every sanitizer report is a failure, even if the tests passed.
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
    local programs seconds=${MNEME_FUZZ_SECONDS:-10}
    mapfile -t programs < <(programs_of fuzz fuzz_)
    build_preset fuzz "${programs[@]}" || return 1
    printf '%s\n' "${programs[@]}" |
        SECONDS_EACH=$seconds BUILD=$BUILD_ROOT/fuzz CORPUS=$ROOT_DIR/tests/fuzz/corpus \
            xargs -P2 -I{} bash "$OPS_DIR/lib/fuzz_one.sh" {}
}

# run_pytest SUITE PROCESSES FOLDER…: ignores pytest's exit code, since its report says the same.
run_pytest() {
    local suite=$1 processes=$2 folder folders=()
    shift 2
    for folder in "$@"; do
        ! compgen -G "$ROOT_DIR/tests/$folder/test_*.py" >/dev/null || folders+=("$ROOT_DIR/tests/$folder")
    done
    ((${#folders[@]} == 0)) || pytest_run "$suite" "$processes" "${folders[@]}"
}

# pytest_run REPORT PROCESSES WHAT…
pytest_run() {
    local report=$MNEME_TEST_RESULTS/$1.xml processes=$2
    shift 2
    "$(python_environment)/bin/python" -m pytest "$@" -n "$processes" -q -p no:cacheprovider \
        --junitxml "$report" -o junit_family=xunit2 || [[ -s $report ]]
}

# The oracle that end-to-end tests compare with, and the harness, have their own tests.
suite_e2e() {
    run_pytest e2e "$TESTS_AT_ONCE" harness oracle e2e
}

# Two groups of these have their own stacks, which they stop and kill.
suite_faults() {
    run_pytest faults 3 faults
}

# ops/lint records its own results.
suite_lint() {
    "$OPS_DIR/lint" || true
}
