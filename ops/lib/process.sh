# shellcheck shell=bash
# Processes that outlive the script that started them. A pid file holds the pid, the process's start
# time and the boot's id, so that a pid reused by another process is never signalled.

# process_identity PID: prints "start-time boot-id", or nothing when there is no such process.
process_identity() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The name in parentheses may contain spaces: fields are counted after it.
    stat=${stat##*) }
    local fields
    read -ra fields <<<"$stat"
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s %s\n' "${fields[19]}" "$(cat /proc/sys/kernel/random/boot_id)"
}

# process_state PID: prints the kernel's letter (T: stopped).
process_state() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) }
    printf '%s\n' "${stat%% *}"
}

# write_pid_file FILE PID
write_pid_file() {
    printf '%s %s\n' "$2" "$(process_identity "$2")" >"$1.new"
    mv "$1.new" "$1"
}

# live_pid FILE: prints the pid if that same process still runs.
live_pid() {
    local pid identity
    [[ -f $1 ]] || return 1
    read -r pid identity <"$1" || return 1
    [[ -n $identity && $(process_identity "$pid") == "$identity" ]] || return 1
    printf '%s\n' "$pid"
}

is_gone() {
    ! live_pid "$1" >/dev/null
}

# process_tree PID: prints the process and its descendants, parents first.
process_tree() {
    printf '%s\n' "$1"
    local child
    local children
    read -ra children < <(cat "/proc/$1/task/"*/children 2>/dev/null) || true
    for child in "${children[@]}"; do
        process_tree "$child"
    done
}

# signal_tree SIGNAL PID: signals parents first, so that none can fork again unnoticed.
signal_tree() {
    local pid
    for pid in $(process_tree "$2"); do
        kill "-$1" "$pid" 2>/dev/null || true
    done
}

# tree_is_gone PID…
tree_is_gone() {
    local pid
    for pid in "$@"; do
        process_identity "$pid" >/dev/null && return 1
    done
    return 0
}

# start_process PID_FILE LOG COMMAND…: starts it detached, in its own session, with none of our open files.
start_process() {
    local pid_file=$1 log=$2
    shift 2
    if [[ -f $log && $(stat -c %s "$log") -gt 10485760 ]]; then
        mv "$log" "$log.1"
    fi
    printf '%s\n' "--- started $(date -u +%FT%TZ)" >>"$log"
    setsid "$@" </dev/null >>"$log" 2>&1 9>&- 8>&- &
    write_pid_file "$pid_file" $!
    disown
}

# stop_process PID_FILE SIGNAL TIMEOUT_MS: sends the signal, waits, and kills the tree if it does not stop.
stop_process() {
    local pid
    if ! pid=$(live_pid "$1"); then
        rm -f "$1"
        return 0
    fi
    local tree
    mapfile -t tree < <(process_tree "$pid")
    kill "-$2" "$pid" 2>/dev/null || true
    # A paused process must be resumed to receive the signal.
    signal_tree CONT "$pid"
    if ! wait_until "$3" is_gone "$1"; then
        note "process $pid did not stop within $(($3 / 1000)) s and is killed"
        signal_tree KILL "$pid"
        wait_until 5000 tree_is_gone "${tree[@]}" || true
    fi
    rm -f "$1"
}
