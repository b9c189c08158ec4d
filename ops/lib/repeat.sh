# shellcheck shell=bash
# Repeating tests that are new or changed beside a busy loop on every core: what depends on timing shows itself here
# and not in somebody else's run.

# passed_trees: the file of trees that have been through a whole green run, one hash a line.
passed_trees() {
    printf '%s/passed\n' "$CACHE_DIR"
}

# last_passed_commit: the newest commit before the last whose tree has been through a whole green run, else the
# parent of the last.
last_passed_commit() {
    local commit tree file
    file=$(passed_trees)
    while read -r commit tree; do
        if [[ -f $file ]] && grep -qxF "$tree" "$file"; then
            printf '%s\n' "$commit"
            return 0
        fi
    done < <(git -C "$ROOT_DIR" log --format='%H %T' -n 500 'HEAD^' 2>/dev/null)
    git -C "$ROOT_DIR" rev-parse --verify -q 'HEAD^' || die "cannot find what changed" "the checkout has one commit only" \
        "name another one with --since"
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

# build_changed LIST: the programs that the list names, and the one that pytest drives.
build_changed() {
    local targets
    mapfile -t targets < <(awk '$1 != "pytest" { print $2 }' "$1")
    build_preset release mneme "${targets[@]}"
}

# repeat_tests LIST COUNT: COUNT times all of the list, as changed_tests.py prints it.
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

# suite_repeat: `since` and `rounds` are of ops/test's command line.
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
