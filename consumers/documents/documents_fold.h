/*
 * What the files of this folder share while they fold a batch.
 */
#ifndef MNEME_CONSUMERS_DOCUMENTS_FOLD_H
#define MNEME_CONSUMERS_DOCUMENTS_FOLD_H

#include "consumers/documents/documents.h"

/* A document as the events up to here have left it. */
struct mneme_document_state {
    struct mneme_document document; /* of the outside; listed once it has a version */
    bool is_created;                /* scope and the like are known, from the event that created it */
    struct mneme_document_version now;
    struct mneme_document_state *next_turn; /* of the same conversation */
};

/* A conversation that turns are appended to without an index, or that is deleted. */
struct mneme_document_conversation {
    struct mneme_str tenant, stream_id, conversation_id;
    int64_t first_sequence, last_sequence; /* of the turns whose index is to be looked up */
    bool wants_indexes;
    struct mneme_document_removal removal; /* .tenant null: none yet */
    struct mneme_document_state *first_turn;
};

/* A memory as the ledger's tables have it behind an event. */
struct mneme_document_memory {
    struct mneme_str user_id, agent_id, run_id, conversation_id;
    int64_t created_at;
    struct mneme_str metadata; /* JSON */
    struct mneme_str content;  /* JSON, where it was asked for */
};

/* What an event made of a turn. */
struct mneme_document_turn {
    bool is_there; /* false: it said so already */
    bool is_first; /* it was not there before */
    int64_t created_at;
};

#define MNEME_DOCUMENT_MAX_TURNS 2 /* of one event: what is said and what is answered */

/* An event of the batch. */
struct mneme_document_item {
    const struct mneme_batch_item *from;
    struct mneme_document_state
        *state; /* of a memory, if it is of interest; a turn's is known when its index is */
    struct mneme_document_conversation *conversation;
    bool wants_memory;                    /* to be looked up, into `memory` */
    struct mneme_document_memory *memory; /* NULL: not looked up */
    bool wants_turn_index;                /* the ledger has it */
    bool wants_turns;                     /* they may be corrections: to be looked up, into `turns` */
    int64_t turn_index;                   /* of the first */
    struct mneme_document_turn turns[MNEME_DOCUMENT_MAX_TURNS];
};

/* How many turns the event contains. */
static inline size_t mneme_document_turn_count(const struct mneme_document_item *item) {
    return item->from->event.payload.conversation_turn.agent_response.data == NULL ? 1 : 2;
}

/* The state of that document, made at its first mention (*is_new). NULL when memory is exhausted. */
struct mneme_document_state *mneme_document_find(struct mneme_documents *documents, bool *is_new,
                                                 const struct mneme_event *event,
                                                 enum mneme_document_kind kind, struct mneme_str ref);

/* Looks up what the items need. */
int mneme_documents_look_up(struct mneme_documents *documents, struct mneme_postgres *postgres,
                            struct mneme_error *error);

/* Carries out one event; in the order of the log. False when memory is exhausted. */
bool mneme_document_fold_item(struct mneme_documents *documents, const struct mneme_document_item *item);

#endif
