/*
 * recall: finds what a scope knows that answers a question.
 */
#include "operations/recall/recall.h"

#include <math.h>

#include "operations/own_writes.h"
#include "operations/retrieved.h"
#include "operations/service.h"
#include "queries/projection_wait.h"
#include "queries/recall/recall.h"

enum {
    TEXT,
    LIMIT,
    TYPES,
    FILTER,
    SINCE,
    UNTIL,
    MIN_SIMILARITY,
    METRIC,
    MODEL,
    PER_CONVERSATION,
    EXPLAIN,
    NO_VECTORS,
    WAIT_VECTORS,
    NO_RECORD,
    INCLUDE_EXPIRED,
    INCLUDE_ARCHIVED,
    FIELD_COUNT
};

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TEXT] = {.name = "text",
              .type = MNEME_OP_TEXT,
              .help = "The question.",
              .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [LIMIT] = {.name = "limit",
               .letter = 'n',
               .type = MNEME_OP_INTEGER,
               .minimum = 1,
               .maximum = MNEME_RECALL_MAX_TOP_K,
               .fallback = "10",
               .help = "Maximum number of results (default 10)."},
    [TYPES] = {.name = "memory_types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "TYPE,…",
               .help = "Only memories of any of these types."},
    [FILTER] = {.name = "filter", .type = MNEME_OP_FILTER, .help = "Only memories that match this filter."},
    [SINCE] = {.name = "since",
               .type = MNEME_OP_TIME,
               .help = "Only what was said or created from this time on."},
    [UNTIL] = {.name = "until",
               .type = MNEME_OP_TIME,
               .help = "Only what was said or created up to this time."},
    [MIN_SIMILARITY] = {.name = "min_similarity",
                        .type = MNEME_OP_DECIMAL,
                        .minimum = -1e9,
                        .maximum = 1e9,
                        .shown = "X",
                        .help = "Only documents whose vector is at least this similar to the question's."},
    [METRIC] = {.name = "metric",
                .type = MNEME_OP_TEXT,
                .shown = "METRIC",
                .help = "How vectors are compared (default: the metric that they are stored with)."},
    [MODEL] = {.name = "model",
               .type = MNEME_OP_TEXT,
               .shown = "NAME",
               .help = "Search the vectors of this model instead of those of the active model."},
    [PER_CONVERSATION] = {.name = "per_conversation",
                          .type = MNEME_OP_INTEGER,
                          .maximum = MNEME_RECALL_MAX_TOP_K,
                          .help = "Maximum number of results from one conversation."},
    [EXPLAIN] = {.name = "explain",
                 .letter = 'e',
                 .type = MNEME_OP_FLAG,
                 .help = "Show the parts that each score is the sum of."},
    [NO_VECTORS] = {.name = "no_vectors",
                    .type = MNEME_OP_FLAG,
                    .help = "Use full text only; nothing is embedded."},
    [WAIT_VECTORS] = {.name = "wait_vectors",
                      .type = MNEME_OP_FLAG,
                      .help = "Let --at-least wait for the vectors too, not only for full text."},
    [NO_RECORD] = {.name = "no_record", .type = MNEME_OP_FLAG, .help = "Do not record this recall."},
    [INCLUDE_EXPIRED] = {.name = "include_expired", .type = MNEME_OP_FLAG, .help = "Expired memories too."},
    [INCLUDE_ARCHIVED] = {.name = "include_archived",
                          .type = MNEME_OP_FLAG,
                          .help = "Archived memories too."},
};

static const char *const scopes[] = {"user_id", "agent_id", "run_id", "conversation_id", NULL};

/* --- the question --- */

static unsigned stores_of(const struct mneme_op_request *request) {
    return MNEME_OP_TABLES | MNEME_OP_TEXTS | (mneme_op_truth(request, NO_VECTORS) ? 0 : MNEME_OP_VECTORS);
}

