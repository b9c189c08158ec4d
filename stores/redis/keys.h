/*
 * The names of all keys of the hot tier in Redis (docs/redis.md lists them with their values). Keys of data
 * from one partition of the log have the partition as their hash tag, so that they are in one slot of a
 * cluster together with the partition's progress, and one script changes both.
 *
 *   <prefix>topic                                       the topic and its partitions
 *   <prefix>rebuild, <prefix>verify                     which space one of these works in, or has left
 *   <prefix>{<partition>}:live                          which space may be read now; it expires
 *   <prefix>{<partition>}:space                         which space is the live one
 *   <prefix><space>:{<partition>}:<kind>:<name>/<name>  all else
 *
 * Names are percent-encoded, so that a slash or a colon in them separates nothing.
 */
#ifndef MNEME_STORES_REDIS_KEYS_H
#define MNEME_STORES_REDIS_KEYS_H

#include "common/base/buffer.h"
#include "common/base/uuid.h"
#include "common/config/config.h"

/* A complete set of keys; a rebuild fills another one in parallel to the one that is read. */
struct mneme_hot_space {
    struct mneme_str prefix; /* of the settings, borrowed */
    int64_t number;          /* from 1 */
};
#define MNEME_HOT_FIRST_SPACE 1

enum mneme_hot_kind {
    MNEME_HOT_PROGRESS,             /* hash */
    MNEME_HOT_MEMORY,               /* string: tenant, stream, id */
    MNEME_HOT_RANKS,                /* zset of the partition's memories, the first to be evicted first */
    MNEME_HOT_OTHERS,               /* the same of everything else */
    MNEME_HOT_AGES,                 /* zset of both, by their expiry */
    MNEME_HOT_SIZES,                /* hash: their sizes and owners */
    MNEME_HOT_OWNERS,               /* zset of them by their owners */
    MNEME_HOT_USAGE,                /* hash: the usage of each owner */
    MNEME_HOT_GAPS,                 /* zset: lists that have lost entries to eviction */
    MNEME_HOT_AGENT,                /* zset: tenant, agent */
    MNEME_HOT_USER_AGENT,           /* zset: tenant, user, agent */
    MNEME_HOT_CONVERSATION,         /* string: tenant, stream, conversation */
    MNEME_HOT_RECENT_CONVERSATIONS, /* string: tenant, user */
    MNEME_HOT_RECENT_DECISIONS,     /* string: tenant, agent */
    MNEME_HOT_WORKING,              /* hash: tenant, stream, conversation; also for the four parts below */
    MNEME_HOT_WORKING_TURNS,        /* list */
    MNEME_HOT_WORKING_THOUGHTS,     /* list */
    MNEME_HOT_WORKING_CONTEXT,      /* hash */
    MNEME_HOT_WORKING_EVENTS,       /* list */
    MNEME_HOT_KIND_COUNT,
};

/* The prefix of the settings. MNEME_E_USAGE when it has a brace, which would change the hash tag. */
int mneme_hot_prefix(struct mneme_str *out, const struct mneme_config *config, struct mneme_error *error);

/* The partition of a stream's events, as publishers place them. `scratch` is cleared first. */
int32_t mneme_hot_partition(struct mneme_buffer *scratch, struct mneme_str tenant, struct mneme_str stream_id,
                            int32_t partitions);

/* All of these append a key. */

void mneme_hot_topic_key(struct mneme_buffer *out, struct mneme_str prefix);
void mneme_hot_task_key(struct mneme_buffer *out, struct mneme_str prefix, const char *task);
void mneme_hot_live_key(struct mneme_buffer *out, struct mneme_str prefix, int32_t partition);
void mneme_hot_space_key(struct mneme_buffer *out, struct mneme_str prefix, int32_t partition);

/* The common prefix of the keys of a space and partition, up to and including the colon before their kind. */
void mneme_hot_base(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition);

/* `names`: those of the kind. */
void mneme_hot_key(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition,
                   enum mneme_hot_kind kind, const struct mneme_str *names, size_t count);
void mneme_hot_memory_key(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition,
                          struct mneme_str tenant, struct mneme_str stream_id, struct mneme_uuid id);

/* The part after the base: the kind and its names. */
void mneme_hot_kind_names(struct mneme_buffer *out, enum mneme_hot_kind kind, const struct mneme_str *names,
                          size_t count);

/* Parses the output of mneme_hot_kind_names: the kind, and the encoded names. False for anything else. */
bool mneme_hot_kind_parse(enum mneme_hot_kind *kind, struct mneme_str *names, struct mneme_str text);

/* Names as in keys: encoded, separated by slashes. */
void mneme_hot_names(struct mneme_buffer *out, const struct mneme_str *names, size_t count);

/* The owner whose share a value counts against: a user, or (null) the stream. */
void mneme_hot_owner(struct mneme_buffer *out, struct mneme_str tenant, struct mneme_str user_id,
                     struct mneme_str stream_id);

/* In MNEME_HOT_GAPS: every list of the partition. */
#define MNEME_HOT_EVERY_LIST "*"

#endif
