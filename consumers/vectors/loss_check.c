/*
 * Only offsets are requested from the brokers, and only the last events are read from the log.
 */
#include "consumers/vectors/loss_check.h"

#include <endian.h>
#include <stdlib.h>

#include "common/postgres/row.h"
#include "common/postgres/schema.h"
#include "consumers/store/log_check.h"
#include "schemas/embedding.h"
#include "sql/embedded.h"
#include "stores/vectors/edition.h"
#include "stores/vectors/loss.h"

#define OFFSETS_TIMEOUT_MS 30000
#define MEND "; run `mneme rebuild embed` to make them again"

/* --- times --- */

/* The time, big-endian, where a digest would begin; the offset is 0. */
static void put_time(struct mneme_log_digest *digest, int64_t micros) {
    uint64_t number = htobe64((uint64_t)micros);
    *digest = (struct mneme_log_digest){.is_set = true};
    memcpy(digest->bytes, &number, sizeof number);
}

int64_t mneme_records_marked(const struct mneme_log_digest *digest) {
    uint64_t number;
    memcpy(&number, digest->bytes, sizeof number);
    return digest->is_set ? (int64_t)be64toh(number) : -1;
}

void mneme_records_mark(struct mneme_batch *batch, int64_t *before, int32_t partitions) {
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        int32_t partition = item->position.partition;
        if (partition < partitions && item->recorded_at > before[partition]) {
            before[partition] = item->recorded_at;
        }
    }
    for (size_t i = 0; i < batch->partition_count; i++) {
        int32_t partition = batch->partitions[i].partition;
        if (partition < partitions && before[partition] > 0) {
            put_time(&batch->partitions[i].last_digest, before[partition]);
        }
    }
}

/* --- the topic --- */

struct check {
    const char *topic;
    struct mneme_log_reader *reader;
    int32_t partitions;
    bool has_times; /* of the brokers' clock */
    int64_t *starts, *ends, *later;
};

static int lost(const struct check *check, const char *why, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_UNSAFE, "the records of the vectors are lost: topic %s %s" MEND,
                           check->topic, why);
}

static int ask(int64_t *offsets, const struct check *check, enum mneme_log_point_kind kind, int64_t micros,
               struct mneme_error *error) {
    const struct mneme_log_point point = {.kind = kind, .micros = micros, .is_behind = true};
    return mneme_log_reader_resolve(offsets, check->reader, &point, OFFSETS_TIMEOUT_MS, error);
}

static int open_topic(struct check *check, const struct mneme_config *config, struct mneme_error *error) {
    struct mneme_log_source source = {.is_of_records = true};
    struct mneme_kafka_topic_facts facts = {0};
    struct mneme_error why = {0};
    memcpy(source.topic, check->topic, strlen(check->topic) + 1);
    int status = mneme_kafka_topic_find(&facts, check->topic, config, &why);
    if (status == MNEME_OK) {
        status = mneme_log_reader_open_source(&check->reader, config, &source, "records", &why);
    }
    if (status == MNEME_E_NOT_FOUND) {
        return lost(check, "no longer exists", error);
    }
    if (status != MNEME_OK) {
        return mneme_error_set(error, (enum mneme_status)status, "%s", why.message);
    }
    check->has_times = facts.has_settings && facts.is_log_append_time;
    check->partitions = mneme_log_reader_partitions(check->reader);
    size_t count = (size_t)check->partitions + 1;
    check->starts = calloc(3 * count, sizeof *check->starts);
    if (check->starts == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the vectors' records were not checked: out of memory");
    }
    check->ends = check->starts + count;
    check->later = check->ends + count;
    status = ask(check->starts, check, MNEME_LOG_BEGINNING, 0, error);
    return status == MNEME_OK ? ask(check->ends, check, MNEME_LOG_END, 0, error) : status;
}

