/*
 * The file has a line with brokers and topic, then one position per line. Writers take a lock file next to it
 * and replace it by a rename, so that readers see either the old or the new file.
 */
#include "cli/last_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/position.h"
#include "common/config/state_folder.h"
#include "common/kafka/kafka.h"

#define SIDE_PATH_BYTES (MNEME_STATE_PATH_BYTES + 8) /* with .lock or .new appended */
#define LINE_BYTES 4096

/* Where the notes of one log are. */
struct place {
    char path[MNEME_STATE_PATH_BYTES];
    char heading[LINE_BYTES]; /* brokers and topic: two logs never share a file by chance */
};

/* FNV-1a, for a short name. */
static uint64_t hash_of(const char *text) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    }
    return hash;
}

static int find_place(struct place *place, const struct mneme_config *config, struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    int status = mneme_kafka_events_topic(topic, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    char name[32];
    int heading = snprintf(place->heading, sizeof place->heading, "%s %s",
                           mneme_config_string(config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS), topic);
    if (heading < 0 || (size_t)heading >= sizeof place->heading) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "own writes cannot be noted: the path of the file is too long; set "
                               "MNEME_STATE_DIR to a shorter one");
    }
    (void)snprintf(name, sizeof name, "last-write-%016" PRIx64, hash_of(place->heading));
    return mneme_state_path(place->path, config, name, error);
}

static int cannot(struct mneme_error *error, const char *what, const char *path) {
    return mneme_error_set(error, MNEME_E_INTERNAL, "cannot %s %s: %s; check its permissions", what, path,
                           strerror(errno));
}

/* Calls `take` for each noted position; none when there is no file, or it is of another log. */
static void read_positions(const struct place *place,
                           void (*take)(void *context, struct mneme_position position), void *context) {
    FILE *file = fopen(place->path, "re");
    char line[LINE_BYTES + 2];
    if (file == NULL) {
        return;
    }
    bool is_ours = fgets(line, sizeof line, file) != NULL;
    line[strcspn(line, "\n")] = '\0';
    is_ours = is_ours && strcmp(line, place->heading) == 0;
    while (is_ours && fgets(line, sizeof line, file) != NULL) {
        struct mneme_position position;
        if (mneme_position_parse(&position, (struct mneme_str){line, strcspn(line, "\n")})) {
            take(context, position);
        }
    }
    (void)fclose(file);
}

static int write_positions(const struct place *place, const int64_t *offsets, struct mneme_error *error) {
    char fresh[SIDE_PATH_BYTES];
    (void)snprintf(fresh, sizeof fresh, "%s.new", place->path);
    FILE *file = fopen(fresh, "we");
    if (file == NULL) {
        return cannot(error, "write", fresh);
    }
    (void)fprintf(file, "%s\n", place->heading);
    for (int i = 0; i < MNEME_MAX_PARTITIONS; i++) {
        if (offsets[i] >= 0) {
            (void)fprintf(file, "%d:%" PRId64 "\n", i, offsets[i]);
        }
    }
    bool is_written = ferror(file) == 0;
    is_written = fclose(file) == 0 && is_written;
    if (!is_written || rename(fresh, place->path) != 0) {
        int status = cannot(error, "write", fresh);
        (void)unlink(fresh);
        return status;
    }
    return MNEME_OK;
}

static void raise(void *context, struct mneme_position position) {
    int64_t *offsets = context;
    if (position.offset > offsets[position.partition]) {
        offsets[position.partition] = position.offset;
    }
}

/* With the lock held. */
static int merge(const struct place *place, const int64_t *offsets, size_t partitions,
                 struct mneme_error *error) {
    int64_t merged[MNEME_MAX_PARTITIONS];
    for (size_t i = 0; i < MNEME_MAX_PARTITIONS; i++) {
        merged[i] = i < partitions ? offsets[i] : -1;
    }
    read_positions(place, raise, merged);
    return write_positions(place, merged, error);
}

