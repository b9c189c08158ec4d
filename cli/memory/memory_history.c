/*
 * mneme memory history: every version of one memory.
 */
#include "cli/frame/listing.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/memory/memory.h"

#define DEFAULT_LIMIT 1000

static void add_version(struct mneme_table *table, const void *row) {
    const struct mneme_memory_version_row *version = row;
    mneme_table_cell_long(table, version->version);
    mneme_table_cell(table, version->event_type);
    mneme_show_cell_time(table, version->occurred_at);
    mneme_table_cell(table, version->actor.data != NULL ? version->actor : version->agent_id);
    mneme_table_cell(table, version->reason);
    mneme_table_cell(table, version->changes);
}

static void write_version(const void *row, struct mneme_json_writer *json) {
    mneme_memory_version_row_json(row, json);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    static const char *const headings[] = {"VERSION", "EVENT", "WHEN", "WHO", "WHY", "CHANGES", NULL};
    static const struct mneme_listing_kind kind = {headings, add_version, write_version,
                                                   "no version matches"};
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_memory_place place;
    struct mneme_memory_key key = {.include_deleted = true};
    struct mneme_arena arena;
    struct mneme_listing listing;
    int64_t limit, after;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (mneme_cli_argument_uuid(&key.id, cli, 0, "memory id", &error) != MNEME_OK ||
        mneme_cli_long(&limit, cli, "limit", DEFAULT_LIMIT, 1, MNEME_QUERY_MAX_LIMIT, &error) != MNEME_OK ||
        mneme_cli_long(&after, cli, "after", 0, 0, INT64_MAX, &error) != MNEME_OK ||
        mneme_session_open_as_of(&postgres, &key.as_of, cli, &error) != MNEME_OK ||
        mneme_memory_find(&place, postgres, cli, &key, &arena, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        mneme_listing_begin(&listing, cli, &kind, limit);
        int status = mneme_memory_history(postgres, &key, after, limit + 1, mneme_listing_visit, &listing,
                                          NULL, &error);
        code = status == MNEME_OK ? mneme_listing_end(&listing) : mneme_listing_fail(&listing, &error);
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"stream", 0, "ID", -1, "The stream, when several use the id."},
    {"after", 0, "VERSION", -1, "Only versions behind this one."},
    {"limit", 'n', "N", -1, "Maximum number of versions (default 1000)."},
    {0},
};

const struct mneme_command mneme_command_memory_history = {
    .name = "history",
    .summary = "Every version of a memory: who made it, when and why.",
    .arguments = "ID",
    .details =
        "Oldest first; deleted memories have one too. Who, when and why come from the ledger.\n"
        "--json: "
        "{\"version\",\"event_id\",\"event_type\",\"position\",\"stream_version\",\"actor\",\"agent_id\",\n"
        "\"reason\",\"occurred_at\",\"recorded_at\",\"valid_to\",\"correlation_id\",\"causation_id\","
        "\"changes\"},\n"
        "where \"changes\" is what the event said; then what the version says: \"memory_type\", \"term\",\n"
        "\"content\", \"metadata\", \"tags\", \"entities\", \"confidence\", \"importance\" (without "
        "accesses),\n"
        "\"priority\", \"expires_at\", \"is_deleted\", \"is_archived\", \"tier\". A version is valid from "
        "its\n"
        "recorded_at until valid_to.",
    .examples = "  mneme memory history 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory history 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --json | jq .changes\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .run = run,
};
