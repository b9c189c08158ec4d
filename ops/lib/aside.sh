#!/usr/bin/env bash
# Runs what computes beside suites that wait for services: aside.sh BUILD_OR_SUITE… for ops/test. It gives way: to
# other programs by its niceness, and as a session of its own to other sessions, which the kernel may weigh as such.
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
    # The suite that runs it says what is wrong with it.
    build-*) "build_${what#build-}" || true ;;
    *) run_suite "$what" ;;
    esac
done