/* Waits for the positions that the call wants: in the tables, in full text, and with wait_vectors in the
 * vectors. With nothing to wait for, the tables are not queried; *has_asked says whether they were. */
static int prepare(struct mneme_recall_question *question, bool *has_asked, struct mneme_op_call *call,
                   struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_op_own_writes own;
    struct mneme_postgres *postgres;
    bool is_bounded = request->common[MNEME_OP_AT_LEAST].is_set || request->common[MNEME_OP_AS_OF].is_set;
    mneme_op_own_writes_load(&own, call);
    *has_asked = is_bounded || (own.count > 0 && (own.held & stores_of(request)) != stores_of(request));
    if (*has_asked) {
        int status = mneme_op_call_postgres(&postgres, call, stores_of(request), error);
        if (status == MNEME_OK) {
            status = mneme_op_call_positions(&question->at_least, &question->at_least_count, call, error);
        }
        if (status == MNEME_OK && question->at_least_count > 0 && mneme_op_truth(request, WAIT_VECTORS)) {
            const struct mneme_query_wait wait = {call->wait_timeout_ms, call->cancel};
            status = mneme_vectors_wait(call->config, call->model, question->at_least,
                                        question->at_least_count, &wait, error);
        }
        if (status != MNEME_OK) {
            return status;
        }
        mneme_op_own_writes_load(&own, call);
    }
    if (question->at_least_count == 0 && (own.held & MNEME_OP_TABLES) != 0) {
        question->at_least = own.positions;
        question->at_least_count = own.count;
    }
    return MNEME_OK;
}

/* Unset unless the call or the settings give one: with it, documents without a vector are left out. */
static struct mneme_opt_double min_similarity(const struct mneme_op_call *call) {
    double usual = mneme_config_double(call->config, MNEME_SETTING_RECALL_MIN_SIMILARITY);
    bool is_usual = usual > mneme_setting_info(MNEME_SETTING_RECALL_MIN_SIMILARITY)->min;
    return mneme_op_has(call->request, MIN_SIMILARITY) ? mneme_op_fraction(call->request, MIN_SIMILARITY)
                                                       : (struct mneme_opt_double){usual, is_usual};
}

static int make_question(struct mneme_recall_question *question, bool *has_asked, struct mneme_op_call *call,
                         struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    *question = (struct mneme_recall_question){
        .text = mneme_op_text(request, TEXT),
        .top_k = (size_t)mneme_op_number(request, LIMIT).value,
        .per_conversation = (size_t)mneme_op_number(request, PER_CONVERSATION).value,
        .min_similarity = min_similarity(call),
        .without_vectors = mneme_op_truth(request, NO_VECTORS),
    };
    int status = mneme_metric_parse(&question->metric, mneme_op_text(request, METRIC), error);
    if (status == MNEME_OK) {
        status = prepare(question, has_asked, call, error);
    }
    question->which = mneme_recall_filter(call);
    question->which.types = mneme_op_list(request, TYPES);
    question->which.since = mneme_op_number(request, SINCE);
    question->which.until = mneme_op_number(request, UNTIL);
    question->which.filter = mneme_op_has(request, FILTER) ? mneme_op_own(request, FILTER)->filter : NULL;
    question->which.include_expired = mneme_op_truth(request, INCLUDE_EXPIRED);
    question->which.include_archived = mneme_op_truth(request, INCLUDE_ARCHIVED);
    return status;
}

/* --- results --- */

/* Whole millionths as a decimal, so that the parts add up to the score in decimal too. */
static void write_points(struct mneme_buffer *out, int64_t points) {
    int64_t size = points < 0 ? -points : points;
    mneme_buffer_printf(out, "%s%lld.%06lld", points < 0 ? "-" : "", (long long)(size / MNEME_RANK_UNIT),
                        (long long)(size % MNEME_RANK_UNIT));
}

