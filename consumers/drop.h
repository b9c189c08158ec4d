/*
 * Dropping parked events: a person says that one will never be applied. It leaves the parked events for the
 * dropped ones, where every fold of the log finds it from then on and passes over it, and what waited behind
 * it is tried again in its order (consumers/redrive.h). What the ledger drops has no effect anywhere.
 *
 * Killed at any moment, it can be run again, and does what is left.
 */
#ifndef MNEME_CONSUMERS_DROP_H
#define MNEME_CONSUMERS_DROP_H

#include "consumers/redrive.h"

/* An event at the position that a projection has parked or dropped; the texts are owned by the list. */
struct mneme_drop_item {
    char *projection, *topic; /* projection: as it is called among the parked events, such as embed.MODEL */
    char *reason;             /* why it was parked */
    char *shown_key;          /* bytes that are no printable ASCII are escaped; "": it has none */
    char *key;                /* NULL when it has none */
    size_t key_len;
    int64_t blocked_by; /* struct mneme_batch_item */
    int64_t behind;     /* events of its key that wait behind it */
    int64_t topic_partitions;
    bool has_progress, is_dropped;
    const struct mneme_projection_facts *facts;
};

struct mneme_drop_list {
    struct mneme_drop_item *items; /* the ledger's first */
    size_t count;
};

struct mneme_drop {
    const struct mneme_config *config;
    struct mneme_position position;
    /* Null: wherever it is parked on the events topic. The ledger's is that, too, since all follow it.
     * "vectors" is of the embeddings topics, whose positions are others. */
    struct mneme_str projection;
    const char *note;                  /* why, as the person says; NULL: not said */
    const struct mneme_cancel *cancel; /* NULL: nothing ends it */
    /* The item was dropped; by this call unless is_dropped. */
    void (*on_dropped)(void *context, const struct mneme_drop_item *item);
    /* What became of those behind it, as of a redrive. */
    void (*on_event)(void *context, const char *projection, const struct mneme_batch_item *item);
    void *context;
};

/* Finds what there is to drop, and what was dropped there before. Changes nothing. */
int mneme_drop_find(struct mneme_drop_list *list, const struct mneme_drop *drop, struct mneme_error *error);

void mneme_drop_list_clean_up(struct mneme_drop_list *list);

/* Drops what the list has, each item in a transaction, and tries again what waited behind them; *counts is of
 * the latter. MNEME_OK too when `cancel` is due: what is left can be done later. MNEME_E_CONFLICT while a
 * rebuild or a verification is at work: nothing more was dropped then.
 */
int mneme_drop_run(struct mneme_redrive_counts *counts, const struct mneme_drop *drop,
                   const struct mneme_drop_list *list, struct mneme_error *error);

#endif
