/*
 * Questions about conversations and their turns (CO1, CO2).
 */
#ifndef MNEME_QUERIES_CONVERSATION_H
#define MNEME_QUERIES_CONVERSATION_H

#include "queries/cursor.h"
#include "queries/question.h"

struct mneme_conversation_row {
    struct mneme_str conversation_id, tenant, stream_id, user_id, agent_id, title;
    struct mneme_str metadata; /* JSON */
    bool is_active, is_deleted;
    int64_t turn_count, created_at, updated_at, last_activity_at, version;
    struct mneme_uuid source_event_id;
};

/* The row as a JSON object; keys are the columns, and "cursor" for going on behind it in a list. */
void mneme_conversation_row_json(const struct mneme_conversation_row *row, struct mneme_json_writer *json);

/* What to list: a null or unset field does not filter. */
struct mneme_conversation_filter {
    struct mneme_str tenant; /* required */
    struct mneme_str user_id, agent_id;
    struct mneme_opt_bool is_active;
    struct mneme_cursor cursor;
    int64_t limit; /* 1..MNEME_QUERY_MAX_LIMIT */
    int64_t offset;
};

/* Visits struct mneme_conversation_row, the latest activity first; deleted ones are left out. */
int mneme_conversation_list(struct mneme_postgres *postgres, const struct mneme_conversation_filter *filter,
                            mneme_row_visitor *visit, void *context, size_t *count,
                            struct mneme_error *error);

/* Visits the conversations of that id: one, or one in each stream that uses the id; a null `stream_id` means
 * any. Deleted ones are left out. No row is no error. */
int mneme_conversation_get(struct mneme_postgres *postgres, struct mneme_str tenant,
                           struct mneme_str conversation_id, struct mneme_str stream_id,
                           mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error);

struct mneme_turn_row {
    struct mneme_str conversation_id, stream_id;
    int64_t turn_index;
    struct mneme_str role, speaker, content, content_hash /* SHA-256, hexadecimal */;
    struct mneme_opt_long token_count;
    struct mneme_str model, metadata /* JSON */;
    int64_t created_at;
    struct mneme_uuid source_event_id;
};

void mneme_turn_row_json(const struct mneme_turn_row *row, struct mneme_json_writer *json);

/* Which turns: unset bounds do not filter. */
struct mneme_turn_range {
    struct mneme_str tenant, stream_id, conversation_id; /* required */
    struct mneme_opt_long from_index, to_index;          /* both inclusive */
    struct mneme_opt_long since, until;                  /* microseconds; since inclusive, until exclusive */
    int64_t limit;                                       /* 1..MNEME_QUERY_MAX_LIMIT */
};

/* Visits struct mneme_turn_row by ascending index. */
int mneme_conversation_turns(struct mneme_postgres *postgres, const struct mneme_turn_range *range,
                             mneme_row_visitor *visit, void *context, size_t *count,
                             struct mneme_error *error);

#endif
