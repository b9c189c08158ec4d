/*
 * Makes changes from the answers: memories, working memory, and rows as the JSON of a value.
 */
#include "consumers/redis/changes_load.h"

static struct mneme_cache_change *add(struct mneme_cache_load *load, const struct mneme_touch *touch) {
    struct mneme_cache_change *change = &load->changes->items[load->changes->count++];
    *change = (struct mneme_cache_change){.partition = touch->partition,
                                          .offset = touch->offset,
                                          .happened_at = touch->happened_at,
                                          .user_id = touch->user_id};
    return change;
}

static int64_t expires_ms(const struct mneme_touch *touch, int64_t ttl_s) {
    return touch->happened_at / 1000 + ttl_s * 1000;
}

static int read_memories(struct mneme_cache_load *load, struct mneme_error *error) {
    const PGresult *rows = load->changes->answers[MNEME_CACHE_MEMORIES];
    struct mneme_cache_changes *changes = load->changes;
    size_t memory_count = load->count[MNEME_TOUCH_MEMORY];
    size_t found = 0;
    int status = MNEME_OK;
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        struct mneme_hot_loaded_memory *loaded = mneme_arena_calloc(load->arena, 1, sizeof *loaded);
        if (loaded == NULL) {
            return mneme_cache_changes_no_memory(error);
        }
        status = mneme_hot_memories_read(loaded, rows, row, load->arena, error);
        size_t n = (size_t)loaded->n - 1;
        if (status == MNEME_OK && n >= memory_count) {
            const struct mneme_touch *touch = load->asked[MNEME_TOUCH_ACCESS][n - memory_count];
            changes->accesses[changes->access_count++] =
                (struct mneme_cache_access){touch->partition, &loaded->memory.row};
        } else if (status == MNEME_OK) {
            struct mneme_cache_change *change = add(load, load->asked[MNEME_TOUCH_MEMORY][n]);
            change->memory = &loaded->memory;
            change->happened_at = mneme_hot_happened_at(loaded->memory.row.updated_at, loaded->recorded_at);
            change->expires_ms = mneme_hot_memory_expires_ms(&loaded->memory.row, change->happened_at,
                                                             changes->terms.ttl_s[MNEME_HOT_MEMORY]);
            found++;
        }
    }
    if (status == MNEME_OK && found < memory_count) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "the batch was not folded: the tables do not have a memory that an event of "
                               "it touches; if that persists, rebuild them with `mneme rebuild postgres`");
    }
    return status;
}

static int read_creations(struct mneme_cache_load *load, struct mneme_error *error) {
    struct mneme_cache_changes *changes = load->changes;
    int status = MNEME_OK;
    for (const struct mneme_touch *touch = load->touches->first[MNEME_TOUCH_MEMORY];
         status == MNEME_OK && touch != NULL; touch = touch->next) {
        if (touch->creation == NULL) {
            continue;
        }
        struct mneme_hot_memory *memory = mneme_arena_alloc(load->arena, sizeof *memory);
        status = memory == NULL
                     ? mneme_cache_changes_no_memory(error)
                     : mneme_hot_memory_create(memory, &touch->creation->event,
                                               mneme_sequence_id(touch->creation->position), load->arena,
                                               &changes->text, &changes->normal, error);
        if (status == MNEME_OK) {
            struct mneme_cache_change *change = add(load, touch);
            change->memory = memory;
            change->expires_ms = mneme_hot_memory_expires_ms(&memory->row, change->happened_at,
                                                             changes->terms.ttl_s[MNEME_HOT_MEMORY]);
        }
    }
    return status;
}

/* The ledger's place in a partition of the batch when all was read. */
static int64_t ledger_offset(const struct mneme_cache_load *load, int32_t partition) {
    const PGresult *rows = load->changes->answers[MNEME_CACHE_LEDGER];
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
        return mneme_cache_changes_no_memory(error);
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
        status = mneme_cache_changes_no_memory(error);
    }
    mneme_buffer_clean_up(&text);
    return status;
}

