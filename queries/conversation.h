/*
 * Questions about conversations and their turns (CO1, CO2).
 */
#ifndef MNEME_QUERIES_CONVERSATION_H
#define MNEME_QUERIES_CONVERSATION_H

#include "queries/as_of.h"
#include "queries/cursor.h"

struct mneme_conversation_row {
    struct mneme_str conversation_id, tenant, stream_id, user_id, agent_id, title;
    struct mneme_str metadata; /* JSON */
    bool is_active, is_deleted;
    int64_t turn_count, created_at, updated_at, last_activity_at, version;
    struct mneme_uuid source_event_id;
};

extern const struct mneme_row_column mneme_conversation_columns[];
extern const size_t mneme_conversation_column_count;

/* What to list: a null or unset field does not filter. */
struct mneme_conversation_filter {
    struct mneme_str tenant;            /* required */
    struct mneme_str user_id, agent_id; /* at least one, unless all_scopes */
    bool all_scopes;                    /* list the whole tenant */
    struct mneme_opt_bool is_active;
    struct mneme_as_of as_of;
    struct mneme_cursor cursor;
    int64_t limit; /* 1..MNEME_QUERY_MAX_LIMIT */
    int64_t offset;
};

/* Visits struct mneme_conversation_row, the latest activity first; deleted conversations are left out.
 * MNEME_E_USAGE without a scope, see mneme_read_scope_check. */
int mneme_conversation_list(struct mneme_postgres *postgres, const struct mneme_conversation_filter *filter,
                            mneme_row_visitor *visit, void *context, size_t *count,
                            struct mneme_error *error);

/* Which conversation to read, and as of when. */
struct mneme_conversation_key {
    struct mneme_str tenant, conversation_id; /* required */
    struct mneme_str stream_id;               /* null: any */
    struct mneme_as_of as_of;
};

/* Visits the conversations with that id: one, or one in each stream that uses the id. Deleted ones are left
 * out. Finding none is not an error. */
int mneme_conversation_get(struct mneme_postgres *postgres, const struct mneme_conversation_key *key,
                           mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error);

/* Which memories of a conversation to read. */
struct mneme_conversation_memories {
    struct mneme_conversation_key conversation; /* its stream is required, too */
    struct mneme_str user_id, agent_id;         /* of the conversation */
    bool include_expired, include_archived;
    struct mneme_opt_long
        before_created_at; /* continue after the memory with this time and the two fields below */
    struct mneme_uuid before_id;
    struct mneme_str before_stream_id;
    int64_t limit; /* 1..MNEME_QUERY_MAX_LIMIT */
};

/* Visits struct mneme_answer_row, newest first: the columns of a memory and of its link to the conversation.
 * These are the memories that were linked to it and those of its scope and subject; deleted ones are left
 * out. */
int mneme_conversation_memories(struct mneme_postgres *postgres,
                                const struct mneme_conversation_memories *which, mneme_row_visitor *visit,
                                void *context, size_t *count, struct mneme_error *error);

struct mneme_turn_row {
    struct mneme_str conversation_id, stream_id;
    int64_t turn_index;
    struct mneme_str role, speaker, content, content_hash /* SHA-256, hexadecimal */;
    struct mneme_opt_long token_count;
    struct mneme_str model, metadata /* JSON */;
    int64_t created_at;
    struct mneme_uuid source_event_id;
};

extern const struct mneme_row_column mneme_turn_columns[];
extern const size_t mneme_turn_column_count;

/* Which turns to read; unset bounds do not filter. */
struct mneme_turn_range {
    struct mneme_conversation_key conversation; /* its stream is required, too */
    struct mneme_opt_long from_index, to_index; /* both inclusive */
    struct mneme_opt_long since, until;         /* microseconds; since inclusive, until exclusive */
    int64_t limit;                              /* 1..MNEME_QUERY_MAX_LIMIT */
};

/* Visits struct mneme_turn_row by ascending index. */
int mneme_conversation_turns(struct mneme_postgres *postgres, const struct mneme_turn_range *range,
                             mneme_row_visitor *visit, void *context, size_t *count,
                             struct mneme_error *error);

#endif
