# shellcheck shell=bash disable=SC2034
# The local embedding model behind an OpenAI-compatible interface. MNEME_STACK_EMBEDDING_THREADS limits the
# threads of one run (0: one for each core).

EMBEDDING_MODEL_DEFAULT=bge-small-en-v1.5
EMBEDDING_SERVER=$OPS_DIR/embedding-server

SERVICE_PORTS=(embedding)
SERVICE_STOP_SIGNAL=TERM

# shellcheck source=ops/lib/python.sh
source "$OPS_DIR/lib/python.sh"

service_install() {
    ensure_python_environment "$EMBEDDING_SERVER/requirements.txt"
    "$EMBEDDING_SERVER/fetch" >/dev/null
}

service_configure() {
    :
}

service_command() {
    local python
    python=$(python_environment "$EMBEDDING_SERVER/requirements.txt")/bin/python
    COMMAND=("$python" -B "$EMBEDDING_SERVER/server.py" --models "$CACHE_DIR/embedding-models"
        --port "$(stack_port embedding)" --threads "${MNEME_STACK_EMBEDDING_THREADS:-0}")
}

service_ready() {
    curl -sf -m 3 -o /dev/null "http://127.0.0.1:$(stack_port embedding)/healthz"
}

service_env() {
    printf 'OPENAI_BASE_URL=http://127.0.0.1:%s/v1\n' "$(stack_port embedding)"
    printf 'EMBEDDING_MODEL=%s\n' "$EMBEDDING_MODEL_DEFAULT"
}

service_wipe() {
    :
}
