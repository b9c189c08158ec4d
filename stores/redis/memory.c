/*
 * The columns of a memory, and its encoding in Redis.
 */
#include "stores/redis/memory.h"

#include "common/json/read.h"
#include "stores/redis/keys.h"

#define SEQUENCE_DIGITS 19
#define NEVER MNEME_STR_LIT("-")
#define ACCESSES_FOR_ALL 100.0 /* number of accesses that raises an importance of 0 to 1 */

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct mneme_memory_row, column_name) }

const struct mneme_row_column mneme_memory_columns[MNEME_MEMORY_COLUMN_COUNT] = {
    COLUMN(id, MNEME_ROW_UUID),
    COLUMN(tenant, MNEME_ROW_STR),
    COLUMN(stream_id, MNEME_ROW_STR),
    COLUMN(agent_id, MNEME_ROW_STR),
    COLUMN(user_id, MNEME_ROW_STR),
    COLUMN(run_id, MNEME_ROW_STR),
    COLUMN(conversation_id, MNEME_ROW_STR),
    COLUMN(memory_type, MNEME_ROW_STR),
    COLUMN(term, MNEME_ROW_STR),
    COLUMN(content, MNEME_ROW_JSON),
    COLUMN(metadata, MNEME_ROW_JSON),
    COLUMN(tags, MNEME_ROW_STR_ARRAY),
    COLUMN(entities, MNEME_ROW_STR_ARRAY),
    COLUMN(confidence, MNEME_ROW_DOUBLE),
    COLUMN(importance, MNEME_ROW_DOUBLE),
    COLUMN(priority, MNEME_ROW_DOUBLE),
    COLUMN(access_count, MNEME_ROW_LONG),
    COLUMN(last_accessed_at, MNEME_ROW_OPT_TIME),
    COLUMN(created_at, MNEME_ROW_TIME),
    COLUMN(updated_at, MNEME_ROW_TIME),
    COLUMN(expires_at, MNEME_ROW_OPT_TIME),
    COLUMN(is_deleted, MNEME_ROW_BOOL),
    COLUMN(is_archived, MNEME_ROW_BOOL),
    COLUMN(tier, MNEME_ROW_STR),
    COLUMN(version, MNEME_ROW_LONG),
    COLUMN(source_event_id, MNEME_ROW_UUID),
};

/* The columns around the access columns, which change independently. */
enum { ACCESSES_AT = 16, BEHIND_ACCESSES = 18 };
#define VALUE_COLUMN_COUNT (MNEME_MEMORY_COLUMN_COUNT - (BEHIND_ACCESSES - ACCESSES_AT))

void mneme_hot_memory_lists(struct mneme_buffer *out, const struct mneme_memory_row *row) {
    if (row->agent_id.data != NULL) {
        const struct mneme_str names[] = {row->tenant, row->user_id, row->agent_id};
        mneme_hot_names(out, names, 3);
    }
}

void mneme_hot_memory_accessed_at(struct mneme_buffer *out, const struct mneme_memory_row *row) {
    if (row->last_accessed_at.is_set) {
        mneme_buffer_printf(out, "%lld", (long long)row->last_accessed_at.value);
    } else {
        mneme_buffer_append_str(out, NEVER);
    }
}

void mneme_hot_memory_json(struct mneme_buffer *out, const struct mneme_memory_row *row) {
    struct mneme_json_writer json = {.out = out};
    mneme_json_begin_object(&json);
    mneme_row_json(row, mneme_memory_columns, ACCESSES_AT, &json);
    mneme_row_json(row, mneme_memory_columns + BEHIND_ACCESSES, MNEME_MEMORY_COLUMN_COUNT - BEHIND_ACCESSES,
                   &json);
    mneme_json_end_object(&json);
}

void mneme_hot_memory_write(struct mneme_buffer *out, const struct mneme_hot_memory *memory) {
    const struct mneme_memory_row *row = &memory->row;
    mneme_buffer_printf(out, "%0*lld %lld ", SEQUENCE_DIGITS, (long long)memory->source_sequence,
                        (long long)row->access_count);
    mneme_hot_memory_accessed_at(out, row);
    mneme_buffer_append_byte(out, ' ');
    mneme_hot_memory_lists(out, row);
    mneme_buffer_append_byte(out, '\n');
    mneme_hot_memory_json(out, row);
}

/* Reads a number and the space after it; moves *text past both. */
static bool take_number(int64_t *out, struct mneme_str *text) {
    const char *space = memchr(text->data, ' ', text->len);
    *out = 0;
    if (space == NULL || space == text->data || space - text->data > SEQUENCE_DIGITS) {
        return false;
    }
    uint64_t number = 0;
    for (const char *at = text->data; at < space; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(*at - '0');
    }
    *out = (int64_t)number;
    text->len -= (size_t)(space + 1 - text->data);
    text->data = space + 1;
    return number <= INT64_MAX;
}

/* The same for a time, which may be before 1970, or for none. */
static bool take_accessed_at(struct mneme_opt_long *out, struct mneme_str *text) {
    bool is_negative = text->len > 0 && text->data[0] == '-';
    text->data += is_negative;
    text->len -= is_negative;
    *out = (struct mneme_opt_long){0};
    if (is_negative && text->len > 0 && text->data[0] == ' ') {
        text->data++;
        text->len--;
        return true;
    }
    out->is_set = take_number(&out->value, text);
    out->value = is_negative ? -out->value : out->value;
    return out->is_set;
}

/* The columns of the value, combined from two parts. */
static void value_columns(struct mneme_row_column columns[VALUE_COLUMN_COUNT]) {
    memcpy(columns, mneme_memory_columns, ACCESSES_AT * sizeof *columns);
    memcpy(columns + ACCESSES_AT, mneme_memory_columns + BEHIND_ACCESSES,
           (VALUE_COLUMN_COUNT - ACCESSES_AT) * sizeof *columns);
}

bool mneme_hot_memory_read(struct mneme_hot_memory *out, struct mneme_str value, struct mneme_arena *arena) {
    struct mneme_row_column columns[VALUE_COLUMN_COUNT];
    const char *line_end = memchr(value.data, '\n', value.len);
    if (line_end == NULL) {
        return false;
    }
    struct mneme_str json = {line_end + 1, value.len - (size_t)(line_end + 1 - value.data)};
    struct mneme_str line = {value.data, (size_t)(line_end - value.data)};
    *out = (struct mneme_hot_memory){0};
    bool is_right = take_number(&out->source_sequence, &line) && take_number(&out->row.access_count, &line) &&
                    take_accessed_at(&out->row.last_accessed_at, &line);
    value_columns(columns);
    return is_right && mneme_row_parse(&out->row, columns, VALUE_COLUMN_COUNT, json, arena);
}

void mneme_memory_row_add_accesses(struct mneme_memory_row *row) {
    double importance = row->importance + (double)row->access_count / ACCESSES_FOR_ALL;
    row->importance = importance < 1 ? importance : 1;
}
