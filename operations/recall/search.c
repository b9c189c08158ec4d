/*
 * search: full text.
 */
#include "queries/search/search.h"
#include "operations/recall/recall.h"

enum { TEXT, TYPES, SINCE, UNTIL, FILTER, INCLUDE_EXPIRED, INCLUDE_ARCHIVED, LIMIT, OFFSET, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TEXT] = {.name = "text",
              .type = MNEME_OP_TEXT,
              .help = "What to look for.",
              .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [TYPES] = {.name = "memory_types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "TYPE,…",
               .help = "Only memories of any of these types."},
    [SINCE] = {.name = "since",
               .type = MNEME_OP_TIME,
               .help = "Only documents created at this time or later."},
    [UNTIL] = {.name = "until",
               .type = MNEME_OP_TIME,
               .help = "Only documents created at this time or earlier."},
    [FILTER] = {.name = "filter", .type = MNEME_OP_FILTER, .help = "Only memories that match this filter."},
    [INCLUDE_EXPIRED] = {.name = "include_expired", .type = MNEME_OP_FLAG, .help = "Expired memories too."},
    [INCLUDE_ARCHIVED] = {.name = "include_archived",
                          .type = MNEME_OP_FLAG,
                          .help = "Archived memories too."},
    [LIMIT] = {.name = "limit",
               .letter = 'n',
               .type = MNEME_OP_INTEGER,
               .minimum = 1,
               .maximum = MNEME_SEARCH_MAX_LIMIT,
               .fallback = "10",
               .help = "Maximum number of results (default 10, at most 1000)."},
    [OFFSET] = {.name = "offset",
                .type = MNEME_OP_INTEGER,
                .maximum = MNEME_SEARCH_MAX_LIMIT - 1,
                .help = "Skip this many of the best results first."},
};

static const char *const scopes[] = {"user_id", "agent_id", "run_id", "conversation_id", NULL};

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    int64_t most = MNEME_SEARCH_MAX_LIMIT - mneme_op_number(request, LIMIT).value;
    if (mneme_op_number(request, OFFSET).value <= most) {
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "%s was not taken: it is '%.*s'; give a whole number from 0 to %lld",
                           mneme_op_label(label, request, &fields[OFFSET]),
                           MNEME_STR_ARG(mneme_op_text(request, OFFSET)), (long long)most);
}

/* The columns of a document in the answer. */
struct hit_row {
    double score;
    struct mneme_str kind, id, stream_id, text, conversation_id, speaker, role, user_id, agent_id, run_id;
    struct mneme_str memory_type, metadata;
    int64_t created_at;
    struct mneme_opt_long turn_index;
};

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct hit_row, column_name) }
static const struct mneme_row_column row_columns[] = {
    COLUMN(score, MNEME_ROW_DOUBLE),
    COLUMN(kind, MNEME_ROW_STR),
    COLUMN(id, MNEME_ROW_STR),
    COLUMN(stream_id, MNEME_ROW_STR),
    COLUMN(text, MNEME_ROW_STR),
    COLUMN(created_at, MNEME_ROW_TIME),
    COLUMN(conversation_id, MNEME_ROW_STR),
    COLUMN(turn_index, MNEME_ROW_OPT_LONG),
    COLUMN(speaker, MNEME_ROW_STR),
    COLUMN(role, MNEME_ROW_STR),
    COLUMN(user_id, MNEME_ROW_STR),
    COLUMN(agent_id, MNEME_ROW_STR),
    COLUMN(run_id, MNEME_ROW_STR),
    COLUMN(memory_type, MNEME_ROW_STR),
    COLUMN(metadata, MNEME_ROW_JSON),
};
#undef COLUMN

