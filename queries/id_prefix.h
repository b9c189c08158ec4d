/*
 * An id by its first digits, as a person copies them from a table.
 */
#ifndef MNEME_QUERIES_ID_PREFIX_H
#define MNEME_QUERIES_ID_PREFIX_H

#include "queries/question.h"

/* What kind of thing the id belongs to. */
enum mneme_id_prefix_kind {
    MNEME_ID_PREFIX_MEMORY, /* deleted ones count too, since their history can be read */
    MNEME_ID_PREFIX_KNOWLEDGE,
};

struct mneme_id_prefix {
    enum mneme_id_prefix_kind kind;
    struct mneme_str tenant, stream_id; /* the stream may be null: any */
    struct mneme_str text;              /* a prefix by mneme_uuid_parse_prefix */
};

/* "memory" */
const char *mneme_id_prefix_noun(enum mneme_id_prefix_kind kind);

/* Finds the one id of the tenant that begins with the prefix. MNEME_E_NOT_FOUND when there is none;
 * MNEME_E_USAGE, naming them, when there are several. */
int mneme_id_prefix_find(struct mneme_uuid *out, struct mneme_postgres *postgres,
                         const struct mneme_id_prefix *prefix, struct mneme_error *error);

#endif
