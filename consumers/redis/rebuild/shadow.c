/*
 * A hash for each task records what it has made: the space, the log, and once the switch has begun, the
 * spaces that it replaces. From then on the switch cannot be undone: the next run switches the rest.
 */
#include "consumers/redis/rebuild/shadow.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log/log.h"
#include "sql/embedded.h"
#include "stores/redis/scan.h"

#define NUMBER_BYTES 24

static const struct {
    const char *name;
    int64_t distance; /* of its space from the live one */
} tasks[MNEME_CACHE_SHADOW_TASKS] = {
    [MNEME_CACHE_SHADOW_REBUILD] = {"rebuild", 1},
    [MNEME_CACHE_SHADOW_VERIFY] = {"verify", 2},
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was begun: out of memory");
}

static struct mneme_str number_word(char text[NUMBER_BYTES], int64_t number) {
    int len = snprintf(text, NUMBER_BYTES, "%lld", (long long)number);
    return (struct mneme_str){text, (size_t)len};
}

/* --- notes of a task --- */

struct note {
    bool is_there;
    int64_t space;
    char topic[MNEME_TOPIC_NAME_BYTES];
    int32_t partitions;
    char *former; /* spaces that are being replaced, with commas between; NULL: none yet. malloc'd */
};

/* Runs a command on the note of a task: its name, the note's key and `words`. */
static int run_on_state(redisReply **reply, struct mneme_cache_shadow *shadow,
                        enum mneme_cache_shadow_task task, const char *name, const struct mneme_str *words,
                        size_t count, struct mneme_error *error) {
    struct mneme_str all[12] = {mneme_str_from(name)};
    struct mneme_buffer key = {0};
    mneme_hot_task_key(&key, shadow->space.prefix, tasks[task].name);
    all[1] = mneme_buffer_str(&key);
    if (count > 0) {
        memcpy(all + 2, words, count * sizeof *words);
    }
    const struct mneme_redis_command command = {NULL, all, 2 + count, all[1]};
    int status = key.failed ? no_memory(error) : mneme_redis_run(reply, shadow->redis, &command, error);
    mneme_buffer_clean_up(&key);
    return status;
}

static int read_state(struct note *out, struct mneme_cache_shadow *shadow, enum mneme_cache_shadow_task task,
                      struct mneme_error *error) {
    static const struct mneme_str fields[] = {{"space", 5}, {"topic", 5}, {"partitions", 10}, {"former", 6}};
    redisReply *reply = NULL;
    *out = (struct note){0};
    int status = run_on_state(&reply, shadow, task, "HMGET", fields, 4, error);
    if (status == MNEME_OK && reply->element[0]->str != NULL && reply->element[1]->str != NULL &&
        reply->element[2]->str != NULL) {
        const char *former = reply->element[3]->str;
        out->is_there = true;
        out->space = strtoll(reply->element[0]->str, NULL, 10);
        snprintf(out->topic, sizeof out->topic, "%s", reply->element[1]->str);
        out->partitions = (int32_t)strtol(reply->element[2]->str, NULL, 10);
        out->former = former == NULL ? NULL : strdup(former);
        status = former != NULL && out->former == NULL ? no_memory(error) : MNEME_OK;
    }
    freeReplyObject(reply);
    return status;
}

static int forget_note(struct mneme_cache_shadow *shadow, enum mneme_cache_shadow_task task,
                       struct mneme_error *error) {
    return run_on_state(NULL, shadow, task, "DEL", NULL, 0, error);
}

/* --- the live space --- */

/* How many partitions the live space was made for; 0 if there is none. */
static int read_live_partitions(struct mneme_cache_shadow *shadow, struct mneme_error *error) {
    struct mneme_buffer key = {0};
    redisReply *reply = NULL;
    mneme_hot_topic_key(&key, shadow->space.prefix);
    const struct mneme_str words[] = {MNEME_STR_LIT("HGET"), mneme_buffer_str(&key),
                                      MNEME_STR_LIT("partitions")};
    const struct mneme_redis_command command = {NULL, words, 3, words[1]};
    int status = key.failed ? no_memory(error) : mneme_redis_run(&reply, shadow->redis, &command, error);
    if (status == MNEME_OK) {
        shadow->live_partitions = reply->str == NULL ? 0 : (int32_t)strtol(reply->str, NULL, 10);
        freeReplyObject(reply);
    }
    mneme_buffer_clean_up(&key);
    return status;
}

