/*
 * How partitions are assigned and revoked. A partition from the group is first claimed in the projection,
 * which says where to go on, and only then fetched. A revoked partition is released at once, after the batch
 * that is being applied.
 */
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/runtime/saved_offset.h"
#include "consumers/runtime/worker_state.h"

#define FACTS_TIMEOUT_MS 5000
#define OFFSETS_TIMEOUT_MS 5000

/* Applied within a tenth of a second; the next may be four times as large, and so on. */
#define FIRST_BATCH_EVENTS 2500

/* A topic that has disappeared: brokers that restart may report this for a moment. */
#define MISSING_TOPIC_MICROS INT64_C(15000000)

static int compare_partitions(const void *a, const void *b) {
    const struct mneme_worker_partition *left = a;
    const struct mneme_worker_partition *right = b;
    return (left->partition > right->partition) - (left->partition < right->partition);
}

/* Takes over the group's list of partitions. */
static int adopt(struct mneme_worker *worker, const rd_kafka_topic_partition_list_t *list,
                 struct mneme_error *error) {
    size_t count = (size_t)list->cnt;
    size_t room = count == 0 ? 1 : count;
    struct mneme_worker_partition *partitions = reallocarray(worker->partitions, room, sizeof *partitions);
    worker->partitions = partitions == NULL ? worker->partitions : partitions;
    int32_t *numbers = reallocarray(worker->claim_partitions, room, sizeof *numbers);
    worker->claim_partitions = numbers == NULL ? worker->claim_partitions : numbers;
    int64_t *offsets = reallocarray(worker->claim_offsets, room, sizeof *offsets);
    worker->claim_offsets = offsets == NULL ? worker->claim_offsets : offsets;
    struct mneme_log_digest *digests = reallocarray(worker->claim_digests, room, sizeof *digests);
    worker->claim_digests = digests == NULL ? worker->claim_digests : digests;
    if (partitions == NULL || numbers == NULL || offsets == NULL || digests == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot take over partitions: out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        worker->partitions[i] = (struct mneme_worker_partition){
            .partition = list->elems[i].partition, .end_offset = -1, .committed = -1};
    }
    qsort(worker->partitions, count, sizeof *worker->partitions, compare_partitions);
    worker->partition_count = count;
    worker->phase = count == 0 ? MNEME_PHASE_READING : MNEME_PHASE_CLAIMING;
    mneme_worker_set_kafka_up(worker, true, "");
    mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_REBALANCES, NULL, 1);
    mneme_metrics_set(worker->metrics, MNEME_WORKER_METRIC_ASSIGNED, NULL, (double)count);
    return MNEME_OK;
}

static void log_partitions(const struct mneme_worker *worker, const char *event, const char *note) {
    struct mneme_buffer text = {0};
    for (size_t i = 0; i < worker->partition_count; i++) {
        mneme_buffer_printf(&text, "%s%d", i == 0 ? "" : ",", (int)worker->partitions[i].partition);
    }
    mneme_log(MNEME_LOG_INFO, event, MNEME_LOG_S("topic", worker->topic),
              MNEME_LOG_STR("partitions", mneme_buffer_str(&text)), MNEME_LOG_S("note", note));
    mneme_buffer_clean_up(&text);
}

/* The client waits for this call before it goes on with the group; an empty list keeps the membership and
 * fetches nothing until the projection has returned the offsets. */
static void assign_nothing_yet(struct mneme_worker *worker) {
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
    rd_kafka_resp_err_t code = rd_kafka_assign(worker->kafka, none);
    rd_kafka_topic_partition_list_destroy(none);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        mneme_log(MNEME_LOG_WARN, "assignment is not taken", MNEME_LOG_S("reason", rd_kafka_err2str(code)));
    }
}

void mneme_worker_on_rebalance(rd_kafka_t *kafka, rd_kafka_resp_err_t err,
                               rd_kafka_topic_partition_list_t *partitions, void *opaque) {
    struct mneme_worker *worker = opaque;
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        mneme_worker_release(worker);
        struct mneme_error error = {0};
        if (adopt(worker, partitions, &error) != MNEME_OK) {
            mneme_worker_fail(worker, &error);
        }
        log_partitions(worker, "partitions assigned", "by the group");
        assign_nothing_yet(worker);
        rd_kafka_yield(kafka); /* polling ends, and the claim begins, at once */
        return;
    }
    bool is_lost = rd_kafka_assignment_lost(kafka) != 0;
    if (worker->partition_count > 0) {
        log_partitions(worker, "partitions revoked",
                       is_lost ? "the group had removed this worker" : "by the group");
    }
    mneme_worker_release(worker);
    rd_kafka_resp_err_t code = rd_kafka_assign(kafka, NULL);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        mneme_log(MNEME_LOG_WARN, "revocation is not taken", MNEME_LOG_S("reason", rd_kafka_err2str(code)));
    }
}

