/*
 * The operations of the projection. One batch: the ledger's verdicts, the changes of documents, their
 * vectors; then one transaction that moves the progress first, writes the records while it holds it, and
 * commits once the brokers have them. So a worker that has lost a partition writes nothing, and records left
 * on the topic by a crash are written again: the next worker's batches may be smaller, so that an older
 * record follows, but the last record of each document is the newest.
 */
#include "consumers/embed/embed_projection.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/documents/parts.h"
#include "consumers/embed/embed_model.h"
#include "consumers/embed/embed_write.h"
#include "consumers/log/hand_parked.h"
#include "consumers/store/migrate.h"
#include "consumers/store/parked.h"
#include "consumers/store/progress.h"
#include "consumers/store/verdict_gate.h"
#include "sql/embedded.h"
#include "stores/vectors/edition.h"
#include "stores/vectors/loss.h"

/* Texts that were refused, of one batch, in the log. */
#define MOST_REFUSED_TOLD 20

/* How long a topic may be missing before the worker gives up. */
#define MISSING_TOPIC_MICROS INT64_C(15000000)

struct projection {
    const struct mneme_config *config;
    struct mneme_store_session session;
    struct mneme_store_progress progress;
    struct mneme_documents documents;
    struct mneme_embed_model model;
    char name[MNEME_EDITION_PROGRESS_BYTES]; /* of the progress */
    struct mneme_embedder *embedder;         /* this and the next two are of the model; NULL: not opened */
    struct mneme_embed_records *records;
    struct mneme_embedding_codec *codec;
    bool is_write_refused;  /* the brokers did not take the records of the last batch */
    int64_t missing_micros; /* since when the topic seems to be missing; 0: it is there */
    struct mneme_embed_writer writer;
    struct mneme_pg_params advance;
    struct mneme_buffer rows;
    struct mneme_buffer texts; /* of a batch: struct mneme_embed_text *, one behind the other */
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "the fold was not prepared: memory is exhausted; free some");
}

static int refuse_lost_topic(const struct projection *projection, struct mneme_error *error) {
    return mneme_error_set(
        error, MNEME_E_UNSAFE,
        "no text was embedded: topic %s, which had the vectors of model %s, no longer exists; run "
        "`mneme rebuild embed` to make them again",
        projection->model.topic, projection->model.model.name);
}

static void close_model(struct projection *projection) {
    mneme_embedder_close(projection->embedder);
    mneme_embed_records_close(projection->records);
    mneme_embedding_codec_destroy(projection->codec);
    projection->embedder = NULL;
    projection->records = NULL;
    projection->codec = NULL;
}

static void close_projection(void *context) {
    struct projection *projection = context;
    if (projection == NULL) {
        return;
    }
    close_model(projection);
    mneme_store_session_clean_up(&projection->session);
    mneme_store_progress_clean_up(&projection->progress);
    mneme_documents_clean_up(&projection->documents);
    mneme_embed_model_clean_up(&projection->model);
    mneme_embed_writer_clean_up(&projection->writer);
    mneme_pg_params_clean_up(&projection->advance);
    mneme_buffer_clean_up(&projection->rows);
    mneme_buffer_clean_up(&projection->texts);
    free(projection);
}

static int open_projection(void **out, const struct mneme_config *config, struct mneme_error *error) {
    struct projection *projection = calloc(1, sizeof *projection);
    if (projection == NULL) {
        return no_memory(error);
    }
    projection->config = config;
    int status = mneme_documents_init(&projection->documents, error);
    if (status == MNEME_OK) {
        status = mneme_store_session_init(&projection->session, config, MNEME_PROJECTION_EMBED,
                                          mneme_projections[MNEME_PROJECTION_EMBED].name, error);
    }
    if (status == MNEME_OK) {
        status = mneme_store_session_ensure(&projection->session, error);
    }
    if (status == MNEME_OK) {
        status = mneme_migrate_check(projection->session.postgres, mneme_migrations_embed, error);
    }
    if (status != MNEME_OK) {
        close_projection(projection);
        return status;
    }
    *out = projection;
    return MNEME_OK;
}

/* The topic is made for an edition that nothing was folded into yet. One that was there, and is not, has
 * taken the records with it. */
