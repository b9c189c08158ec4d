/*
 * Questions about memories (ME1, ME2, ME4): one memory by its id, lists, and the history of one memory.
 */
#ifndef MNEME_QUERIES_MEMORY_H
#define MNEME_QUERIES_MEMORY_H

#include "queries/as_of.h"
#include "queries/cursor.h"
#include "queries/filter/filter.h"
#include "stores/redis/memory.h"

/* Which memory to read, and as of when. */
struct mneme_memory_key {
    struct mneme_str tenant; /* required */
    struct mneme_uuid id;
    struct mneme_str stream_id; /* null: any */
    bool include_deleted;
    struct mneme_as_of as_of;
};

/* Visits the memories with that id: one, or one in each stream that uses the id. Deleted ones only if asked
 * for; expired and archived ones always. Finding none is not an error. */
int mneme_memory_get(struct mneme_postgres *postgres, const struct mneme_memory_key *key,
                     mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error);

/* What to list: a null or unset field does not filter. */
struct mneme_memory_filter {
    struct mneme_str tenant;                                     /* required */
    struct mneme_str agent_id, user_id, run_id, conversation_id; /* at least one, unless all_scopes */
    bool all_scopes;                                             /* list the whole tenant */
    struct mneme_str_array types;                                /* any of these */
    struct mneme_str_array tags;                                 /* all of these */
    struct mneme_str metadata;          /* JSON object that the metadata must contain */
    struct mneme_opt_long since, until; /* created at or after the first, and before the second */
    bool include_expired, include_archived;
    const struct mneme_filter_node *filter; /* may be NULL */
    struct mneme_as_of as_of;
    struct mneme_cursor cursor;
    int64_t limit; /* 1..MNEME_QUERY_MAX_LIMIT */
    int64_t offset;
};

/* Visits struct mneme_memory_row, newest first. MNEME_E_USAGE without a scope, see mneme_read_scope_check. */
int mneme_memory_list(struct mneme_postgres *postgres, const struct mneme_memory_filter *filter,
                      mneme_row_visitor *visit, void *context, size_t *count, struct mneme_error *error);

/* One version of a memory: what made it, and its fields. */
struct mneme_memory_version_row {
    int64_t version; /* of the memory */
    struct mneme_uuid event_id;
    struct mneme_str event_type;
    struct mneme_position position;
    struct mneme_opt_long stream_version;
    struct mneme_str actor, agent_id; /* who */
    struct mneme_str reason;          /* why */
    int64_t occurred_at, recorded_at; /* when; the version is valid from recorded_at */
    struct mneme_opt_long valid_to;   /* valid until then; unset: it is the current version */
    struct mneme_str correlation_id, causation_id;
    struct mneme_str changes; /* JSON: the event's fields for the memory */

    struct mneme_str memory_type, term, content, metadata; /* the last two JSON */
    struct mneme_str_array tags, entities;
    double confidence, importance; /* without what accesses add */
    double priority;
    struct mneme_opt_long expires_at;
    bool is_deleted, is_archived;
    struct mneme_str tier;
};

extern const struct mneme_row_column mneme_memory_version_columns[];
extern const size_t mneme_memory_version_column_count;

/* Visits every version of the memory after version `after`, oldest first. key->stream_id must be set, and
 * deleted versions are shown regardless of the key. Values from the ledger are null if its month was
 * detached. */
int mneme_memory_history(struct mneme_postgres *postgres, const struct mneme_memory_key *key, int64_t after,
                         int64_t limit, mneme_row_visitor *visit, void *context, size_t *count,
                         struct mneme_error *error);

#endif
