/*
 * Assembles the status of the projections.
 */
#include "queries/projection_status.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "stores/redis/progress.h"
#include "stores/vectors/edition.h"
#include "stores/vectors/loss.h"

#define LOG_TIMEOUT_MS 5000
#define REDIS_TIMEOUT_MS 2000
#define MAX_PROJECTIONS 64

/* What visitors fill in. */
struct gathering {
    const struct mneme_projection_facts *group; /* whose schema is read */
    bool is_complete; /* rows of projections that are not among the items are ignored */
    struct mneme_projection_status *items;
    size_t count;
    bool failed;
};

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "the status was not read: memory is exhausted; free some");
}

static struct mneme_projection_status *find(struct mneme_projection_status *items, size_t count,
                                            struct mneme_str projection, struct mneme_str topic) {
    for (size_t i = 0; i < count; i++) {
        if (mneme_str_equal(mneme_str_from(items[i].projection), projection) &&
            mneme_str_equal(mneme_str_from(items[i].topic), topic)) {
            return &items[i];
        }
    }
    return NULL;
}

static struct mneme_projection_status *find_or_add(struct gathering *gathering, struct mneme_str projection,
                                                   struct mneme_str topic) {
    struct mneme_projection_status *item = find(gathering->items, gathering->count, projection, topic);
    if (item == NULL && gathering->items != NULL && !gathering->is_complete &&
        gathering->count < MAX_PROJECTIONS) {
        item = &gathering->items[gathering->count++];
        item->of = gathering->group;
        snprintf(item->projection, sizeof item->projection, "%.*s", MNEME_STR_ARG(projection));
        snprintf(item->topic, sizeof item->topic, "%.*s", MNEME_STR_ARG(topic));
        item->seen_micros = mneme_clock_monotonic_micros();
    }
    return item;
}

static bool make_partitions(struct mneme_projection_status *item, int64_t count) {
    if (count <= 0 || count <= item->partition_count || count > MNEME_MAX_PARTITIONS) {
        return count <= MNEME_MAX_PARTITIONS;
    }
    struct mneme_partition_status *partitions = realloc(item->partitions, (size_t)count * sizeof *partitions);
    if (partitions == NULL) {
        return false;
    }
    size_t added = (size_t)(count - item->partition_count);
    memset(partitions + item->partition_count, 0, added * sizeof *partitions);
    item->partitions = partitions;
    item->partition_count = (int32_t)count;
    return true;
}

static bool add_progress(const void *row, void *context) {
    const struct mneme_progress_row *progress = row;
    struct gathering *gathering = context;
    struct mneme_projection_status *item = find_or_add(gathering, progress->projection, progress->topic);
    if (item == NULL && gathering->is_complete) {
        return true;
    }
    int64_t wanted = progress->partition < progress->topic_partitions ? progress->topic_partitions
                                                                      : progress->partition + 1;
    if (item == NULL || !make_partitions(item, wanted)) {
        gathering->failed = true;
        return false;
    }
    item->folded_partitions = (int32_t)progress->topic_partitions;
    struct mneme_partition_status *partition = &item->partitions[progress->partition];
    partition->next_offset = progress->next_offset;
    partition->updated_at = progress->updated_at;
    snprintf(partition->owner, sizeof partition->owner, "%.*s", MNEME_STR_ARG(progress->owner));
    return true;
}

static bool add_parked(const void *row, void *context) {
    const struct mneme_parked_count_row *parked = row;
    struct gathering *gathering = context;
    struct mneme_projection_status *item = find_or_add(gathering, parked->projection, parked->topic);
    if (item != NULL) {
        item->parked = parked->events;
    }
    return true;
}

static bool add_refused(const void *row, void *context) {
    const struct mneme_refused_row *refused = row;
    struct gathering *gathering = context;
    for (size_t i = 0; i < gathering->count; i++) {
        struct mneme_projection_status *item = &gathering->items[i];
        if (mneme_str_equal(mneme_str_from(item->projection), refused->projection)) {
            item->refused = refused->documents;
        }
    }
    return true;
}

