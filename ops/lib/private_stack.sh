# shellcheck shell=bash
# A stack for the length of a script: the one whose settings are in the environment, else a private
# one in a temporary folder that ends with the script, however it ends.

PRIVATE_STACK_DIR=

# need_stack [SERVICE…]: exports the settings; SERVICE are optional ones to start as well. MNEME_STACK_FSYNC
# and MNEME_STACK_JAVA apply to a private one. A script with a trap of its own for EXIT calls release_stack there.
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
    # A set registry decides the framing of every program; who wants that one asks for it by name.
    unset SCHEMA_REGISTRY_URL
}

# release_stack: ends the private stack, if there is one.
release_stack() {
    [[ -n $PRIVATE_STACK_DIR ]] || return 0
    MNEME_STACK_DIR=$PRIVATE_STACK_DIR "$OPS_DIR/stack" reset --all 2>/dev/null ||
        note "could not stop everything below $PRIVATE_STACK_DIR"
    rm -rf "$PRIVATE_STACK_DIR"
    PRIVATE_STACK_DIR=
}
