# shellcheck shell=bash
# Loopback ports, chosen once for a data folder and remembered there. Every choice is also noted in
# the user's cache folder: a stack that is down keeps its ports, and no port is given out twice.

# Below the range that Linux uses for outgoing connections.
readonly PORT_LOWEST=20000 PORT_COUNT=12000

port_is_listening() {
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# stack_port NAME: prints the port of that name; the first call chooses it.
stack_port() {
    local file=$STACK_DIR/ports/$1
    if [[ ! -s $file ]]; then
        mkdir -p "$STACK_DIR/ports"
        with_cache_lock ports choose_port "$file"
    fi
    cat "$file"
}

choose_port() {
    local file=$1 reserved port owner
    mkdir -p "$CACHE_DIR/ports"
    for _ in {1..500}; do
        port=$((PORT_LOWEST + (RANDOM * 32768 + RANDOM) % PORT_COUNT))
        reserved=$CACHE_DIR/ports/$port
        if [[ -s $reserved ]]; then
            owner=$(<"$reserved")
            # The ports of a folder that was deleted by hand are free again.
            [[ -f $owner && $(<"$owner") == "$port" ]] && continue
        fi
        port_is_listening "$port" && continue
        printf '%s\n' "$file" >"$reserved"
        printf '%s\n' "$port" >"$file"
        return 0
    done
    die "cannot choose a port" "no free port was found on 127.0.0.1" "stop some local servers and try again"
}

# release_ports: frees all ports of this data folder.
release_ports() {
    local file
    for file in "$STACK_DIR"/ports/*; do
        [[ -s $file ]] || continue
        rm -f "$CACHE_DIR/ports/$(<"$file")" "$file"
    done
}
