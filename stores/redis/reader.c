/*
 * The topic is read once; the space is guessed and corrected by the key `live`.
 */
#include "stores/redis/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "stores/redis/reader_state.h"

#define TIMEOUT_MS 200 /* Postgres answers faster than that */
#define POLL_MICROS 1000

int mneme_hot_reader_open(struct mneme_hot_reader **out, const struct mneme_config *config,
                          struct mneme_error *error) {
    static const struct mneme_redis_options options = {.timeout_ms = TIMEOUT_MS,
                                                       .pause_ms = MNEME_REDIS_PAUSE_MS};
    struct mneme_str prefix;
    *out = NULL;
    int status = mneme_hot_prefix(&prefix, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_hot_reader *reader = calloc(1, sizeof *reader);
    char *copy = strndup(prefix.data, prefix.len);
    if (reader == NULL || copy == NULL) {
        free(reader);
        free(copy);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot read the hot tier: out of memory; free some memory");
    }
    reader->space = (struct mneme_hot_space){{copy, prefix.len}, MNEME_HOT_FIRST_SPACE};
    reader->config = config;
    mneme_arena_init(&reader->arena, 0);
    status = mneme_kafka_events_topic(reader->topic, config, error);
    if (status == MNEME_OK) {
        status = mneme_redis_open(&reader->redis, mneme_config_string(config, MNEME_SETTING_REDIS_URL),
                                  &options, error);
    }
    if (status != MNEME_OK) {
        mneme_hot_reader_close(reader);
        return status;
    }
    *out = reader;
    return MNEME_OK;
}

void mneme_hot_reader_close(struct mneme_hot_reader *reader) {
    if (reader != NULL) {
        mneme_redis_close(reader->redis);
        mneme_buffer_clean_up(&reader->scratch);
        mneme_arena_clean_up(&reader->arena);
        free((char *)reader->space.prefix.data); /* our own copy */
        free(reader);
    }
}

const struct mneme_hot_space *mneme_hot_reader_space(const struct mneme_hot_reader *reader) {
    return &reader->space;
}

struct mneme_str mneme_hot_reader_topic(const struct mneme_hot_reader *reader) {
    return mneme_str_from(reader->topic);
}

bool mneme_hot_reader_run(redisReply **reply, struct mneme_hot_reader *reader,
                          const struct mneme_redis_command *command) {
    struct mneme_error ignored = {0}; /* Postgres answers instead */
    *reply = NULL;
    return mneme_redis_run(reply, reader->redis, command, &ignored) == MNEME_OK;
}

/* --- which partition, and which space --- */

static bool is_text(const redisReply *reply) {
    return reply != NULL && (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS);
}

/* The number of partitions that workers have stored for our topic; 0 when they stored nothing. */
static int32_t read_partitions(const struct mneme_hot_reader *reader, const redisReply *reply) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !is_text(reply->element[0]) ||
        !is_text(reply->element[1]) || strcmp(reply->element[0]->str, reader->topic) != 0) {
        return 0;
    }
    long partitions = strtol(reply->element[1]->str, NULL, 10);
    return partitions > 0 && partitions <= MNEME_MAX_PARTITIONS ? (int32_t)partitions : 0;
}

int32_t mneme_hot_reader_partitions(struct mneme_hot_reader *reader) {
    redisReply *reply;
    if (reader->partitions > 0) {
        return reader->partitions;
    }
    mneme_buffer_clear(&reader->scratch);
    mneme_hot_topic_key(&reader->scratch, reader->space.prefix);
    const struct mneme_str words[] = {MNEME_STR_LIT("HMGET"), mneme_buffer_str(&reader->scratch),
                                      MNEME_STR_LIT("topic"), MNEME_STR_LIT("partitions")};
    const struct mneme_redis_command command = {NULL, words, 4, words[1]};
    if (mneme_hot_reader_run(&reply, reader, &command)) {
        reader->partitions = read_partitions(reader, reply);
        freeReplyObject(reply);
    }
    return reader->partitions;
}

int32_t mneme_hot_reader_partition_of(struct mneme_hot_reader *reader, struct mneme_str tenant,
                                      struct mneme_str stream_id) {
    int32_t partitions = mneme_hot_reader_partitions(reader);
    return partitions > 0 ? mneme_hot_partition(&reader->scratch, tenant, stream_id, partitions) : -1;
}

/* "<space>/<partitions>". */
static bool read_live(int64_t *space, int64_t *partitions, const char *text) {
    char *slash;
    *space = strtoll(text, &slash, 10);
    char *end = slash;
    *partitions = *slash == '/' ? strtoll(slash + 1, &end, 10) : 0;
    return *space > 0 && *partitions > 0 && *end == '\0';
}