static int find_topic(struct mneme_kafka_topic_facts *facts, struct projection *projection,
                      struct mneme_error *error) {
    const char *topic = projection->model.topic;
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(projection->name));
    int status =
        mneme_pg_query(&rows, projection->session.postgres, mneme_sql_embed_has_begun, &params, false, error);
    bool has_begun = status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 't';
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    if (status != MNEME_OK) {
        return status;
    }
    if (!has_begun) {
        return mneme_kafka_topic_ensure(facts, topic, projection->config, true, error);
    }
    status = mneme_kafka_topic_find(facts, topic, projection->config, error);
    return status == MNEME_E_NOT_FOUND ? refuse_lost_topic(projection, error) : status;
}

/* Opens everything for the model chosen now. */
static int open_model(struct projection *projection, struct mneme_error *error) {
    const struct mneme_embedder_model_info *model = &projection->model.model;
    const char *topic = projection->model.topic;
    struct mneme_kafka_topic_facts facts = {0};
    close_model(projection);
    mneme_edition_progress(projection->name, model->name, projection->model.edition,
                           projection->model.is_current);
    projection->progress.projection = projection->name;
    projection->progress.facts = &mneme_projections[MNEME_PROJECTION_EMBED];
    int status = find_topic(&facts, projection, error);
    if (status == MNEME_OK) {
        status = mneme_embedder_open(&projection->embedder, projection->config, model, error);
    }
    if (status == MNEME_OK) {
        status = mneme_embed_records_open(&projection->records, projection->config, topic,
                                          facts.has_settings ? facts.max_message_bytes : 0, error);
    }
    if (status == MNEME_OK) {
        status = mneme_embedding_codec_new(&projection->codec, projection->config, topic, error);
    }
    if (status == MNEME_OK) {
        mneme_log(MNEME_LOG_INFO, "texts are embedded", MNEME_LOG_S("model", model->name),
                  MNEME_LOG_S("topic", topic));
    } else {
        close_model(projection);
    }
    return status;
}

/* Whether the model is still the one to embed by. */
static int check_model(bool *is_same, struct projection *projection, struct mneme_error *error) {
    struct mneme_embed_model wanted = {0};
    int status = mneme_embed_model_choose(&wanted, projection->config, projection->session.postgres, error);
    *is_same = status == MNEME_OK && projection->embedder != NULL &&
               mneme_embed_model_equal(&wanted, &projection->model);
    mneme_embed_model_clean_up(&wanted);
    return status;
}

static enum mneme_apply_result assign(void *context, struct mneme_assignment *assignment,
                                      struct mneme_error *error) {
    struct projection *projection = context;
    bool is_same = false;
    int status = mneme_store_session_ensure(&projection->session, error);
    if (status == MNEME_OK) {
        status = check_model(&is_same, projection, error);
    }
    if (status == MNEME_OK && !is_same) {
        status = mneme_embed_model_choose(&projection->model, projection->config,
                                          projection->session.postgres, error);
        status = status == MNEME_OK ? open_model(projection, error) : status;
    }
    if (status == MNEME_OK) {
        status = mneme_store_progress_claim(&projection->progress, &projection->session, assignment, error);
    }
    enum mneme_apply_result result = mneme_store_session_result(status);
    return result == MNEME_REJECT || result == MNEME_FENCED ? MNEME_FATAL : result;
}

static void revoke(void *context, const int32_t *partitions, size_t count) {
    struct projection *projection = context;
    mneme_store_progress_release(&projection->progress, partitions, count);
}

/* Opens the transaction and moves the progress, which this worker then holds. */
static int begin(struct projection *projection, const struct mneme_batch *batch, struct mneme_error *error) {
    const struct mneme_pg_call calls[] = {{"BEGIN", NULL}, {mneme_sql_fold_advance, &projection->advance}};
    PGresult *results[sizeof calls / sizeof *calls] = {NULL};
    if (!mneme_store_progress_advance(&projection->progress, &projection->advance, batch,
                                      &projection->documents.arena)) {
        return mneme_store_progress_fenced(&projection->progress, error);
    }
    int status =
        mneme_pg_pipeline(results, projection->session.postgres, calls, sizeof calls / sizeof *calls, error);
    if (status == MNEME_OK && strtoul(PQcmdTuples(results[1]), NULL, 10) != batch->partition_count) {
        status = mneme_store_progress_fenced(&projection->progress, error);
    }
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        PQclear(results[i]);
    }
    return status;
}

