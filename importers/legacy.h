/*
 * One memory of an older store, a JSON object whose members have the names that such stores use, as an event
 * of ours. What has no place of its own is kept in the memory's metadata. docs/legacy-json.md is the
 * reference of names and rules.
 */
#ifndef MNEME_IMPORTERS_LEGACY_H
#define MNEME_IMPORTERS_LEGACY_H

#include "common/base/arena.h"
#include "schemas/event.h"

/* Whom and what a memory belongs to; null where it is not known. */
struct mneme_legacy_ids {
    struct mneme_str agent, user, run, conversation;
};

/* What a member of an object is by its name. Of several members of one role the first by the table's order
 * counts. */
enum mneme_legacy_role {
    MNEME_LEGACY_AGENT,
    MNEME_LEGACY_USER,
    MNEME_LEGACY_RUN,
    MNEME_LEGACY_CONVERSATION,
    MNEME_LEGACY_CONTENT,
    MNEME_LEGACY_TYPE,
    MNEME_LEGACY_TERM,
    MNEME_LEGACY_CONFIDENCE,
    MNEME_LEGACY_IMPORTANCE,
    MNEME_LEGACY_PRIORITY,
    MNEME_LEGACY_TAGS,
    MNEME_LEGACY_ENTITIES,
    MNEME_LEGACY_METADATA,
    MNEME_LEGACY_TIME,
    MNEME_LEGACY_EXPIRES,
    MNEME_LEGACY_ROLE_COUNT, /* none of these */
};

/* The role of a member's name (with its quotes); *rank is its place in the table, lower comes first. */
enum mneme_legacy_role mneme_legacy_role_of(struct mneme_str quoted, int *rank);

/* Where an id of that role is kept; NULL for another role. */
struct mneme_str *mneme_legacy_id(struct mneme_legacy_ids *ids, enum mneme_legacy_role role);

/* A string that is not blank, or a number as it is written; null for anything else. In the arena or a slice.
 * False when memory is exhausted. */
bool mneme_legacy_read_id(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str value);

/* The ids of `ids`, and those of `others` where it has none. */
struct mneme_legacy_ids mneme_legacy_ids_or(struct mneme_legacy_ids ids, struct mneme_legacy_ids others);

/* RFC 3339, also without a zone (UTC), without seconds, or followed by UTC or GMT; seconds, milliseconds or
 * microseconds since 1970, told apart by their size, as a number or as a string. `value` is JSON. False when
 * it is none of these. */
bool mneme_legacy_read_time(int64_t *micros, struct mneme_arena *arena, struct mneme_str value);

/* The memory type that stands for a name in an older store, in any case; null when there is none. */
struct mneme_str mneme_legacy_type(struct mneme_str name);

/* The memory types that the schema allows; ends with NULL. */
const char *const *mneme_legacy_memory_types(void);

/* Where a memory was found, for its metadata: migrated_from, source_file, original_structure and
 * migration_timestamp. */
struct mneme_legacy_origin {
    const char *file;
    const char *structure; /* "list", "object", or the names of the lists around it: "data.memories" */
    int64_t migrated_at;   /* microseconds since 1970 */
};

/* What was found out beside the event. */
struct mneme_legacy_notes {
    bool has_unknown_type; /* its type is none that is known, and was kept in the metadata */
    char warning[320];     /* what was taken otherwise than it is written, clauses; "": nothing */
};

/* What reading needs; zero-initialise the buffers and initialise the arena. One thread at a time. */
struct mneme_legacy_reader {
    struct mneme_arena arena;                 /* reset by each call */
    struct mneme_legacy_ids named;            /* by file and folder: what nothing else says */
    const struct mneme_legacy_origin *origin; /* NULL: the metadata say nothing of it */
    struct mneme_buffer canonical, content, metadata, identity;
};
void mneme_legacy_reader_clean_up(struct mneme_legacy_reader *reader);

/* Reads an object that mneme_json_check has accepted. `around` holds ids for what it does not name itself.
 * The event is valid until the next call; its id follows from tenant, ids and what the object says.
 * MNEME_E_INVALID with what is wrong in it. */
int mneme_legacy_read(struct mneme_event *out, struct mneme_legacy_notes *notes,
                      struct mneme_legacy_reader *reader, struct mneme_str object,
                      const struct mneme_legacy_ids *around, const char *tenant, struct mneme_error *error);

#endif
