/*
 * From a batch of events to what it makes of documents: the texts of memories and of turns, which are
 * searched and embedded. Shared by the projections that keep documents, whatever their store is.
 *
 * A document is identified by tenant, stream, kind and ref. Its scope, created_at, position and speaker are
 * those of the memory or turn as the event that last changed its text left it; expiry, importance and the
 * like are no part of it. A memory or turn whose text is blank has no document.
 */
#ifndef MNEME_CONSUMERS_DOCUMENTS_DOCUMENTS_H
#define MNEME_CONSUMERS_DOCUMENTS_DOCUMENTS_H

#include "common/base/hash.h"
#include "common/json/normal.h"
#include "common/postgres/postgres.h"
#include "consumers/log/batch.h"

enum mneme_document_kind {
    MNEME_DOCUMENT_MEMORY, /* ref: the memory's id as text */
    MNEME_DOCUMENT_TURN,   /* ref: "<turn_index>/<conversation_id>" */
    MNEME_DOCUMENT_KIND_COUNT,
};
extern const struct mneme_str mneme_document_kinds[MNEME_DOCUMENT_KIND_COUNT]; /* "memory", "turn" */

/* What one event made of a document. */
struct mneme_document_version {
    bool is_there; /* false: the event removed it; of the rest only sequence and recorded_at are set then */
    int64_t sequence;                                            /* of the event: mneme_sequence_id */
    int64_t recorded_at;                                         /* of the event */
    struct mneme_str user_id, agent_id, run_id, conversation_id; /* null where there is none */
    struct mneme_opt_long position;                              /* its place in the conversation */
    struct mneme_str speaker;                                    /* null where there is none */
    struct mneme_str role;                                       /* of a turn */
    int64_t created_at;        /* occurred_at of the event that created it */
    struct mneme_str text;     /* never blank */
    struct mneme_str metadata; /* JSON of the memory or turn, null where there is none */
    struct mneme_document_version *next;
};

/* A document that the batch changes. */
struct mneme_document {
    struct mneme_str tenant, stream_id, ref;
    enum mneme_document_kind kind;
    /* The memory or turn was created by the batch: no store has a row of it, once the batch's removals are
     * carried out. Together with !last->is_there it comes to nothing. Of one that is not new, what a store
     * has ends with the first version, before any removal. */
    bool is_new;
    struct mneme_document_version *first, *last; /* in the order of the log; never NULL */
    struct mneme_document *next;
};

/* Every turn of a conversation that was stored before the batch goes, before anything of the batch is stored.
 */
struct mneme_document_removal {
    struct mneme_str tenant, stream_id, conversation_id;
    int64_t sequence, recorded_at; /* of the event that deleted the conversation */
    struct mneme_document_removal *next;
};

struct mneme_document_item; /* an event of the batch on its way */

/* The changes of one batch. They live, with all strings, until the next fold or the batch is given back. */
struct mneme_documents {
    struct mneme_document *first; /* in the order in which the batch names them first */
    struct mneme_document_removal *first_removal;
    size_t count, removal_count;

    /* The fold's own. */
    struct mneme_document **last;
    struct mneme_document_removal **last_removal;
    struct mneme_arena arena;
    struct mneme_buffer text, scratch;
    struct mneme_json_normal normal;
    struct mneme_hash states_by_key, conversations_by_key;
    struct mneme_document_item *items;
    size_t item_count;
    struct mneme_document_conversation **conversations; /* those whose turns' indexes are wanted */
    size_t conversation_count;
    struct mneme_pg_params params[3];
    uint64_t seed; /* of hashes: not to be guessed from outside */
};

/* MNEME_E_INTERNAL when no randomness can be had. */
int mneme_documents_init(struct mneme_documents *documents, struct mneme_error *error);
void mneme_documents_clean_up(struct mneme_documents *documents);

/* Folds the accepted events of the batch, forgetting the batch before; is_accepted has one flag for each
 * item. What the batch does not tell (the scope of a memory whose text is updated, the index of a turn that
 * was appended) is read from the ledger's tables, in one round trip: `postgres` must find memories and
 * conversation_turns on its search path, and they must have passed the batch. MNEME_E_UNAVAILABLE when they
 * turn out not to have. */
int mneme_documents_fold(struct mneme_documents *documents, struct mneme_postgres *postgres,
                         const struct mneme_batch *batch, const bool *is_accepted, struct mneme_error *error);

#endif
