#!/usr/bin/env bash
# Runs builds and suites that only compute, in parallel with suites that wait for services: aside.sh BUILD_OR_SUITE…, for
# ops/test. It has the lowest priority: by niceness, and by its own session, in case the kernel schedules by session.
set -euo pipefail

PROGRAM=ops/test
# shellcheck source=ops/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
for part in build python results suites; do
    # shellcheck disable=SC1090
    source "$OPS_DIR/lib/$part.sh"
done

{ echo 19 >/proc/self/autogroup; } 2>/dev/null || true
renice -n 19 $$ >/dev/null
for what in "$@"; do
    case $what in
    # If the build fails, the suite that runs it reports why.
    build-*) "build_${what#build-}" || true ;;
    *) run_suite "$what" ;;
    esac
done
