/*
 * Small queries to the ledger's schema.
 */
#include "consumers/log/hand_parked.h"

#include "common/postgres/postgres.h"
#include "common/postgres/row.h"
#include "common/postgres/schema.h"
#include "sql/embedded.h"

/* The digest of a message that was dropped. */
static int digest_of(struct mneme_log_digest *digest, const PGresult *rows, int row, int64_t offset,
                     struct mneme_error *error) {
    struct mneme_str key = {PQgetisnull(rows, row, 4) ? NULL : PQgetvalue(rows, row, 4),
                            (size_t)PQgetlength(rows, row, 4)};
    struct mneme_str value = {PQgetvalue(rows, row, 5), (size_t)PQgetlength(rows, row, 5)};
    return mneme_log_digest(digest, offset, mneme_pg_get_long(rows, row, 3), key, value, error);
}

static int take_rows(struct mneme_log_marks *marks, const PGresult *rows, struct mneme_error *error) {
    struct mneme_log_marks read = {0};
    for (int row = 0; row < PQntuples(rows); row++) {
        struct mneme_position position = {(int32_t)mneme_pg_get_long(rows, row, 0),
                                          mneme_pg_get_long(rows, row, 1)};
        struct mneme_str reason = {PQgetvalue(rows, row, 2), (size_t)PQgetlength(rows, row, 2)};
        struct mneme_log_digest digest;
        bool is_dropped = !PQgetisnull(rows, row, 3);
        int status = is_dropped ? digest_of(&digest, rows, row, position.offset, error) : MNEME_OK;
        if (status == MNEME_OK &&
            !mneme_log_marks_add(&read, position, reason, is_dropped ? &digest : NULL)) {
            status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                     "the messages parked by hand were not read: out of memory");
        }
        if (status != MNEME_OK) {
            mneme_log_marks_clean_up(&read);
            return status;
        }
    }
    mneme_log_marks_clean_up(marks);
    *marks = read;
    return MNEME_OK;
}

int mneme_hand_parked_read(struct mneme_log_marks *marks, const struct mneme_config *config,
                           const char *topic, const char *projection, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(topic));
    mneme_pg_param_str(&params, mneme_str_from(projection));
    int status =
        mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_POSTGRES, "mneme-hand-parked", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, postgres, mneme_sql_hand_parked, &params, true, error);
    }
    if (status == MNEME_OK) {
        status = take_rows(marks, rows, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(postgres);
    return status;
}

int mneme_hand_parked_topic(char topic[MNEME_TOPIC_NAME_BYTES], const struct mneme_config *config,
                            struct mneme_position position, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_long(&params, position.partition);
    mneme_pg_param_long(&params, position.offset);
    int status =
        mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_POSTGRES, "mneme-dead-letters", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, postgres, mneme_sql_hand_park_topics, &params, false, error);
    }
    int count = status == MNEME_OK ? PQntuples(rows) : 0;
    if (count > 1) {
        status = mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was parked: workers wait at %d:%lld of topic %s and of %s; choose one with --topic",
            (int)position.partition, (long long)position.offset, PQgetvalue(rows, 0, 0),
            PQgetvalue(rows, 1, 0));
    } else if (count == 1 && PQgetlength(rows, 0, 0) < MNEME_TOPIC_NAME_BYTES) {
        memcpy(topic, PQgetvalue(rows, 0, 0), (size_t)PQgetlength(rows, 0, 0) + 1);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(postgres);
    return status;
}

/* Judges the result by the answer's columns. */
static int judge(bool *was_parked, const PGresult *rows, struct mneme_position position,
                 struct mneme_error *error) {
    bool is_parked = PQgetvalue(rows, 0, 0)[0] != 0;
    bool is_awaited = PQgetvalue(rows, 0, 2)[0] != 0;
    *was_parked = PQgetvalue(rows, 0, 1)[0] != 0;
    if (is_parked || *was_parked) {
        return MNEME_OK;
    }
    return is_awaited
               ? mneme_error_set(
                     error, MNEME_E_UNSAFE,
                     "nothing was parked: the ledger has folded the event at %d:%lld, so its schema is "
                     "known; upgrade the workers that wait for it",
                     (int)position.partition, (long long)position.offset)
               : mneme_error_set(error, MNEME_E_NOT_FOUND,
                                 "nothing was parked: no worker waits at %d:%lld; `mneme status` shows where "
                                 "workers wait",
                                 (int)position.partition, (long long)position.offset);
}

int mneme_hand_parked_add(bool *was_parked, const struct mneme_config *config, const char *topic,
                          struct mneme_position position, const char *reason, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(topic));
    mneme_pg_param_long(&params, position.partition);
    mneme_pg_param_long(&params, position.offset);
    mneme_pg_param_str(&params, mneme_str_from(reason));
    int status =
        mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_POSTGRES, "mneme-dead-letters", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, postgres, mneme_sql_hand_park, &params, true, error);
    }
    if (status == MNEME_OK) {
        status = judge(was_parked, rows, position, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(postgres);
    return status;
}

int mneme_schema_wait_note(const struct mneme_config *config, const struct mneme_schema_wait *wait,
                           struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_pg_params params = {0};
    const char *sql = mneme_sql_schema_wait_end;
    mneme_pg_param_str(&params, mneme_str_from(wait->projection));
    mneme_pg_param_str(&params, mneme_str_from(wait->topic));
    mneme_pg_param_long(&params, wait->position.partition);
    if (wait->reason != NULL) {
        sql = mneme_sql_schema_wait_begin;
        mneme_pg_param_long(&params, wait->position.offset);
        mneme_pg_param_str(&params, mneme_str_from(wait->reason));
    }
    int status =
        mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_POSTGRES, "mneme-schema-wait", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(NULL, postgres, sql, &params, true, error);
    }
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(postgres);
    return status;
}
