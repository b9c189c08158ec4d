# shellcheck shell=bash disable=SC2034
# Chroma, a vector store. Optional: `up chroma`.

SERVICE_PORTS=(chroma)
SERVICE_STOP_SIGNAL=TERM
SERVICE_OPTIONAL=yes

# shellcheck source=ops/lib/python.sh
source "$OPS_DIR/lib/python.sh"

service_install() {
    ensure_python_environment "$OPS_DIR/chroma/requirements.txt"
}

service_configure() {
    mkdir -p "$SERVICE_DIR/data"
}

service_command() {
    COMMAND=(env ANONYMIZED_TELEMETRY=False "$(python_environment "$OPS_DIR/chroma/requirements.txt")/bin/chroma" run
        --host 127.0.0.1 --port "$(stack_port chroma)" --path "$SERVICE_DIR/data")
}

service_ready() {
    curl -sf -m 3 -o /dev/null "http://127.0.0.1:$(stack_port chroma)/api/v2/heartbeat"
}

service_env() {
    printf 'CHROMA_URL=http://127.0.0.1:%s\n' "$(stack_port chroma)"
}

service_wipe() {
    rm -rf "$SERVICE_DIR/data"
}
