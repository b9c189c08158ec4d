/*
 * One object of an older store while it is turned into an event: its members and their roles. Shared by the
 * files that create the parts of the event.
 */
#ifndef MNEME_IMPORTERS_LEGACY_ENTRY_H
#define MNEME_IMPORTERS_LEGACY_ENTRY_H

#include "common/base/error.h"
#include "importers/legacy.h"

struct mneme_legacy_member {
    struct mneme_str key, value; /* the key with its quotes */
    bool is_taken;               /* has found its place */
    bool is_unfit;               /* does not fit its field: kept in the metadata */
};

struct mneme_legacy_entry {
    struct mneme_legacy_reader *reader;
    struct mneme_legacy_member *members;
    size_t count;
    struct mneme_legacy_member *found[MNEME_LEGACY_ROLE_COUNT]; /* NULL: there is none */
    bool is_content_empty; /* there is a member for it, but it is empty */
    struct mneme_str unknown_type;
    struct mneme_legacy_notes *notes;
    struct mneme_error *error;
};

int mneme_legacy_no_memory(const struct mneme_legacy_entry *entry);

/* A number, possibly in quotes, and then possibly with a percent sign. False for anything else. */
bool mneme_legacy_read_number(double *out, struct mneme_str value);

/* Whether a string is short_term or long_term. */
bool mneme_legacy_is_term(struct mneme_str value);

/* Type and term, numbers, times, tags and entities. */
int mneme_legacy_put_fields(struct mneme_legacy_entry *entry, struct mneme_event *event);

/* The content: refused when there is none, or when it is not a memory but contains some. */
int mneme_legacy_put_content(struct mneme_legacy_entry *entry, struct mneme_str *out);

/* Its own metadata and what has no other place; after the content. */
int mneme_legacy_put_metadata(struct mneme_legacy_entry *entry, struct mneme_str *out);

#endif
