/*
 * events: the ledger, by stream, type, time, correlation or causation; and live as it grows.
 */
#include <stdio.h>

#include "operations/fields.h"
#include "operations/ledger/ledger.h"

enum {
    FROM,
    TO,
    VERSION,
    TYPES,
    SINCE,
    UNTIL,
    CORRELATION,
    CAUSATION,
    VERDICTS,
    AFTER,
    NEWEST,
    FOLLOW,
    FIELD_COUNT
};

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [FROM] = {.name = "from_version",
              .option = "from",
              .type = MNEME_OP_INTEGER,
              .maximum = 9.2e18,
              .shown = "VERSION",
              .help = "Only accepted events of the stream after this version."},
    [TO] = {.name = "to_version",
            .option = "to",
            .type = MNEME_OP_INTEGER,
            .maximum = 9.2e18,
            .shown = "VERSION",
            .help = "Only accepted events of the stream up to this version."},
    [VERSION] = {.name = "version",
                 .type = MNEME_OP_FLAG,
                 .help = "Print only the stream's current version."},
    [TYPES] = {.name = "event_types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "EVENT-TYPE,…",
               .help = "Any of these types of events."},
    [SINCE] = {.name = "since", .type = MNEME_OP_TIME, .help = "Recorded from this time on."},
    [UNTIL] = {.name = "until", .type = MNEME_OP_TIME, .help = "Recorded before this time."},
    [CORRELATION] = {.name = "correlation_id",
                     .option = "correlation",
                     .type = MNEME_OP_TEXT,
                     .shown = "ID",
                     .help = "Only events of this request."},
    [CAUSATION] = {.name = "causation_id",
                   .option = "causation",
                   .type = MNEME_OP_TEXT,
                   .shown = "ID",
                   .help = "Only events that this event led to."},
    [VERDICTS] = {.name = "verdicts",
                  .option = "verdict",
                  .type = MNEME_OP_LIST,
                  .shown = "VERDICT,…",
                  .help = "Any of these verdicts."},
    [AFTER] = {.name = "after_sequence",
               .option = "after",
               .type = MNEME_OP_INTEGER,
               .maximum = 9.2e18,
               .shown = "SEQUENCE",
               .help = "Continue after the event that has this sequence_id."},
    [NEWEST] = {.name = "newest_first",
                .option = "newest",
                .type = MNEME_OP_FLAG,
                .help = "Newest first, by the time when they were recorded."},
    [FOLLOW] = {.name = "follow",
                .letter = 'f',
                .type = MNEME_OP_FLAG,
                .help = "Show events as they arrive: from now on, or from --since on."},
};

static const char *const scopes[] = {"stream_id", "correlation_id", "causation_id", NULL};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("position", MNEME_ROW_POSITION, "POSITION"),
    MNEME_OP_SHOWN("recorded_at", MNEME_ROW_TIME, "RECORDED"),
    MNEME_OP_SHOWN("stream_id", MNEME_ROW_STR, "STREAM"),
    {"version", MNEME_ROW_OPT_LONG, "VERSION", NULL, "verdict"},
    MNEME_OP_SHOWN("event_type", MNEME_ROW_STR, "TYPE"),
    MNEME_OP_SHOWN("payload", MNEME_ROW_JSON, "PAYLOAD"),
    MNEME_OP_BESIDE("type", MNEME_ROW_STR),
    MNEME_OP_BESIDE("event_id", MNEME_ROW_UUID),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("agent_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("run_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("conversation_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("expected_version", MNEME_ROW_OPT_LONG),
    MNEME_OP_BESIDE("occurred_at", MNEME_ROW_TIME),
    MNEME_OP_BESIDE("correlation_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("causation_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("actor", MNEME_ROW_STR),
    MNEME_OP_BESIDE("metadata", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("sequence_id", MNEME_ROW_LONG),
    MNEME_OP_BESIDE("verdict", MNEME_ROW_STR),
    MNEME_OP_BESIDE("actual_version", MNEME_ROW_OPT_LONG),
    {0},
};

/* The first of these fields that is given, or -1. */
static int first_of(const struct mneme_op_request *request, const int *indexes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool is_flag = fields[indexes[i]].type == MNEME_OP_FLAG;
        if (is_flag ? mneme_op_truth(request, indexes[i]) : mneme_op_has(request, indexes[i])) {
            return indexes[i];
        }
    }
    return -1;
}

static int refuse(const struct mneme_op_request *request, const char *what, int field, int other,
                  const char *advice, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES], other_label[MNEME_OP_LABEL_BYTES];
    return mneme_error_set(error, MNEME_E_USAGE, "events were not %s: %s cannot be used with %s; %s", what,
                           mneme_op_label(label, request, &fields[field]),
                           mneme_op_label(other_label, request, &fields[other]), advice);
}

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    static const int of_a_stream[] = {FROM, TO, VERSION};
    static const int of_the_past[] = {FROM, TO, VERSION, UNTIL, AFTER, NEWEST};
    int versions = first_of(request, of_a_stream, sizeof of_a_stream / sizeof *of_a_stream);
    if (versions >= 0 && !request->common[MNEME_OP_STREAM].is_set) {
        char stream[MNEME_OP_LABEL_BYTES];
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "events were not listed: versions are numbered within a stream; name it with %s",
            mneme_op_label(stream, request, mneme_op_common_field(MNEME_OP_STREAM)));
    }
    if (versions >= 0 && mneme_op_truth(request, NEWEST)) {
        return refuse(request, "listed", NEWEST, versions, "leave one of them out", error);
    }
    int past = first_of(request, of_the_past, sizeof of_the_past / sizeof *of_the_past);
    if (past < 0 || !mneme_op_truth(request, FOLLOW)) {
        return MNEME_OK;
    }
    char since[MNEME_OP_LABEL_BYTES], advice[MNEME_OP_LABEL_BYTES + 32];
    snprintf(advice, sizeof advice, "use %s to say where to begin",
             mneme_op_label(since, request, &fields[SINCE]));
    return refuse(request, "followed", FOLLOW, past, advice, error);
}

