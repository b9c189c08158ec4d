#!/usr/bin/env bash
# Runs one libFuzzer program for SECONDS_EACH from its corpus, and records the result.
set -euo pipefail
# shellcheck source=ops/lib/results.sh
source "$(dirname "${BASH_SOURCE[0]}")/results.sh"

name=$1
work=$BUILD/corpus/$name
mkdir -p "$work"
seeds=()
[[ ! -d $CORPUS/${name#fuzz_} ]] || seeds=("$CORPUS/${name#fuzz_}")
if "$BUILD/$name" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$BUILD/$name-" "$work" "${seeds[@]}" >"$BUILD/$name.log" 2>&1; then
    record_result fuzz "$name" passed
    grep -h 'stat::number_of_executed_units' "$BUILD/$name.log" | sed "s/^/$name: /" || true
else
    record_result fuzz "$name" failed
    tail -n 40 "$BUILD/$name.log"
fi
