/*
 * What is imported of conversations as events: conversation_created and conversation_turn. Their ids follow
 * from the ids that the export gives, or else from place and words, so that a later export of the same
 * conversation adds what is new. A turn takes the next index of its conversation when it is folded, so that
 * nothing is lost where an export has gone on along another branch.
 */
#ifndef MNEME_IMPORTERS_CHAT_EVENTS_H
#define MNEME_IMPORTERS_CHAT_EVENTS_H

#include "importers/chat.h"
#include "importers/import.h"

/* Zero-initialise but for the first three. */
struct mneme_chat_events {
    const struct mneme_import_source *source;
    struct mneme_import_sink *sink;
    const char *format; /* in ids and metadata */

    struct mneme_buffer identity, metadata;
    int64_t latest; /* time of the event before in its conversation; 0: there is none */
};
void mneme_chat_events_clean_up(struct mneme_chat_events *events);

/* A message with what it belongs to. */
struct mneme_chat_turn {
    const struct mneme_chat_message *message;
    struct mneme_str conversation_id;
    int64_t ordinal; /* of the message in its conversation, from 0 */
    struct mneme_scope scope;
    struct mneme_opt_long turn_index; /* where the export itself counts turns */
    struct mneme_str metadata;        /* a JSON object of the message, kept under "metadata", or null */
    const char *ids;                  /* "(message m4, conversation c1)" */
    const char *where;                /* "message 4 of \"Rome\"": for what is refused or warned of */
};

/* Put one event, or several for a message that is longer than one may be: parts that follow each other. What
 * is wrong is refused by the sink as an entry of its own; other errors end the import. */
int mneme_chat_put_conversation(struct mneme_chat_events *events, const struct mneme_chat *chat,
                                struct mneme_error *error);
int mneme_chat_put_turn(struct mneme_chat_events *events, const struct mneme_chat_turn *turn,
                        struct mneme_error *error);

/* Counts an entry and refuses it; `why` is a phrase, `ids` as above or NULL. */
int mneme_chat_refuse(struct mneme_chat_events *events, const char *where, const char *ids, const char *why,
                      struct mneme_error *error);

#endif
