/*
 * The tables, column by column, as sql/migrations makes them.
 */
#include "consumers/postgres/tables.h"

#define COLUMNS(array) .columns = (array), .column_count = sizeof(array) / sizeof *(array)

static const struct mneme_column memory_columns[] = {
    {"id", MNEME_COLUMN_UUID, .is_nullable = false},
    {"tenant", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"stream_id", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"agent_id", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"user_id", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"run_id", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"conversation_id", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"memory_type", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"term", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"content", MNEME_COLUMN_JSONB, .is_nullable = false},
    {"metadata", MNEME_COLUMN_JSONB, .is_nullable = false},
    {"tags", MNEME_COLUMN_TEXT_ARRAY, .is_nullable = false},
    {"entities", MNEME_COLUMN_TEXT_ARRAY, .is_nullable = false},
    {"confidence", MNEME_COLUMN_DOUBLE, .is_nullable = false},
    {"importance", MNEME_COLUMN_DOUBLE, .is_nullable = false, .is_read = true},
    {"priority", MNEME_COLUMN_INT, .is_nullable = false, .is_read = true},
    {"access_count", MNEME_COLUMN_LONG, .is_nullable = false},
    {"last_accessed_at", MNEME_COLUMN_TIME, .is_nullable = true},
    {"created_at", MNEME_COLUMN_TIME, .is_nullable = false},
    {"updated_at", MNEME_COLUMN_TIME, .is_nullable = false},
    {"expires_at", MNEME_COLUMN_TIME, .is_nullable = true},
    {"is_deleted", MNEME_COLUMN_BOOL, .is_nullable = false, .is_read = true},
    {"is_archived", MNEME_COLUMN_BOOL, .is_nullable = false},
    {"tier", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"version", MNEME_COLUMN_LONG, .is_nullable = false, .is_read = true},
    {"source_event_id", MNEME_COLUMN_UUID, .is_nullable = false},
};

static const struct mneme_column conversation_columns[] = {
    {"conversation_id", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"tenant", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"stream_id", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"user_id", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"agent_id", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"title", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"metadata", MNEME_COLUMN_JSONB, .is_nullable = false},
    {"is_active", MNEME_COLUMN_BOOL, .is_nullable = false},
    {"is_deleted", MNEME_COLUMN_BOOL, .is_nullable = false, .is_read = true},
    {"turn_count", MNEME_COLUMN_LONG, .is_nullable = false, .is_read = true},
    {"created_at", MNEME_COLUMN_TIME, .is_nullable = false},
    {"updated_at", MNEME_COLUMN_TIME, .is_nullable = false},
    {"last_activity_at", MNEME_COLUMN_TIME, .is_nullable = false, .is_read = true},
    {"version", MNEME_COLUMN_LONG, .is_nullable = false, .is_read = true},
    {"source_event_id", MNEME_COLUMN_UUID, .is_nullable = false},
};

static const struct mneme_column turn_columns[] = {
    {"conversation_id", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"tenant", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"stream_id", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"turn_index", MNEME_COLUMN_LONG, .is_nullable = false},
    {"role", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"speaker", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"content", MNEME_COLUMN_TEXT, .is_nullable = false},
    {"content_hash", MNEME_COLUMN_BYTES, .is_nullable = false},
    {"token_count", MNEME_COLUMN_LONG, .is_nullable = true},
    {"model", MNEME_COLUMN_TEXT, .is_nullable = true},
    {"metadata", MNEME_COLUMN_JSONB, .is_nullable = false},
    {"created_at", MNEME_COLUMN_TIME, .is_nullable = false},
    {"source_event_id", MNEME_COLUMN_UUID, .is_nullable = false},
};

const struct mneme_table mneme_tables[MNEME_TABLE_COUNT] = {
    [MNEME_TABLE_MEMORIES] = {.name = "memories",
                              COLUMNS(memory_columns),
                              .id = "id",
                              .version = "version",
                              .deleted = "is_deleted",
                              .has_id_high = true},
    [MNEME_TABLE_CONVERSATIONS] = {.name = "conversations",
                                   COLUMNS(conversation_columns),
                                   .id = "conversation_id",
                                   .version = "version",
                                   .deleted = "is_deleted",
                                   .next_index = "turn_count",
                                   .child = MNEME_TABLE_TURNS},
    [MNEME_TABLE_TURNS] = {.name = "conversation_turns",
                           COLUMNS(turn_columns),
                           .id = "conversation_id",
                           .index = "turn_index",
                           .parent = MNEME_TABLE_CONVERSATIONS},
};