/* The live space of each partition, of the log that is now and of the one before. */
static int read_live(struct mneme_cache_shadow *shadow, int32_t log_partitions, struct mneme_error *error) {
    int status = read_live_partitions(shadow, error);
    if (status != MNEME_OK) {
        return status;
    }
    size_t count =
        (size_t)(log_partitions > shadow->live_partitions ? log_partitions : shadow->live_partitions);
    int32_t *partitions = calloc(count + 1, sizeof *partitions);
    int64_t *numbers = calloc(count + 1, sizeof *numbers);
    if (partitions == NULL || numbers == NULL) {
        free(partitions);
        free(numbers);
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        partitions[i] = (int32_t)i;
    }
    free(shadow->live_numbers);
    shadow->live_numbers = numbers;
    shadow->live_count = count;
    status = mneme_hot_spaces_live(numbers, shadow->redis, shadow->space.prefix, partitions, count, error);
    free(partitions);
    return status;
}

static int lead_to(struct mneme_cache_shadow *shadow, int64_t number, struct mneme_error *error) {
    char text[NUMBER_BYTES];
    shadow->space.number = number;
    return mneme_config_set(shadow->config, MNEME_SETTING_REDIS_SPACE, number_word(text, number).data,
                            MNEME_FROM_OPTION, error);
}

/* --- switching --- */

/* Removes partitions that the new log does not have. */
static int remove_partition(struct mneme_cache_shadow *shadow, int32_t partition, struct mneme_error *error) {
    struct mneme_buffer keys[2] = {0};
    mneme_hot_space_key(&keys[0], shadow->space.prefix, partition);
    mneme_hot_live_key(&keys[1], shadow->space.prefix, partition);
    const struct mneme_str words[] = {MNEME_STR_LIT("DEL"), mneme_buffer_str(&keys[0]),
                                      mneme_buffer_str(&keys[1])};
    const struct mneme_redis_command command = {NULL, words, 3, words[1]};
    int status = keys[0].failed || keys[1].failed ? no_memory(error)
                                                  : mneme_redis_run(NULL, shadow->redis, &command, error);
    mneme_buffer_clean_up(&keys[0]);
    mneme_buffer_clean_up(&keys[1]);
    return status;
}

static int switch_all(struct mneme_cache_shadow *shadow, const struct mneme_hot_space *space,
                      int32_t partitions, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && i < shadow->live_count; i++) {
        status = (int32_t)i < partitions ? mneme_hot_space_switch(shadow->redis, space,
                                                                  shadow->live_numbers[i], (int32_t)i, error)
                                         : remove_partition(shadow, (int32_t)i, error);
    }
    return status;
}

/* Removes the keys that nobody reads any more. */
static int remove_former(struct mneme_cache_shadow *shadow, const struct note *note,
                         struct mneme_error *error) {
    const char *at = note->former;
    int status = MNEME_OK;
    while (status == MNEME_OK && *at != '\0') {
        char *end = NULL;
        const struct mneme_hot_space former = {shadow->space.prefix, strtoll(at, &end, 10)};
        if (former.number != note->space) {
            status = mneme_hot_space_remove(shadow->redis, &former, (int32_t)shadow->live_count, error);
        }
        at = *end == ',' ? end + 1 : "";
    }
    return status == MNEME_OK ? forget_note(shadow, MNEME_CACHE_SHADOW_REBUILD, error) : status;
}

/* Ends a switch that was interrupted. */
static int finish_switch(struct mneme_cache_shadow *shadow, const struct note *note,
                         struct mneme_error *error) {
    const struct mneme_hot_space space = {shadow->space.prefix, note->space};
    mneme_log(MNEME_LOG_INFO, "an interrupted switch of Redis is ended");
    int status = switch_all(shadow, &space, note->partitions, error);
    return status == MNEME_OK ? remove_former(shadow, note, error) : status;
}

/* --- leftovers of other runs --- */