static int write_batch(struct projection *projection, const struct mneme_batch *batch,
                       const bool *is_accepted, const struct mneme_embed_entry *entries, size_t count,
                       struct mneme_error *error) {
    struct mneme_embed_writer *writer = &projection->writer;
    struct mneme_postgres *postgres = projection->session.postgres;
    writer->postgres = postgres;
    writer->records = projection->records;
    writer->codec = projection->codec;
    writer->model = mneme_embedder_model(projection->embedder);
    writer->edition = projection->model.edition;
    writer->arena = &projection->documents.arena;
    int status = begin(projection, batch, error);
    if (status == MNEME_OK) {
        status = mneme_embed_write(writer, &projection->documents, entries, count, error);
    }
    if (status == MNEME_OK) {
        status = mneme_embed_forward_vectors(writer, batch, is_accepted, error);
    }
    if (status == MNEME_OK) {
        status = mneme_parked_write(postgres, projection->progress.projection, projection->progress.topic,
                                    batch, &projection->rows, error);
    }
    /* The records leave only now, and only while the progress is held: a worker that was stopped for long has
     * lost its session to the one after it. */
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, "SELECT", error);
    }
    if (status == MNEME_OK) {
        status = mneme_embed_records_flush(projection->records, error);
        projection->is_write_refused = status != MNEME_OK;
    }
    return status == MNEME_OK ? mneme_pg_run(postgres, "COMMIT", error) : status;
}

/* A document with the parts of its text, which are gathered in `texts`. */
static bool add_entry(struct mneme_embed_entry *entry, const struct mneme_document *document,
                      struct mneme_buffer *texts, size_t part_bytes, struct mneme_arena *arena) {
    struct mneme_embed_text **place = &entry->parts;
    struct mneme_str rest = document->last->text;
    *entry = (struct mneme_embed_entry){.document = document};
    bool is_made = mneme_embed_hash(entry->text_hash, MNEME_STR_LIT(""), rest);
    while (is_made && rest.len > 0) {
        /* A text that is one part stays as it is, with the blanks around it. */
        struct mneme_str part = rest;
        if (place == &entry->parts && rest.len <= part_bytes) {
            rest.len = 0;
        } else {
            part = mneme_document_take_part(&rest, part_bytes);
        }
        if (part.data == NULL) {
            break;
        }
        *place = mneme_arena_calloc(arena, 1, sizeof **place);
        is_made = *place != NULL;
        if (is_made) {
            (*place)->text = part;
            mneme_buffer_append(texts, place, sizeof *place);
            place = &(*place)->next;
        }
    }
    return is_made && !texts->failed;
}

/* Collects the documents that exist at the end of the batch, and all parts of their texts. */
static int list_entries(struct mneme_embed_entry **entries, size_t *count, struct projection *projection,
                        struct mneme_error *error) {
    struct mneme_documents *documents = &projection->documents;
    size_t part_bytes = mneme_embedder_part_bytes(projection->config, projection->model.model.name);
    *entries = mneme_arena_calloc(&documents->arena, documents->count + 1, sizeof **entries);
    *count = 0;
    mneme_buffer_clear(&projection->texts);
    if (*entries == NULL) {
        return no_memory(error);
    }
    for (const struct mneme_document *document = documents->first; document != NULL;
         document = document->next) {
        if (document->last->is_there && !add_entry(&(*entries)[(*count)++], document, &projection->texts,
                                                   part_bytes, &documents->arena)) {
            return no_memory(error);
        }
    }
    return MNEME_OK;
}

/* Logs what the endpoint has refused; of very many, only the first few one by one. */
static void log_refused(const struct mneme_embed_entry *entries, size_t count) {
    int64_t refused = 0;
    for (size_t i = 0; i < count; i++) {
        const char *refusal;
        size_t parts = mneme_embed_part_count(&entries[i], &refusal);
        if (refusal != NULL && refused++ < MOST_REFUSED_TOLD) {
            mneme_log(MNEME_LOG_WARN, parts > 0 ? "a part of a text has no vector" : "a text has no vector",
                      MNEME_LOG_STR("kind", mneme_document_kinds[entries[i].document->kind]),
                      MNEME_LOG_STR("ref", entries[i].document->ref), MNEME_LOG_S("reason", refusal));
        }
    }
    if (refused > MOST_REFUSED_TOLD) {
        mneme_log(MNEME_LOG_WARN, "the endpoint has refused texts", MNEME_LOG_I("texts", refused));
    }
}

