# shellcheck shell=bash disable=SC2034
# Redis from Debian's package, on loopback, with an append-only file in the data folder.

SERVICE_PORTS=(redis)
SERVICE_STOP_SIGNAL=TERM

service_install() {
    :
}

service_configure() {
    mkdir -p "$SERVICE_DIR/data"
    cat >"$SERVICE_DIR/redis.conf" <<CONF
bind 127.0.0.1
port $(stack_port redis)
daemonize no
dir $SERVICE_DIR/data
$(redis_shared_settings)
CONF
}

# redis_shared_settings: docker-compose.yml passes the same as arguments.
redis_shared_settings() {
    cat <<CONF
appendonly yes
appendfsync everysec
maxmemory 512mb
maxmemory-policy noeviction
CONF
}

service_command() {
    COMMAND=(redis-server "$SERVICE_DIR/redis.conf")
}

service_ready() {
    [[ $(timeout 3 redis-cli -h 127.0.0.1 -p "$(stack_port redis)" ping 2>/dev/null) == PONG ]]
}

service_env() {
    printf 'REDIS_URL=redis://127.0.0.1:%s/0\n' "$(stack_port redis)"
}

service_wipe() {
    rm -rf "$SERVICE_DIR/data"
}