static int remove_leftovers(struct mneme_cache_shadow *shadow, struct mneme_error *error) {
    struct note rebuild = {0};
    struct note verify = {0};
    int status = read_state(&rebuild, shadow, MNEME_CACHE_SHADOW_REBUILD, error);
    if (status == MNEME_OK) {
        status = read_state(&verify, shadow, MNEME_CACHE_SHADOW_VERIFY, error);
    }
    int32_t most = rebuild.partitions > verify.partitions ? rebuild.partitions : verify.partitions;
    if (status == MNEME_OK) {
        status = read_live(shadow, most, error);
    }
    if (status == MNEME_OK && rebuild.is_there && rebuild.former != NULL) {
        status = finish_switch(shadow, &rebuild, error);
    } else if (status == MNEME_OK && rebuild.is_there && shadow->task == MNEME_CACHE_SHADOW_REBUILD) {
        shadow->is_there = true;
        shadow->partitions = rebuild.partitions;
        memcpy(shadow->topic, rebuild.topic, sizeof shadow->topic);
        status = lead_to(shadow, rebuild.space, error);
    }
    if (status == MNEME_OK && verify.is_there) {
        const struct mneme_hot_space space = {shadow->space.prefix, verify.space};
        status = mneme_hot_space_remove(shadow->redis, &space, (int32_t)shadow->live_count, error);
        status = status == MNEME_OK ? forget_note(shadow, MNEME_CACHE_SHADOW_VERIFY, error) : status;
    }
    free(rebuild.former);
    free(verify.former);
    return status;
}