struct version_row {
    struct mneme_str stream_id;
    int64_t version;
};

static int give_version(struct mneme_op_call *call, struct mneme_postgres *postgres,
                        struct mneme_error *error) {
    static const struct mneme_row_column row_columns[] = {
        {"stream_id", MNEME_ROW_STR, offsetof(struct version_row, stream_id)},
        {"version", MNEME_ROW_LONG, offsetof(struct version_row, version)},
    };
    struct version_row version = {.stream_id = mneme_op_common_text(call->request, MNEME_OP_STREAM)};
    char text[32];
    int status = mneme_stream_version(&version.version, postgres, mneme_op_tenant(call->request),
                                      version.stream_id, error);
    if (status != MNEME_OK) {
        return status;
    }
    snprintf(text, sizeof text, "%lld", (long long)version.version);
    const struct mneme_op_row row = {
        .columns = row_columns, .column_count = 2, .cells = &version, .sentence = mneme_str_from(text)};
    call->outcome->rows++;
    (void)call->sink->on_row(&row, call->sink->context);
    return MNEME_OK;
}

struct mneme_op_rows mneme_ledger_rows(struct mneme_op_call *call, int64_t limit) {
    return (struct mneme_op_rows){.call = call,
                                  .columns = mneme_events_columns,
                                  .column_count = mneme_events_column_count,
                                  .limit = limit};
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_postgres *postgres;
    struct mneme_op_rows rows = mneme_ledger_rows(call, mneme_op_limit(request));
    const struct mneme_events_filter filter = {
        .tenant = mneme_op_tenant(request),
        .stream_id = mneme_op_common_text(request, MNEME_OP_STREAM),
        .all_scopes = request->common[MNEME_OP_ALL].is_set && request->common[MNEME_OP_ALL].truth,
        .from_version = mneme_op_number(request, FROM),
        .to_version = mneme_op_number(request, TO),
        .types = mneme_op_list(request, TYPES),
        .since = mneme_op_number(request, SINCE),
        .until = mneme_op_number(request, UNTIL),
        .correlation_id = mneme_op_text(request, CORRELATION),
        .causation_id = mneme_op_text(request, CAUSATION),
        .verdicts = mneme_op_list(request, VERDICTS),
        .after_sequence = mneme_op_number(request, AFTER),
        .newest_first = mneme_op_truth(request, NEWEST),
        .limit = rows.limit + 1, /* one more row shows that there are more */
    };
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (mneme_op_truth(request, VERSION)) {
        return give_version(call, postgres, error);
    }
    if (mneme_op_truth(request, FOLLOW)) {
        const struct mneme_op_value *limit = &request->common[MNEME_OP_LIMIT];
        mneme_op_call_return_postgres(call);
        return mneme_ledger_follow(call, &filter, limit->is_set ? limit->number : 0, error);
    }
    status = mneme_events_list(postgres, &filter, mneme_op_rows_visit, &rows, NULL, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_ledger_events = {
    .name = "events",
    .summary = "Read the ledger: every event with its verdict.",
    .details =
        "Events are sorted by sequence_id, or with --newest newest first; the version column\n"
        "shows the verdict of an event that was not accepted. --from (exclusive) and --to (inclusive) read\n"
        "a stream by its versions. 1000 rows unless --limit says otherwise, 10,000 at most.\n"
        "--follow shows each event once when it is folded, in order within each stream, and ends after "
        "--limit events or when it is interrupted.\n"
        "--json: the form that publish reads (\"type\", \"event_id\", \"user_id\", …, \"payload\"), and\n"
        "\"position\", \"sequence_id\", \"version\", \"verdict\", \"actual_version\", \"recorded_at\"; with\n"
        "--version {\"stream_id\",\"version\"}.",
    .examples = "  mneme events --stream ada --from 10 --to 20\n"
                "  mneme events --all --type memory_deleted --since 2026-01-31 --json\n"
                "  mneme events --all --type agent_decision --newest --limit 20\n"
                "  mneme events --causation 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme events --stream ada --version\n"
                "  mneme events --all --verdict rejected,exists\n"
                "  mneme events --all --follow --type memory_created --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE |
              MNEME_OP_LIMITED,
    .scopes = scopes,
    .page = MNEME_EVENTS_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .nothing = "no event matches",
    .check = check,
    .read = read,
};
