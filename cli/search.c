/*
 * mneme search: full text.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/listing.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"
#include "cli/memory/memory.h"
#include "cli/own_writes.h"
#include "queries/search/search.h"

#define DEFAULT_LIMIT 10

static void write_hit(const void *row, struct mneme_json_writer *json) {
    mneme_search_hit_json(row, json);
}

/* "conversation #turn", as far as it has one. */
static void put_place(struct mneme_table *table, const struct mneme_candidate *hit) {
    struct mneme_buffer place = {0};
    mneme_buffer_append_str(&place, hit->conversation_id);
    if (hit->position.is_set) {
        mneme_buffer_printf(&place, " #%lld", (long long)hit->position.value);
    }
    mneme_table_cell(table, mneme_buffer_str(&place));
    mneme_buffer_clean_up(&place);
}

static void add_hit(struct mneme_table *table, const void *row) {
    const struct mneme_candidate *hit = row;
    char score[32];
    snprintf(score, sizeof score, "%.3f", hit->bm25);
    mneme_table_cell(table, mneme_str_from(score));
    mneme_table_cell(table, hit->kind);
    mneme_table_cell(table, hit->ref);
    mneme_show_cell_time(table, hit->created_at);
    put_place(table, hit);
    mneme_table_cell(table, hit->text);
}

static int read_which(struct mneme_candidate_filter *which, const struct mneme_cli *cli,
                      struct mneme_arena *arena, struct mneme_error *error) {
    int status;
    *which = (struct mneme_candidate_filter){
        .scope = {.tenant = mneme_session_tenant(cli),
                  .user_id = mneme_cli_opt_str(cli, "user"),
                  .agent_id = mneme_cli_opt_str(cli, "agent"),
                  .run_id = mneme_cli_opt_str(cli, "run"),
                  .conversation_id = mneme_cli_opt_str(cli, "conversation"),
                  .all_scopes = mneme_cli_flag(cli, "all")},
        .include_expired = mneme_cli_flag(cli, "include-expired"),
        .include_archived = mneme_cli_flag(cli, "include-archived"),
    };
    if ((status = mneme_cli_opt_list(&which->types, cli, "type", arena, error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&which->since, cli, "since", error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&which->until, cli, "until", error)) != MNEME_OK) {
        return status;
    }
    return mneme_filter_parse(&which->filter, mneme_cli_opt_str(cli, "filter"), arena, error);
}

static int read_question(struct mneme_search_question *question, const struct mneme_cli *cli,
                         struct mneme_arena *arena, struct mneme_error *error) {
    int64_t limit;
    int64_t offset;
    int status = read_which(&question->which, cli, arena, error);
    if (status == MNEME_OK) {
        status = mneme_cli_long(&limit, cli, "limit", DEFAULT_LIMIT, 1, MNEME_SEARCH_MAX_LIMIT, error);
    }
    if (status == MNEME_OK) {
        status = mneme_cli_long(&offset, cli, "offset", 0, 0, MNEME_SEARCH_MAX_LIMIT - limit, error);
    }
    if (status == MNEME_OK) {
        question->limit = (size_t)limit;
        question->offset = (size_t)offset;
        question->text = mneme_str_from(cli->arguments[0]);
    }
    return status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    static const char *const headings[] = {"SCORE", "KIND", "ID", "CREATED", "CONVERSATION", "TEXT", NULL};
    static const struct mneme_listing_kind kind = {headings, add_hit, write_hit, "no text matches"};
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_search_question question = {0};
    struct mneme_listing listing;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (read_question(&question, cli, &arena, &error) != MNEME_OK ||
        mneme_session_open_search(&postgres, &question.which.as_of, cli, MNEME_OWN_TABLES | MNEME_OWN_TEXTS,
                                  &error) != MNEME_OK ||
        mneme_candidates_prepare(postgres, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        mneme_listing_begin(&listing, cli, &kind, (int64_t)question.limit);
        question.limit++;
        int status = mneme_search(postgres, &question, mneme_listing_visit, &listing, NULL, &error);
        code = status == MNEME_OK ? mneme_listing_end(&listing) : mneme_listing_fail(&listing, &error);
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"type", 't', "TYPE,…", -1, "Memories of any of these types."},
    {"since", 0, "TIME", -1, "Created then or later."},
    {"until", 0, "TIME", -1, "Created then or earlier."},
    MNEME_FILTER_OPTION,
    {"include-expired", 0, NULL, -1, "Expired memories too."},
    {"include-archived", 0, NULL, -1, "Archived memories too."},
    {"limit", 'n', "N", -1, "Maximum number of results (default 10, at most 1000)."},
    {"offset", 0, "N", -1, "Leave out so many of the best."},
    {0},
};

const struct mneme_command mneme_command_search = {
    .name = "search",
    .summary = "Find memories and turns by their words.",
    .arguments = "TEXT",
    .details =
        "All words must occur, in any form (tea finds teas); \"words in quotes\" in this order; OR takes "
        "either\n"
        "side; a word or phrase behind a minus must not occur. The best first, by BM25 over the scope; 10\n"
        "unless --limit says otherwise. Parts of words are found in scripts without spaces alone.\n"
        "With --type or --filter, turns are left out: they have neither. The day of a text is found too.\n"
        "--json: one object per line: score, kind, id, stream_id, text, created_at, conversation_id,\n"
        "turn_index, speaker, role, user_id, agent_id, run_id, memory_type, metadata.",
    .examples = "  mneme search 'window seats' --user ada\n"
                "  mneme search '\"green tea\" OR coffee -milk' --user ada --since 2026-01-01\n"
                "  mneme search 'may 2023' --agent planner --type fact,decision --json\n"
                "  mneme search rust --all --filter 'confidence >= 0.7' --limit 50\n"
                "  mneme search tea --user ada --as-of 2026-01-31\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .scopes = MNEME_CLI_SCOPES(MNEME_CLI_ALL_SCOPES),
    .run = run,
};
