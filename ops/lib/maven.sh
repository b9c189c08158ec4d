# shellcheck shell=bash
# Fetches jars through the mvn client, from the mirror that it is configured for.

readonly MAVEN_DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.6.1

# maven_run POM_OR_EMPTY GOAL OPTIONS…
maven_run() {
    local pom=$1 goal=$2 work
    shift 2
    # Without a project the plugin leaves folders in the current directory.
    work=$(mktemp -d)
    if ! (cd "$work" && mvn -q -B ${pom:+-f "$pom"} "$MAVEN_DEPENDENCY_PLUGIN:$goal" "$@") >"$work/log" 2>&1; then
        sed 's/^/    /' "$work/log" >&2
        rm -rf "$work"
        die "cannot fetch a package with mvn" "$goal failed with the messages above" \
            "check the network and mvn's settings, then run the same command again"
    fi
    rm -rf "$work"
}
