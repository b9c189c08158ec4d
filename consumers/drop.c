/*
 * The claim fences the owner of the partition's progress; the transaction then raises the epoch once more, so
 * that a worker that has claimed it meanwhile, and remembers the waiting key, must claim it again.
 */
#include "consumers/drop.h"

#include <stdlib.h>

#include "common/base/text_check.h"
#include "common/postgres/row.h"
#include "consumers/projections.h"
#include "consumers/store/progress.h"
#include "sql/embedded.h"

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was dropped: out of memory");
}

/* --- finding items --- */

static char *copy_cell(const PGresult *rows, int row, int column) {
    return strndup(PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column));
}

static int take_rows(struct mneme_drop_list *list, const PGresult *rows,
                     const struct mneme_projection_facts *facts, struct mneme_error *error) {
    size_t added = (size_t)PQntuples(rows);
    if (added == 0) {
        return MNEME_OK;
    }
    struct mneme_drop_item *items = reallocarray(list->items, list->count + added, sizeof *items);
    if (items == NULL) {
        return no_memory(error);
    }
    list->items = items;
    for (int row = 0; row < (int)added; row++) {
        struct mneme_drop_item *item = &items[list->count++];
        *item = (struct mneme_drop_item){
            .projection = copy_cell(rows, row, 0),
            .topic = copy_cell(rows, row, 1),
            .key = PQgetisnull(rows, row, 2) ? NULL : copy_cell(rows, row, 2),
            .key_len = (size_t)PQgetlength(rows, row, 2),
            .blocked_by = mneme_pg_get_long(rows, row, 3),
            .is_dropped = *PQgetvalue(rows, row, 4) != 0,
            .reason = copy_cell(rows, row, 5),
            .shown_key = copy_cell(rows, row, 6),
            .has_progress = !PQgetisnull(rows, row, 7),
            .behind = mneme_pg_get_long(rows, row, 8),
            .facts = facts,
        };
        item->topic_partitions = item->has_progress ? mneme_pg_get_long(rows, row, 7) : 0;
        if (item->projection == NULL || item->topic == NULL || item->reason == NULL ||
            item->shown_key == NULL || (item->key == NULL && !PQgetisnull(rows, row, 2))) {
            return no_memory(error);
        }
    }
    return MNEME_OK;
}

static bool is_of_records(const struct mneme_projection_facts *facts) {
    return facts->source != NULL;
}

static int find_in(struct mneme_drop_list *list, const struct mneme_drop *drop,
                   const struct mneme_projection_facts *facts, const char *topic, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(facts->name));
    mneme_pg_param_str(&params, is_of_records(facts) ? MNEME_STR_NULL : mneme_str_from(topic));
    mneme_pg_param_long(&params, drop->position.partition);
    mneme_pg_param_long(&params, drop->position.offset);
    int status = mneme_pg_connect_to(&postgres, drop->config, facts->id, "mneme-dead-letters", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, postgres, mneme_sql_drop_find, &params, true, error);
    }
    if (status == MNEME_OK) {
        status = take_rows(list, rows, facts, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(postgres);
    return status;
}

static bool is_the_ledger(struct mneme_str name) {
    return mneme_str_equal(name, mneme_str_from(mneme_projections[MNEME_PROJECTION_POSTGRES].name));
}

/* All projections drop what the ledger drops; positions of the embeddings topic are separate. */
static bool is_chosen(const struct mneme_drop *drop, const struct mneme_projection_facts *facts) {
    bool is_of_all = drop->projection.data == NULL || is_the_ledger(drop->projection);
    return is_of_all ? !is_of_records(facts) : mneme_str_equal(drop->projection, mneme_str_from(facts->name));
}

int mneme_drop_find(struct mneme_drop_list *list, const struct mneme_drop *drop, struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    *list = (struct mneme_drop_list){0};
    int status = mneme_kafka_events_topic(topic, drop->config, error);
    for (size_t i = 0; i < MNEME_PROJECTIONS && status == MNEME_OK; i++) {
        if (mneme_projections[i].has_schema && is_chosen(drop, &mneme_projections[i])) {
            status = find_in(list, drop, &mneme_projections[i], topic, error);
        }
    }
    bool is_nothing = is_the_ledger(drop->projection) && list->count > 0 &&
                      list->items[0].facts->id != MNEME_PROJECTION_POSTGRES;
    if (status != MNEME_OK || is_nothing) {
        mneme_drop_list_clean_up(list);
    }
    return status;
}

void mneme_drop_list_clean_up(struct mneme_drop_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        struct mneme_drop_item *item = &list->items[i];
        free(item->projection);
        free(item->topic);
        free(item->reason);
        free(item->shown_key);
        free(item->key);
    }
    free(list->items);
    *list = (struct mneme_drop_list){0};
}

/* --- dropping an item --- */

enum { BEGIN, LOCK, FENCE, DROP, SETTLE, CALL_COUNT };

struct dropping {
    const struct mneme_drop *drop;
    const struct mneme_drop_item *item;
    struct mneme_store_session session;
    struct mneme_pg_params params[CALL_COUNT];
};

