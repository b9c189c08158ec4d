/*
 * Reads working memory from Redis, else from the ledger's tables.
 */
#include "queries/working.h"

#include "common/base/clock.h"
#include "sql/embedded.h"
#include "stores/redis/reader_working.h"

struct mneme_str mneme_working_id(const struct mneme_working_place *place) {
    return place->context_id.len > 0 ? place->context_id : place->conversation_id;
}

int mneme_working_stream(struct mneme_str *stream_id, const struct mneme_working_place *place,
                         struct mneme_error *error) {
    *stream_id = place->stream_id.len > 0 ? place->stream_id
                 : place->user_id.len > 0 ? place->user_id
                                          : place->agent_id;
    if (mneme_working_id(place).len == 0) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "working memory was not found: neither a conversation nor a context is named; give its id");
    }
    if (stream_id->len == 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "working memory was not found: the conversation's stream is not named; give a "
                               "user, an agent or the stream");
    }
    return MNEME_OK;
}

const struct mneme_context_key *mneme_working_find_key(const struct mneme_working *working,
                                                       struct mneme_str key) {
    for (size_t i = 0; i < working->key_count; i++) {
        if (mneme_str_equal(working->keys[i].key, key)) {
            return &working->keys[i];
        }
    }
    return NULL;
}

static struct mneme_working_wanted wanted_of(const struct mneme_working_place *place) {
    return (struct mneme_working_wanted){.tenant = place->tenant,
                                         .stream_id = place->stream_id,
                                         .conversation_id = mneme_working_id(place),
                                         .user_id = place->user_id};
}

bool mneme_working_hot(struct mneme_loaded_working *out, struct mneme_hot_reader *hot,
                       const struct mneme_working_question *question, struct mneme_arena *arena) {
    const struct mneme_working_wanted wanted = wanted_of(&question->place);
    return !question->is_page &&
           mneme_hot_reader_working(out, hot, &wanted, question->most, mneme_clock_now_micros(), arena);
}

/* --- a page of events --- */

#define EVENT_COLUMN(column_name, column_kind)                                                               \
    { #column_name, column_kind, offsetof(struct mneme_context_event, column_name) }

static const struct mneme_row_column event_columns[] = {
    EVENT_COLUMN(entry_index, MNEME_ROW_LONG),     EVENT_COLUMN(event, MNEME_ROW_JSON),
    EVENT_COLUMN(created_at, MNEME_ROW_TIME),      EVENT_COLUMN(source_event_id, MNEME_ROW_UUID),
    EVENT_COLUMN(source_sequence, MNEME_ROW_LONG),
};

static int ask_page(PGresult **rows, struct mneme_postgres *postgres, struct mneme_pg_params *params,
                    const struct mneme_working_question *question, struct mneme_error *error) {
    mneme_pg_param_str(params, question->place.tenant);
    mneme_pg_param_str(params, question->place.stream_id);
    mneme_pg_param_str(params, mneme_working_id(&question->place));
    mneme_query_param_opt_long(params, question->after);
    mneme_query_param_opt_long(params, question->before);
    mneme_pg_param_long(params, question->most > 0 ? question->most : MNEME_QUERY_DEFAULT_LIMIT);
    return mneme_query_rows(rows, postgres, "events of the context were not read", mneme_sql_context_events,
                            params, error);
}

static int read_page(struct mneme_working *out, const PGresult *rows, struct mneme_arena *arena,
                     struct mneme_error *error) {
    size_t count = (size_t)PQntuples(rows);
    struct mneme_context_event *events = mneme_arena_calloc(arena, count + 1, sizeof *events);
    int status = MNEME_OK;
    if (events == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "events of the context were not read: memory is exhausted; ask for fewer");
    }
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        status = mneme_row_read(&events[i], event_columns, sizeof event_columns / sizeof *event_columns, rows,
                                (int)i, arena, error);
    }
    *out = (struct mneme_working){.events = events, .event_count = count};
    return status;
}

/* --- the whole --- */

static bool is_empty(const struct mneme_working *working) {
    return working->goal.data == NULL &&
           working->turn_count + working->thought_count + working->key_count + working->event_count == 0;
}

/* How many elements of a list come before its latest `most`; 0: none. */
static size_t surplus(size_t count, int64_t most) {
    return most > 0 && count > (size_t)most ? count - (size_t)most : 0;
}

static void keep_latest(struct mneme_working *working, int64_t most) {
    size_t turns = surplus(working->turn_count, most);
    size_t thoughts = surplus(working->thought_count, most);
    size_t events = surplus(working->event_count, most);
    working->turns += turns;
    working->turn_count -= turns;
    working->thoughts += thoughts;
    working->thought_count -= thoughts;
    working->events += events;
    working->event_count -= events;
}

static int ask_all(PGresult **rows, struct mneme_postgres *postgres, struct mneme_pg_params *params,
                   struct mneme_hot_reader *hot, const struct mneme_working_wanted *wanted,
                   struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_str topic = hot == NULL ? MNEME_STR_LIT("") : mneme_hot_reader_topic(hot);
    int status = mneme_working_params(params, arena, topic, wanted, 1, mneme_clock_now_micros(), error);
    return status == MNEME_OK ? mneme_query_rows(rows, postgres, "working memory was not read",
                                                 mneme_sql_hot_working, params, error)
                              : status;
}

static int read_all(struct mneme_loaded_working *out, const PGresult *rows, struct mneme_hot_reader *hot,
                    const struct mneme_working_wanted *wanted, int64_t most, struct mneme_arena *arena,
                    struct mneme_error *error) {
    int status = mneme_working_read(out, 1, rows, arena, error);
    if (status == MNEME_OK && wanted->partition >= 0 && !is_empty(&out->working)) {
        mneme_hot_reader_fill_working(hot, wanted, out);
    }
    if (status == MNEME_OK) {
        keep_latest(&out->working, most);
    }
    return status;
}

int mneme_working_tables(struct mneme_loaded_working *out, PGresult **rows, struct mneme_postgres *postgres,
                         struct mneme_hot_reader *hot, const struct mneme_working_question *question,
                         struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_working_wanted wanted = wanted_of(&question->place);
    struct mneme_pg_params params = {0};
    int status;
    *rows = NULL;
    if (question->is_page) {
        status = ask_page(rows, postgres, &params, question, error);
        status = status == MNEME_OK ? read_page(&out->working, *rows, arena, error) : status;
    } else {
        wanted.partition =
            hot == NULL ? -1 : mneme_hot_reader_partition_of(hot, wanted.tenant, wanted.stream_id);
        status = ask_all(rows, postgres, &params, hot, &wanted, arena, error);
        status =
            status == MNEME_OK ? read_all(out, *rows, hot, &wanted, question->most, arena, error) : status;
    }
    mneme_pg_params_clean_up(&params);
    return status;
}