static void write_scope(struct mneme_buffer *out, const struct mneme_candidate *document) {
    const struct {
        struct mneme_str name, value;
    } ids[] = {{MNEME_STR_LIT("user_id"), document->user_id},
               {MNEME_STR_LIT("agent_id"), document->agent_id},
               {MNEME_STR_LIT("run_id"), document->run_id},
               {MNEME_STR_LIT("conversation_id"), document->conversation_id}};
    struct mneme_json_writer json = {.out = out};
    mneme_json_begin_object(&json);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        mneme_json_key(&json, ids[i].name);
        mneme_json_string(&json, ids[i].value);
    }
    mneme_json_end_object(&json);
}

static void write_parts(struct mneme_buffer *out, const struct mneme_recall_result *result) {
    for (size_t part = 0; part < MNEME_RANK_PART_COUNT; part++) {
        mneme_buffer_printf(out, "%s\"%s\":", part == 0 ? "{" : ",", mneme_rank_part_names[part]);
        write_points(out, result->parts[part]);
    }
    mneme_buffer_append_byte(out, '}');
}

struct result_row {
    struct mneme_str score, scope, explain; /* JSON */
    struct mneme_str kind, id, text, conversation_id, speaker, stream_id, memory_type, metadata;
    int64_t created_at, access_count;
    struct mneme_opt_long turn_index;
    struct mneme_opt_double similarity;
    double importance, confidence;
};

