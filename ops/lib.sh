# shellcheck shell=bash
# Shared by all scripts under ops/: paths, error messages, and locks.
# Sourced, never run; the sourcing script sets PROGRAM to its name first.

# An error inside $( ) is an error too.
shopt -s inherit_errexit

OPS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT_DIR=$(dirname "$OPS_DIR")
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/mneme
export OPS_DIR ROOT_DIR CACHE_DIR

if [[ -t 2 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' BOLD=$'\e[1m' PLAIN=$'\e[0m'
else
    RED='' GREEN='' YELLOW='' BOLD='' PLAIN=''
fi
export RED GREEN YELLOW BOLD PLAIN

# die WHAT WHY WHAT_TO_DO [EXIT_CODE]: prints the error on stderr and ends the script (default exit code 1).
die() {
    printf '%s%s: %s%s: %s; %s\n' "$RED" "$PROGRAM" "$1" "$PLAIN" "$2" "$3" >&2
    exit "${4:-1}"
}

# usage_error WHY: reports a wrong command line; exit code 2.
usage_error() {
    die "cannot understand the command line" "$1" "see $PROGRAM --help" 2
}

# note TEXT: prints progress on stderr; stdout is for results.
note() {
    printf '%s%s:%s %s\n' "$BOLD" "$PROGRAM" "$PLAIN" "$1" >&2
}

have() {
    command -v "$1" >/dev/null 2>&1
}

is_root() {
    [[ $(id -u) -eq 0 ]]
}

now_ms() {
    date +%s%3N
}

# seconds_since START_MS: elapsed time as 1.2.
seconds_since() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# wait_until TIMEOUT_MS COMMAND…: polls until the command succeeds; returns 1 after the time-out.
wait_until() {
    local deadline=$(($(now_ms) + $1))
    shift
    until "$@"; do
        (($(now_ms) < deadline)) || return 1
        sleep 0.1
    done
}

# with_cache_lock NAME COMMAND…: one process of this user at a time, across checkouts. The lock is in the cache
# folder, so that two stacks that start at once do not fill the same folder together.
with_cache_lock() {
    local lock=$CACHE_DIR/locks/$1
    shift
    mkdir -p "$CACHE_DIR/locks"
    (
        flock 8
        "$@" 8>&-
    ) 8>"$lock"
}

# random_secret: 32 hexadecimal digits.
random_secret() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# print_help FILE: the comment block at the head of a script is its help text.
print_help() {
    sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"
}
