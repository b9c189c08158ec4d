/*
 * The names of all keys that the hot tier has in Redis (docs/redis.md lists them with their values). What one
 * partition of the log leads to carries the partition as its hash tag, so that it lies in one slot of a
 * cluster together with the progress of that partition, and one script moves both.
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

/* One set of all keys; a rebuild fills another one beside that which is read. */
struct mneme_hot_space {
    struct mneme_str prefix; /* of the settings, borrowed */
    int64_t number;          /* from 1 */
};
#define MNEME_HOT_FIRST_SPACE 1

enum mneme_hot_kind {
    MNEME_HOT_PROGRESS,             /* hash */
    MNEME_HOT_MEMORY,               /* string: tenant, stream, id */
    MNEME_HOT_RANKS,                /* zset of the partition's memories, the first to go first */
    MNEME_HOT_OTHERS,               /* the same of all else that is kept */
    MNEME_HOT_AGES,                 /* zset of both, by when they expire */
    MNEME_HOT_SIZES,                /* hash: what they need, and whose they are */
    MNEME_HOT_OWNERS,               /* zset of them by their owners */
    MNEME_HOT_USAGE,                /* hash: what each owner has */
    MNEME_HOT_GAPS,                 /* zset: lists of which a part had to go */
    MNEME_HOT_AGENT,                /* zset: tenant, agent */
    MNEME_HOT_USER_AGENT,           /* zset: tenant, user, agent */
    MNEME_HOT_CONVERSATION,         /* string: tenant, stream, conversation */
    MNEME_HOT_RECENT_CONVERSATIONS, /* string: tenant, user */
    MNEME_HOT_RECENT_DECISIONS,     /* string: tenant, agent */
    MNEME_HOT_WORKING,              /* hash: tenant, stream, conversation; so the four that belong to it */
    MNEME_HOT_WORKING_TURNS,        /* list */
    MNEME_HOT_WORKING_THOUGHTS,     /* list */
    MNEME_HOT_WORKING_CONTEXT,      /* hash */
    MNEME_HOT_WORKING_EVENTS,       /* list */
    MNEME_HOT_KIND_COUNT,
};

/* The prefix of the settings. MNEME_E_USAGE when it has a brace, which would make another hash tag. */
int mneme_hot_prefix(struct mneme_str *out, const struct mneme_config *config, struct mneme_error *error);

/* The partition of a stream's events, as publishers place them. `scratch` is cleared first. */
int32_t mneme_hot_partition(struct mneme_buffer *scratch, struct mneme_str tenant, struct mneme_str stream_id,
                            int32_t partitions);

/* All of these append a key. */

void mneme_hot_topic_key(struct mneme_buffer *out, struct mneme_str prefix);
void mneme_hot_task_key(struct mneme_buffer *out, struct mneme_str prefix, const char *task);
void mneme_hot_live_key(struct mneme_buffer *out, struct mneme_str prefix, int32_t partition);
void mneme_hot_space_key(struct mneme_buffer *out, struct mneme_str prefix, int32_t partition);

/* What the keys of a space and partition begin with, up to and with the colon before their kind. */
void mneme_hot_base(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition);

/* `names`: those that the kind has. */
void mneme_hot_key(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition,
                   enum mneme_hot_kind kind, const struct mneme_str *names, size_t count);
void mneme_hot_memory_key(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition,
                          struct mneme_str tenant, struct mneme_str stream_id, struct mneme_uuid id);

/* What follows the base: the kind and its names. */
void mneme_hot_kind_names(struct mneme_buffer *out, enum mneme_hot_kind kind, const struct mneme_str *names,
                          size_t count);

/* What mneme_hot_kind_names wrote: the kind, and the names as they are encoded. False for anything else. */
bool mneme_hot_kind_parse(enum mneme_hot_kind *kind, struct mneme_str *names, struct mneme_str text);

/* Names as keys have them: encoded, with slashes between. */
void mneme_hot_names(struct mneme_buffer *out, const struct mneme_str *names, size_t count);

/* Whom what is kept counts for: a user, or without one (null) the stream. */
void mneme_hot_owner(struct mneme_buffer *out, struct mneme_str tenant, struct mneme_str user_id,
                     struct mneme_str stream_id);

/* In MNEME_HOT_GAPS: every list of the partition. */
#define MNEME_HOT_EVERY_LIST "*"

#endif
