# shellcheck shell=bash
# The tests' Python environment: made once per list of requirements, in the cache folder.

# python_environment: its folder, which need not be there yet.
python_environment() {
    printf '%s/python-%s\n' "$CACHE_DIR" "$(sha256sum <"$ROOT_DIR/tests/requirements.txt" | cut -c1-12)"
}

ensure_python_environment() {
    local folder
    folder=$(python_environment)
    [[ -f $folder/complete ]] || with_cache_lock python make_python_environment "$folder"
}

make_python_environment() {
    local folder=$1
    [[ ! -f $folder/complete ]] || return 0
    note "installing the tests' Python packages (once)"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check -r "$ROOT_DIR/tests/requirements.txt" ||
        die "cannot install Python packages" "pip failed with the messages above" \
            "check the network, then run ops/install test again"
    touch "$folder/complete"
}
