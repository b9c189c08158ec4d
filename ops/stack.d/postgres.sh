# shellcheck shell=bash disable=SC2034
# Postgres 15 with pgvector: a private cluster. Postgres looks for extensions next to its own binary, so the
# server runs from a small private copy of Debian's, with pgvector linked in, and the system is not changed. Postgres
# refuses to run as root; root runs it as the package's user.

POSTGRES_VERSION=15
POSTGRES_BIN=/usr/lib/postgresql/$POSTGRES_VERSION/bin
POSTGRES_LIB=/usr/lib/postgresql/$POSTGRES_VERSION/lib
POSTGRES_SHARE=/usr/share/postgresql/$POSTGRES_VERSION
POSTGRES_USER=postgres
PGVECTOR_HOME=$CACHE_DIR/pgvector-pg$POSTGRES_VERSION

SERVICE_PORTS=(postgres)
# Fast shutdown: rolls back open transactions and stops.
SERVICE_STOP_SIGNAL=INT

# shellcheck source=ops/lib/pgvector.sh
source "$OPS_DIR/lib/pgvector.sh"

service_install() {
    pgvector_install
}

# as_postgres COMMAND…
as_postgres() {
    if is_root; then
        setpriv --reuid "$POSTGRES_USER" --regid "$POSTGRES_USER" --init-groups -- "$@"
    else
        "$@"
    fi
}

# postgres_home: prints the folder of the cluster and of the server's copy. It is in the stack's folder unless the user
# that runs the server cannot enter that (a checkout below /root).
postgres_home() {
    local remembered=$SERVICE_DIR/home
    if [[ ! -s $remembered ]]; then
        local home=$SERVICE_DIR/cluster
        mkdir -p "$home"
        chmod 711 "$SERVICE_DIR"
        if is_root && ! as_postgres test -x "$home" 2>/dev/null; then
            rmdir "$home"
            home=$(mktemp -d /var/tmp/mneme-postgres.XXXXXXXX)
        fi
        is_root && chown "$POSTGRES_USER:$POSTGRES_USER" "$home"
        chmod 700 "$home"
        printf '%s\n' "$home" >"$remembered"
    fi
    cat "$remembered"
}

service_configure() {
    local home
    remember_secret password
    home=$(postgres_home)
    # If the machine cleans /var/tmp, the cluster is lost.
    [[ -d $home ]] || {
        rm -f "$SERVICE_DIR/home"
        home=$(postgres_home)
    }
    as_postgres test -x "$home" ||
        die "cannot use the data folder $home" "the user $POSTGRES_USER cannot enter it" \
            "run ops/stack reset --all, or set MNEME_STACK_DIR to another folder"
    link_server "$home/server"
    if [[ ! -f $home/data/PG_VERSION ]]; then
        rm -rf "$home/data"
        # initdb runs as a user that cannot read the stack's own folder.
        as_postgres tee "$home/password" <"$SERVICE_DIR/password" >/dev/null
        as_postgres "$home/server/lib/postgresql/$POSTGRES_VERSION/bin/initdb" -D "$home/data" \
            -U mneme -E UTF8 --locale=C.UTF-8 -A scram-sha-256 "--pwfile=$home/password" --no-sync \
            >"$SERVICE_DIR/initdb.log" 2>&1 ||
            die "cannot create the Postgres cluster" "$(tail -n 1 "$SERVICE_DIR/initdb.log")" \
                "read $SERVICE_DIR/initdb.log"
        rm -f "$home/password"
    fi
    clear_stale_lock "$home/data"
    cat >"$SERVICE_DIR/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $(stack_port postgres)
unix_socket_directories = ''
$(postgres_shared_settings)
$(postgres_disk_settings)
CONF
    # Through a pipe: the server's user must own its copy.
    as_postgres tee "$home/data/mneme.conf" <"$SERVICE_DIR/postgresql.conf" >/dev/null
    as_postgres grep -qx "include 'mneme.conf'" "$home/data/postgresql.conf" ||
        as_postgres tee -a "$home/data/postgresql.conf" <<<"include 'mneme.conf'" >/dev/null
}