static int fold_batch(struct projection *projection, struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_postgres *postgres = projection->session.postgres;
    bool *is_accepted = mneme_arena_alloc(&batch->arena, batch->count + 1);
    struct mneme_embed_entry *entries;
    size_t count;
    if (is_accepted == NULL) {
        return no_memory(error);
    }
    int status = mneme_verdict_gate_pass(is_accepted, postgres, projection->progress.projection,
                                         projection->progress.topic, batch, error);
    if (status == MNEME_OK) {
        status = mneme_documents_fold(&projection->documents, postgres, batch, is_accepted, error);
    }
    if (status == MNEME_OK) {
        status = list_entries(&entries, &count, projection, error);
    }
    if (status == MNEME_OK) {
        status = mneme_embed_texts((struct mneme_embed_text **)(void *)projection->texts.data,
                                   projection->texts.len / sizeof(struct mneme_embed_text *),
                                   projection->embedder, postgres, &projection->documents.arena, error);
    }
    if (status == MNEME_OK) {
        status = write_batch(projection, batch, is_accepted, entries, count, error);
    }
    if (status == MNEME_OK) {
        log_refused(entries, count);
    }
    return status;
}

/* Refused records may mean a missing topic; brokers that restart may report this for a moment. */
static int check_topic(struct projection *projection, int status, struct mneme_error *error) {
    struct mneme_kafka_topic_facts facts;
    struct mneme_error none = {0};
    int64_t now = mneme_clock_monotonic_micros();
    if (mneme_kafka_topic_find(&facts, projection->model.topic, projection->config, &none) !=
        MNEME_E_NOT_FOUND) {
        projection->missing_micros = 0;
        return status;
    }
    if (projection->missing_micros == 0) {
        projection->missing_micros = now;
    }
    return now - projection->missing_micros > MISSING_TOPIC_MICROS
               ? refuse_lost_topic(projection, error)
               : mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s", none.message);
}

static enum mneme_apply_result apply(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct projection *projection = context;
    if (batch->count == 0) {
        return mneme_store_progress_skip(&projection->progress, &projection->session, batch, error);
    }
    bool is_same = false;
    int status = mneme_store_session_ensure(&projection->session, error);
    if (status == MNEME_OK) {
        status = check_model(&is_same, projection, error);
    }
    if (status != MNEME_OK) {
        return mneme_store_session_result(status) == MNEME_RETRY ? MNEME_RETRY : MNEME_FATAL;
    }
    if (!is_same) {
        (void)mneme_error_set(error, MNEME_E_CONFLICT,
                              "the batch was not folded: a model other than %s is active now; join the group "
                              "again",
                              projection->model.model.name);
        return MNEME_FENCED;
    }
    projection->is_write_refused = false;
    status = fold_batch(projection, batch, error);
    if (status != MNEME_OK) {
        mneme_embed_records_drop(projection->records);
        mneme_store_session_rollback(&projection->session);
    }
    if (projection->is_write_refused) {
        status = check_topic(projection, status, error);
    } else if (status == MNEME_OK) {
        projection->missing_micros = 0;
    }
    return mneme_store_session_result(status);
}

static void note_loss(const struct mneme_config *config, const char *reason) {
    mneme_loss_write(config, MNEME_LOSS_SEEN_IN_LOG, reason);
}

const struct mneme_projection_ops mneme_embed_projection = {
    .facts = &mneme_projections[MNEME_PROJECTION_EMBED],
    .open = open_projection,
    .assign = assign,
    .apply = apply,
    .revoke = revoke,
    .close = close_projection,
    .note_loss = note_loss,
    .max_batch_events = 1000, /* some seconds of a small model */
    .parks_alone = true,
    .read_marks = mneme_hand_parked_read,
    .note_wait = mneme_schema_wait_note,
};