static bool has_begun(const struct mneme_projection_status *item) {
    bool has_begun = false;
    for (int32_t i = 0; i < item->partition_count; i++) {
        has_begun = has_begun || item->partitions[i].next_offset > 0;
    }
    return has_begun;
}

/* What the offsets reveal: a topic that is gone, that is shorter than what was folded, or that has another
 * number of partitions; and a topic of records that has lost any of them. */
static void note_loss(struct mneme_projection_status *item, const struct mneme_log_ends *ends,
                      bool is_there) {
    bool is_of_records = item->of->source != NULL;
    const char *why = NULL;
    if (!has_begun(item) || item->lost[0] != '\0' || (!is_there && !is_of_records)) {
        return;
    }
    if (!is_there) {
        why = "is gone";
    } else if (item->folded_partitions != ends->partition_count) {
        why = "has another number of partitions than when it was first folded";
    }
    for (int32_t i = 0; why == NULL && i < ends->partition_count; i++) {
        if (item->partitions[i].next_offset > ends->end_offsets[i]) {
            why = "is shorter than what was folded from it";
        } else if (is_of_records && ends->first_offsets[i] > 0) {
            why = "has lost its beginning";
        }
    }
    if (why != NULL) {
        snprintf(item->lost, sizeof item->lost, "topic %s %s; run `mneme rebuild %s`", item->topic, why,
                 mneme_projection_rebuilt_by(item->of));
    }
}

/* Adds what the log and the consumer group say about one projection. */
static int add_log(struct mneme_projection_status *item, struct mneme_log_probe *reader,
                   const struct mneme_config *config, struct mneme_error *error) {
    struct mneme_log_ends ends;
    struct mneme_error why = {0};
    int status = mneme_log_ends_read(&ends, reader, item->topic, LOG_TIMEOUT_MS, &why);
    note_loss(item, &ends, status == MNEME_OK);
    if (status == MNEME_E_NOT_FOUND && item->of->source != NULL) {
        ends = (struct mneme_log_ends){0}; /* its topic is made by the first worker that writes to it */
    } else if (status != MNEME_OK) {
        *error = why;
        return status;
    }
    if (!make_partitions(item, ends.partition_count)) {
        mneme_log_ends_clean_up(&ends);
        return out_of_memory(error);
    }
    for (int32_t i = 0; i < ends.partition_count; i++) {
        item->partitions[i].first_offset = ends.first_offsets[i];
        item->partitions[i].end_offset = ends.end_offsets[i];
    }
    mneme_log_ends_clean_up(&ends);
    char group[MNEME_TOPIC_NAME_BYTES + sizeof item->projection];
    snprintf(group, sizeof group, "%s%s", mneme_config_string(config, MNEME_SETTING_TOPIC_PREFIX),
             item->of->name);
    status = mneme_group_facts_read(&item->group, reader, group, LOG_TIMEOUT_MS, error);
    item->has_log = status == MNEME_OK;
    return status;
}

static int64_t lag_of(const struct mneme_partition_status *partition) {
    int64_t from =
        partition->next_offset > partition->first_offset ? partition->next_offset : partition->first_offset;
    return partition->end_offset > from ? partition->end_offset - from : 0;
}

static void sum_up(struct mneme_projection_status *item, const struct mneme_projection_status *before,
                   size_t before_count) {
    for (int32_t i = 0; i < item->partition_count; i++) {
        const struct mneme_partition_status *partition = &item->partitions[i];
        item->lag += lag_of(partition);
        int64_t folded = partition->next_offset - partition->first_offset;
        item->events += folded > 0 ? folded : 0;
    }
    for (size_t i = 0; i < before_count; i++) {
        double seconds = (double)(item->seen_micros - before[i].seen_micros) / 1e6;
        bool is_same =
            strcmp(before[i].projection, item->projection) == 0 && strcmp(before[i].topic, item->topic) == 0;
        if (!is_same || seconds <= 0) {
            continue;
        }
        int64_t moved = 0;
        for (int32_t j = 0; j < item->partition_count && j < before[i].partition_count; j++) {
            moved += item->partitions[j].next_offset - before[i].partitions[j].next_offset;
        }
        item->rate_per_s = (struct mneme_opt_double){(double)moved / seconds, true};
    }
}