/* Drops what was read and not applied; the next owner of the partitions will read it again. */
static void drop_batches(struct mneme_worker *worker) {
    for (size_t i = 0; i < worker->partition_count; i++) {
        if (worker->partitions[i].stalled != NULL) {
            rd_kafka_message_destroy(worker->partitions[i].stalled);
            worker->partitions[i].stalled = NULL;
            worker->partitions[i].waits_for_schema = false;
            mneme_worker_metric_set_partition(worker->metrics, MNEME_WORKER_METRIC_WAITING,
                                              worker->partitions[i].partition, 0);
        }
    }
    if (worker->applying != NULL) {
        mneme_fill_reset(worker->applying, &worker->rules);
        worker->applying = NULL;
    }
    mneme_fill_reset(worker->filling, &worker->rules);
    mneme_park_set_clean_up(&worker->parked);
    worker->retry.is_active = false;
    worker->stall.is_active = false;
}

/* The current job is finished; what it applied counts. */
static void finish_job(struct mneme_worker *worker) {
    mneme_sink_wait(worker->sink, -1);
    struct mneme_job *job = mneme_sink_take(worker->sink);
    if (job != NULL && job->kind == MNEME_JOB_APPLY &&
        (job->result == MNEME_APPLIED || job->result == MNEME_FATAL)) {
        mneme_worker_applied(worker, job);
    }
}

static void revoke(struct mneme_worker *worker) {
    for (size_t i = 0; i < worker->partition_count; i++) {
        int32_t partition = worker->partitions[i].partition;
        worker->claim_partitions[i] = partition;
        mneme_worker_metric_set_partition(worker->metrics, MNEME_WORKER_METRIC_LAG, partition, 0);
    }
    worker->job = (struct mneme_job){
        .kind = MNEME_JOB_REVOKE,
        .assignment = {.topic = worker->topic,
                       .topic_partitions = worker->rules.topic_partitions,
                       .partitions = worker->claim_partitions,
                       .count = worker->partition_count},
    };
    mneme_sink_post(worker->sink, &worker->job);
    finish_job(worker);
}

void mneme_worker_release(struct mneme_worker *worker) {
    if (worker->sink == NULL) {
        return;
    }
    finish_job(worker);
    mneme_worker_commit(worker);
    drop_batches(worker);
    if (worker->partition_count > 0) {
        mneme_worker_resume_all(worker);
        revoke(worker);
    }
    worker->partition_count = 0;
    worker->phase = MNEME_PHASE_JOINING;
    worker->rejoin.is_active = false;
    atomic_store(&worker->ready, false);
    mneme_metrics_set(worker->metrics, MNEME_WORKER_METRIC_ASSIGNED, NULL, 0);
}

void mneme_worker_rejoin(struct mneme_worker *worker, const char *reason) {
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_CONFLICT, "%s", reason);
    finish_job(worker);
    drop_batches(worker);
    worker->phase = MNEME_PHASE_REJOINING;
    worker->rejoin.is_active = false; /* each one is logged */
    mneme_worker_wait_begin(&worker->rejoin, "worker joins the group anew", &error);
}

void mneme_worker_rejoin_if_topic_changed(struct mneme_worker *worker) {
    if (worker->phase == MNEME_PHASE_READING && !worker->is_draining &&
        atomic_exchange(&worker->is_doubted, false)) {
        mneme_worker_rejoin(worker, "the topic was missing, and may be another one now");
    }
}

void mneme_worker_refuse_missing_records(struct mneme_error *error, const struct mneme_worker *worker) {
    mneme_error_set(
        error, MNEME_E_UNSAFE,
        "cannot fold topic %s: it no longer exists, nor do its records; run `mneme rebuild %s` to make "
        "them again",
        worker->topic, mneme_projection_rebuilt_by(worker->options->projection->facts));
}