static const struct mneme_op_column columns[] = {
    {"score", MNEME_ROW_DOUBLE, "SCORE", NULL, NULL},
    {"kind", MNEME_ROW_STR, "KIND", NULL, NULL},
    {"id", MNEME_ROW_STR, "ID", NULL, NULL},
    {"created_at", MNEME_ROW_TIME, "CREATED", NULL, NULL},
    {"conversation_id", MNEME_ROW_STR, "CONVERSATION", NULL, NULL},
    {"turn_index", MNEME_ROW_OPT_LONG, "TURN", NULL, NULL},
    {"text", MNEME_ROW_STR, "TEXT", NULL, NULL},
    {"stream_id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"speaker", MNEME_ROW_STR, NULL, NULL, NULL},
    {"role", MNEME_ROW_STR, NULL, NULL, NULL},
    {"user_id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"agent_id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"run_id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"memory_type", MNEME_ROW_STR, NULL, NULL, NULL},
    {"metadata", MNEME_ROW_JSON, NULL, NULL, NULL},
    {0},
};

static bool show(const void *row, void *context) {
    const struct mneme_candidate *hit = row;
    const struct hit_row shown = {
        .score = hit->bm25,
        .kind = hit->kind,
        .id = hit->is_memory ? hit->ref : MNEME_STR_NULL,
        .stream_id = hit->stream_id,
        .text = hit->text,
        .conversation_id = hit->conversation_id,
        .speaker = hit->speaker,
        .role = hit->role,
        .user_id = hit->user_id,
        .agent_id = hit->agent_id,
        .run_id = hit->run_id,
        .memory_type = hit->memory.memory_type,
        .metadata = hit->memory.metadata,
        .created_at = hit->created_at,
        .turn_index = hit->position,
    };
    return mneme_op_rows_visit(&shown, context);
}

struct mneme_candidate_filter mneme_recall_filter(const struct mneme_op_call *call) {
    const struct mneme_op_request *request = call->request;
    return (struct mneme_candidate_filter){
        .scope = {.tenant = mneme_op_tenant(request),
                  .user_id = mneme_op_common_text(request, MNEME_OP_USER),
                  .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
                  .run_id = mneme_op_common_text(request, MNEME_OP_RUN),
                  .conversation_id = mneme_op_common_text(request, MNEME_OP_CONVERSATION),
                  .all_scopes = request->common[MNEME_OP_ALL].is_set && request->common[MNEME_OP_ALL].truth},
        .as_of = call->as_of,
    };
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_postgres *postgres;
    struct mneme_op_rows rows = {.call = call,
                                 .columns = row_columns,
                                 .column_count = sizeof row_columns / sizeof *row_columns,
                                 .limit = mneme_op_number(request, LIMIT).value};
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES | MNEME_OP_TEXTS, error);
    if (status == MNEME_OK) {
        status = mneme_candidates_prepare(postgres, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_search_question question = {
        .which = mneme_recall_filter(call),
        .text = mneme_op_text(request, TEXT),
        .limit = (size_t)rows.limit + 1, /* one more row shows that there are more */
        .offset = (size_t)mneme_op_number(request, OFFSET).value,
    };
    question.which.types = mneme_op_list(request, TYPES);
    question.which.since = mneme_op_number(request, SINCE);
    question.which.until = mneme_op_number(request, UNTIL);
    question.which.filter = mneme_op_has(request, FILTER) ? mneme_op_own(request, FILTER)->filter : NULL;
    question.which.include_expired = mneme_op_truth(request, INCLUDE_EXPIRED);
    question.which.include_archived = mneme_op_truth(request, INCLUDE_ARCHIVED);
    status = mneme_search(postgres, &question, show, &rows, NULL, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_search = {
    .name = "search",
    .summary = "Find memories and turns by their words.",
    .details =
        "All words must occur, in any form (tea finds teas); \"words in quotes\" in this order; OR takes "
        "either side; a word or phrase after a minus must not occur. Results come best first, by BM25 over "
        "the "
        "scope; 10 unless --limit says otherwise. Parts of words are found only in scripts without spaces.\n"
        "With --type or --filter, turns are left out, since these options apply only to memories. The date "
        "of a text can be searched for, too.\n"
        "--json: one object per line: score, kind, id, stream_id, text, created_at, conversation_id,\n"
        "turn_index, speaker, role, user_id, agent_id, run_id, memory_type, metadata.",
    .examples = "  mneme search 'window seats' --user ada\n"
                "  mneme search '\"green tea\" OR coffee -milk' --user ada --since 2026-01-01\n"
                "  mneme search 'may 2023' --agent planner --type fact,decision --json\n"
                "  mneme search rust --all --filter 'confidence >= 0.7' --limit 50\n"
                "  mneme search tea --user ada --as-of 2026-01-31\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST,
    .scopes = scopes,
    .effect = MNEME_OP_READS,
    .retrieves = "search",
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no text matches",
    .check = check,
    .read = read,
};