static int lock(struct mneme_cache_shadow *shadow, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, shadow->space.prefix);
    int status = mneme_pg_require_session(shadow->postgres, "nothing was begun", error);
    if (status != MNEME_OK) {
        mneme_pg_params_clean_up(&params);
        return status;
    }
    status = mneme_pg_query(&rows, shadow->postgres, mneme_sql_redis_lock, &params, true, error);
    if (status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 0) {
        status = mneme_error_set(error, MNEME_E_CONFLICT,
                                 "nothing was begun: another rebuild or verification of the keys \"%.*s\" in "
                                 "Redis is running; wait until it has ended",
                                 MNEME_STR_ARG(shadow->space.prefix));
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_cache_shadow_open(struct mneme_cache_shadow *shadow, const struct mneme_config *config,
                            enum mneme_cache_shadow_task task, struct mneme_error *error) {
    const struct mneme_redis_options options = {
        .timeout_ms = mneme_config_long(config, MNEME_SETTING_REDIS_TIMEOUT_MS)};
    *shadow = (struct mneme_cache_shadow){.task = task};
    int status = mneme_config_copy(&shadow->config, config, error);
    if (status == MNEME_OK) {
        status = mneme_hot_prefix(&shadow->space.prefix, shadow->config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_redis_open(&shadow->redis, mneme_config_string(config, MNEME_SETTING_REDIS_URL),
                                  &options, error);
    }
    if (status == MNEME_OK) {
        status =
            mneme_pg_connect_to(&shadow->postgres, config, MNEME_PROJECTION_POSTGRES, "mneme rebuild", error);
    }
    if (status == MNEME_OK) {
        status = lock(shadow, error);
    }
    if (status == MNEME_OK) {
        status = remove_leftovers(shadow, error);
    }
    if (status != MNEME_OK) {
        mneme_cache_shadow_close(shadow);
    }
    return status;
}

void mneme_cache_shadow_close(struct mneme_cache_shadow *shadow) {
    mneme_redis_close(shadow->redis);
    mneme_pg_unlock(shadow->postgres);
    mneme_pg_close(shadow->postgres);
    if (shadow->config != NULL) {
        mneme_config_destroy(shadow->config);
    }
    free(shadow->live_numbers);
    *shadow = (struct mneme_cache_shadow){0};
}

int mneme_cache_shadow_drop(struct mneme_cache_shadow *shadow, struct mneme_error *error) {
    int32_t live = (int32_t)shadow->live_count;
    int32_t scanned = shadow->partitions > live ? shadow->partitions : live;
    if (!shadow->is_there) {
        return MNEME_OK;
    }
    int status = mneme_hot_space_remove(shadow->redis, &shadow->space, scanned, error);
    if (status == MNEME_OK) {
        status = forget_note(shadow, shadow->task, error);
    }
    shadow->is_there = status != MNEME_OK;
    return status;
}

int mneme_cache_shadow_make(struct mneme_cache_shadow *shadow, const struct mneme_rebuild_log *log,
                            struct mneme_error *error) {
    char number[NUMBER_BYTES];
    char partitions[NUMBER_BYTES];
    int64_t highest = MNEME_HOT_FIRST_SPACE;
    int status = mneme_cache_shadow_drop(shadow, error);
    if (status == MNEME_OK) {
        status = read_live(shadow, log->partitions, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < shadow->live_count; i++) {
        highest = shadow->live_numbers[i] > highest ? shadow->live_numbers[i] : highest;
    }
    if (status == MNEME_OK) {
        status = lead_to(shadow, highest + tasks[shadow->task].distance, error);
    }
    snprintf(shadow->topic, sizeof shadow->topic, "%s", log->topic);
    shadow->partitions = log->partitions;
    const struct mneme_str words[] = {
        MNEME_STR_LIT("space"),      number_word(number, shadow->space.number),
        MNEME_STR_LIT("topic"),      mneme_str_from(shadow->topic),
        MNEME_STR_LIT("partitions"), number_word(partitions, log->partitions),
    };
    if (status == MNEME_OK) {
        status = run_on_state(NULL, shadow, shadow->task, "HSET", words, 6, error);
    }
    shadow->is_there = status == MNEME_OK;
    return status;
}

int mneme_cache_shadow_freeze(struct mneme_hot_standing *out, struct mneme_cache_shadow *shadow,
                              int32_t partition, int64_t for_ms, struct mneme_error *error) {
    const struct mneme_hot_space live = {shadow->space.prefix, shadow->live_numbers[partition]};
    return mneme_hot_space_freeze(out, shadow->redis, &live, partition, for_ms, error);
}

/* --- the rebuild's end --- */

/* Checks that the folded keys and the lock are still there. */
static int find_shadow(struct mneme_cache_shadow *shadow, struct mneme_error *error) {
    struct mneme_hot_standing standing = {.is_there = true};
    int status = mneme_pg_run(shadow->postgres, "SELECT 1", error);
    for (int32_t p = 0; status == MNEME_OK && p < shadow->partitions && standing.is_there; p++) {
        status = mneme_hot_space_freeze(&standing, shadow->redis, &shadow->space, p, 0, error);
    }
    return status != MNEME_OK || standing.is_there
               ? status
               : mneme_error_set(error, MNEME_E_CONFLICT,
                                 "nothing was switched: Redis has lost the rebuilt keys; run this again");
}

static int note_former(struct mneme_cache_shadow *shadow, struct note *note, struct mneme_error *error) {
    struct mneme_buffer text = {0};
    for (size_t i = 0; i < shadow->live_count; i++) {
        if (i == 0 || shadow->live_numbers[i] != shadow->live_numbers[i - 1]) {
            mneme_buffer_printf(&text, "%s%lld", i == 0 ? "" : ",", (long long)shadow->live_numbers[i]);
        }
    }
    const struct mneme_str words[] = {MNEME_STR_LIT("former"), mneme_buffer_str(&text)};
    int status = text.failed
                     ? no_memory(error)
                     : run_on_state(NULL, shadow, MNEME_CACHE_SHADOW_REBUILD, "HSET", words, 2, error);
    note->former = strndup(words[1].data, words[1].len);
    mneme_buffer_clean_up(&text);
    return status == MNEME_OK && note->former == NULL ? no_memory(error) : status;
}

int mneme_cache_shadow_switch(struct mneme_cache_shadow *shadow, struct mneme_error *error) {
    struct note note = {.is_there = true, .space = shadow->space.number, .partitions = shadow->partitions};
    int status = find_shadow(shadow, error);
    if (status == MNEME_OK) {
        status = read_live(shadow, shadow->partitions, error);
    }
    if (status == MNEME_OK) {
        status = note_former(shadow, &note, error);
    }
    if (status == MNEME_OK) {
        status = switch_all(shadow, &shadow->space, shadow->partitions, error);
    }
    shadow->is_there = status != MNEME_OK;
    struct mneme_error reason = {0};
    if (status == MNEME_OK && remove_former(shadow, &note, &reason) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "the replaced keys are still there", MNEME_LOG_S("reason", reason.message),
                  MNEME_LOG_S("advice", "the next rebuild removes them, or `mneme rebuild redis --abandon`"));
    }
    free(note.former);
    return status;
}
