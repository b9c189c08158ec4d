/*
 * A schema next to the live one, into which a rebuild or a verification folds. Named "<live>_<suffix>"
 * (shortened if that is too long for a name), and marked by a comment, so that no schema of anybody else is
 * ever dropped.
 *
 * One thread at a time.
 */
#ifndef MNEME_CONSUMERS_STORE_SCRATCH_H
#define MNEME_CONSUMERS_STORE_SCRATCH_H

#include "common/postgres/schema.h"
#include "sql/embedded.h"

/* Parts of a table that are made while events are folded: one is made as an example for the catalog, and
 * dropped again. */
struct mneme_catalog_example {
    const char *table, *add_sql, *drop_sql;
};

struct mneme_scratch {
    struct mneme_config *config; /* the caller's, except that it names the scratch schema */
    char live[MNEME_PG_NAME_BYTES], name[MNEME_PG_NAME_BYTES], old[MNEME_PG_NAME_BYTES];
    struct mneme_postgres *postgres; /* has the scratch schema on its search path, and holds the lock */
    bool is_there;                   /* the schema was there when the scratch was opened */
    const struct mneme_catalog_example *example; /* or NULL; set by the caller, borrowed */
};

/* Connects and takes the lock that allows one rebuild or verification of a schema at a time, and ends
 * sessions of an earlier one that still work in the scratch schema although their program has ended.
 * MNEME_E_CONFLICT when another has the lock or such a session does not end, MNEME_E_UNSAFE when the name is
 * taken by a schema that is not ours. Makes and drops nothing. */
int mneme_scratch_open(struct mneme_scratch *scratch, const struct mneme_config *config,
                       enum mneme_projection schema, const char *suffix, struct mneme_error *error);

/* Gives the lock back; the schema stays. Does nothing for a zeroed one. */
void mneme_scratch_close(struct mneme_scratch *scratch);

/* Sets the names of the schemas for statements on another connection (the settings mneme.live, .scratch,
 * .old). */
int mneme_scratch_set_names(const struct mneme_scratch *scratch, struct mneme_postgres *postgres,
                            struct mneme_error *error);

/* Marks another session as working in the scratch schema: the next run ends it if it outlives its program. */
int mneme_scratch_join(struct mneme_postgres *postgres, struct mneme_error *error);

/* Drops the schema, and a replaced live schema that was left behind. */
int mneme_scratch_drop(struct mneme_scratch *scratch, struct mneme_error *error);

/* Makes it again, with these tables. */
int mneme_scratch_make(struct mneme_scratch *scratch, struct mneme_migration_set migrations,
                       struct mneme_error *error);

/* Records its objects, as migrated, in its table rebuild_objects. */
int mneme_scratch_keep_catalog(struct mneme_scratch *scratch, struct mneme_error *error);

/* Copies what is parked by hand in the live schema, if it keeps that. */
int mneme_scratch_copy_hand_parked(struct mneme_scratch *scratch, struct mneme_error *error);

/* Does both, and prepares a load of the topic's log: indexes that the fold does not need are dropped and
 * listed (rebuild_indexes), as are the keys of the tables (rebuild_keys). */
int mneme_scratch_prepare(struct mneme_scratch *scratch, const char *topic, int32_t partitions,
                          struct mneme_error *error);

/* Moves the progress forward to next_offsets[partition]: all events are folded, and the remaining offsets
 * have none, such as markers of transactions. */
int mneme_scratch_note_progress(struct mneme_scratch *scratch, const int64_t *next_offsets,
                                int32_t partitions, struct mneme_error *error);

#endif