int mneme_last_write_save(const struct mneme_config *config, const int64_t *offsets, size_t partitions,
                          struct mneme_error *error) {
    struct place place;
    char lock[SIDE_PATH_BYTES];
    int status = find_place(&place, config, error);
    if (status == MNEME_OK) {
        status = mneme_state_make_folders(place.path, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    (void)snprintf(lock, sizeof lock, "%s.lock", place.path);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        status = cannot(error, "lock", lock);
    } else {
        status = merge(&place, offsets, partitions, error);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

/* Positions being collected. */
struct collection {
    struct mneme_position *positions;
    size_t count;
};

static void collect(void *context, struct mneme_position position) {
    struct collection *collection = context;
    if (collection->count < MNEME_MAX_PARTITIONS) {
        collection->positions[collection->count++] = position;
    }
}

int mneme_last_write_load(const struct mneme_position **out, size_t *count, const struct mneme_config *config,
                          struct mneme_arena *arena, struct mneme_error *error) {
    struct place place;
    struct collection collection = {.count = 0};
    int status = find_place(&place, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    collection.positions = mneme_arena_calloc(arena, MNEME_MAX_PARTITIONS, sizeof *collection.positions);
    if (collection.positions == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "own writes were not read: memory is exhausted; free some");
    }
    read_positions(&place, collect, &collection);
    if (collection.count == 0) {
        return mneme_error_set(error, MNEME_E_NOT_FOUND,
                               "there is no last write: nothing was published to %s from here yet; give a "
                               "position (partition:offset) instead of last",
                               strrchr(place.heading, ' ') + 1);
    }
    *out = collection.positions;
    *count = collection.count;
    return MNEME_OK;
}

/* --- which stores hold the last writes --- */

static int64_t micros_of(const struct timespec *time) {
    return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

/* "stamp held" */
static void read_held(struct mneme_recent_write *recent, const struct place *place) {
    char path[SIDE_PATH_BYTES];
    char line[64];
    (void)snprintf(path, sizeof path, "%s.held", place->path);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    char *end = line;
    if (fgets(line, sizeof line, file) != NULL && strtoll(line, &end, 10) == recent->stamp) {
        recent->held = (unsigned)strtoul(end, NULL, 10);
    }
    (void)fclose(file);
}

bool mneme_last_write_recent(struct mneme_recent_write *out, const struct mneme_config *config,
                             int64_t recent_micros, struct mneme_arena *arena) {
    struct place place;
    struct stat file;
    struct mneme_error error = {0};
    *out = (struct mneme_recent_write){0};
    /* Reads the time first: positions written in between are then only newer than it. */
    if (find_place(&place, config, &error) != MNEME_OK || stat(place.path, &file) != 0) {
        return false;
    }
    out->stamp = micros_of(&file.st_mtim);
    if (mneme_clock_now_micros() - out->stamp > recent_micros ||
        mneme_last_write_load(&out->positions, &out->count, config, arena, &error) != MNEME_OK) {
        return false;
    }
    read_held(out, &place);
    return true;
}

void mneme_last_write_hold(const struct mneme_config *config, const struct mneme_recent_write *recent) {
    struct place place;
    struct mneme_error error = {0};
    char path[SIDE_PATH_BYTES];
    char fresh[SIDE_PATH_BYTES + 24];
    if (find_place(&place, config, &error) != MNEME_OK) {
        return;
    }
    (void)snprintf(path, sizeof path, "%s.held", place.path);
    (void)snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
    FILE *file = fopen(fresh, "we");
    if (file == NULL) {
        return;
    }
    bool is_written = fprintf(file, "%" PRId64 " %u\n", recent->stamp, recent->held) > 0;
    is_written = fclose(file) == 0 && is_written;
    if (!is_written || rename(fresh, path) != 0) {
        (void)unlink(fresh);
    }
}

void mneme_last_write_forget(const struct mneme_config *config) {
    struct place place;
    struct mneme_error error = {0};
    if (find_place(&place, config, &error) == MNEME_OK) {
        (void)unlink(place.path); /* usually it does not exist */
    }
}