/* Ends the worker when the topic has been missing for too long. */
static void topic_is_missing(struct mneme_worker *worker, const struct mneme_error *error) {
    struct mneme_error lost = {0};
    mneme_worker_wait_begin(&worker->missing, "topic is missing", error);
    if (mneme_clock_monotonic_micros() - worker->missing.since_micros <= MISSING_TOPIC_MICROS) {
        return;
    }
    if (worker->rules.takes_records) {
        mneme_worker_refuse_missing_records(&lost, worker);
    }
    mneme_worker_fail(worker, worker->rules.takes_records ? &lost : error);
}

void mneme_worker_find_topic(struct mneme_worker *worker) {
    struct mneme_kafka_topic_facts facts = {0};
    struct mneme_error error = {0};
    int status = mneme_kafka_topic_facts(&facts, worker->kafka, worker->topic, FACTS_TIMEOUT_MS, &error);
    if (status == MNEME_E_NOT_FOUND) {
        topic_is_missing(worker, &error);
    } else if (status == MNEME_OK) {
        mneme_worker_wait_end(&worker->missing, "topic is there");
        atomic_store(&worker->is_doubted, true);
    }
}

/* Waits for another attempt, or ends the worker when waiting cannot help. */
static void claim_failed(struct mneme_worker *worker, const struct mneme_error *error) {
    mneme_metrics_add(worker->metrics, MNEME_WORKER_METRIC_RETRIES, NULL, 1);
    if (error->code == MNEME_E_NOT_FOUND) {
        topic_is_missing(worker, error);
    } else if (error->code != MNEME_E_UNAVAILABLE && error->code != MNEME_E_TIMEOUT) {
        mneme_worker_fail(worker, error);
        return;
    }
    mneme_worker_wait_begin(&worker->retry, "partitions cannot be claimed yet", error);
}

void mneme_worker_claim(struct mneme_worker *worker) {
    struct mneme_kafka_topic_facts facts = {0};
    struct mneme_error error = {0};
    int status = mneme_kafka_topic_facts(&facts, worker->kafka, worker->topic, FACTS_TIMEOUT_MS, &error);
    if (status == MNEME_OK && facts.partitions > MNEME_MAX_PARTITIONS) {
        status = mneme_error_set(&error, MNEME_E_UNSAFE,
                                 "cannot fold topic %s: it has %d partitions and at most %d can be ordered; "
                                 "make a topic with fewer and copy the events to it",
                                 worker->topic, (int)facts.partitions, MNEME_MAX_PARTITIONS);
    }
    if (status != MNEME_OK) {
        claim_failed(worker, &error);
        return;
    }
    mneme_worker_wait_end(&worker->missing, "topic is there");
    mneme_worker_set_kafka_up(worker, true, "");
    worker->rules.topic_partitions = facts.partitions;
    for (size_t i = 0; i < worker->partition_count; i++) {
        worker->claim_partitions[i] = worker->partitions[i].partition;
        worker->claim_offsets[i] = 0;
        worker->claim_digests[i] = (struct mneme_log_digest){0};
    }
    worker->job = (struct mneme_job){
        .kind = MNEME_JOB_ASSIGN,
        .assignment = {.topic = worker->topic,
                       .topic_partitions = facts.partitions,
                       .partitions = worker->claim_partitions,
                       .next_offsets = worker->claim_offsets,
                       .last_digests = worker->claim_digests,
                       .count = worker->partition_count},
    };
    mneme_sink_post(worker->sink, &worker->job);
}

