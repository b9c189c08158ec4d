/*
 * Turns a memory of an older store, a JSON object with the member names of such stores, into an event.
 * Members without a field in the event are kept in the memory's metadata. docs/legacy-json.md documents the
 * names and rules.
 */
#ifndef MNEME_IMPORTERS_LEGACY_H
#define MNEME_IMPORTERS_LEGACY_H

#include "common/base/arena.h"
#include "schemas/event.h"

/* The owners of a memory; null if unknown. */
struct mneme_legacy_ids {
    struct mneme_str agent, user, run, conversation;
};

/* The role of a member, by its name. Of several members with the same role, the first in the table's order is
 * used. */
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

/* The role of a (quoted) member name; *rank is its place in the table, lower comes first. */
enum mneme_legacy_role mneme_legacy_role_of(struct mneme_str quoted, int *rank);

/* The field for an id of that role; NULL for any other role. */
struct mneme_str *mneme_legacy_id(struct mneme_legacy_ids *ids, enum mneme_legacy_role role);

/* A string that is not blank, or a number as it is written; null for anything else. In the arena or a slice.
 * False when memory is exhausted. */
bool mneme_legacy_read_id(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str value);

/* The ids of `ids`, completed from `others`. */
struct mneme_legacy_ids mneme_legacy_ids_or(struct mneme_legacy_ids ids, struct mneme_legacy_ids others);

/* RFC 3339, also without a zone (UTC), without seconds, or followed by UTC or GMT; seconds, milliseconds or
 * microseconds since 1970, distinguished by their size, as a number or as a string. `value` is JSON. False
 * for anything else. */
bool mneme_legacy_read_time(int64_t *micros, struct mneme_arena *arena, struct mneme_str value);

/* The memory type for a name in an older store, in any case; null when there is none. */
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

/* Findings besides the event. */
struct mneme_legacy_notes {
    bool has_unknown_type; /* its type is unknown, and was kept in the metadata */
    char warning[320];     /* deviations from what is written, clauses; "": none */
};

/* Working memory; zero-initialise the buffers and initialise the arena. One thread at a time. */
struct mneme_legacy_reader {
    struct mneme_arena arena;                 /* reset by each call */
    struct mneme_legacy_ids named;            /* from the names of file and folder, as a fallback */
    const struct mneme_legacy_origin *origin; /* NULL: not recorded in the metadata */
    struct mneme_buffer canonical, content, metadata, identity;
};
void mneme_legacy_reader_clean_up(struct mneme_legacy_reader *reader);

/* Reads an object that mneme_json_check has accepted. `around` has ids for those that it does not name
 * itself. The event is valid until the next call; its id is derived from tenant, ids and the object.
 * MNEME_E_INVALID with what is wrong. */
int mneme_legacy_read(struct mneme_event *out, struct mneme_legacy_notes *notes,
                      struct mneme_legacy_reader *reader, struct mneme_str object,
                      const struct mneme_legacy_ids *around, const char *tenant, struct mneme_error *error);

#endif
