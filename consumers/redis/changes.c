/*
 * One transaction that sees one moment: where the ledger is, then each kind of row by its own array.
 */
#include "consumers/redis/changes.h"

#include <stdlib.h>

#include "sql/embedded.h"

#define RECENT_CONVERSATIONS 10
#define RECENT_DECISIONS 5

enum { BEGIN, LEDGER, MEMORIES, CONVERSATIONS, RECENT, DECISIONS, WORKING, COMMIT, CALL_COUNT };
_Static_assert(CALL_COUNT == MNEME_REDIS_CALLS, "one answer for each");

/* What is made of one batch. */
struct load {
    struct mneme_redis_changes *changes;
    const struct mneme_touches *touches;
    struct mneme_arena *arena;
    const struct mneme_touch **asked[MNEME_TOUCH_KIND_COUNT]; /* in the order of the arrays */
    size_t count[MNEME_TOUCH_KIND_COUNT];
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}

static void forget(struct mneme_redis_changes *changes) {
    for (size_t i = 0; i < CALL_COUNT; i++) {
        PQclear(changes->answers[i]);
        changes->answers[i] = NULL;
    }
    changes->items = NULL;
    changes->count = 0;
    changes->access_count = 0;
}

void mneme_redis_changes_clean_up(struct mneme_redis_changes *changes) {
    forget(changes);
    for (size_t i = 0; i < CALL_COUNT; i++) {
        mneme_pg_params_clean_up(&changes->params[i]);
    }
    mneme_buffer_clean_up(&changes->text);
    mneme_json_normal_clean_up(&changes->normal);
}

/* --- questions --- */

static int compare_offsets(const void *a, const void *b) {
    const struct mneme_touch *one = *(const struct mneme_touch *const *)a;
    const struct mneme_touch *other = *(const struct mneme_touch *const *)b;
    return (one->offset > other->offset) - (one->offset < other->offset);
}

/* In the order of the log: where one value comes of several, the last one is the latest, whatever the batch.
 * What an event tells whole is not asked for. */
static bool list_touches(struct load *load, enum mneme_touch_kind kind) {
    size_t most = load->touches->count[kind];
    const struct mneme_touch **list = mneme_arena_alloc(load->arena, (most + 1) * sizeof(*list));
    for (const struct mneme_touch *touch = load->touches->first[kind]; list != NULL && touch != NULL;
         touch = touch->next) {
        if (touch->creation == NULL) {
            list[load->count[kind]++] = touch;
        }
    }
    if (load->count[kind] > 1) {
        qsort(list, load->count[kind], sizeof *list, compare_offsets);
    }
    load->asked[kind] = list;
    return list != NULL;
}

static int ask_ledger(struct load *load, struct mneme_str topic, const struct mneme_batch *batch,
                      struct mneme_error *error) {
    struct mneme_pg_params *params = &load->changes->params[LEDGER];
    int64_t *partitions = mneme_arena_alloc(load->arena, (batch->partition_count + 1) * sizeof *partitions);
    if (partitions == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < batch->partition_count; i++) {
        partitions[i] = batch->partitions[i].partition;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, topic);
    mneme_pg_param_long_array(params, partitions, batch->partition_count);
    return MNEME_OK;
}

static int ask_memories(struct load *load, struct mneme_str topic, struct mneme_error *error) {
    const size_t counts[] = {load->count[MNEME_TOUCH_MEMORY], load->count[MNEME_TOUCH_ACCESS]};
    struct mneme_hot_memory_key *keys =
        mneme_arena_alloc(load->arena, (counts[0] + counts[1] + 1) * sizeof *keys);
    if (keys == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < counts[0] + counts[1]; i++) {
        const struct mneme_touch *touch = i < counts[0] ? load->asked[MNEME_TOUCH_MEMORY][i]
                                                        : load->asked[MNEME_TOUCH_ACCESS][i - counts[0]];
        keys[i] = (struct mneme_hot_memory_key){touch->partition, touch->tenant, touch->stream_id, touch->id};
    }
    return mneme_hot_memories_params(&load->changes->params[MEMORIES], load->arena, topic, keys,
                                     counts[0] + counts[1], error);
}