/* A generation of vectors that is being written is a separate projection. */
static int add_generation(void *context, const struct mneme_generation *generation) {
    char name[MNEME_GENERATION_PROGRESS_BYTES];
    if (generation->state != MNEME_GENERATION_RETIRED) {
        mneme_generation_progress(name, generation);
        find_or_add(context, mneme_str_from(name), mneme_str_from(generation->topic));
    }
    return MNEME_OK;
}

/* Adds the projections of the group that should exist, even if they never began. */
static int add_expected(struct gathering *gathering, struct mneme_postgres *postgres,
                        const struct mneme_config *config, struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    size_t count = gathering->count;
    int status = MNEME_OK;
    if (gathering->group->id == MNEME_PROJECTION_VECTORS) {
        status = mneme_generation_each(postgres, add_generation, gathering, error);
        gathering->is_complete = gathering->count > count;
        if (status == MNEME_OK && !gathering->is_complete) {
            status = mneme_edition_current_topic(
                topic, postgres, config, mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL), error);
        }
    } else {
        status = mneme_kafka_events_topic(topic, config, error);
    }
    if (status == MNEME_OK && !gathering->is_complete) {
        find_or_add(gathering, mneme_str_from(gathering->group->name), mneme_str_from(topic));
    }
    return status;
}

/* Adds losses that workers have seen in the active generation: in its records, or in the log that these come
 * from. */
static int note_seen(struct gathering *gathering, struct mneme_postgres *postgres,
                     struct mneme_error *error) {
    struct mneme_generation active;
    struct mneme_error none = {0};
    char seen[2][512] = {"", ""};
    int status = mneme_generation_active(&active, postgres, &none);
    if (status == MNEME_E_NOT_FOUND) {
        return MNEME_OK;
    }
    if (status == MNEME_OK) {
        status =
            mneme_loss_read(seen[0], sizeof seen[0], postgres, active.number, MNEME_LOSS_SEEN_IN_LOG, error);
    }
    if (status == MNEME_OK) {
        status = mneme_loss_read(seen[1], sizeof seen[1], postgres, active.number, MNEME_LOSS_SEEN_IN_RECORDS,
                                 error);
    }
    for (size_t i = 0; status == MNEME_OK && i < gathering->count; i++) {
        struct mneme_projection_status *item = &gathering->items[i];
        bool is_of_records = strcmp(item->projection, MNEME_LOSS_SEEN_IN_RECORDS) == 0;
        if (is_of_records || item->of->id == MNEME_PROJECTION_EMBED) {
            memcpy(item->lost, seen[is_of_records], sizeof item->lost);
        }
    }
    return status;
}

/* Embedding keeps a progress for each model: once there are active vectors, only their model's counts. */
static int add_active_model(struct gathering *gathering, struct mneme_postgres *postgres,
                            const struct mneme_config *config, struct mneme_error *error) {
    const struct mneme_projection_facts *vectors = &mneme_projections[MNEME_PROJECTION_VECTORS];
    struct mneme_generation generation;
    char topic[MNEME_TOPIC_NAME_BYTES];
    char name[MNEME_EDITION_PROGRESS_BYTES];
    bool is_there;
    int status = mneme_status_enter(&is_there, postgres, config, vectors, error);
    if (status != MNEME_OK || !is_there) {
        return status;
    }
    status = mneme_generation_active(&generation, postgres, error);
    if (status == MNEME_E_NOT_FOUND) {
        return MNEME_OK;
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(topic, config, error);
    }
    if (status == MNEME_OK) {
        mneme_edition_progress(name, generation.model, generation.edition, true);
        find_or_add(gathering, mneme_str_from(name), mneme_str_from(topic));
        gathering->is_complete = true;
    }
    return status;
}

