/*
 * A conversation of an export as it lies in memory, whatever product it comes from: what it is called, and
 * what was said, in order. Everything is a slice of the export's text, or lies in the arena. docs/chats.md is
 * the reference of what becomes of which member.
 */
#ifndef MNEME_IMPORTERS_CHAT_H
#define MNEME_IMPORTERS_CHAT_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"

struct mneme_chat_message {
    struct mneme_str id;      /* null where it has none */
    struct mneme_str role;    /* user, assistant, system or tool; null: another, as `author` says */
    struct mneme_str author;  /* as the export calls who speaks */
    struct mneme_str speaker; /* the name of a tool or person, else null */
    struct mneme_str text;    /* blank: there is nothing to keep */
    struct mneme_str kind;  /* what it is, where it is no plain text: "code", "multimodal_text", else null */
    struct mneme_str model; /* that wrote it, else null */
    struct mneme_opt_long created_at;
    int64_t attachments;    /* files, images and the like that came with it */
    bool has_attached_text; /* part of the text is what an attachment held */
    struct mneme_str json;  /* all that the export has of it */
};

struct mneme_chat {
    struct mneme_str id, title; /* the title is null where it has none */
    struct mneme_opt_long created_at;
    struct mneme_chat_message *messages;
    size_t count;
    int64_t left_out; /* messages on branches that are not the current one */
    const char *note; /* what was taken to be otherwise than the export says, a clause; NULL: nothing */
};

/* How a product writes a conversation. */
struct mneme_chat_reader {
    const char *name;    /* of the format, in ids and metadata */
    const char *product; /* whose exports these are */
    const char *marker;  /* the name, with quotes, of a member that only conversations have */
    /* Reads a JSON object that mneme_json_check has accepted. MNEME_E_INVALID with what is missing. */
    int (*read)(struct mneme_chat *out, struct mneme_arena *arena, struct mneme_str json,
                struct mneme_error *error);
};

extern const struct mneme_chat_reader mneme_chatgpt_reader;
extern const struct mneme_chat_reader mneme_claude_reader;

/* --- what readers share --- */

/* The member of that name, null when there is none or it is null. */
struct mneme_str mneme_chat_member(struct mneme_str object, const char *name);

/* A string that is not blank; null for anything else. False when memory is exhausted. */
bool mneme_chat_string(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str value);

/* Adds a paragraph, or with `separator` what else stands between the two; blank ones are passed over. */
void mneme_chat_add_text(struct mneme_buffer *text, const char *separator, struct mneme_str added);

/* The text without marks of an interface, in the arena; null when nothing is left of it. False when memory is
 * exhausted. */
bool mneme_chat_take_text(struct mneme_str *out, struct mneme_arena *arena, const struct mneme_buffer *text,
                          bool has_tags);

/* The number of items of an array; 0 for anything else. */
size_t mneme_chat_count(struct mneme_str array);

/* A time in any form that exports use, or unset. */
struct mneme_opt_long mneme_chat_time(struct mneme_arena *arena, struct mneme_str value);

/* The role of ours that a product's word stands for, or null. */
struct mneme_str mneme_chat_role(struct mneme_str word);

/* "(message m4, conversation c1)": for what is said of them; the message's id may be null. */
void mneme_chat_name(char *out, size_t size, struct mneme_str message_id, struct mneme_str conversation_id);

int mneme_chat_no_memory(struct mneme_error *error);

#endif
