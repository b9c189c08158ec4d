# shellcheck shell=bash
# The life of one service of the stack. A service is a file stack.d/NAME.sh; it is sourced in a
# subshell, so that all services can define the same names:
#   SERVICE_PORTS, SERVICE_STOP_SIGNAL, SERVICE_OPTIONAL=yes   its ports, the signal to stop it, not started by default
#   service_install        fetches into the cache what no package provides, once
#   service_configure      writes its configuration and empty data below SERVICE_DIR
#   service_command        sets COMMAND to the command that runs it in the foreground
#   service_ready          succeeds when it answers
#   service_after_start    optional: sets it up through its own interface
#   service_env            prints NAME=VALUE lines for its clients
#   service_wipe           deletes its data

# The variables of a service exist only in its subshell, and stack.d sets some of them.
# shellcheck disable=SC2030,SC2031,SC2034

readonly READY_TIMEOUT_MS=90000 STOP_TIMEOUT_MS=30000

# known_services: every file of stack.d, in order.
known_services() {
    local file
    for file in "$OPS_DIR"/stack.d/*.sh; do
        basename "$file" .sh
    done
}

# in_service NAME FUNCTION ARGUMENTS…: runs a function with that service's definitions.
in_service() (
    SERVICE=$1
    SERVICE_DIR=$STACK_DIR/$SERVICE
    PID_FILE=$SERVICE_DIR/pid
    LOG_FILE=$SERVICE_DIR/log
    shift
    # shellcheck disable=SC2317
    service_after_start() { :; }
    SERVICE_OPTIONAL=no
    # shellcheck disable=SC1090
    source "$OPS_DIR/stack.d/$SERVICE.sh"
    "$@"
)

is_optional() {
    [[ $SERVICE_OPTIONAL == yes ]]
}

# remember_secret NAME: creates a random secret in the service's folder, once.
remember_secret() {
    [[ -s $SERVICE_DIR/$1 ]] || (
        umask 077
        random_secret >"$SERVICE_DIR/$1"
    )
}

bring_up() {
    local start
    start=$(now_ms)
    [[ -d $SERVICE_DIR ]] || mkdir -m 700 "$SERVICE_DIR"
    if [[ $(service_state) == up ]]; then
        note "$SERVICE: is up already"
        return 0
    fi
    choose_ports
    service_install
    launch "$start"
}

# choose_ports: chooses all ports before anything else, so that every state can be shown with its port.
choose_ports() {
    local name
    for name in "${SERVICE_PORTS[@]}"; do
        stack_port "$name" >/dev/null
    done
}

# launch START_MS: starts the configured service and waits until it answers.
launch() {
    if is_gone "$PID_FILE"; then
        service_configure
        refuse_taken_ports
        service_command
        start_process "$PID_FILE" "$LOG_FILE" "${COMMAND[@]}"
    else
        signal_tree CONT "$(live_pid "$PID_FILE")"
    fi
    local deadline=$(($(now_ms) + READY_TIMEOUT_MS))
    until service_ready; do
        is_gone "$PID_FILE" && fail_start "it ended while starting"
        (($(now_ms) < deadline)) || fail_start "it did not answer within $((READY_TIMEOUT_MS / 1000)) s"
        sleep 0.1
    done
    service_after_start
    note "$SERVICE: up on port $(stack_port "${SERVICE_PORTS[0]}") after $(seconds_since "$1") s"
}

refuse_taken_ports() {
    local name port
    for name in "${SERVICE_PORTS[@]}"; do
        port=$(stack_port "$name")
        if port_is_listening "$port"; then
            die "cannot start $SERVICE" "its port $port is taken by another process" \
                "end that process, or choose new ports with ops/stack reset --all"
        fi
    done
}

fail_start() {
    log_tail 20
    die "cannot start $SERVICE" "$1" "read the last lines of $LOG_FILE above"
}

# log_tail LINES: prints the end of the log, indented, on stderr.
log_tail() {
    [[ -f $LOG_FILE ]] && tail -n "$1" "$LOG_FILE" | sed 's/^/    /' >&2
    return 0
}

# service_state: up, silent (runs, does not answer), paused, died, stopped, absent (never started).
service_state() {
    local pid
    if pid=$(live_pid "$PID_FILE"); then
        if is_paused "$pid"; then
            echo paused
        elif service_ready; then
            echo up
        else
            echo silent
        fi
    elif [[ -f $PID_FILE ]]; then
        echo died
    elif [[ -d $SERVICE_DIR ]]; then
        echo stopped
    else
        echo absent
    fi
}

bring_down() {
    [[ -f $PID_FILE ]] || return 0
    stop_process "$PID_FILE" "$SERVICE_STOP_SIGNAL" "$STOP_TIMEOUT_MS"
    note "$SERVICE: stopped"
}

# is_paused PID
is_paused() {
    [[ $(process_state "$1") == T ]]
}

# send_signal SIGNAL: signals the service and all its children.
send_signal() {
    local pid
    pid=$(live_pid "$PID_FILE") || die "cannot signal $SERVICE" "it is not running" \
        "start it with ops/stack start $SERVICE"
    local tree
    mapfile -t tree < <(process_tree "$pid")
    signal_tree "$1" "$pid"
    # A process that waits for the disk stops only afterwards.
    if [[ $1 == STOP ]]; then
        wait_until 5000 is_paused "$pid" || die "cannot pause $SERVICE" "process $pid still runs" "look at it with ps"
    fi
    if [[ $1 == KILL ]]; then
        wait_until 5000 tree_is_gone "${tree[@]}" || die "cannot kill $SERVICE" "process $pid is still there" \
            "look at it with ps"
    fi
}