/* The names of touches as arrays: tenants, streams unless there are none, names, and partitions if asked. */
static int ask_names(struct load *load, int call, enum mneme_touch_kind kind, bool has_streams,
                     bool wants_partitions, struct mneme_error *error) {
    size_t count = load->count[kind];
    struct mneme_pg_params *params = &load->changes->params[call];
    struct mneme_str *texts = mneme_arena_alloc(load->arena, (3 * count + 1) * sizeof *texts);
    int64_t *partitions = mneme_arena_alloc(load->arena, (count + 1) * sizeof *partitions);
    if (texts == NULL || partitions == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_touch *touch = load->asked[kind][i];
        texts[i] = touch->tenant;
        texts[count + i] = touch->stream_id;
        texts[2 * count + i] = touch->name;
        partitions[i] = touch->partition;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str_array(params, texts, count);
    if (has_streams) {
        mneme_pg_param_str_array(params, texts + count, count);
    }
    mneme_pg_param_str_array(params, texts + 2 * count, count);
    if (wants_partitions) {
        mneme_pg_param_long_array(params, partitions, count);
    }
    return MNEME_OK;
}

static int ask_working(struct load *load, struct mneme_str topic, int64_t now, struct mneme_error *error) {
    size_t count = load->count[MNEME_TOUCH_WORKING];
    struct mneme_working_wanted *wanted = mneme_arena_alloc(load->arena, (count + 1) * sizeof *wanted);
    if (wanted == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_touch *touch = load->asked[MNEME_TOUCH_WORKING][i];
        wanted[i] =
            (struct mneme_working_wanted){touch->partition, touch->tenant, touch->stream_id, touch->name};
    }
    return mneme_working_params(&load->changes->params[WORKING], load->arena, topic, wanted, count, now,
                                error);
}

static int ask(struct load *load, struct mneme_str topic, const struct mneme_batch *batch,
               struct mneme_error *error) {
    struct mneme_redis_changes *changes = load->changes;
    for (int kind = 0; kind < MNEME_TOUCH_KIND_COUNT; kind++) {
        if (!list_touches(load, (enum mneme_touch_kind)kind)) {
            return no_memory(error);
        }
    }
    int status = ask_ledger(load, topic, batch, error);
    if (status == MNEME_OK) {
        status = ask_memories(load, topic, error);
    }
    if (status == MNEME_OK) {
        status = ask_names(load, CONVERSATIONS, MNEME_TOUCH_CONVERSATION, true, false, error);
    }
    if (status == MNEME_OK) {
        status = ask_names(load, RECENT, MNEME_TOUCH_CONVERSATION, true, true, error);
    }
    if (status == MNEME_OK) {
        status = ask_names(load, DECISIONS, MNEME_TOUCH_DECISIONS, false, true, error);
    }
    if (status == MNEME_OK) {
        status = ask_working(load, topic, load->touches->now, error);
    }
    mneme_pg_param_long(&changes->params[RECENT], RECENT_CONVERSATIONS);
    mneme_pg_param_long(&changes->params[DECISIONS], RECENT_DECISIONS);
    return status;
}

static bool asks_nothing(const struct load *load) {
    size_t count = 0;
    for (int kind = 0; kind < MNEME_TOUCH_KIND_COUNT; kind++) {
        count += load->count[kind];
    }
    return count == 0;
}

/* Runs those of the statements that something is asked of. */
static int run(struct load *load, struct mneme_postgres *postgres, struct mneme_error *error) {
    const size_t *count = load->count;
    struct mneme_pg_params *params = load->changes->params;
    const struct {
        const char *sql;
        bool is_asked;
    } statements[CALL_COUNT] = {
        [BEGIN] = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", true},
        [LEDGER] = {mneme_sql_hot_ledger, true},
        [MEMORIES] = {mneme_sql_hot_memories, count[MNEME_TOUCH_MEMORY] + count[MNEME_TOUCH_ACCESS] > 0},
        [CONVERSATIONS] = {mneme_sql_hot_conversations, count[MNEME_TOUCH_CONVERSATION] > 0},
        [RECENT] = {mneme_sql_hot_recent_conversations, count[MNEME_TOUCH_CONVERSATION] > 0},
        [DECISIONS] = {mneme_sql_hot_recent_decisions, count[MNEME_TOUCH_DECISIONS] > 0},
        [WORKING] = {mneme_sql_hot_working, count[MNEME_TOUCH_WORKING] > 0},
        [COMMIT] = {"COMMIT", true},
    };
    struct mneme_pg_call calls[CALL_COUNT];
    PGresult *results[CALL_COUNT] = {NULL};
    int asked[CALL_COUNT];
    size_t call_count = 0;
    for (int i = 0; i < CALL_COUNT; i++) {
        if (statements[i].is_asked) {
            bool has_params = i != BEGIN && i != COMMIT;
            asked[call_count] = i;
            calls[call_count++] = (struct mneme_pg_call){statements[i].sql, has_params ? &params[i] : NULL};
        }
    }
    int status = mneme_pg_pipeline(results, postgres, calls, call_count, error);
    for (size_t i = 0; status == MNEME_OK && i < call_count; i++) {
        load->changes->answers[asked[i]] = results[i];
    }
    return status;
}

/* --- answers --- */

static struct mneme_redis_change *add(struct load *load, const struct mneme_touch *touch) {
    struct mneme_redis_change *change = &load->changes->items[load->changes->count++];
    *change = (struct mneme_redis_change){
        .partition = touch->partition, .offset = touch->offset, .happened_at = touch->happened_at};
    return change;
}

static int64_t expires_ms(const struct mneme_touch *touch, int64_t ttl_s) {
    return touch->happened_at / 1000 + ttl_s * 1000;
}

static int hear_memories(struct load *load, struct mneme_error *error) {
    const PGresult *rows = load->changes->answers[MEMORIES];
    struct mneme_redis_changes *changes = load->changes;
    size_t memory_count = load->count[MNEME_TOUCH_MEMORY];
    size_t found = 0;
    int status = MNEME_OK;
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        struct mneme_hot_loaded_memory *loaded = mneme_arena_calloc(load->arena, 1, sizeof *loaded);
        if (loaded == NULL) {
            return no_memory(error);
        }
        status = mneme_hot_memories_read(loaded, rows, row, load->arena, error);
        size_t n = (size_t)loaded->n - 1;
        if (status == MNEME_OK && n >= memory_count) {
            const struct mneme_touch *touch = load->asked[MNEME_TOUCH_ACCESS][n - memory_count];
            changes->accesses[changes->access_count++] =
                (struct mneme_redis_access){touch->partition, &loaded->memory.row};
        } else if (status == MNEME_OK) {
            struct mneme_redis_change *change = add(load, load->asked[MNEME_TOUCH_MEMORY][n]);
            change->memory = &loaded->memory;
            change->happened_at = mneme_hot_happened_at(loaded->memory.row.updated_at, loaded->recorded_at);
            change->expires_ms = mneme_hot_memory_expires_ms(&loaded->memory.row, change->happened_at,
                                                             changes->terms.memory_ttl_s);
            found++;
        }
    }
    if (status == MNEME_OK && found < memory_count) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "the batch was not folded: the tables do not have a memory that an event of "
                               "it touches; if that lasts, make them anew with `mneme rebuild postgres`");
    }
    return status;
}