/* Whether a column of the row says that there is no value. */
static bool is_cell_empty(const PGresult *rows, int row, const char *column, bool when_null) {
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

static struct mneme_str user_of(const PGresult *rows, int row) {
    int at = PQfnumber(rows, "user_id");
    return at < 0 || PQgetisnull(rows, row, at)
               ? MNEME_STR_NULL
               : (struct mneme_str){PQgetvalue(rows, row, at), (size_t)PQgetlength(rows, row, at)};
}

static void name_value(struct mneme_cache_change *change, const struct value_kind *kind,
                       const struct mneme_touch *touch, const PGresult *rows, int row) {
    change->kind = kind->kind;
    change->names[0] = touch->tenant;
    change->names[1] = touch->name;
    change->name_count = 2;
    change->user_id = kind->touch == MNEME_TOUCH_CONVERSATION ? user_of(rows, row) : MNEME_STR_NULL;
    if (kind->kind == MNEME_HOT_CONVERSATION) {
        change->names[1] = touch->stream_id;
        change->names[2] = touch->name;
        change->name_count = 3;
    } else if (kind->kind == MNEME_HOT_RECENT_CONVERSATIONS) {
        change->names[1] = (struct mneme_str){PQgetvalue(rows, row, 1), (size_t)PQgetlength(rows, row, 1)};
        change->user_id = change->names[1];
    }
}

static int read_values(struct mneme_cache_load *load, struct value_kind *kind, struct mneme_error *error) {
    const PGresult *rows = load->changes->answers[kind->call];
    int status = MNEME_OK;
    kind->as.columns = mneme_row_columns_of(rows, load->arena);
    kind->as.count = (size_t)PQnfields(rows);
    if (kind->as.columns == NULL) {
        return mneme_cache_changes_no_memory(error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows);) {
        const struct mneme_touch *touch = load->asked[kind->touch][mneme_pg_get_long(rows, row, 0) - 1];
        struct mneme_cache_change *change = add(load, touch);
        name_value(change, kind, touch, rows, row);
        change->ledger_offset = ledger_offset(load, touch->partition);
        change->expires_ms = expires_ms(touch, load->changes->terms.ttl_s[kind->kind]);
        if (is_cell_empty(rows, row, kind->nothing, kind->nothing_when_null)) {
            row++;
        } else {
            status = take_json(&change->json, &row, &kind->as, rows, load->arena, error);
        }
    }
    return status;
}

static int read_working(struct mneme_cache_load *load, struct mneme_error *error) {
    size_t count = load->count[MNEME_TOUCH_WORKING];
    struct mneme_loaded_working *loaded = mneme_arena_calloc(load->arena, count, sizeof *loaded);
    if (loaded == NULL) {
        return mneme_cache_changes_no_memory(error);
    }
    int status =
        mneme_working_read(loaded, count, load->changes->answers[MNEME_CACHE_WORKING], load->arena, error);
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        const struct mneme_touch *touch = load->asked[MNEME_TOUCH_WORKING][i];
        struct mneme_cache_change *change = add(load, touch);
        const struct mneme_str names[] = {touch->tenant, touch->stream_id, touch->name};
        memcpy(change->names, names, sizeof names);
        change->name_count = 3;
        change->expires_ms = expires_ms(touch, load->changes->terms.ttl_s[MNEME_HOT_WORKING]);
        change->working = &loaded[i];
    }
    return status;
}

int mneme_cache_changes_read_answers(struct mneme_cache_load *load, struct mneme_error *error) {
    struct value_kind kinds[] = {
        {MNEME_CACHE_CONVERSATIONS,
         MNEME_TOUCH_CONVERSATION,
         MNEME_HOT_CONVERSATION,
         {NULL, 0, 1, false},
         "is_deleted",
         false},
        {MNEME_CACHE_RECENT,
         MNEME_TOUCH_CONVERSATION,
         MNEME_HOT_RECENT_CONVERSATIONS,
         {NULL, 0, 2, true},
         "conversation_id",
         true},
        {MNEME_CACHE_DECISIONS,
         MNEME_TOUCH_DECISIONS,
         MNEME_HOT_RECENT_DECISIONS,
         {NULL, 0, 1, true},
         "decision_id",
         true},
    };
    int status = read_creations(load, error);
    if (status == MNEME_OK && load->changes->answers[MNEME_CACHE_MEMORIES] != NULL) {
        status = read_memories(load, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < sizeof kinds / sizeof *kinds; i++) {
        if (load->changes->answers[kinds[i].call] != NULL) {
            status = read_values(load, &kinds[i], error);
        }
    }
    if (status == MNEME_OK && load->changes->answers[MNEME_CACHE_WORKING] != NULL) {
        status = read_working(load, error);
    }
    return status;
}
