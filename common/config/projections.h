/*
 * Facts about each projection, shared by workers, readers and operators. A projection consists of its folder
 * under consumers/, its migrations and a row here.
 */
#ifndef MNEME_COMMON_CONFIG_PROJECTIONS_H
#define MNEME_COMMON_CONFIG_PROJECTIONS_H

#include "common/config/config.h"

/* In listing order: each after those that it waits for. */
enum mneme_projection {
    MNEME_PROJECTION_POSTGRES, /* the ledger and the tables */
    MNEME_PROJECTION_SEARCH,   /* full text */
    MNEME_PROJECTION_EMBED,    /* the texts of documents, and their embeddings on separate topics */
    MNEME_PROJECTION_VECTORS,
    MNEME_PROJECTION_REDIS,
    MNEME_PROJECTIONS,
};

struct mneme_projection_facts {
    enum mneme_projection id;
    /* Its name for `mneme work`, for its consumer group (after the topic prefix), and for its progress and
     * parked events, followed by "." and a model or generation if it keeps several. */
    const char *name;
    const char *place; /* where readers find what it has applied, for "is not in PLACE yet" */

    /* Has a Postgres schema with its tables, progress and parked events. Without one, it keeps them
     * elsewhere, and reads the ledger's schema. */
    bool has_schema;
    enum mneme_setting schema_setting; /* names it; if empty, it is the ledger's name and the suffix */
    const char *schema_suffix;

    /* Depends on an optional service: `mneme work all` runs it only if this setting is given. */
    bool is_optional;
    enum mneme_setting given_by;

    bool is_by_model; /* keeps separate progress for each model */
    /* The projection whose records it folds, topic by topic; NULL: the events topic. Readers who wait for
     * this one wait for that one first. */
    const struct mneme_projection_facts *source;
    const struct mneme_projection_facts
        *rebuilt_by; /* the projection whose `mneme rebuild` rebuilds it; NULL: its own */
};

extern const struct mneme_projection_facts mneme_projections[MNEME_PROJECTIONS];

/* The projection with that name, or NULL. `name` may have a suffix, as in "embed.MODEL". */
const struct mneme_projection_facts *mneme_projection_named(const char *name);

/* The argument of `mneme rebuild` for a projection that does not fit its log. */
static inline const char *mneme_projection_rebuilt_by(const struct mneme_projection_facts *projection) {
    return projection->rebuilt_by != NULL ? projection->rebuilt_by->name : projection->name;
}

#endif