static int hear_creations(struct load *load, struct mneme_error *error) {
    struct mneme_redis_changes *changes = load->changes;
    int status = MNEME_OK;
    for (const struct mneme_touch *touch = load->touches->first[MNEME_TOUCH_MEMORY];
         status == MNEME_OK && touch != NULL; touch = touch->next) {
        if (touch->creation == NULL) {
            continue;
        }
        struct mneme_hot_memory *memory = mneme_arena_alloc(load->arena, sizeof *memory);
        status = memory == NULL
                     ? no_memory(error)
                     : mneme_hot_memory_create(memory, &touch->creation->event,
                                               mneme_sequence_id(touch->creation->position), load->arena,
                                               &changes->text, &changes->normal, error);
        if (status == MNEME_OK) {
            struct mneme_redis_change *change = add(load, touch);
            change->memory = memory;
            change->expires_ms =
                mneme_hot_memory_expires_ms(&memory->row, change->happened_at, changes->terms.memory_ttl_s);
        }
    }
    return status;
}

/* The ledger's place in a partition of the batch when all was read. */
static int64_t ledger_offset(const struct load *load, int32_t partition) {
    const PGresult *rows = load->changes->answers[LEDGER];
    for (int row = 0; row < PQntuples(rows); row++) {
        if (mneme_pg_get_long(rows, row, 0) == partition) {
            return mneme_pg_get_long(rows, row, 1);
        }
    }
    return 0;
}

