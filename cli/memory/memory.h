/*
 * The commands under `mneme memory`, and what those that write share.
 */
#ifndef MNEME_CLI_MEMORY_H
#define MNEME_CLI_MEMORY_H

#include "cli/frame/listing.h"
#include "cli/write.h"
#include "queries/memory.h"

extern const struct mneme_command mneme_command_memory_access;
extern const struct mneme_command mneme_command_memory_hot;
extern const struct mneme_command mneme_command_memory_update;
extern const struct mneme_command mneme_command_memory_delete;
extern const struct mneme_command mneme_command_memory_history;
extern const struct mneme_command mneme_command_memory_promote;
extern const struct mneme_command mneme_command_memory_prioritize;
extern const struct mneme_command mneme_command_memory_archive;
extern const struct mneme_command mneme_command_memory_set_retention;

/* How rows of memories (struct mneme_memory_row) are shown. */
extern const struct mneme_listing_kind mneme_memory_listing;

/* What options and arguments say of a memory's fields; what they do not name is null or unset. */
struct mneme_memory_fields {
    struct mneme_str content; /* JSON */
    struct mneme_str metadata, reason;
    struct mneme_str_array tags, entities;
    struct mneme_opt_double confidence, importance;
    struct mneme_opt_long priority, expires_at;
};

/* Rows for a table of options. */
#define MNEME_MEMORY_FIELD_OPTIONS                                                                           \
    {"content", 0, "JSON", -1, "The content as a JSON object, instead of a text."},                          \
        {"tags", 0, "TAG,…", -1, "Labels to filter by."},                                                    \
        {"entities", 0, "NAME,…", -1, "Names of the entities it speaks of."},                                \
        {"confidence", 0, "0..1", -1, "How sure it is."},                                                    \
        {"importance", 0, "0..1", -1, "How much it matters."},                                               \
        {"priority", 0, "0..10", -1, "Its priority."},                                                       \
        {"expires-at", 0, "EXPIRY", -1, "When it stops being listed."},                                      \
        {"metadata", 0, "JSON", -1, "Fields of your own, a JSON object."}, {                                 \
        "reason", 0, "TEXT", -1, "Why, for the history."                                                     \
    }

/* A row for a table of options. */
#define MNEME_FILTER_OPTION                                                                                  \
    { "filter", 0, "EXPR", -1, "Memories for which this holds." }

/* Reads the fields; `text` is the content as plain text ("-": standard input), or NULL. What is made for them
 * lies in the arena, the rest in the options. */
int mneme_memory_read_fields(struct mneme_memory_fields *out, const struct mneme_cli *cli, const char *text,
                             struct mneme_arena *arena, struct mneme_error *error);

/* Where a memory lies; strings lie in the arena. */
struct mneme_memory_place {
    struct mneme_str stream_id, user_id, agent_id;
};

/* Looks up where the memory of the key lies, and sets the key's stream: MNEME_E_NOT_FOUND, or MNEME_E_USAGE
 * when several streams have it and --stream does not choose one. Tenant and --stream are the call's. */
int mneme_memory_find(struct mneme_memory_place *out, struct mneme_postgres *postgres,
                      const struct mneme_cli *cli, struct mneme_memory_key *key, struct mneme_arena *arena,
                      struct mneme_error *error);

/* Whether --stream, --user or --agent say where to publish changes of memories. */
bool mneme_memory_is_addressed(const struct mneme_cli *cli);

/* Where to publish a change of that memory: by --stream, --user or --agent alone, else looked up. */
int mneme_memory_place_of(struct mneme_memory_place *out, const struct mneme_cli *cli, struct mneme_uuid id,
                          struct mneme_arena *arena, struct mneme_error *error);

/* Sends the event to the place: its stream, and whom it is about unless the options say otherwise. */
void mneme_memory_address(struct mneme_event *event, const struct mneme_memory_place *place);

#endif
