/*
 * Dropping parked events that a person has decided will never be applied. The event moves from the parked
 * events to the dropped ones, where every fold of the log finds it from then on and skips it. The events that
 * waited behind it are tried again in order (consumers/redrive.h). What the ledger drops has no effect
 * anywhere.
 *
 * If it is killed, it can be run again, and does what is left.
 */
#ifndef MNEME_CONSUMERS_DROP_H
#define MNEME_CONSUMERS_DROP_H

#include "consumers/redrive.h"

/* An event at the position that a projection has parked or dropped; the texts are owned by the list. */
struct mneme_drop_item {
    char *projection, *topic; /* projection: as it is called among the parked events, such as embed.MODEL */
    char *reason;             /* why it was parked */
    char *shown_key;          /* bytes that are not printable ASCII are escaped; "": it has no key */
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
    /* Null: wherever it is parked on the events topic. The ledger's name means the same, since all
     * projections follow it. "vectors": positions are those of the embeddings topics. */
    struct mneme_str projection;
    const char *note;                  /* the person's reason; NULL: none given */
    const struct mneme_cancel *cancel; /* NULL: nothing ends it */
    /* The item was dropped; by this call unless is_dropped. */
    void (*on_dropped)(void *context, const struct mneme_drop_item *item);
    /* The result for each event behind it, as in a redrive. */
    void (*on_event)(void *context, const char *projection, const struct mneme_batch_item *item);
    void *context;
};

/* Finds the events to drop, and those dropped there before. Changes nothing. */
int mneme_drop_find(struct mneme_drop_list *list, const struct mneme_drop *drop, struct mneme_error *error);

void mneme_drop_list_clean_up(struct mneme_drop_list *list);

/* Drops the list's items, each in a transaction, and tries the events behind them again; *counts counts the
 * latter. Also MNEME_OK when `cancel` is due: the rest can be done later. MNEME_E_CONFLICT while a rebuild or
 * a verification is running: nothing more was dropped then. */
int mneme_drop_run(struct mneme_redrive_counts *counts, const struct mneme_drop *drop,
                   const struct mneme_drop_list *list, struct mneme_error *error);

#endif