/* Adds what the schema of one group says. */
static int gather(struct gathering *gathering, struct mneme_postgres *postgres,
                  const struct mneme_config *config, struct mneme_error *error) {
    bool is_there = false;
    bool is_by_model = gathering->group->is_by_model;
    size_t count = gathering->count;
    gathering->is_complete = false;
    int status = is_by_model ? add_active_model(gathering, postgres, config, error) : MNEME_OK;
    if (status == MNEME_OK) {
        status = mneme_status_enter(&is_there, postgres, config, gathering->group, error);
    }
    if (status != MNEME_OK || (!is_there && gathering->group->id != MNEME_PROJECTION_POSTGRES)) {
        return status;
    }
    if (!is_by_model) {
        status = add_expected(gathering, postgres, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_status_progress(postgres, add_progress, gathering, error);
    }
    if (status == MNEME_OK && !gathering->failed) {
        status = mneme_status_parked_counts(postgres, add_parked, gathering, error);
    }
    if (status == MNEME_OK && !gathering->failed && is_by_model) {
        status = mneme_status_refused(postgres, add_refused, gathering, error);
    }
    if (status == MNEME_OK && gathering->group->id == MNEME_PROJECTION_VECTORS) {
        status = note_seen(gathering, postgres, error);
    }
    /* A row without a model does not stand for any of them. */
    return status == MNEME_OK && is_by_model && gathering->count == count
               ? add_expected(gathering, postgres, config, error)
               : status;
}

static bool add_hot_progress(void *context, const struct mneme_hot_progress *progress) {
    const struct mneme_progress_row row = {
        .projection = mneme_str_from(((struct gathering *)context)->group->name),
        .topic = progress->topic,
        .partition = progress->partition,
        .next_offset = progress->next_offset,
        .topic_partitions = progress->topic_partitions,
        .owner = progress->owner,
        .updated_at = progress->updated_at,
    };
    return add_progress(&row, context);
}

/* Adds what Redis says; without Redis the projection is away. */
static int gather_redis(struct gathering *gathering, const struct mneme_config *config,
                        struct mneme_error *error) {
    const struct mneme_redis_options options = {.timeout_ms = REDIS_TIMEOUT_MS};
    struct mneme_redis *redis = NULL;
    struct mneme_str prefix;
    struct mneme_error why = {0};
    char topic[MNEME_TOPIC_NAME_BYTES];
    gathering->is_complete = false;
    int status = mneme_kafka_events_topic(topic, config, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_projection_status *item =
        find_or_add(gathering, mneme_str_from(gathering->group->name), mneme_str_from(topic));
    status = mneme_hot_prefix(&prefix, config, &why);
    if (status == MNEME_OK) {
        status =
            mneme_redis_open(&redis, mneme_config_string(config, MNEME_SETTING_REDIS_URL), &options, &why);
    }
    if (status == MNEME_OK) {
        status = mneme_hot_progress_each(redis, prefix, add_hot_progress, gathering, &why);
    }
    mneme_redis_close(redis);
    if (status != MNEME_OK && item != NULL) {
        mneme_log(MNEME_LOG_DEBUG, "redis does not report its progress", MNEME_LOG_S("reason", why.message));
        item->is_away = true;
    }
    return MNEME_OK;
}

int mneme_projection_status_read(struct mneme_projection_status **out, size_t *count,
                                 struct mneme_postgres *postgres, struct mneme_log_probe *reader,
                                 const struct mneme_config *config,
                                 const struct mneme_projection_status *before, size_t before_count,
                                 struct mneme_error *log_error, struct mneme_error *error) {
    struct gathering gathering = {.items = calloc(MAX_PROJECTIONS, sizeof *gathering.items)};
    *out = NULL;
    *count = 0;
    int status = gathering.items == NULL ? out_of_memory(error) : MNEME_OK;
    for (size_t i = 0; i < MNEME_PROJECTIONS && status == MNEME_OK && !gathering.failed; i++) {
        gathering.group = &mneme_projections[i];
        status = gathering.group->has_schema ? gather(&gathering, postgres, config, error)
                                             : gather_redis(&gathering, config, error);
    }
    if (status == MNEME_OK && gathering.failed) {
        status = out_of_memory(error);
    }
    if (status != MNEME_OK) {
        mneme_projection_status_clean_up(gathering.items, gathering.count);
        return status;
    }
    int log_status = MNEME_OK;
    for (size_t i = 0; i < gathering.count; i++) {
        if (log_status == MNEME_OK && !gathering.items[i].is_away) {
            log_status = add_log(&gathering.items[i], reader, config, log_error);
        }
        sum_up(&gathering.items[i], before, before_count);
    }
    *out = gathering.items;
    *count = gathering.count;
    return MNEME_OK;
}

void mneme_projection_status_clean_up(struct mneme_projection_status *projections, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(projections[i].partitions);
    }
    free(projections);
}

static void long_or_null(struct mneme_json_writer *json, struct mneme_str key, int64_t value, bool is_known) {
    mneme_json_key(json, key);
    if (is_known) {
        mneme_json_long(json, value);
    } else {
        mneme_json_null(json);
    }
}

static void partition_json(const struct mneme_projection_status *item, int32_t index,
                           struct mneme_json_writer *json) {
    const struct mneme_partition_status *partition = &item->partitions[index];
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("partition"));
    mneme_json_long(json, index);
    mneme_json_key(json, MNEME_STR_LIT("next_offset"));
    mneme_json_long(json, partition->next_offset);
    long_or_null(json, MNEME_STR_LIT("first_offset"), partition->first_offset, item->has_log);
    long_or_null(json, MNEME_STR_LIT("end_offset"), partition->end_offset, item->has_log);
    long_or_null(json, MNEME_STR_LIT("lag"), lag_of(partition), item->has_log);
    mneme_json_key(json, MNEME_STR_LIT("owner"));
    mneme_json_string(json, partition->updated_at == 0 ? MNEME_STR_NULL : mneme_str_from(partition->owner));
    mneme_json_key(json, MNEME_STR_LIT("updated_at"));
    if (partition->updated_at == 0) {
        mneme_json_null(json);
    } else {
        mneme_json_time(json, partition->updated_at);
    }
    mneme_json_end_object(json);
}

