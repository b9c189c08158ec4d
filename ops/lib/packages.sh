# shellcheck shell=bash
# Debian packages that ops/packages lists and this machine lacks.

# packages_of GROUP…: the names listed for these groups.
packages_of() {
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' "$OPS_DIR/packages"
    done | sort -u
}

# missing_packages GROUP…
missing_packages() {
    local wanted
    mapfile -t wanted < <(packages_of "$@")
    have dpkg-query || die "cannot look for packages" "this is not a Debian system" \
        "install the packages of ops/packages yourself, or use docker compose"
    comm -13 <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '$1 ~ /^.i/ { print $2 }' | sort -u) \
        <(printf '%s\n' "${wanted[@]}")
}

# apt_get ARGUMENTS…: waits for another apt, asks nothing, and starts none of the services it installs.
apt_get() {
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -o DPkg::Lock::Timeout=600 "$@" >&2
}

# ensure_packages GROUP…: as root installs what is missing, otherwise prints the command that does.
ensure_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    if ! is_root; then
        die "cannot install packages" "not root, and missing: ${missing[*]}" \
            "run: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    note "installing ${missing[*]}"
    with_cache_lock apt install_packages "${missing[@]}"
}

install_packages() {
    apt_get update || die "cannot read the package lists" "apt-get update failed" "read the messages above"
    apt_get install -y --no-install-recommends "$@" ||
        die "cannot install packages" "apt-get install failed" "read the messages above"
}