static int check_row(struct check *check, const PGresult *rows, int row, struct mneme_error *error) {
    int64_t partition = mneme_pg_get_long(rows, row, 0);
    int64_t next = mneme_pg_get_long(rows, row, 1);
    struct mneme_log_digest digest = {0};
    if (mneme_pg_get_long(rows, row, 2) != check->partitions || partition >= check->partitions) {
        return lost(check, "has another number of partitions than when they were made", error);
    }
    if (check->starts[partition] > 0) {
        return lost(check, "has lost its beginning", error);
    }
    if (next > check->ends[partition]) {
        return lost(check, "is shorter than what was folded of it", error);
    }
    mneme_log_digest_take(&digest, PQgetvalue(rows, row, 3), (size_t)PQgetlength(rows, row, 3), next);
    int64_t micros = mneme_records_marked(&digest);
    if (micros < 0 || !check->has_times) {
        return MNEME_OK;
    }
    int status = ask(check->later, check, MNEME_LOG_TIME, micros, error);
    return status == MNEME_OK && check->later[partition] < next
               ? lost(check, "was made again since they were folded", error)
               : status;
}

int mneme_records_check(const struct mneme_generation *generation, const struct mneme_config *config,
                        struct mneme_postgres *postgres, struct mneme_error *error) {
    struct check check = {.topic = generation->topic};
    char name[MNEME_GENERATION_PROGRESS_BYTES];
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_generation_progress(name, generation);
    mneme_pg_param_str(&params, mneme_str_from(name));
    mneme_pg_param_str(&params, mneme_str_from(generation->topic));
    int status = mneme_pg_query(&rows, postgres, mneme_sql_log_check_progress, &params, true, error);
    if (status == MNEME_OK) {
        status = open_topic(&check, config, error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        status = check_row(&check, rows, row, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    mneme_log_reader_close(check.reader);
    free(check.starts);
    return status;
}

/* --- the log --- */

static int refuse_other_log(const char *why, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_UNSAFE,
                           "the vectors come from a log that no longer exists: %s" MEND, why);
}

/* Of a topic that `embed` knows nothing of, or that is not there: `why` it is another one, if it has begun.
 */
static int check_begun(struct mneme_postgres *postgres, const char *projection, const char *why,
                       struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(projection));
    int status = mneme_pg_query(&rows, postgres, mneme_sql_embed_has_begun, &params, false, error);
    if (status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 't') {
        status = refuse_other_log(why, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int check_log(const struct mneme_generation *generation, const struct mneme_config *config,
                     struct mneme_error *error) {
    struct mneme_log_reader *reader = NULL;
    struct mneme_postgres *postgres = NULL;
    struct mneme_error why = {0};
    char projection[MNEME_EDITION_PROGRESS_BYTES];
    bool is_begun = false;
    mneme_edition_progress(projection, generation->model, generation->edition, true);
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_EMBED, "mneme-loss", &why);
    if (status == MNEME_OK) {
        status = mneme_log_reader_open(&reader, config, "records", &why);
    }
    bool is_there = status == MNEME_OK;
    if (is_there) {
        status = mneme_log_check(&is_begun, reader, postgres, projection, &why);
    }
    if (status == MNEME_E_NOT_FOUND && !is_there) {
        status = check_begun(postgres, projection, "the events topic does not exist", error);
    } else if (status == MNEME_OK && !is_begun) {
        status = check_begun(postgres, projection,
                             "they were made from another topic than that of MNEME_TOPIC_PREFIX", error);
    } else if (status == MNEME_E_UNSAFE) {
        status = refuse_other_log(why.message, error);
    } else if (status != MNEME_OK) {
        status = mneme_error_set(error, (enum mneme_status)status, "%s", why.message);
    }
    mneme_pg_close(postgres);
    mneme_log_reader_close(reader);
    return status;
}

/* Records a result; a check that could not be made records nothing. */
static void note(const struct mneme_config *config, const char *seen_by, int status,
                 const struct mneme_error *error) {
    if (status == MNEME_OK || status == MNEME_E_UNSAFE) {
        mneme_loss_write(config, seen_by, status == MNEME_OK ? NULL : error->message);
    }
}

int mneme_loss_check(const struct mneme_generation *generation, const struct mneme_config *config,
                     struct mneme_postgres *postgres, struct mneme_error *error) {
    int status = mneme_records_check(generation, config, postgres, error);
    note(config, MNEME_LOSS_SEEN_IN_RECORDS, status, error);
    if (status == MNEME_OK) {
        status = check_log(generation, config, error);
        note(config, MNEME_LOSS_SEEN_IN_LOG, status, error);
    }
    return status;
}
