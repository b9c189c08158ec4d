/*
 * mneme recall: what a scope knows that answers a question.
 */
#include "cli/recall/recall.h"

#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "cli/memory/memory.h"
#include "cli/own_writes.h"
#include "queries/projection_wait.h"

#define DEFAULT_TOP_K 10

static int read_question(struct mneme_recall_question *question, const struct mneme_cli *cli,
                         struct mneme_arena *arena, struct mneme_error *error) {
    int64_t top_k = DEFAULT_TOP_K;
    int64_t per_conversation = 0;
    struct mneme_candidate_filter *which = &question->which;
    *question = (struct mneme_recall_question){
        .which = {.scope = {.tenant = mneme_session_tenant(cli),
                            .user_id = mneme_cli_opt_str(cli, "user"),
                            .agent_id = mneme_cli_opt_str(cli, "agent"),
                            .run_id = mneme_cli_opt_str(cli, "run"),
                            .conversation_id = mneme_cli_opt_str(cli, "conversation"),
                            .all_scopes = mneme_cli_flag(cli, "all")},
                  .include_expired = mneme_cli_flag(cli, "include-expired"),
                  .include_archived = mneme_cli_flag(cli, "include-archived")},
        .text = mneme_str_from(cli->arguments[0]),
        .without_vectors = mneme_cli_flag(cli, "no-vectors"),
    };
    int status;
    if ((status = mneme_cli_long(&top_k, cli, "limit", DEFAULT_TOP_K, 1, MNEME_RECALL_MAX_TOP_K, error)) !=
            MNEME_OK ||
        (status = mneme_cli_long(&per_conversation, cli, "per-conversation", 0, 0, MNEME_RECALL_MAX_TOP_K,
                                 error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&which->since, cli, "since", error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&which->until, cli, "until", error)) != MNEME_OK ||
        (status = mneme_cli_opt_list(&which->types, cli, "type", arena, error)) != MNEME_OK ||
        (status = mneme_cli_opt_double(&question->min_similarity, cli, "min-similarity", -1e9, 1e9, error)) !=
            MNEME_OK ||
        (status = mneme_metric_parse(&question->metric, mneme_cli_opt_str(cli, "metric"), error)) !=
            MNEME_OK ||
        (status = mneme_filter_parse(&which->filter, mneme_cli_opt_str(cli, "filter"), arena, error)) !=
            MNEME_OK) {
        return status;
    }
    question->top_k = (size_t)top_k;
    question->per_conversation = (size_t)per_conversation;
    return MNEME_OK;
}

/* What holds what was written from here, for a recall of words and of meaning. */
static unsigned own_places(const struct mneme_cli *cli) {
    return MNEME_OWN_TABLES | MNEME_OWN_TEXTS | (mneme_cli_flag(cli, "no-vectors") ? 0 : MNEME_OWN_VECTORS);
}

/* Finds the moment of --as-of, and waits for --at-least: in the tables, in full text, and with --wait-vectors
 * in the vectors. Own writes are waited for wherever they are looked for. */
static int wait_first(struct mneme_recall_question *question, const struct mneme_cli *cli,
                      struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_query_wait wait = mneme_session_wait(cli);
    int status = mneme_session_open_search(&postgres, &question->which.as_of, cli, own_places(cli), error);
    mneme_pg_close(postgres);
    if (status == MNEME_OK) {
        status = mneme_session_at_least(&question->at_least, &question->at_least_count, cli, arena, error);
    }
    if (status == MNEME_OK && question->at_least_count > 0 && mneme_cli_flag(cli, "wait-vectors")) {
        status = mneme_vectors_wait(cli->config, mneme_cli_value(cli, "model"), question->at_least,
                                    question->at_least_count, &wait, error);
    }
    return status;
}