/* A value's rows: those of one answer that have the same n, each a JSON object of the columns from `head`
 * on; in an array unless there is one alone. */
struct rows_json {
    const struct mneme_row_column *columns;
    size_t count, head;
    bool is_list;
};

static int put_row(struct mneme_json_writer *json, const struct rows_json *as, const PGresult *rows, int row,
                   struct mneme_arena *arena, struct mneme_error *error) {
    void *cells = mneme_arena_calloc(arena, as->count, MNEME_ROW_CELL_BYTES);
    if (cells == NULL) {
        return no_memory(error);
    }
    int status = mneme_row_read(cells, as->columns, as->count, rows, row, arena, error);
    if (status == MNEME_OK) {
        mneme_json_begin_object(json);
        mneme_row_json(cells, as->columns + as->head, as->count - as->head, json);
        mneme_json_end_object(json);
    }
    return status;
}

/* The value of the rows from *row on; moves *row behind them. */
static int take_json(struct mneme_str *out, int *row, const struct rows_json *as, const PGresult *rows,
                     struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_buffer text = {0};
    struct mneme_json_writer json = {.out = &text};
    int64_t n = mneme_pg_get_long(rows, *row, 0);
    int status = MNEME_OK;
    if (as->is_list) {
        mneme_json_begin_array(&json);
    }
    for (; status == MNEME_OK && *row < PQntuples(rows) && mneme_pg_get_long(rows, *row, 0) == n; ++*row) {
        status = put_row(&json, as, rows, *row, arena, error);
    }
    if (as->is_list) {
        mneme_json_end_array(&json);
    }
    *out = mneme_arena_copy(arena, mneme_buffer_str(&text));
    if (status == MNEME_OK && (out->data == NULL || text.failed)) {
        status = no_memory(error);
    }
    mneme_buffer_clean_up(&text);
    return status;
}

/* Whether a column of the row says that there is nothing. */
static bool says_nothing(const PGresult *rows, int row, const char *column, bool when_null) {
    int at = PQfnumber(rows, column);
    return when_null ? PQgetisnull(rows, row, at) == 1 : *PQgetvalue(rows, row, at) != 0;
}

/* One kind of value: which rows, of what is touched, under which key. */
struct value_kind {
    int call;
    enum mneme_touch_kind touch;
    enum mneme_hot_kind kind;
    struct rows_json as;
    const char *nothing; /* the column that says that there is no value */
    bool nothing_when_null;
};

static void name_value(struct mneme_redis_change *change, const struct value_kind *kind,
                       const struct mneme_touch *touch, const PGresult *rows, int row) {
    change->kind = kind->kind;
    change->names[0] = touch->tenant;
    change->names[1] = touch->name;
    change->name_count = 2;
    if (kind->kind == MNEME_HOT_CONVERSATION) {
        change->names[1] = touch->stream_id;
        change->names[2] = touch->name;
        change->name_count = 3;
    } else if (kind->kind == MNEME_HOT_RECENT_CONVERSATIONS) {
        change->names[1] = (struct mneme_str){PQgetvalue(rows, row, 1), (size_t)PQgetlength(rows, row, 1)};
    }
}

static int hear_values(struct load *load, struct value_kind *kind, int64_t ttl_s, struct mneme_error *error) {
    const PGresult *rows = load->changes->answers[kind->call];
    int status = MNEME_OK;
    kind->as.columns = mneme_row_columns_of(rows, load->arena);
    kind->as.count = (size_t)PQnfields(rows);
    if (kind->as.columns == NULL) {
        return no_memory(error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows);) {
        const struct mneme_touch *touch = load->asked[kind->touch][mneme_pg_get_long(rows, row, 0) - 1];
        struct mneme_redis_change *change = add(load, touch);
        name_value(change, kind, touch, rows, row);
        change->ledger_offset = ledger_offset(load, touch->partition);
        change->expires_ms = expires_ms(touch, ttl_s);
        if (says_nothing(rows, row, kind->nothing, kind->nothing_when_null)) {
            row++;
        } else {
            status = take_json(&change->json, &row, &kind->as, rows, load->arena, error);
        }
    }
    return status;
}

