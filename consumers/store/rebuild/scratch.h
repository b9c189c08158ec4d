/*
 * A schema apart, beside the live one: what a rebuild and a verification fold into. Named "<live>_<suffix>"
 * (shortened where that is too long for a name), and marked by a comment, so that nothing that somebody else
 * made is ever dropped.
 *
 * One thread at a time.
 */
#ifndef MNEME_CONSUMERS_STORE_SCRATCH_H
#define MNEME_CONSUMERS_STORE_SCRATCH_H

#include "common/postgres/schema.h"
#include "sql/embedded.h"

/* Parts of a table that are made while events are folded: one is made for an example, so that it is known
 * what they must be like, and dropped again. */
struct mneme_catalog_example {
    const char *table, *add_sql, *drop_sql;
};

struct mneme_scratch {
    struct mneme_config *config; /* as the caller's, but that it leads to the scratch schema */
    char live[MNEME_PG_NAME_BYTES], name[MNEME_PG_NAME_BYTES], old[MNEME_PG_NAME_BYTES];
    struct mneme_postgres *postgres;             /* looks into the scratch schema, and holds the lock */
    bool is_there;                               /* the schema was there when the scratch was opened */
    const struct mneme_catalog_example *example; /* or NULL; set by the caller, borrowed */
};

/* Connects and takes the lock that lets one rebuild or verification of a schema work at a time, and ends what
 * sessions of a former one, whose program is gone, still do in the scratch schema. MNEME_E_CONFLICT when
 * another has the lock or such a session does not end, MNEME_E_UNSAFE when the name is taken by a schema that
 * is not ours. Makes and drops nothing. */
int mneme_scratch_open(struct mneme_scratch *scratch, const struct mneme_config *config,
                       enum mneme_projection schema, const char *suffix, struct mneme_error *error);

/* Gives the lock back; the schema stays. Does nothing for a zeroed one. */
void mneme_scratch_close(struct mneme_scratch *scratch);

/* Lets statements on another connection know the names of the schemas (the settings mneme.live, .scratch,
 * .old). */
int mneme_scratch_set_names(const struct mneme_scratch *scratch, struct mneme_postgres *postgres,
                            struct mneme_error *error);

/* Marks another session as one that works in the scratch schema: should it outlive its program, the next one
 * ends it. */
int mneme_scratch_join(struct mneme_postgres *postgres, struct mneme_error *error);

/* Drops what is there of it, and a replaced live schema that was left behind. */
int mneme_scratch_drop(struct mneme_scratch *scratch, struct mneme_error *error);

/* Makes it anew, with these tables. */
int mneme_scratch_make(struct mneme_scratch *scratch, struct mneme_migration_set migrations,
                       struct mneme_error *error);

/* Keeps what it consists of, as migrated, in its table rebuild_objects. */
int mneme_scratch_keep_catalog(struct mneme_scratch *scratch, struct mneme_error *error);

/* Parks by hand what is parked by hand in the live schema; one that keeps none of it is fine. */
int mneme_scratch_take_hand_parked(struct mneme_scratch *scratch, struct mneme_error *error);

/* Keeps that, parks what is parked by hand, and makes it ready for a load of the topic's log: indexes that
 * the fold does not need are dropped, and kept on a list (rebuild_indexes), as are the keys of the tables
 * (rebuild_keys). */
int mneme_scratch_prepare(struct mneme_scratch *scratch, const char *topic, int32_t partitions,
                          struct mneme_error *error);

/* Moves the progress to next_offsets[partition], where it is before that: all events are folded, and what is
 * left holds none, such as markers of transactions. */
int mneme_scratch_note_progress(struct mneme_scratch *scratch, const int64_t *next_offsets,
                                int32_t partitions, struct mneme_error *error);

#endif
