/*
 * What the operations of memories share: fields, columns, and help texts.
 */
#ifndef MNEME_OPERATIONS_MEMORY_FIELDS_H
#define MNEME_OPERATIONS_MEMORY_FIELDS_H

#include "operations/call.h"
#include "operations/events.h"
#include "queries/memory.h"

/* --- fields: rows of an operation's table --- */

/* The values of a memory's term. */
extern const char *const mneme_memory_terms[];

#define MNEME_MEMORY_ID_FIELD                                                                                \
    {                                                                                                        \
        .name = "memory_id", .type = MNEME_OP_ID, .help = "The memory's id.", .shown = "ID",                 \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD                               \
    }
#define MNEME_MEMORY_IDS_FIELD                                                                               \
    {                                                                                                        \
        .name = "memory_ids", .type = MNEME_OP_IDS, .help = "The memories' ids.", .shown = "ID",             \
        .flags = MNEME_OP_POSITIONAL                                                                         \
    }
#define MNEME_MEMORY_REQUIRED_IDS_FIELD                                                                      \
    {                                                                                                        \
        .name = "memory_ids", .type = MNEME_OP_IDS, .help = "The memories' ids.", .shown = "ID",             \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL                                                     \
    }
#define MNEME_MEMORY_EXPECTED_VERSION_FIELD                                                                  \
    {                                                                                                        \
        .name = "expected_memory_version", .option = "expected-version", .type = MNEME_OP_INTEGER,           \
        .maximum = 9.2e18, .help = "Change it only if the memory has this version; for a single memory.",    \
        .flags = MNEME_OP_TO_PAYLOAD                                                                         \
    }
#define MNEME_MEMORY_TEXT_FIELD                                                                              \
    {                                                                                                        \
        .name = "text", .type = MNEME_OP_LONG_TEXT, .help = "The content to remember, as plain text.",       \
        .flags = MNEME_OP_POSITIONAL                                                                         \
    }
#define MNEME_MEMORY_CONTENT_FIELD                                                                           \
    {                                                                                                        \
        .name = "content", .type = MNEME_OP_OBJECT,                                                          \
        .help = "The content as a JSON object, instead of a text.", .flags = MNEME_OP_TO_PAYLOAD             \
    }
#define MNEME_MEMORY_TAGS_FIELD                                                                              \
    { .name = "tags", .type = MNEME_OP_LIST, .help = "Labels to filter by.", .flags = MNEME_OP_TO_PAYLOAD }
#define MNEME_MEMORY_ENTITIES_FIELD                                                                          \
    {                                                                                                        \
        .name = "entities", .type = MNEME_OP_LIST, .help = "Names of the entities that it mentions.",        \
        .flags = MNEME_OP_TO_PAYLOAD                                                                         \
    }
#define MNEME_MEMORY_CONFIDENCE_FIELD                                                                        \
    {                                                                                                        \
        .name = "confidence", .type = MNEME_OP_DECIMAL, .maximum = 1, .shown = "0..1",                       \
        .help = "How certain it is.", .flags = MNEME_OP_TO_PAYLOAD                                           \
    }
#define MNEME_MEMORY_IMPORTANCE_FIELD                                                                        \
    {                                                                                                        \
        .name = "importance", .type = MNEME_OP_DECIMAL, .maximum = 1, .shown = "0..1",                       \
        .help = "How important it is.", .flags = MNEME_OP_TO_PAYLOAD                                         \
    }
#define MNEME_MEMORY_PRIORITY_FIELD                                                                          \
    {                                                                                                        \
        .name = "priority", .type = MNEME_OP_DECIMAL, .maximum = 10, .shown = "0..10",                       \
        .help = "Its priority, such as 7.5.", .flags = MNEME_OP_TO_PAYLOAD                                   \
    }
#define MNEME_MEMORY_EXPIRES_AT_FIELD                                                                        \
    {                                                                                                        \
        .name = "expires_at", .type = MNEME_OP_TIME, .shown = "EXPIRY",                                      \
        .help = "When it expires and is no longer listed.", .flags = MNEME_OP_TO_PAYLOAD | MNEME_OP_AHEAD    \
    }
#define MNEME_MEMORY_METADATA_FIELD                                                                          \
    {                                                                                                        \
        .name = "metadata", .type = MNEME_OP_OBJECT, .help = "Fields of your own, a JSON object.",           \
        .flags = MNEME_OP_TO_PAYLOAD                                                                         \
    }
#define MNEME_MEMORY_REASON_FIELD                                                                            \
    { .name = "reason", .type = MNEME_OP_TEXT, .help = "Why, for the history.", .flags = MNEME_OP_TO_PAYLOAD }
#define MNEME_MEMORY_DRY_RUN_FIELD                                                                           \
    {                                                                                                        \
        .name = "dry_run", .letter = 'n', .type = MNEME_OP_FLAG,                                             \
        .help = "List what would be archived, and publish nothing."                                          \
    }
#define MNEME_MEMORY_FILTER_FIELD                                                                            \
    { .name = "filter", .type = MNEME_OP_FILTER, .help = "Only memories that match this filter." }

/* --- columns --- */

/* All columns of a memory, with the headings that lists show. */
extern const struct mneme_op_column mneme_memory_op_columns[];

/* Rows of struct mneme_memory_row, each with a cursor. */
struct mneme_op_rows mneme_memory_rows(struct mneme_op_call *call, int64_t limit);

/* --- content --- */

/* The content, from the text or the JSON object, whichever was given; null: neither was. {"text": …} is
 * allocated in the arena. MNEME_E_USAGE when both were given. */
int mneme_memory_content(struct mneme_str *out, const struct mneme_op_request *request, int text_field,
                         int content_field, struct mneme_arena *arena, struct mneme_error *error);

/* --- finding --- */

/* Sets the memory's stream in the key. MNEME_E_NOT_FOUND, or MNEME_E_USAGE when several streams have the
 * memory and the request does not choose one. Strings are allocated in the call's arena. */
int mneme_memory_find_stream(struct mneme_memory_key *key, struct mneme_op_call *call,
                             struct mneme_postgres *postgres, struct mneme_error *error);

/* Sets the expiry of a memory that gets the term short_term without an expiry, if the settings differ from
 * the 7 days that the fold uses by default. `term` and `expiry` are indexes of the operation's fields. */
void mneme_memory_short_term(struct mneme_opt_long *expires_at, const struct mneme_event *event,
                             const struct mneme_op_request *request, int term, int expiry);

#endif
