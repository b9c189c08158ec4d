/*
 * Each partition keeps its own latest entries: they are merged and cut at the same limit as in the SQL
 * statement.
 */
#include "queries/recent.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/json/read.h"
#include "sql/embedded.h"

#define STR(text)                                                                                            \
    { text, sizeof(text) - 1 }

const struct mneme_recent_kind mneme_recent_conversations = {
    .what = "conversations were not listed",
    .sql = mneme_sql_recent_conversations,
    .kind = MNEME_HOT_RECENT_CONVERSATIONS,
    .time = STR("last_activity_at"),
    .id = STR("conversation_id"),
    .most = 10,
};

const struct mneme_recent_kind mneme_recent_decisions = {
    .what = "decisions were not listed",
    .sql = mneme_sql_recent_decisions,
    .kind = MNEME_HOT_RECENT_DECISIONS,
    .time = STR("created_at"),
    .id = STR("decision_id"),
    .most = 5,
};

/* --- from the hot tier --- */

/* An object and its sort key. */
struct item {
    struct mneme_str object, id, stream_id;
    int64_t micros;
};

static int compare(const void *a, const void *b) {
    const struct item *one = a;
    const struct item *other = b;
    if (one->micros != other->micros) {
        return one->micros < other->micros ? 1 : -1;
    }
    int order = mneme_str_compare(other->id, one->id);
    return order != 0 ? order : mneme_str_compare(other->stream_id, one->stream_id);
}

/* Takes the objects of an array that are recent enough. */
static size_t take_objects(struct item *items, struct mneme_str array, const struct mneme_recent_kind *kind,
                           int64_t since, struct mneme_arena *arena) {
    struct mneme_json_reader reader = mneme_json_enter(array);
    struct mneme_str key;
    struct item item;
    size_t count = 0;
    while (count < kind->most && mneme_json_next(&reader, &key, &item.object)) {
        item.id = mneme_json_member(item.object, kind->id, arena);
        item.stream_id = mneme_json_member(item.object, MNEME_STR_LIT("stream_id"), arena);
        bool is_timed =
            mneme_clock_parse_rfc3339(&item.micros, mneme_json_member(item.object, kind->time, arena));
        if (is_timed && item.micros >= since) {
            items[count++] = item;
        }
    }
    return count;
}

bool mneme_recent_hot(struct mneme_recent *out, struct mneme_hot_reader *hot,
                      const struct mneme_recent_kind *kind, struct mneme_str tenant, struct mneme_str name,
                      int64_t since, struct mneme_arena *arena) {
    const struct mneme_str names[] = {tenant, name};
    struct mneme_str *parts;
    size_t part_count;
    *out = (struct mneme_recent){0};
    if (name.len == 0 || hot == NULL ||
        !mneme_hot_reader_values(&parts, &part_count, hot, kind->kind, names, 2, arena)) {
        return false;
    }
    struct item *items = mneme_arena_alloc(arena, (part_count * kind->most + 1) * sizeof *items);
    out->objects = mneme_arena_alloc(arena, (kind->most + 1) * sizeof *out->objects);
    if (items == NULL || out->objects == NULL) {
        return false;
    }
    size_t count = 0;
    for (size_t i = 0; i < part_count; i++) {
        count += take_objects(items + count, parts[i], kind, since, arena);
    }
    if (count > 1) {
        qsort(items, count, sizeof *items, compare);
    }
    for (; out->count < count && out->count < kind->most; out->count++) {
        out->objects[out->count] = items[out->count].object;
    }
    return true;
}

/* --- from the tables --- */

struct taking {
    struct mneme_recent *out;
    struct mneme_arena *arena;
    struct mneme_buffer text;
    bool failed;
};

static bool take_row(const void *row, void *context) {
    const struct mneme_answer_row *answer = row;
    struct taking *taking = context;
    struct mneme_json_writer json = {.out = &taking->text};
    mneme_buffer_clear(&taking->text);
    mneme_json_begin_object(&json);
    mneme_row_json(answer->cells, answer->columns, answer->count, &json);
    mneme_json_end_object(&json);
    struct mneme_str *object = &taking->out->objects[taking->out->count++];
    *object = mneme_arena_copy(taking->arena, mneme_buffer_str(&taking->text));
    taking->failed = taking->text.failed || object->data == NULL;
    return !taking->failed;
}

int mneme_recent_tables(struct mneme_recent *out, struct mneme_postgres *postgres,
                        const struct mneme_recent_kind *kind, struct mneme_str tenant, struct mneme_str name,
                        int64_t since, struct mneme_arena *arena, struct mneme_error *error) {
    const struct mneme_question question = {.what = kind->what, .sql = kind->sql};
    struct mneme_pg_params params = {0};
    struct taking taking = {.out = out, .arena = arena};
    if (name.len == 0) {
        return mneme_error_set(error, MNEME_E_USAGE, "%s: no user or agent is named; name one", kind->what);
    }
    *out =
        (struct mneme_recent){.objects = mneme_arena_alloc(arena, (kind->most + 1) * sizeof *out->objects)};
    taking.failed = out->objects == NULL;
    mneme_pg_param_str(&params, tenant);
    mneme_pg_param_str(&params, name);
    mneme_pg_param_time(&params, since);
    mneme_pg_param_long(&params, (int64_t)kind->most);
    int status = taking.failed
                     ? MNEME_OK
                     : mneme_query_run(postgres, &question, &params, take_row, &taking, NULL, error);
    if (status == MNEME_OK && taking.failed) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY, "%s: memory is exhausted; free some", kind->what);
    }
    mneme_buffer_clean_up(&taking.text);
    mneme_pg_params_clean_up(&params);
    return status;
}
