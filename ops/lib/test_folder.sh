# shellcheck shell=bash
# Where services and tests keep their files: in memory, if there is enough. Every test has its own database, and creating
# and deleting its 600 files takes ten times as long on a disk's file system.

readonly MEMORY_FOLDER=/dev/shm MEMORY_FOLDER_GB=8 MEMORY_GB=12

TEST_FOLDER=

# use_test_folder: sets TMPDIR to a new folder until release_test_folder.
use_test_folder() {
    local parent=${TMPDIR:-/tmp}
    ! memory_is_plenty || parent=$MEMORY_FOLDER
    TEST_FOLDER=$(mktemp -d "$parent/mneme-test.XXXXXXXX")
    # Other users may enter: Postgres runs as its own user.
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