void mneme_projection_status_json(const struct mneme_projection_status *item,
                                  struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("projection"));
    mneme_json_string(json, mneme_str_from(item->projection));
    mneme_json_key(json, MNEME_STR_LIT("group"));
    mneme_json_string(json, mneme_str_from(item->of->name));
    mneme_json_key(json, MNEME_STR_LIT("topic"));
    mneme_json_string(json, mneme_str_from(item->topic));
    mneme_json_key(json, MNEME_STR_LIT("group_state"));
    mneme_json_string(json, item->has_log ? mneme_str_from(item->group.state) : MNEME_STR_NULL);
    long_or_null(json, MNEME_STR_LIT("workers"), item->group.workers, item->has_log);
    mneme_json_key(json, MNEME_STR_LIT("is_worker_missing"));
    if (item->has_log) {
        mneme_json_bool(json, mneme_projection_lacks_workers(item));
    } else {
        mneme_json_null(json);
    }
    long_or_null(json, MNEME_STR_LIT("lag"), item->lag, item->has_log);
    mneme_json_key(json, MNEME_STR_LIT("events"));
    mneme_json_long(json, item->events);
    mneme_json_key(json, MNEME_STR_LIT("rate_per_s"));
    if (item->rate_per_s.is_set) {
        mneme_json_double(json, item->rate_per_s.value);
    } else {
        mneme_json_null(json);
    }
    mneme_json_key(json, MNEME_STR_LIT("parked"));
    mneme_json_long(json, item->parked);
    mneme_json_key(json, MNEME_STR_LIT("lost"));
    mneme_json_string(json, item->lost[0] == '\0' ? MNEME_STR_NULL : mneme_str_from(item->lost));
    mneme_json_key(json, MNEME_STR_LIT("refused"));
    mneme_json_long(json, item->refused);
    mneme_json_key(json, MNEME_STR_LIT("partitions"));
    mneme_json_begin_array(json);
    for (int32_t i = 0; i < item->partition_count; i++) {
        partition_json(item, i, json);
    }
    mneme_json_end_array(json);
    mneme_json_end_object(json);
}
