/*
 * Determines whether an object of a legacy file is one memory, or a wrapper around lists of memories. This
 * uses the names of its own members, not their values, so that a wrapper may have any size and may be broken
 * further on.
 */
#ifndef MNEME_IMPORTERS_LEGACY_OUTLINE_H
#define MNEME_IMPORTERS_LEGACY_OUTLINE_H

#include "importers/import_stream.h"
#include "importers/legacy.h"

#define MNEME_LEGACY_ID_BYTES 300 /* more than an id may have, to detect ids that are too long */
#define MNEME_LEGACY_NAMES_BYTES 200

/* Members that may contain memories. */
enum mneme_legacy_list {
    MNEME_LEGACY_LIST_MEMORIES,
    MNEME_LEGACY_LIST_DATA,
    MNEME_LEGACY_LIST_RESULTS,
    MNEME_LEGACY_LIST_MEMORY,
    MNEME_LEGACY_LIST_ITEMS,
    MNEME_LEGACY_LIST_RECORDS,
    MNEME_LEGACY_LIST_ENTRIES,
    MNEME_LEGACY_LIST_FACTS,
    MNEME_LEGACY_LISTS,
};

/* The name of such a member, with its quotes. */
const char *mneme_legacy_list_name(enum mneme_legacy_list list);

struct mneme_legacy_part {
    struct mneme_import_stream_at place; /* of the value */
    int first_byte;                      /* of the value; 0: the member is missing */
    int first_item;                      /* of a list: the byte that its first item begins with, or ']' */
    bool is_given_twice;
    bool is_list_of_memories; /* of a wrapper */
};

struct mneme_legacy_outline {
    bool is_wrapper;
    struct mneme_legacy_part parts[MNEME_LEGACY_LISTS];
    struct mneme_legacy_ids ids; /* ids that a wrapper gives for its contents; slices of id_bytes */
    char id_bytes[MNEME_LEGACY_CONVERSATION + 1][MNEME_LEGACY_ID_BYTES];
    char others[MNEME_LEGACY_NAMES_BYTES]; /* names of other members: "version, count" */
    struct mneme_import_stream_at end;     /* after the object, or where it is broken */
    const char *broken;                    /* what is wrong there; NULL: nothing */
};

/* Reads the object at the current place, which must exist; the stream may be left anywhere. Resets the arena.
 */
int mneme_legacy_outline(struct mneme_legacy_outline *out, struct mneme_import_stream *stream,
                         struct mneme_arena *arena, struct mneme_error *error);

#endif
