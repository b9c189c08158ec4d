# shellcheck shell=bash
# Builds each preset in its folder below build/, or below MNEME_BUILD_ROOT.

BUILD_ROOT=$(realpath -m "${MNEME_BUILD_ROOT:-$ROOT_DIR/build}")

# configure_preset PRESET
configure_preset() {
    # A folder without a build file was left by an interrupted run.
    [[ -f $BUILD_ROOT/$1/build.ninja ]] ||
        (cd "$ROOT_DIR" && cmake --preset "$1" -B "$BUILD_ROOT/$1") >"$BUILD_ROOT.$1.log" 2>&1 || {
        tail -n 30 "$BUILD_ROOT.$1.log" >&2
        die "cannot configure the build" "cmake failed with the messages above" "run ops/install build"
    }
    rm -f "$BUILD_ROOT.$1.log"
}

# build_preset PRESET [TARGET…]: builds everything, or only these targets. Only one process at a time builds a preset.
build_preset() {
    mkdir -p "$BUILD_ROOT"
    (
        flock 7
        build_alone "$@"
    ) 7>"$BUILD_ROOT/$1.lock"
}

build_alone() {
    local preset=$1 target targets=() start
    shift
    for target in "$@"; do
        targets+=(--target "$target")
    done
    start=$(now_ms)
    configure_preset "$preset"
    cmake --build "$BUILD_ROOT/$preset" -j "$(nproc)" "${targets[@]}" >"$BUILD_ROOT/$preset/build.log" 2>&1 || {
        grep -vE '^\[[0-9]+/' "$BUILD_ROOT/$preset/build.log" | tail -n 60 >&2
        die "cannot build $preset" "the compiler failed with the messages above" "read $BUILD_ROOT/$preset/build.log"
    }
    note "built $preset after $(seconds_since "$start") s"
}
