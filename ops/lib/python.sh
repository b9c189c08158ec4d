# shellcheck shell=bash
# Python environments in the cache folder, created once per list of requirements.

# python_environment [REQUIREMENTS]: prints its folder, which may not exist yet; default: the requirements of the tests.
python_environment() {
    local requirements=${1:-$ROOT_DIR/tests/requirements.txt}
    printf '%s/python-%s\n' "$CACHE_DIR" "$(sha256sum <"$requirements" | cut -c1-12)"
}

# ensure_python_environment REQUIREMENTS
ensure_python_environment() {
    local requirements=$1 folder
    folder=$(python_environment "$requirements")
    [[ -f $folder/complete ]] || with_cache_lock python make_python_environment "$folder" "$requirements"
}

make_python_environment() {
    local folder=$1 requirements=$2
    [[ ! -f $folder/complete ]] || return 0
    note "installing the Python packages of ${requirements#"$ROOT_DIR/"} (once)"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check -r "$requirements" ||
        die "cannot install Python packages" "pip failed with the messages above" \
            "check the network, then run the same command again"
    touch "$folder/complete"
}