static int add_params(struct dropping *dropping, struct mneme_error *error) {
    const struct mneme_drop_item *item = dropping->item;
    char own[MNEME_PG_NAME_BYTES];
    char ledger[MNEME_PG_NAME_BYTES];
    int status = mneme_pg_schema_name(own, dropping->drop->config, item->facts->id, error);
    if (status == MNEME_OK) {
        status = mneme_pg_schema_name(ledger, dropping->drop->config, MNEME_PROJECTION_POSTGRES, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    mneme_pg_param_str(&dropping->params[LOCK], mneme_str_from(own));
    mneme_pg_param_str(&dropping->params[LOCK], mneme_str_from(ledger));
    for (size_t i = FENCE; i < CALL_COUNT; i++) {
        mneme_pg_param_str(&dropping->params[i], mneme_str_from(item->projection));
        mneme_pg_param_str(&dropping->params[i], mneme_str_from(item->topic));
        mneme_pg_param_long(&dropping->params[i], dropping->drop->position.partition);
    }
    struct mneme_str key = {item->key, item->key_len};
    mneme_pg_param_long(&dropping->params[DROP], dropping->drop->position.offset);
    mneme_pg_param_str(&dropping->params[DROP], mneme_str_from(dropping->drop->note));
    mneme_pg_param_bytes_array(&dropping->params[SETTLE], &key, item->key == NULL ? 0 : 1);
    return MNEME_OK;
}

static int claim(struct dropping *dropping, struct mneme_error *error) {
    const struct mneme_drop_item *item = dropping->item;
    struct mneme_store_progress progress = {.facts = item->facts, .projection = item->projection};
    int64_t next_offset;
    struct mneme_assignment assignment = {.topic = item->topic,
                                          .topic_partitions = (int32_t)item->topic_partitions,
                                          .partitions = &dropping->drop->position.partition,
                                          .next_offsets = &next_offset,
                                          .count = 1};
    int status = mneme_store_progress_claim(&progress, &dropping->session, &assignment, error);
    mneme_store_progress_clean_up(&progress);
    return status;
}

static int move(struct dropping *dropping, struct mneme_error *error) {
    const struct mneme_pg_call calls[CALL_COUNT] = {
        [BEGIN] = {"BEGIN", NULL},
        [LOCK] = {mneme_sql_drop_lock, &dropping->params[LOCK]},
        [FENCE] = {mneme_sql_drop_fence, &dropping->params[FENCE]},
        [DROP] = {mneme_sql_drop_event, &dropping->params[DROP]},
        [SETTLE] = {mneme_sql_redrive_settle, &dropping->params[SETTLE]},
    };
    PGresult *results[CALL_COUNT] = {NULL};
    int status = mneme_pg_pipeline(results, dropping->session.postgres, calls, CALL_COUNT, error);
    if (status == MNEME_OK && *PQgetvalue(results[LOCK], 0, 0) == 0) {
        status = mneme_error_set(error, MNEME_E_CONFLICT,
                                 "nothing was dropped in %s: a rebuild or a verification of its tables is "
                                 "running; run this again when it has ended",
                                 dropping->item->projection);
    }
    for (size_t i = 0; i < CALL_COUNT; i++) {
        PQclear(results[i]);
    }
    return status == MNEME_OK ? mneme_pg_run(dropping->session.postgres, "COMMIT", error) : status;
}

static int drop_item(const struct mneme_drop *drop, const struct mneme_drop_item *item,
                     struct mneme_error *error) {
    struct dropping dropping = {.drop = drop, .item = item};
    int status = mneme_store_session_init(&dropping.session, drop->config, item->facts->id, "drop", error);
    if (status == MNEME_OK) {
        status = mneme_store_session_ensure(&dropping.session, error);
    }
    if (status == MNEME_OK) {
        status = add_params(&dropping, error);
    }
    if (status == MNEME_OK && item->has_progress) {
        status = claim(&dropping, error);
    }
    if (status == MNEME_OK) {
        status = move(&dropping, error);
    }
    if (status != MNEME_OK) {
        mneme_store_session_rollback(&dropping.session);
    }
    for (size_t i = 0; i < CALL_COUNT; i++) {
        mneme_pg_params_clean_up(&dropping.params[i]);
    }
    mneme_store_session_clean_up(&dropping.session);
    return status;
}

/* --- the run --- */

/* The key that waited behind the item. NULL: nothing waited, or the messages of that key are not events. */
static struct mneme_str key_behind(const struct mneme_drop_item *item, int64_t offset) {
    struct mneme_str key = {item->key, item->key_len};
    size_t characters;
    size_t at;
    const char *reason;
    bool is_first =
        item->blocked_by == offset && item->key != NULL && mneme_utf8_check(key, &characters, &reason, &at);
    return is_first ? key : MNEME_STR_NULL;
}

int mneme_drop_run(struct mneme_redrive_counts *counts, const struct mneme_drop *drop,
                   const struct mneme_drop_list *list, struct mneme_error *error) {
    struct mneme_redrive redrive = {
        .config = drop->config, .cancel = drop->cancel, .on_event = drop->on_event, .context = drop->context};
    bool is_of_ledger = false;
    int status = MNEME_OK;
    *counts = (struct mneme_redrive_counts){0};
    for (size_t i = 0; i < list->count && status == MNEME_OK && !mneme_cancel_is_due(drop->cancel); i++) {
        const struct mneme_drop_item *item = &list->items[i];
        status = item->is_dropped ? MNEME_OK : drop_item(drop, item, error);
        struct mneme_str key = key_behind(item, drop->position.offset);
        if (status == MNEME_OK) {
            drop->on_dropped(drop->context, item);
            redrive.key = key.data == NULL || is_of_records(item->facts) ? redrive.key : key;
            is_of_ledger = is_of_ledger || item->facts->id == MNEME_PROJECTION_POSTGRES;
        }
    }
    if (status != MNEME_OK || redrive.key.data == NULL || mneme_cancel_is_due(drop->cancel)) {
        return status;
    }
    redrive.projection = is_of_ledger ? MNEME_STR_NULL : drop->projection;
    return mneme_redrive_run(counts, &redrive, error);
}
