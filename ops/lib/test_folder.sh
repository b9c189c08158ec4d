# shellcheck shell=bash
# Where the services and the files of tests live: in memory, where there is plenty. Every test has a database of its
# own, and making and deleting its 600 files is ten times the work on a disk's file system.

readonly MEMORY_FOLDER=/dev/shm MEMORY_FOLDER_GB=8 MEMORY_GB=12

TEST_FOLDER=

# use_test_folder: TMPDIR is a new folder until release_test_folder.
use_test_folder() {
    local parent=${TMPDIR:-/tmp}
    ! memory_is_plenty || parent=$MEMORY_FOLDER
    TEST_FOLDER=$(mktemp -d "$parent/mneme-test.XXXXXXXX")
    # Others may pass through: Postgres runs as a user of its own.
    chmod 711 "$TEST_FOLDER"
    export TMPDIR=$TEST_FOLDER
}

memory_is_plenty() {
    local folder_kb memory_kb
    [[ -w $MEMORY_FOLDER ]] || return 1
    folder_kb=$(df --output=avail "$MEMORY_FOLDER" | tail -n 1)
    memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
    ((folder_kb >= MEMORY_FOLDER_GB << 20 && memory_kb >= MEMORY_GB << 20))
}

release_test_folder() {
    [[ -z $TEST_FOLDER ]] || rm -rf "$TEST_FOLDER"
}
