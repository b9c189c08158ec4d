#!/usr/bin/env bash
# Fetches the peer of `ops/bench peer-jdbc-sink` once: Kafka Connect, the Debezium JDBC sink and a converter
# that reads Avro through the stack's registry. Prints the folder: libs/ and plugins/.
set -euo pipefail

PROGRAM=ops/bench
# shellcheck source=ops/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=ops/lib/maven.sh
source "$OPS_DIR/lib/maven.sh"

readonly CONNECT_VERSION=4.3.1 LOG4J_VERSION=2.25.4 DEBEZIUM_VERSION=3.6.0.Final CONVERTER_VERSION=2.6.13.Final
readonly CONNECT_HOME=$CACHE_DIR/connect-$CONNECT_VERSION-debezium-$DEBEZIUM_VERSION

# copy_jars FOLDER EXCEPT_GROUP GROUP:NAME:VERSION…: copies these and their dependencies, except those of one group.
copy_jars() {
    local folder=$1 except=$2 artifact group name version pom
    shift 2
    pom=$(mktemp "$CONNECT_HOME/pom.XXXXXXXX")
    {
        echo '<project><modelVersion>4.0.0</modelVersion>'
        echo '<groupId>mneme</groupId><artifactId>peer</artifactId><version>1</version><packaging>pom</packaging>'
        echo '<dependencies>'
        for artifact in "$@"; do
            IFS=: read -r group name version <<<"$artifact"
            echo "<dependency><groupId>$group</groupId><artifactId>$name</artifactId><version>$version</version></dependency>"
        done
        echo '</dependencies></project>'
    } >"$pom"
    maven_run "$pom" copy-dependencies -DincludeScope=runtime "-DexcludeGroupIds=$except" "-DoutputDirectory=$folder"
}

fetch_connect() {
    [[ ! -f $CONNECT_HOME/complete ]] || return 0
    note "fetching Kafka Connect $CONNECT_VERSION and the Debezium JDBC sink $DEBEZIUM_VERSION, 120 MB (once)"
    rm -rf "$CONNECT_HOME"
    mkdir -p "$CONNECT_HOME"
    copy_jars "$CONNECT_HOME/libs" "" "org.apache.kafka:connect-runtime:$CONNECT_VERSION" \
        "org.apache.logging.log4j:log4j-slf4j-impl:$LOG4J_VERSION"
    # The converter was built for an older Connect, which must not be copied along.
    copy_jars "$CONNECT_HOME/plugins/converter" org.apache.kafka \
        "io.apicurio:apicurio-registry-utils-converter:$CONVERTER_VERSION"
    maven_run "" unpack "-Dartifact=io.debezium:debezium-connector-jdbc:$DEBEZIUM_VERSION:tar.gz:plugin" \
        "-DoutputDirectory=$CONNECT_HOME/plugins"
    touch "$CONNECT_HOME/complete"
}

[[ -f $CONNECT_HOME/complete ]] || with_cache_lock connect fetch_connect
printf '%s\n' "$CONNECT_HOME"
