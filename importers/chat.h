/*
 * A conversation of an export in memory, from any product: its name, and its messages in order. Everything is
 * a slice of the export's text, or in the arena. docs/chats.md documents how each member is imported.
 */
#ifndef MNEME_IMPORTERS_CHAT_H
#define MNEME_IMPORTERS_CHAT_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"

struct mneme_chat_message {
    struct mneme_str id;      /* may be null */
    struct mneme_str role;    /* user, assistant, system or tool; null: another, given by `author` */
    struct mneme_str author;  /* the export's name for the speaker's role */
    struct mneme_str speaker; /* the name of a tool or person, else null */
    struct mneme_str text;    /* if blank, there is nothing to import */
    struct mneme_str kind;    /* the kind if not plain text: "code", "multimodal_text"; else null */
    struct mneme_str model;   /* the model that wrote it, else null */
    struct mneme_opt_long created_at;
    int64_t attachments;    /* number of attached files, images and the like */
    bool has_attached_text; /* part of the text comes from an attachment */
    struct mneme_str json;  /* the message as exported */
};

struct mneme_chat {
    struct mneme_str id, title; /* the title may be null */
    struct mneme_opt_long created_at;
    struct mneme_chat_message *messages;
    size_t count;
    int64_t left_out; /* messages on branches other than the current one */
    const char *note; /* a deviation from what the export says, a clause; NULL: none */
};

/* A product's form of a conversation. */
struct mneme_chat_reader {
    const char *name;    /* of the format, in ids and metadata */
    const char *product; /* the product that writes these exports */
    const char *marker;  /* the name, with quotes, of a member that only conversations have */
    /* Reads a JSON object that mneme_json_check has accepted. MNEME_E_INVALID with what is missing. */
    int (*read)(struct mneme_chat *out, struct mneme_arena *arena, struct mneme_str json,
                struct mneme_error *error);
};

extern const struct mneme_chat_reader mneme_chatgpt_reader;
extern const struct mneme_chat_reader mneme_claude_reader;

/* --- what readers share --- */

/* The member of that name; null when it is missing or null. */
struct mneme_str mneme_chat_member(struct mneme_str object, const char *name);

/* A string that is not blank; null for anything else. False when memory is exhausted. */
bool mneme_chat_string(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str value);

/* Adds a paragraph, after `separator`; skips blank ones. */
void mneme_chat_add_text(struct mneme_buffer *text, const char *separator, struct mneme_str added);

/* The text without marks of the user interface, in the arena; null when nothing is left. False when memory is
 * exhausted. */
bool mneme_chat_take_text(struct mneme_str *out, struct mneme_arena *arena, const struct mneme_buffer *text,
                          bool has_tags);

/* The number of items of an array; 0 for anything else. */
size_t mneme_chat_count(struct mneme_str array);

/* A time in any form that exports use, or unset. */
struct mneme_opt_long mneme_chat_time(struct mneme_arena *arena, struct mneme_str value);

/* Our role for a product's role name, or null. */
struct mneme_str mneme_chat_role(struct mneme_str word);

/* "(message m4, conversation c1)": for messages about them; the message's id may be null. */
void mneme_chat_name(char *out, size_t size, struct mneme_str message_id, struct mneme_str conversation_id);

int mneme_chat_no_memory(struct mneme_error *error);

#endif
