/*
 * Working memory of a conversation: what an agent keeps of it between two turns.
 */
#ifndef MNEME_STORES_REDIS_WORKING_H
#define MNEME_STORES_REDIS_WORKING_H

#include "common/base/types.h"

/* How many of the latest elements are part of it. */
#define MNEME_WORKING_TURNS 50
#define MNEME_WORKING_THOUGHTS 100
#define MNEME_WORKING_EVENTS 100

/* Selects a working memory: of a conversation in a stream, or a context outside conversations there.
 * Zero-initialise.
 */
struct mneme_working_place {
    struct mneme_str tenant;            /* null: the setting's */
    struct mneme_str stream_id;         /* null: the user's, else the agent's; one of the three is required */
    struct mneme_str conversation_id;   /* required unless context_id is set */
    struct mneme_str user_id, agent_id; /* null: none */
    /* A context outside conversations, by its own id; null: the conversation's context, whose id is that of
     * the conversation. */
    struct mneme_str context_id;
};

struct mneme_recent_turn {
    int64_t turn_index;
    struct mneme_str role, speaker, content;
    struct mneme_opt_long token_count;
    struct mneme_str model;
    struct mneme_str metadata; /* JSON */
    int64_t created_at;
    struct mneme_uuid source_event_id;
    int64_t source_sequence; /* of its event in the ledger; not in JSON, so 0 when read from there */
};

struct mneme_recent_thought {
    struct mneme_str thought;
    struct mneme_str metadata; /* JSON */
    int64_t created_at;
    struct mneme_uuid source_event_id;
    int64_t source_sequence; /* as of a turn */
};

/* A key of the context. */
struct mneme_context_key {
    struct mneme_str key;
    struct mneme_str value; /* JSON */
    int64_t ttl_s;
    int64_t updated_at, expires_at;
    struct mneme_uuid source_event_id;
    int64_t source_sequence; /* as of a turn */
};

/* An event of the context. */
struct mneme_context_event {
    int64_t entry_index;    /* its place among the conversation's thoughts and events, from 0 */
    struct mneme_str event; /* JSON */
    int64_t created_at;
    struct mneme_uuid source_event_id;
    int64_t source_sequence; /* as of a turn */
};

/* Turns by index, thoughts and events in the order of the log, keys by name. */
struct mneme_working {
    struct mneme_str goal; /* null: none */
    const struct mneme_recent_turn *turns;
    size_t turn_count;
    const struct mneme_recent_thought *thoughts;
    size_t thought_count;
    const struct mneme_context_key *keys;
    size_t key_count;
    const struct mneme_context_event *events;
    size_t event_count;
};

#endif
