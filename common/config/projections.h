/*
 * What is true of each projection, whoever speaks of it: workers, readers and those who run Mneme. What a
 * projection does is in its folder under consumers/; that, its migrations and a row here make a projection.
 */
#ifndef MNEME_COMMON_CONFIG_PROJECTIONS_H
#define MNEME_COMMON_CONFIG_PROJECTIONS_H

#include "common/config/config.h"

/* In the order in which they are listed: each behind those that it waits for. */
enum mneme_projection {
    MNEME_PROJECTION_POSTGRES, /* the ledger and the tables */
    MNEME_PROJECTION_SEARCH,   /* full text */
    MNEME_PROJECTION_EMBED,    /* the texts of documents, and their embeddings on topics of their own */
    MNEME_PROJECTION_VECTORS,
    MNEME_PROJECTION_REDIS,
    MNEME_PROJECTIONS,
};

struct mneme_projection_facts {
    enum mneme_projection id;
    /* What `mneme work` calls it; its consumer group behind the topic prefix; and what its progress and its
     * parked events go by, with "." and a model or a generation behind it where it keeps several. */
    const char *name;
    const char *place; /* where readers find what it has applied: "is not in PLACE yet" */

    /* A schema in Postgres with its tables, its progress and its parked events. One without keeps them
     * elsewhere, and reads the ledger's schema. */
    bool has_schema;
    enum mneme_setting
        schema_setting; /* names it; while that is empty, the ledger's name and the suffix do */
    const char *schema_suffix;

    /* Works on what an installation need not have: `mneme work all` runs it where this setting is given. */
    bool is_optional;
    enum mneme_setting given_by;

    bool is_by_model; /* keeps a progress for each model */
    /* Whose records it folds, topic by topic; NULL: the events topic. What readers wait for here they wait
     * for there before. */
    const struct mneme_projection_facts *source;
    const struct mneme_projection_facts *rebuilt_by; /* whose `mneme rebuild` makes it again; NULL: its own */
};

extern const struct mneme_projection_facts mneme_projections[MNEME_PROJECTIONS];

/* The projection that is called so, or NULL. `name` may have what it is of behind it, as in "embed.MODEL". */
const struct mneme_projection_facts *mneme_projection_named(const char *name);

/* What comes behind `mneme rebuild` where the projection does not fit its log. */
static inline const char *mneme_projection_rebuilt_by(const struct mneme_projection_facts *projection) {
    return projection->rebuilt_by != NULL ? projection->rebuilt_by->name : projection->name;
}

#endif
