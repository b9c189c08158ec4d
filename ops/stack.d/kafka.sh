# shellcheck shell=bash disable=SC2034
# Kafka: one node in KRaft mode, broker and controller in one process, from Maven's jars.
# A plain listener and one with SASL/PLAIN, both on loopback.

KAFKA_VERSION=4.3.1
LOG4J_VERSION=2.25.4
KAFKA_HOME=$CACHE_DIR/kafka-$KAFKA_VERSION

SERVICE_PORTS=(kafka kafka-sasl kafka-controller)
SERVICE_STOP_SIGNAL=TERM

service_install() {
    [[ -d $KAFKA_HOME/libs ]] || with_cache_lock kafka fetch_kafka
}

fetch_kafka() {
    [[ ! -d $KAFKA_HOME/libs ]] || return 0
    note "kafka: fetching version $KAFKA_VERSION (once)"
    rm -rf "$KAFKA_HOME"
    mkdir -p "$KAFKA_HOME"
    cat >"$KAFKA_HOME/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>mneme</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>$KAFKA_VERSION</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>$LOG4J_VERSION</version>
    </dependency>
  </dependencies>
</project>
POM
    maven_run "$KAFKA_HOME/pom.xml" copy-dependencies -DincludeScope=runtime \
        "-DoutputDirectory=$KAFKA_HOME/libs.new"
    mv "$KAFKA_HOME/libs.new" "$KAFKA_HOME/libs"
}

# kafka_classes: prints the name of the class archive of this JVM version; other versions cannot use it.
kafka_classes() {
    printf '%s/classes-%s.jsa\n' "$KAFKA_HOME" "$(java -version 2>&1 | sha256sum | cut -c1-12)"
}

service_configure() {
    local plain sasl controller classes
    classes=$(kafka_classes)
    plain=$(stack_port kafka)
    sasl=$(stack_port kafka-sasl)
    controller=$(stack_port kafka-controller)
    remember_secret sasl-password
    cat >"$SERVICE_DIR/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://127.0.0.1:$plain,SASL_PLAINTEXT://127.0.0.1:$sasl,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$plain,SASL_PLAINTEXT://127.0.0.1:$sasl
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_mneme="$(<"$SERVICE_DIR/sasl-password")";
log.dirs=$SERVICE_DIR/data
$(kafka_shared_settings)
PROPERTIES
    chmod 600 "$SERVICE_DIR/server.properties"
    cat >"$SERVICE_DIR/log4j2.properties" <<PROPERTIES
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %-5p %c{1}: %m%n
rootLogger.level=info
rootLogger.appenderRef.out.ref=out
PROPERTIES
    if [[ ! -f $SERVICE_DIR/data/meta.properties ]]; then
        local cluster_id
        cluster_id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | cut -c1-22)
        java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-XX:SharedArchiveFile=$classes" -cp "$KAFKA_HOME/libs/*" \
            kafka.tools.StorageTool format -t "$cluster_id" -c "$SERVICE_DIR/server.properties" --ignore-formatted \
            >"$SERVICE_DIR/format.log" 2>&1 ||
            die "cannot format Kafka's data folder" "$(tail -n 1 "$SERVICE_DIR/format.log")" \
                "read $SERVICE_DIR/format.log"
    fi
    [[ -f $classes ]] || with_cache_lock kafka archive_classes "$classes"
}

# archive_classes FILE: a JVM with a class archive needs a third of the work to start. It writes the archive when it ends, so
# a broker is started and stopped once before the first real one.
archive_classes() {
    [[ ! -f $1 ]] || return 0
    local new=$1.new pid
    note "kafka: archiving its classes (once)"
    kafka_command "-XX:ArchiveClassesAtExit=$new"
    "${COMMAND[@]}" </dev/null >"$SERVICE_DIR/archive.log" 2>&1 8>&- 9>&- &
    pid=$!
    wait_until "$READY_TIMEOUT_MS" answers_or_is_gone "$pid" || true
    kill "$pid" 2>/dev/null || true
    wait "$pid" || true
    # Without the archive everything works, only slower.
    [[ ! -f $new ]] || mv "$new" "$1"
}

# answers_or_is_gone PID
answers_or_is_gone() {
    service_ready || ! kill -0 "$1" 2>/dev/null
}

# kafka_shared_settings: settings that do not depend on the machine; docker-compose.yml has the same.
kafka_shared_settings() {
    cat <<PROPERTIES
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
PROPERTIES
}

service_command() {
    local options
    read -ra options <<<"${MNEME_STACK_JAVA:-}"
    kafka_command "-XX:SharedArchiveFile=$(kafka_classes)" "${options[@]}"
}

# kafka_command OPTION…: sets COMMAND to the broker, with these JVM options.
kafka_command() {
    COMMAND=(java -Xms256m -Xmx512m -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError "$@"
        "-Dlog4j2.configurationFile=$SERVICE_DIR/log4j2.properties"
        -cp "$KAFKA_HOME/libs/*" kafka.Kafka "$SERVICE_DIR/server.properties")
}

service_ready() {
    local answer
    answer=$(timeout 3 kcat -b "127.0.0.1:$(stack_port kafka)" -L -m 1 -J 2>/dev/null) || return 1
    [[ $(jq '.brokers | length' <<<"$answer") == 1 ]]
}

service_env() {
    printf 'KAFKA_BOOTSTRAP_SERVERS=%s\n' "127.0.0.1:$(stack_port kafka)"
    printf 'MNEME_STACK_SASL_BOOTSTRAP_SERVERS=%s\n' "127.0.0.1:$(stack_port kafka-sasl)"
    printf 'MNEME_STACK_SASL_USER=mneme\n'
    printf 'MNEME_STACK_SASL_PASSWORD=%s\n' "$(<"$SERVICE_DIR/sasl-password")"
}

service_wipe() {
    rm -rf "$SERVICE_DIR/data"
}
