/*
 * The events of imported conversations: conversation_created and conversation_turn. Their ids are derived
 * from the export's ids, or else from place and text, so that a later export of the same conversation adds
 * only what is new. A turn gets the next index of its conversation when it is folded, so that nothing is lost
 * if an export continues on another branch.
 */
#ifndef MNEME_IMPORTERS_CHAT_EVENTS_H
#define MNEME_IMPORTERS_CHAT_EVENTS_H

#include "importers/chat.h"
#include "importers/import.h"

/* Zero-initialise except for the first three. */
struct mneme_chat_events {
    const struct mneme_import_source *source;
    struct mneme_import_sink *sink;
    const char *format; /* in ids and metadata */

    struct mneme_buffer identity, metadata;
    int64_t latest; /* time of the previous event of the conversation; 0: there is none */
};
void mneme_chat_events_clean_up(struct mneme_chat_events *events);

/* A message and its context. */
struct mneme_chat_turn {
    const struct mneme_chat_message *message;
    struct mneme_str conversation_id;
    int64_t ordinal; /* of the message in its conversation, from 0 */
    struct mneme_scope scope;
    struct mneme_opt_long turn_index; /* if the export itself numbers turns */
    struct mneme_str metadata;        /* a JSON object of the message, kept under "metadata", or null */
    const char *ids;                  /* "(message m4, conversation c1)" */
    const char *where;                /* "message 4 of \"Rome\"": for refusals and warnings */
};

/* Put one event, or for a message that exceeds the limit several, with consecutive parts. The sink refuses
 * invalid events as separate entries; other errors end the import. */
int mneme_chat_put_conversation(struct mneme_chat_events *events, const struct mneme_chat *chat,
                                struct mneme_error *error);
int mneme_chat_put_turn(struct mneme_chat_events *events, const struct mneme_chat_turn *turn,
                        struct mneme_error *error);

/* Counts an entry and refuses it; `why` is a phrase, `ids` as above or NULL. */
int mneme_chat_refuse(struct mneme_chat_events *events, const char *where, const char *ids, const char *why,
                      struct mneme_error *error);

#endif
