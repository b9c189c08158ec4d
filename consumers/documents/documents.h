/*
 * The changes of a batch of events to documents: the texts of memories and of turns, which are searched and
 * embedded. Shared by the projections that keep documents, whatever their store is.
 *
 * A document is identified by tenant, stream, kind and ref. Its scope, created_at, position and speaker are
 * those of the memory or turn after the event that last changed its text; expiry, importance and the like are
 * not part of it. A memory or turn with a blank text has no document.
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

/* A document after one event. */
struct mneme_document_version {
    bool is_there;       /* false: the event removed it; then only sequence and recorded_at are set */
    int64_t sequence;    /* of the event: mneme_sequence_id */
    int64_t recorded_at; /* of the event */
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
     * carried out. If !last->is_there as well, nothing is stored. If it is not new, the first version ends
     * what a store has, before any removal. */
    bool is_new;
    struct mneme_document_version *first, *last; /* in the order of the log; never NULL */
    struct mneme_document *next;
};

/* Removes every turn of a conversation that was stored before the batch, before anything of the batch is
 * stored. */
struct mneme_document_removal {
    struct mneme_str tenant, stream_id, conversation_id;
    int64_t sequence, recorded_at; /* of the event that deleted the conversation */
    struct mneme_document_removal *next;
};

struct mneme_document_item; /* an event of the batch on its way */

/* The changes of one batch. They are valid, with all strings, until the next fold or the end of the batch. */
struct mneme_documents {
    struct mneme_document *first; /* in the order of their first mention in the batch */
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
    uint64_t seed; /* of hashes: not predictable from outside */
};

/* MNEME_E_INTERNAL when no random numbers are available. */
int mneme_documents_init(struct mneme_documents *documents, struct mneme_error *error);
void mneme_documents_clean_up(struct mneme_documents *documents);

/* Folds the accepted events of the batch, forgetting the batch before; is_accepted has one flag for each
 * item. What the batch does not contain (the scope of a memory whose text is updated, the index of a turn
 * that was appended) is read from the ledger's tables, in one round trip: `postgres` must find memories and
 * conversation_turns on its search path, and they must have passed the batch; else MNEME_E_UNAVAILABLE. */
int mneme_documents_fold(struct mneme_documents *documents, struct mneme_postgres *postgres,
                         const struct mneme_batch *batch, const bool *is_accepted, struct mneme_error *error);

#endif
