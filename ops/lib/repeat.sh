# shellcheck shell=bash
# Repeats new and changed tests with a busy loop on every core, so that tests that depend on timing fail here and not in
# a later run.

# passed_trees: prints the name of the file that lists the trees that passed all tests, one hash per line.
passed_trees() {
    printf '%s/passed\n' "$CACHE_DIR"
}

# last_passed_commit: prints the newest commit before the last one whose tree passed all tests, otherwise the last one's
# parent.
last_passed_commit() {
    local commit tree file
    file=$(passed_trees)
    while read -r commit tree; do
        if [[ -f $file ]] && grep -qxF "$tree" "$file"; then
            printf '%s\n' "$commit"
            return 0
        fi
    done < <(git -C "$ROOT_DIR" log --format='%H %T' -n 500 'HEAD^' 2>/dev/null)
    git -C "$ROOT_DIR" rev-parse --verify -q 'HEAD^' || die "cannot find what changed" "the checkout has only one commit" \
        "name another commit with --since"
}

# start_busy_loops, stop_busy_loops: one for each core.
BUSY_LOOPS=()
start_busy_loops() {
    local core
    for ((core = 0; core < $(nproc); core++)); do
        (while kill -0 $$ 2>/dev/null; do :; done) &
        BUSY_LOOPS+=($!)
    done
}

stop_busy_loops() {
    ((${#BUSY_LOOPS[@]} == 0)) || kill "${BUSY_LOOPS[@]}" 2>/dev/null || true
    BUSY_LOOPS=()
}

# build_changed LIST: builds the programs that the list names, and mneme for pytest.
build_changed() {
    local targets
    mapfile -t targets < <(awk '$1 != "pytest" { print $2 }' "$1")
    build_preset release mneme "${targets[@]}"
}

# repeat_tests LIST COUNT: runs all tests of the list, in the format of changed_tests.py, COUNT times.
repeat_tests() {
    local list=$1 count=$2 round
    start_busy_loops
    for ((round = 1; round <= count; round++)); do
        note "round $round of $count"
        repeat_programs "$list" "$round"
        repeat_pytest "$list" "$round"
    done
    stop_busy_loops
}

repeat_programs() {
    local kind program pattern path output
    output=$MNEME_TEST_RESULTS/repeat.log
    while read -r kind program pattern; do
        [[ $kind != pytest ]] || continue
        path=$BUILD_ROOT/release/tests/$program
        [[ -x $path ]] || path=$BUILD_ROOT/release/$program
        if "$path" ${pattern:+-j2 --filter "$pattern"} >"$output" 2>&1; then
            record_result repeat "$program" passed
        else
            record_result repeat "$program in round $2" failed
            tail -n 60 "$output"
        fi
    done <"$1"
}

repeat_pytest() {
    local names
    mapfile -t names < <(sed -n 's/^pytest //p' "$1")
    ((${#names[@]} == 0)) || pytest_run "repeat.$2" "$TESTS_AT_ONCE" "${names[@]}"
}

# suite_repeat: `since` and `rounds` come from the command line of ops/test.
suite_repeat() {
    local list=$MNEME_TEST_RESULTS/changed_tests
    # shellcheck disable=SC2154
    python3 "$OPS_DIR/lib/changed_tests.py" "${since:-$(last_passed_commit)}" >"$list"
    if [[ ! -s $list ]]; then
        note "no test is new or changed"
        record_result repeat "no test is new or changed" passed
        return 0
    fi
    sed 's/^/    /' "$list" >&2
    build_changed "$list"
    # shellcheck disable=SC2154
    repeat_tests "$list" "$rounds"
}