static int hear_working(struct load *load, struct mneme_error *error) {
    size_t count = load->count[MNEME_TOUCH_WORKING];
    struct mneme_loaded_working *loaded = mneme_arena_calloc(load->arena, count, sizeof *loaded);
    if (loaded == NULL) {
        return no_memory(error);
    }
    int status = mneme_working_read(loaded, count, load->changes->answers[WORKING], load->arena, error);
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        const struct mneme_touch *touch = load->asked[MNEME_TOUCH_WORKING][i];
        struct mneme_redis_change *change = add(load, touch);
        const struct mneme_str names[] = {touch->tenant, touch->stream_id, touch->name};
        memcpy(change->names, names, sizeof names);
        change->name_count = 3;
        change->ledger_offset = loaded[i].ledger_offset;
        change->expires_ms = expires_ms(touch, load->changes->terms.working_ttl_s);
        change->working = &loaded[i].working;
    }
    return status;
}

static int hear(struct load *load, struct mneme_error *error) {
    const struct mneme_redis_terms *terms = &load->changes->terms;
    struct value_kind kinds[] = {
        {CONVERSATIONS,
         MNEME_TOUCH_CONVERSATION,
         MNEME_HOT_CONVERSATION,
         {NULL, 0, 1, false},
         "is_deleted",
         false},
        {RECENT,
         MNEME_TOUCH_CONVERSATION,
         MNEME_HOT_RECENT_CONVERSATIONS,
         {NULL, 0, 2, true},
         "conversation_id",
         true},
        {DECISIONS,
         MNEME_TOUCH_DECISIONS,
         MNEME_HOT_RECENT_DECISIONS,
         {NULL, 0, 1, true},
         "decision_id",
         true},
    };
    int status = hear_creations(load, error);
    if (status == MNEME_OK && load->changes->answers[MEMORIES] != NULL) {
        status = hear_memories(load, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < sizeof kinds / sizeof *kinds; i++) {
        if (load->changes->answers[kinds[i].call] != NULL) {
            int64_t ttl_s = kinds[i].call == DECISIONS ? terms->memory_ttl_s : terms->conversation_ttl_s;
            status = hear_values(load, &kinds[i], ttl_s, error);
        }
    }
    if (status == MNEME_OK && load->changes->answers[WORKING] != NULL) {
        status = hear_working(load, error);
    }
    return status;
}

static int compare(const void *a, const void *b) {
    const struct mneme_redis_change *one = a;
    const struct mneme_redis_change *other = b;
    int order = (one->partition > other->partition) - (one->partition < other->partition);
    return order != 0 ? order : (one->offset > other->offset) - (one->offset < other->offset);
}

static int compare_accesses(const void *a, const void *b) {
    const struct mneme_redis_access *one = a;
    const struct mneme_redis_access *other = b;
    return (one->partition > other->partition) - (one->partition < other->partition);
}

int mneme_redis_changes_load(struct mneme_redis_changes *changes, struct mneme_postgres *postgres,
                             struct mneme_str topic, const struct mneme_touches *touches,
                             const struct mneme_batch *batch, struct mneme_arena *arena,
                             struct mneme_error *error) {
    struct load load = {.changes = changes, .touches = touches, .arena = arena};
    const size_t *count = touches->count;
    forget(changes);
    size_t most = count[MNEME_TOUCH_MEMORY] + 2 * count[MNEME_TOUCH_CONVERSATION] +
                  count[MNEME_TOUCH_DECISIONS] + count[MNEME_TOUCH_WORKING];
    if (most + count[MNEME_TOUCH_ACCESS] == 0) {
        return MNEME_OK;
    }
    changes->items = mneme_arena_alloc(arena, (most + 1) * sizeof *changes->items);
    changes->accesses = mneme_arena_alloc(arena, (count[MNEME_TOUCH_ACCESS] + 1) * sizeof *changes->accesses);
    if (changes->items == NULL || changes->accesses == NULL) {
        return no_memory(error);
    }
    int status = ask(&load, topic, batch, error);
    if (status == MNEME_OK && !asks_nothing(&load)) {
        status = run(&load, postgres, error);
    }
    if (status == MNEME_OK) {
        status = hear(&load, error);
    }
    if (status == MNEME_OK && changes->count > 1) {
        qsort(changes->items, changes->count, sizeof *changes->items, compare);
    }
    if (status == MNEME_OK && changes->access_count > 1) {
        qsort(changes->accesses, changes->access_count, sizeof *changes->accesses, compare_accesses);
    }
    return status;
}
