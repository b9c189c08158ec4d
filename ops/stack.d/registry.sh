# shellcheck shell=bash disable=SC2034
# Schema registry: Apicurio with its Confluent-compatible interface, in memory. Optional: `up registry`.

REGISTRY_VERSION=2.6.13.Final
REGISTRY_HOME=$CACHE_DIR/registry-$REGISTRY_VERSION

SERVICE_PORTS=(registry)
SERVICE_STOP_SIGNAL=TERM
SERVICE_OPTIONAL=yes

service_install() {
    [[ -d $REGISTRY_HOME/app ]] || with_cache_lock registry fetch_registry
}

fetch_registry() {
    [[ ! -d $REGISTRY_HOME/app ]] || return 0
    note "registry: fetching version $REGISTRY_VERSION, 142 MB (once)"
    rm -rf "$REGISTRY_HOME"
    mkdir -p "$REGISTRY_HOME"
    maven_run "" unpack "-Dartifact=io.apicurio:apicurio-registry-app:$REGISTRY_VERSION:tar.gz:all" \
        "-DoutputDirectory=$REGISTRY_HOME/app.new"
    mv "$REGISTRY_HOME/app.new" "$REGISTRY_HOME/app"
}

service_configure() {
    :
}

service_command() {
    COMMAND=(env -C "$REGISTRY_HOME/app" QUARKUS_HTTP_HOST=127.0.0.1
        "QUARKUS_HTTP_PORT=$(stack_port registry)" java -Xmx384m -XX:TieredStopAtLevel=1 -Dquarkus.profile=prod
        -jar "apicurio-registry-app-$REGISTRY_VERSION-runner.jar")
}

service_ready() {
    curl -sf -m 3 -o /dev/null "$(registry_url)/subjects"
}

# The registry starts without a compatibility check; Mneme requires BACKWARD.
service_after_start() {
    curl -sf -m 10 -o /dev/null -X PUT -H 'Content-Type: application/json' \
        -d '{"compatibility":"BACKWARD"}' "$(registry_url)/config"
}

registry_url() {
    printf 'http://127.0.0.1:%s/apis/ccompat/v7' "$(stack_port registry)"
}

service_env() {
    printf 'SCHEMA_REGISTRY_URL=%s\n' "$(registry_url)"
    printf 'MNEME_STACK_REGISTRY_URL=%s\n' "$(registry_url)"
}

service_wipe() {
    :
}