# clear_stale_lock DATA: a killed postmaster that is not yet reaped looks alive to the next one. Every process of a cluster
# has its data folder as working directory, so if no process has it, none is left.
clear_stale_lock() {
    [[ -e $1/postmaster.pid ]] || return 0
    wait_until 10000 nobody_works_in "$1" ||
        die "cannot start postgres" "processes of an earlier run still work in $1" "end them first"
    rm -f "$1/postmaster.pid"
}

nobody_works_in() {
    local cwd
    for cwd in /proc/[0-9]*/cwd; do
        [[ $(readlink "$cwd" 2>/dev/null) != "$1" ]] || return 1
    done
}

# postgres_shared_settings: docker-compose.yml passes the same as arguments.
postgres_shared_settings() {
    cat <<CONF
max_connections = 200
shared_buffers = 512MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
wal_buffers = 64MB
wal_compression = lz4
jit = off
timezone = 'UTC'
CONF
}

# postgres_disk_settings: for tests, whose data need not survive the machine. A killed server loses nothing, since the
# kernel has what was written; full_page_writes stays on, since a kill may leave half a page written.
postgres_disk_settings() {
    [[ ${MNEME_STACK_FSYNC:-on} == on ]] || printf 'fsync = off\n'
}

# link_server PREFIX: creates the layout that Debian's binaries expect around them.
link_server() {
    local prefix=$1 bin=$1/lib/postgresql/$POSTGRES_VERSION/bin
    local lib=$1/lib/postgresql/$POSTGRES_VERSION/lib share=$1/share/postgresql/$POSTGRES_VERSION
    # Done again after an upgrade of the package, which must not run with the old binary.
    cmp -s "$POSTGRES_BIN/postgres" "$bin/postgres" && [[ -e $share/extension/vector.control ]] && return 0
    rm -rf "$prefix"
    mkdir -p "$bin" "$lib" "$share/extension"
    cp "$POSTGRES_BIN/postgres" "$POSTGRES_BIN/initdb" "$bin/"
    ln -s "$POSTGRES_LIB"/* "$lib/"
    find "$POSTGRES_SHARE" -mindepth 1 -maxdepth 1 ! -name extension -exec ln -s -t "$share" {} +
    ln -s "$POSTGRES_SHARE"/extension/* "$share/extension/"
    if [[ ! -e $POSTGRES_SHARE/extension/vector.control ]]; then
        cp "$PGVECTOR_HOME"/lib/vector.so "$lib/"
        cp "$PGVECTOR_HOME"/extension/vector* "$share/extension/"
    fi
    chmod -R a+rX "$prefix"
}

service_command() {
    local home
    home=$(postgres_home)
    COMMAND=("$home/server/lib/postgresql/$POSTGRES_VERSION/bin/postgres" -D "$home/data")
    if is_root; then
        COMMAND=(setpriv --reuid "$POSTGRES_USER" --regid "$POSTGRES_USER" --init-groups -- "${COMMAND[@]}")
    fi
}

postgres_url() {
    printf 'postgresql://mneme:%s@127.0.0.1:%s/%s' "$(<"$SERVICE_DIR/password")" "$(stack_port postgres)" "$1"
}

service_ready() {
    "$POSTGRES_BIN/pg_isready" -q -t 3 -h 127.0.0.1 -p "$(stack_port postgres)" -d postgres
}

service_after_start() {
    local url
    url=$(postgres_url postgres)
    if [[ $(psql -XqAt "$url" -c "SELECT 1 FROM pg_database WHERE datname = 'mneme'") != 1 ]]; then
        psql -Xq "$url" -c 'CREATE DATABASE mneme'
    fi
}

service_env() {
    printf 'DATABASE_URL=%s\n' "$(postgres_url mneme)"
}

service_wipe() {
    [[ -s $SERVICE_DIR/home ]] || return 0
    rm -rf "$(<"$SERVICE_DIR/home")"
    rm -f "$SERVICE_DIR/home"
}