/* `has_asked` tells whether the tables were asked, and so what is stale in them was told. */
static int prepare(struct mneme_recall_question *question, bool *has_asked, const struct mneme_cli *cli,
                   struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_own_writes own;
    *has_asked = mneme_cli_flag(cli, "at-least") || mneme_cli_flag(cli, "as-of") ||
                 mneme_own_writes_are_due(cli, own_places(cli));
    if (*has_asked) {
        int status = wait_first(question, cli, arena, error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    if (question->at_least_count == 0) {
        mneme_own_writes_held(&own, cli, arena);
        question->at_least = own.positions;
        question->at_least_count = own.count;
    }
    return MNEME_OK;
}

static int tell_stale(const struct mneme_cli *cli, const struct mneme_recall *recall,
                      struct mneme_error *error) {
    struct mneme_postgres *postgres = mneme_recall_parked(recall);
    return postgres == NULL ? MNEME_OK : mneme_session_tell_stale(cli, postgres, error);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_recall *recall = NULL;
    struct mneme_recalled recalled = {0};
    struct mneme_recall_question question;
    struct mneme_arena arena;
    enum mneme_exit code;
    bool has_asked;
    mneme_arena_init(&arena, 0);
    if (read_question(&question, cli, &arena, &error) != MNEME_OK ||
        prepare(&question, &has_asked, cli, &arena, &error) != MNEME_OK ||
        mneme_recall_open(&recall, cli->config, mneme_cli_value(cli, "model"), &error) != MNEME_OK ||
        (!has_asked && tell_stale(cli, recall, &error) != MNEME_OK) ||
        mneme_recall_ask(&recalled, recall, &question, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        code = mneme_recall_show(cli, &recalled);
        mneme_recall_record(cli, &question, &recalled);
    }
    mneme_recalled_clean_up(&recalled);
    mneme_recall_close(recall);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"limit", 'n', "N", -1, "Maximum number of results (default 10)."},
    {"type", 't', "TYPE,…", -1, "Memories of any of these types."},
    MNEME_FILTER_OPTION,
    {"since", 0, "TIME", -1, "What was said or made from this time on."},
    {"until", 0, "TIME", -1, "What was said or made up to this time."},
    {"min-similarity", 0, "X", -1, "Only documents whose vector is so similar to the question's."},
    {"metric", 0, "METRIC", -1, "How vectors are compared (default: as they are kept)."},
    {"model", 0, "NAME", -1, "Ask the vectors of this model instead of the active one's."},
    {"per-conversation", 0, "N", -1, "Maximum number of results of one conversation."},
    {"explain", 'e', NULL, -1, "What each score is the sum of."},
    {"no-vectors", 0, NULL, -1, "Full text alone; nothing is embedded."},
    {"wait-vectors", 0, NULL, -1, "--at-least waits for the vectors too, not for full text alone."},
    {"no-record", 0, NULL, -1, "Do not record that this was asked."},
    {"include-expired", 0, NULL, -1, "Expired memories too."},
    {"include-archived", 0, NULL, -1, "Archived memories too."},
    {0},
};

const struct mneme_command mneme_command_recall = {
    .name = "recall",
    .summary = "Recall what answers a question: words and meaning, best first.",
    .arguments = "TEXT",
    .details =
        "Finds memories and turns of conversations by their words (BM25) and by their meaning (vectors), and "
        "ranks\n"
        "them with their neighbours in the conversation, the author that the question names, dates, "
        "importance,\n"
        "confidence, recency and accesses; docs/retrieval.md tells how. A turn and a memory made of it are "
        "one\n"
        "result. When the embedding service or the vector store is away, the answer is made of what is left "
        "and\n"
        "says that it is degraded.\n"
        "\n"
        "--json: one object for each result: score, kind (memory, turn), id, text, scope, created_at,\n"
        "conversation_id, turn_index, speaker, stream_id, similarity; of a memory memory_type, metadata,\n"
        "importance, confidence and access_count; with --explain \"explain\", whose numbers add up to the "
        "score\n"
        "exactly. The last line is "
        "{\"degraded\":[…],\"time\":…,\"results\":N,\"took_ms\":…,\"embedding_ms\":…}; "
        "\"time\" is null, or what the question's words of time were taken for (\"words\", \"since\", "
        "\"until\"). \"stale\" is in it where acknowledged events of the scope are parked\n"
        "(docs/dead-letters.md).\n"
        "\n"
        "Each recall is recorded as a memory_retrieved event, which counts as an access of the memories that "
        "were\n"
        "returned (MNEME_RECALL_RECORD: the share that is). --as-of shows what could be found then; vectors "
        "are of\n"
        "the texts of now and count where the text is the same.",
    .examples = "  mneme recall 'Which tea does Ada like?' --user ada\n"
                "  mneme recall 'deployment decisions' --agent planner --type decision --limit 5 --explain\n"
                "  mneme recall 'tea' --user ada --filter 'confidence >= 0.7' --since 2026-01-01 --json\n"
                "  mneme recall 'tea' --user ada --at-least last --wait-vectors\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .scopes = MNEME_CLI_SCOPES(MNEME_CLI_ALL_SCOPES),
    .run = run,
};
