# shellcheck shell=bash
# A stack for the duration of a script: the one whose settings are in the environment, otherwise a private one in a temporary
# folder, which is stopped whenever the script ends.

PRIVATE_STACK_DIR=

# need_stack [SERVICE…]: exports the settings; also starts these optional services. MNEME_STACK_FSYNC
# and MNEME_STACK_JAVA apply to a private stack. A script with its own EXIT trap must call release_stack there.
need_stack() {
    if [[ -n ${KAFKA_BOOTSTRAP_SERVERS:-} && -n ${DATABASE_URL:-} ]]; then
        note "using the stack of the environment"
    else
        PRIVATE_STACK_DIR=$(mktemp -d "${TMPDIR:-/tmp}/mneme-stack.XXXXXXXX")
        [[ -n $(trap -p EXIT) ]] || trap release_stack EXIT
        export MNEME_STACK_DIR=$PRIVATE_STACK_DIR
        "$OPS_DIR/stack" up "$@"
        # shellcheck disable=SC1090
        source <("$OPS_DIR/stack" env)
    fi
    # A registry in the environment would change the framing of every program; scripts that want it ask for it by name.
    unset SCHEMA_REGISTRY_URL
}

# release_stack: stops the private stack, if there is one.
release_stack() {
    [[ -n $PRIVATE_STACK_DIR ]] || return 0
    MNEME_STACK_DIR=$PRIVATE_STACK_DIR "$OPS_DIR/stack" reset --all 2>/dev/null ||
        note "could not stop everything below $PRIVATE_STACK_DIR"
    rm -rf "$PRIVATE_STACK_DIR"
    PRIVATE_STACK_DIR=
}