/* Compares the projection's offsets with the log. */
static int check_offsets(struct mneme_worker *worker, struct mneme_error *error) {
    int64_t *ends = calloc(worker->partition_count, 2 * sizeof *ends);
    if (ends == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot check the saved progress: out of memory");
    }
    int64_t *starts = ends + worker->partition_count;
    int status =
        mneme_worker_query_offsets(worker, RD_KAFKA_OFFSET_BEGINNING, starts, OFFSETS_TIMEOUT_MS, error);
    if (status == MNEME_OK) {
        status = mneme_worker_query_offsets(worker, RD_KAFKA_OFFSET_END, ends, OFFSETS_TIMEOUT_MS, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < worker->partition_count; i++) {
        struct mneme_saved_offset saved = {
            .projection = worker->options->projection->facts->name,
            .rebuilt_by = mneme_projection_rebuilt_by(worker->options->projection->facts),
            .takes_loss = mneme_projection_takes_loss(worker->options->projection),
            .topic = worker->topic,
            .partition = worker->partitions[i].partition,
            .next_offset = worker->claim_offsets[i],
            .log_start = starts[i],
            .log_end = ends[i],
        };
        worker->partitions[i].end_offset = ends[i];
        status = mneme_saved_offset_check(&saved, error);
        struct mneme_log_digest *digest = &worker->claim_digests[i];
        if (digest->is_set && mneme_log_digest_offset(digest) < saved.log_start) {
            digest->is_set = false; /* the event is not in the log any more */
        }
    }
    free(ends);
    return status;
}

static int load_parked_keys(struct mneme_worker *worker, const struct mneme_assignment *assignment,
                            struct mneme_error *error) {
    mneme_park_set_clean_up(&worker->parked);
    for (size_t i = 0; !worker->rules.parks_alone && i < assignment->parked_key_count; i++) {
        const struct mneme_parked_key *key = &assignment->parked_keys[i];
        if (!mneme_park_set_add(&worker->parked, key->partition, key->key, key->blocked_by)) {
            return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot remember parked keys: out of memory");
        }
    }
    return MNEME_OK;
}

/* Begins to fetch at the projection's offsets, or at the last event before them that is to be recognised. */
static int begin_reading(struct mneme_worker *worker, struct mneme_error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)worker->partition_count);
    for (size_t i = 0; i < worker->partition_count; i++) {
        struct mneme_worker_partition *partition = &worker->partitions[i];
        partition->read_offset = worker->claim_offsets[i];
        partition->applied_offset = worker->claim_offsets[i];
        partition->is_paused = false;
        partition->expected = worker->claim_digests[i];
        rd_kafka_topic_partition_list_add(list, worker->topic, partition->partition)->offset =
            partition->expected.is_set ? mneme_log_digest_offset(&partition->expected)
                                       : worker->claim_offsets[i];
        mneme_worker_metric_set_partition(worker->metrics, MNEME_WORKER_METRIC_APPLIED_OFFSET,
                                          partition->partition, partition->applied_offset);
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(worker->kafka, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return mneme_kafka_error(error, "cannot begin to read topic", worker->topic, code, NULL);
    }
    return MNEME_OK;
}

void mneme_worker_claimed(struct mneme_worker *worker, const struct mneme_job *job) {
    struct mneme_error error = job->error;
    if (job->result == MNEME_FATAL || job->result == MNEME_REJECT) {
        mneme_worker_fail(worker, &error);
        return;
    }
    if (job->result == MNEME_FENCED) {
        mneme_worker_rejoin(worker, error.message);
        return;
    }
    int status = job->result == MNEME_APPLIED ? MNEME_OK : MNEME_E_UNAVAILABLE;
    if (status == MNEME_OK) {
        status = load_parked_keys(worker, &job->assignment, &error);
    }
    if (status == MNEME_OK) { /* now that the claim holds: parking by hand from here on ends it */
        status = mneme_worker_read_marks(worker, &error);
    }
    if (status == MNEME_OK) {
        status = check_offsets(worker, &error);
    }
    if (status == MNEME_OK) {
        status = begin_reading(worker, &error);
    }
    if (status != MNEME_OK) {
        error.code = (enum mneme_status)status;
        mneme_metrics_set(worker->metrics, MNEME_WORKER_METRIC_SINK_UP, NULL,
                          job->result == MNEME_APPLIED ? 1 : 0);
        claim_failed(worker, &error);
        return;
    }
    worker->phase = MNEME_PHASE_READING;
    worker->rules.max_events =
        worker->batch_max_events < FIRST_BATCH_EVENTS ? worker->batch_max_events : FIRST_BATCH_EVENTS;
    mneme_worker_wait_end(&worker->retry, "partitions could be claimed");
    mneme_metrics_set(worker->metrics, MNEME_WORKER_METRIC_SINK_UP, NULL, 1);
    mneme_log(MNEME_LOG_INFO, "partitions claimed", MNEME_LOG_I("partitions", worker->partition_count),
              MNEME_LOG_I("parked_keys", mneme_park_set_count(&worker->parked)));
}
