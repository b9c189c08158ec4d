# shellcheck shell=bash
# pgvector for Debian 12's Postgres: the package if a repository has one, otherwise the source package of the next Debian
# release, built once into the cache folder. It uses the machine's own mirror.

PGVECTOR_RELEASE=trixie

pgvector_install() {
    [[ -e $POSTGRES_SHARE/extension/vector.control ]] && return 0
    [[ -e $PGVECTOR_HOME/extension/vector.control ]] && return 0
    with_cache_lock pgvector pgvector_fetch
}

pgvector_fetch() {
    [[ ! -e $PGVECTOR_HOME/extension/vector.control ]] || return 0
    local package=postgresql-$POSTGRES_VERSION-pgvector
    if is_root && apt-cache show "$package" >/dev/null 2>&1; then
        note "postgres: installing $package"
        apt_get install -y --no-install-recommends "$package"
        return 0
    fi
    note "postgres: building pgvector from Debian's source package (once)"
    local work
    work=$(mktemp -d "$CACHE_DIR/pgvector.XXXXXXXX")
    pgvector_build "$work" >"$work/log" 2>&1 || {
        tail -n 20 "$work/log" | sed 's/^/    /' >&2
        die "cannot build pgvector" "the last messages are above" "read $work/log"
    }
    rm -rf "$PGVECTOR_HOME"
    mv "$work/out" "$PGVECTOR_HOME"
    rm -rf "$work"
}

# debian_mirror: the address of this machine's mirror of Debian 12, from either format of sources.
debian_mirror() {
    local files=(/etc/apt/sources.list /etc/apt/sources.list.d/*)
    awk '
        /^URIs:/ { uri = $2 }
        /^Suites:/ && / bookworm( |$)/ { suite = 1 }
        /^$/ { if (suite && uri) { print uri; exit } uri = suite = "" }
        /^deb / { for (i = 2; i < NF; i++) if ($i ~ /:\/\// && $(i + 1) == "bookworm") { print $i; exit } }
        END { if (suite && uri) print uri }
    ' < <(for file in "${files[@]}"; do [[ -f $file ]] && cat "$file" && echo; done) | head -n 1
}

# pgvector_build FOLDER: apt uses separate lists there, so that the system's do not change.
pgvector_build() {
    local work=$1 mirror
    mirror=$(debian_mirror)
    [[ -n $mirror ]] || die "cannot build pgvector" "apt's sources do not name a mirror of Debian 12" \
        "add one to /etc/apt/sources.list"
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/source" "$work/out/lib" "$work/out/extension"
    printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
        "$mirror" "$PGVECTOR_RELEASE" >"$work/sources.list"
    local options=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" -o APT::Sandbox::User=root -q)
    cd "$work/source" || return 1
    apt-get "${options[@]}" update &&
        apt-get "${options[@]}" --download-only source pgvector &&
        dpkg-source --no-check -x ./*.dsc tree || return 1
    make -C tree -j2 OPTFLAGS= "PG_CONFIG=$POSTGRES_BIN/pg_config" with_llvm=no || return 1
    cp tree/vector.so "$work/out/lib/" && cp tree/vector.control tree/sql/vector--*.sql "$work/out/extension/"
}