#define COLUMN(column_name, column_kind)                                                                     \
    { #column_name, column_kind, offsetof(struct result_row, column_name) }
static const struct mneme_row_column every_column[] = {
    COLUMN(score, MNEME_ROW_JSON),
    COLUMN(kind, MNEME_ROW_STR),
    COLUMN(id, MNEME_ROW_STR),
    COLUMN(text, MNEME_ROW_STR),
    COLUMN(scope, MNEME_ROW_JSON),
    COLUMN(created_at, MNEME_ROW_TIME),
    COLUMN(conversation_id, MNEME_ROW_STR),
    COLUMN(turn_index, MNEME_ROW_OPT_LONG),
    COLUMN(speaker, MNEME_ROW_STR),
    COLUMN(stream_id, MNEME_ROW_STR),
    COLUMN(similarity, MNEME_ROW_OPT_DOUBLE),
};
static const struct mneme_row_column memory_column[] = {
    COLUMN(memory_type, MNEME_ROW_STR),   COLUMN(metadata, MNEME_ROW_JSON),
    COLUMN(importance, MNEME_ROW_DOUBLE), COLUMN(confidence, MNEME_ROW_DOUBLE),
    COLUMN(access_count, MNEME_ROW_LONG),
};
static const struct mneme_row_column explain_column = COLUMN(explain, MNEME_ROW_JSON);
#undef COLUMN
#define EVERY (sizeof every_column / sizeof *every_column)
#define OF_MEMORY (sizeof memory_column / sizeof *memory_column)

static const struct mneme_op_column columns[] = {
    {"score", MNEME_ROW_JSON, "SCORE", NULL, NULL},
    {"created_at", MNEME_ROW_TIME, "WHEN", NULL, NULL},
    {"conversation_id", MNEME_ROW_STR, "WHERE", NULL, "id"},
    {"turn_index", MNEME_ROW_OPT_LONG, "TURN", NULL, NULL},
    {"text", MNEME_ROW_STR, "TEXT", NULL, NULL},
    {"kind", MNEME_ROW_STR, NULL, NULL, NULL},
    {"id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"scope", MNEME_ROW_JSON, NULL, NULL, NULL},
    {"speaker", MNEME_ROW_STR, NULL, NULL, NULL},
    {"stream_id", MNEME_ROW_STR, NULL, NULL, NULL},
    {"similarity", MNEME_ROW_OPT_DOUBLE, NULL, NULL, NULL},
    {"memory_type", MNEME_ROW_STR, NULL, NULL, NULL},
    {"metadata", MNEME_ROW_JSON, NULL, NULL, NULL},
    {"importance", MNEME_ROW_DOUBLE, NULL, NULL, NULL},
    {"confidence", MNEME_ROW_DOUBLE, NULL, NULL, NULL},
    {"access_count", MNEME_ROW_LONG, NULL, NULL, NULL},
    {"explain", MNEME_ROW_JSON, NULL, NULL, NULL},
    {0},
};

static bool put_result(struct mneme_op_call *call, const struct mneme_recall_result *result) {
    const struct mneme_candidate *document = result->document;
    struct mneme_row_column shown[EVERY + OF_MEMORY + 1];
    struct mneme_buffer score = {0};
    struct mneme_buffer scope = {0};
    struct mneme_buffer parts = {0};
    size_t count = EVERY;
    write_points(&score, result->score);
    write_scope(&scope, document);
    memcpy(shown, every_column, sizeof every_column);
    if (document->is_memory) {
        memcpy(shown + count, memory_column, sizeof memory_column);
        count += OF_MEMORY;
    }
    if (mneme_op_truth(call->request, EXPLAIN)) {
        write_parts(&parts, result);
        shown[count++] = explain_column;
    }
    const struct result_row cells = {
        .score = mneme_buffer_str(&score),
        .scope = mneme_buffer_str(&scope),
        .explain = mneme_buffer_str(&parts),
        .kind = document->kind,
        .id = document->ref,
        .text = document->text,
        .conversation_id = document->conversation_id,
        .speaker = document->speaker,
        .stream_id = document->stream_id,
        .memory_type = document->memory.memory_type,
        .metadata = document->memory.metadata,
        .created_at = document->created_at,
        .access_count = document->memory.access_count,
        .turn_index = document->position,
        .similarity = {result->similarity, !isnan(result->similarity)},
        .importance = document->memory.importance,
        .confidence = document->memory.confidence,
    };
    const struct mneme_op_row row = {.columns = shown, .column_count = count, .cells = &cells};
    call->outcome->rows++;
    bool goes_on = call->sink->on_row(&row, call->sink->context);
    mneme_buffer_clean_up(&score);
    mneme_buffer_clean_up(&scope);
    mneme_buffer_clean_up(&parts);
    return goes_on;
}

/* --- the answer as a whole --- */

/* For a person, on request: shows under the results what each score is made of, and how the time in the
 * question was understood. */
static void explain(struct mneme_buffer *out, const struct mneme_recalled *recalled) {
    for (size_t i = 0; i < recalled->count; i++) {
        const struct mneme_recall_result *result = &recalled->results[i];
        mneme_buffer_printf(out, "%s", i > 0 ? "\n" : "");
        write_points(out, result->score);
        mneme_buffer_printf(out, "  %.*s =", MNEME_STR_ARG(result->document->ref));
        for (size_t part = 0; part < MNEME_RANK_PART_COUNT; part++) {
            if (result->parts[part] != 0) {
                mneme_buffer_printf(out, " %s ", mneme_rank_part_names[part]);
                write_points(out, result->parts[part]);
            }
        }
    }
    if (recalled->time.is_set) {
        char first[MNEME_RFC3339_BYTES];
        char last[MNEME_RFC3339_BYTES];
        mneme_clock_format_rfc3339(recalled->time.first, first);
        mneme_clock_format_rfc3339(recalled->time.last, last);
        mneme_buffer_printf(out, "%sdate: \"%.*s\" is %s to %s", recalled->count > 0 ? "\n" : "",
                            MNEME_STR_ARG(recalled->time.words), first, last);
    }
}

static void write_time(struct mneme_buffer *out, const struct mneme_time_span *time) {
    struct mneme_json_writer json = {.out = out};
    if (!time->is_set) {
        mneme_json_null(&json);
        return;
    }
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("words"));
    mneme_json_string(&json, time->words);
    mneme_json_key(&json, MNEME_STR_LIT("since"));
    mneme_json_time(&json, time->first);
    mneme_json_key(&json, MNEME_STR_LIT("until"));
    mneme_json_time(&json, time->last);
    mneme_json_end_object(&json);
}

struct summary_row {
    struct mneme_str degraded, time; /* JSON */
    int64_t results;
    double took_ms, embedding_ms;
};

static void put_summary(struct mneme_op_call *call, const struct mneme_recalled *recalled) {
    static const struct mneme_row_column summary_columns[] = {
        {"degraded", MNEME_ROW_JSON, offsetof(struct summary_row, degraded)},
        {"time", MNEME_ROW_JSON, offsetof(struct summary_row, time)},
        {"results", MNEME_ROW_LONG, offsetof(struct summary_row, results)},
        {"took_ms", MNEME_ROW_DOUBLE, offsetof(struct summary_row, took_ms)},
        {"embedding_ms", MNEME_ROW_DOUBLE, offsetof(struct summary_row, embedding_ms)},
    };
    struct mneme_buffer degraded = {0};
    struct mneme_buffer time = {0};
    struct mneme_buffer text = {0};
    struct mneme_json_writer json = {.out = &degraded};
    mneme_json_begin_array(&json);
    for (size_t i = 0; i < recalled->degraded_count; i++) {
        mneme_json_string(&json, mneme_str_from(recalled->degraded[i]));
    }
    mneme_json_end_array(&json);
    write_time(&time, &recalled->time);
    if (mneme_op_truth(call->request, EXPLAIN)) {
        explain(&text, recalled);
    }
    const struct summary_row cells = {
        .degraded = mneme_buffer_str(&degraded),
        .time = mneme_buffer_str(&time),
        .results = (int64_t)recalled->count,
        .took_ms = (double)recalled->took_micros / 1000,
        .embedding_ms = (double)recalled->embedding_micros / 1000,
    };
    const struct mneme_op_row row = {.columns = summary_columns,
                                     .column_count = sizeof summary_columns / sizeof *summary_columns,
                                     .cells = &cells,
                                     .sentence = mneme_buffer_str(&text),
                                     .is_summary = true};
    (void)call->sink->on_row(&row, call->sink->context);
    mneme_buffer_clean_up(&degraded);
    mneme_buffer_clean_up(&time);
    mneme_buffer_clean_up(&text);
    for (size_t i = 0; i < recalled->degraded_count; i++) {
        struct mneme_buffer note = {0};
        mneme_buffer_printf(&note, "degraded: %s", recalled->degraded[i]);
        mneme_op_note(call, MNEME_OP_NOTE_IN_ROW, mneme_buffer_str(&note));
        mneme_buffer_clean_up(&note);
    }
}

static void record(const struct mneme_op_call *call, const struct mneme_recall_question *question,
                   const struct mneme_recalled *recalled) {
    struct mneme_retrieval retrieval = {
        .tenant = question->which.scope.tenant,
        .user_id = question->which.scope.user_id,
        .agent_id = question->which.scope.agent_id,
        .operation = MNEME_STR_LIT("recall"),
        .query = question->text,
        .memory_type = mneme_op_text(call->request, TYPES),
        .results = {(int64_t)recalled->count, true},
        .limit = mneme_op_number(call->request, LIMIT),
        .has_scores = true,
        .degraded = recalled->degraded_count > 0 ? mneme_str_from(recalled->degraded[0]) : MNEME_STR_NULL,
        .latency_micros = recalled->took_micros,
    };
    struct mneme_retrieved_memory *memories =
        mneme_arena_calloc(call->arena, recalled->count + 1, sizeof *memories);
    for (size_t i = 0; i < recalled->count && memories != NULL; i++) {
        const struct mneme_candidate *document = recalled->results[i].document;
        if (document->is_memory) {
            memories[retrieval.count++] = (struct mneme_retrieved_memory){
                document->stream_id, document->user_id, document->agent_id, document->ref,
                (double)recalled->results[i].score / MNEME_RANK_UNIT};
        }
    }
    retrieval.memories = memories;
    if (memories != NULL && !mneme_op_truth(call->request, NO_RECORD) &&
        mneme_retrieved_is_sampled(mneme_config_double(call->config, MNEME_SETTING_RECALL_RECORD))) {
        char without[MNEME_OP_LABEL_BYTES];
        mneme_op_record(call, &retrieval, "this recall",
                        mneme_op_label(without, call->request, &fields[NO_RECORD]));
    }
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_recall *recall = NULL;
    struct mneme_recalled recalled = {0};
    struct mneme_recall_question question;
    bool has_asked = false;
    struct mneme_str model = mneme_op_text(call->request, MODEL);
    struct mneme_str model_text = mneme_arena_copy(call->arena, model); /* followed by a NUL */
    call->model = model_text.data;
    int status = make_question(&question, &has_asked, call, error);
    if (status == MNEME_OK) {
        status = mneme_recall_open(&recall, call->config, call->model, error);
    }
    struct mneme_postgres *parked = status == MNEME_OK && !has_asked ? mneme_recall_parked(recall) : NULL;
    if (parked != NULL) {
        status = mneme_op_call_note_stale(call, parked, error);
    }
    if (status == MNEME_OK) {
        status = mneme_recall_ask(&recalled, recall, &question, error);
    }
    bool goes_on = status == MNEME_OK;
    for (size_t i = 0; i < recalled.count && goes_on; i++) {
        goes_on = put_result(call, &recalled.results[i]);
    }
    if (status == MNEME_OK) {
        put_summary(call, &recalled);
        record(call, &question, &recalled);
    }
    mneme_recalled_clean_up(&recalled);
    mneme_recall_close(recall);
    return status;
}

const struct mneme_operation mneme_op_recall = {
    .name = "recall",
    .summary = "Recall what answers a question, by words and meaning, best first.",
    .details =
        "Finds memories and turns of conversations by their words (BM25) and by their meaning (vectors), and "
        "ranks them with their neighbours in the conversation, the author that the question names, dates, "
        "importance, confidence, recency and accesses; docs/retrieval.md tells how. A turn and a memory made "
        "of it are one result. When the embedding service or the vector store is away, the answer is made of "
        "what is left and says that it is degraded.\n"
        "\n"
        "--json: one object for each result: score, kind (memory, turn), id, text, scope, created_at,\n"
        "conversation_id, turn_index, speaker, stream_id, similarity; of a memory memory_type, metadata,\n"
        "importance, confidence and access_count; with --explain \"explain\", whose numbers add up to the "
        "score exactly. The last line is "
        "{\"degraded\":[…],\"time\":…,\"results\":N,\"took_ms\":…,\"embedding_ms\":…}; "
        "\"time\" is null, or what the question's words of time were taken for (\"words\", \"since\", "
        "\"until\"). \"stale\" is in it where acknowledged events of the scope are parked\n"
        "(docs/dead-letters.md).\n"
        "\n"
        "Each recall is recorded as a memory_retrieved event, which counts as an access of the memories that "
        "were returned (MNEME_RECALL_RECORD: the share that is). --as-of shows what could be found then; "
        "vectors are of the texts of now and count where the text is the same.",
    .examples = "  mneme recall 'Which tea does Ada like?' --user ada\n"
                "  mneme recall 'deployment decisions' --agent planner --type decision --limit 5 --explain\n"
                "  mneme recall 'tea' --user ada --filter 'confidence >= 0.7' --since 2026-01-01 --json\n"
                "  mneme recall 'tea' --user ada --at-least last --wait-vectors\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST,
    .scopes = scopes,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "nothing was found in this scope",
    .read = read,
};