enum mneme_hot_trust mneme_hot_reader_judge(struct mneme_hot_reader *reader, const redisReply *live) {
    int64_t space;
    int64_t partitions;
    if (!is_text(live)) {
        return MNEME_HOT_NOT_HERE;
    }
    if (reader->partitions > 0 && strcmp(live->str, reader->believed) == 0) {
        return MNEME_HOT_BELIEVE;
    }
    if (!read_live(&space, &partitions, live->str)) {
        return MNEME_HOT_NOT_HERE;
    }
    if (space == reader->space.number && partitions == reader->partitions) {
        snprintf(reader->believed, sizeof reader->believed, "%s", live->str);
        return MNEME_HOT_BELIEVE;
    }
    reader->space.number = space;
    reader->believed[0] = '\0';
    if (partitions != reader->partitions) {
        reader->partitions = 0; /* read again */
    }
    return MNEME_HOT_READ_AGAIN;
}

/* --- read your writes --- */

/* Reads `live` and the progress of the position's partition, which are in the same slot. */
static bool send_progress_question(struct mneme_hot_reader *reader, struct mneme_position position) {
    struct mneme_error ignored = {0};
    struct mneme_buffer *text = &reader->scratch;
    mneme_buffer_clear(text);
    mneme_hot_live_key(text, reader->space.prefix, position.partition);
    const struct mneme_str live[] = {MNEME_STR_LIT("GET"), mneme_buffer_str(text)};
    const struct mneme_redis_command first = {NULL, live, 2, live[1]};
    if (mneme_redis_send(reader->redis, &first, &ignored) != MNEME_OK) {
        return false;
    }
    mneme_buffer_clear(text);
    mneme_hot_key(text, &reader->space, position.partition, MNEME_HOT_PROGRESS, NULL, 0);
    const struct mneme_str progress[] = {MNEME_STR_LIT("HGET"), mneme_buffer_str(text),
                                         MNEME_STR_LIT("next_offset")};
    const struct mneme_redis_command second = {NULL, progress, 3, progress[1]};
    return mneme_redis_send(reader->redis, &second, &ignored) == MNEME_OK;
}

struct answer {
    enum mneme_hot_trust trust;
    bool has_it;
};

static struct answer receive_progress(struct mneme_hot_reader *reader, struct mneme_position position) {
    struct mneme_error ignored = {0};
    struct answer answer = {MNEME_HOT_NOT_HERE, false};
    redisReply *live = NULL;
    redisReply *progress = NULL;
    /* Reads both in any case, while there is a connection: an unread answer would be taken for the next one.
     */
    (void)mneme_redis_receive(&live, reader->redis, &ignored);
    if (mneme_redis_in_flight(reader->redis) > 0) {
        (void)mneme_redis_receive(&progress, reader->redis, &ignored);
    }
    if (live != NULL && progress != NULL) {
        answer.trust = mneme_hot_reader_judge(reader, live);
        answer.has_it = is_text(progress) && strtoll(progress->str, NULL, 10) > position.offset;
    }
    freeReplyObject(live);
    freeReplyObject(progress);
    return answer;
}

/* The worst of all positions. */
static struct answer check_positions(struct mneme_hot_reader *reader, const struct mneme_position *positions,
                                     size_t count) {
    struct answer all = {MNEME_HOT_BELIEVE, true};
    size_t sent = 0;
    while (sent < count && send_progress_question(reader, positions[sent])) {
        sent++;
    }
    size_t received = 0;
    while (received < sent && mneme_redis_in_flight(reader->redis) > 0) {
        struct answer one = receive_progress(reader, positions[received++]);
        all.trust = one.trust > all.trust ? one.trust : all.trust;
        all.has_it = all.has_it && one.has_it;
    }
    mneme_redis_drop(reader->redis);
    return received == count ? all : (struct answer){MNEME_HOT_NOT_HERE, false};
}

bool mneme_hot_reader_wait(struct mneme_hot_reader *reader, const struct mneme_position *positions,
                           size_t count, int64_t timeout_ms, const struct mneme_cancel *cancel) {
    int64_t deadline = mneme_clock_monotonic_micros() + timeout_ms * 1000;
    if (count == 0) {
        return true;
    }
    while (mneme_hot_reader_partitions(reader) > 0) {
        struct answer answer = check_positions(reader, positions, count);
        if (answer.trust == MNEME_HOT_BELIEVE && answer.has_it) {
            return true;
        }
        if (answer.trust == MNEME_HOT_NOT_HERE || mneme_clock_monotonic_micros() >= deadline ||
            mneme_cancel_is_due(cancel)) {
            return false;
        }
        mneme_clock_pause(POLL_MICROS);
    }
    return false;
}
