/*
 * Each poll reads how far the tables have come, then the events up to there. A partition's progress moves in
 * the transaction of its events, so that all events before it are visible.
 */
#include "queries/events_follow.h"

#include "queries/position_wait.h"
#include "sql/embedded.h"

#define MOST_PLACES 5000 /* events of all partitions, in one poll */

struct offset_row {
    int64_t partition, next_offset;
};

static const struct mneme_row_column columns[] = {
    {"partition", MNEME_ROW_LONG, offsetof(struct offset_row, partition)},
    {"next_offset", MNEME_ROW_LONG, offsetof(struct offset_row, next_offset)},
};

static const struct mneme_question progress_question = {
    "the progress was not read", mneme_sql_events_follow_progress, columns, sizeof columns / sizeof *columns,
    sizeof(struct offset_row)};
static const struct mneme_question since_question = {"the beginning was not found", mneme_sql_events_since,
                                                     columns, sizeof columns / sizeof *columns,
                                                     sizeof(struct offset_row)};

static bool note(const void *row, void *context) {
    const struct offset_row *offset = row;
    int64_t *offsets = context;
    if (offset->partition >= 0 && offset->partition < MNEME_MAX_PARTITIONS) {
        offsets[offset->partition] = offset->next_offset;
    }
    return true;
}

static int read_progress(struct mneme_follow *follow, struct mneme_postgres *postgres, const char *topic,
                         struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, mneme_str_from(mneme_projections[MNEME_PROJECTION_POSTGRES].name));
    mneme_pg_param_str(&params, mneme_str_from(topic));
    int status = mneme_query_run(postgres, &progress_question, &params, note, follow->folded, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_follow_begin(struct mneme_follow *follow, struct mneme_postgres *postgres, const char *topic,
                       struct mneme_opt_long since, struct mneme_error *error) {
    int status = read_progress(follow, postgres, topic, error);
    if (status != MNEME_OK) {
        return status;
    }
    /* Events that are folded between the two queries come after the progress, so they are read either way. */
    memcpy(follow->next_offsets, follow->folded, sizeof follow->next_offsets);
    if (since.is_set) {
        struct mneme_pg_params params = {0};
        mneme_pg_param_time(&params, since.value);
        int64_t first[MNEME_MAX_PARTITIONS];
        memcpy(first, follow->folded, sizeof first);
        status = mneme_query_run(postgres, &since_question, &params, note, first, NULL, error);
        for (size_t i = 0; i < MNEME_MAX_PARTITIONS && status == MNEME_OK; i++) {
            follow->next_offsets[i] = first[i] < follow->folded[i] ? first[i] : follow->folded[i];
        }
        mneme_pg_params_clean_up(&params);
    }
    return status;
}

/* The events to read now: for each partition that has any, the first and the last. */
struct places {
    int64_t first[MNEME_MAX_PARTITIONS], last[MNEME_MAX_PARTITIONS];
    int64_t next_offsets[MNEME_MAX_PARTITIONS]; /* becomes the follow's progress once the events were read */
    size_t count;
    bool is_behind;
};

static void find_places(struct places *places, const struct mneme_follow *follow) {
    int64_t waiting = 0;
    for (size_t i = 0; i < MNEME_MAX_PARTITIONS; i++) {
        waiting += follow->folded[i] > follow->next_offsets[i];
    }
    places->count = 0;
    places->is_behind = false;
    memcpy(places->next_offsets, follow->next_offsets, sizeof places->next_offsets);
    for (int32_t i = 0; i < MNEME_MAX_PARTITIONS && waiting > 0; i++) {
        int64_t share = MOST_PLACES / waiting + 1;
        int64_t from = follow->next_offsets[i];
        int64_t to = follow->folded[i];
        if (from >= to) {
            continue;
        }
        if (to - from > share) {
            to = from + share;
            places->is_behind = true;
        }
        places->first[places->count] = mneme_sequence_id((struct mneme_position){i, from});
        places->last[places->count] = mneme_sequence_id((struct mneme_position){i, to - 1});
        places->count++;
        places->next_offsets[i] = to;
    }
}

int mneme_follow_read(struct mneme_follow *follow, bool *is_behind, struct mneme_postgres *postgres,
                      const char *topic, const struct mneme_events_filter *filter, mneme_row_visitor *visit,
                      void *context, struct mneme_error *error) {
    struct places places;
    *is_behind = false;
    int status = read_progress(follow, postgres, topic, error);
    if (status != MNEME_OK) {
        return status;
    }
    find_places(&places, follow);
    if (places.count > 0) {
        status =
            mneme_events_at(postgres, filter, places.first, places.last, places.count, visit, context, error);
    }
    if (status == MNEME_OK) {
        memcpy(follow->next_offsets, places.next_offsets, sizeof follow->next_offsets);
        *is_behind = places.is_behind;
    }
    return status;
}
