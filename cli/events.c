/*
 * mneme events: the ledger, by stream, type, time or correlation.
 */
#include "queries/events.h"

#include <stdio.h>

#include "cli/commands.h"
#include "cli/events_follow.h"
#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"

static void add_event(struct mneme_table *table, const void *row) {
    const struct mneme_events_row *event = row;
    mneme_show_cell_position(table, event->position);
    mneme_show_cell_time(table, event->recorded_at);
    mneme_table_cell(table, event->stream_id);
    if (event->version.is_set) {
        mneme_table_cell_long(table, event->version.value);
    } else {
        mneme_table_cell(table, event->verdict);
    }
    mneme_table_cell(table, event->event_type);
    mneme_table_cell(table, event->payload);
}

static void write_event(const void *row, struct mneme_json_writer *json) {
    mneme_events_row_json(row, json);
}

static int read_filter(struct mneme_events_filter *filter, const struct mneme_cli *cli,
                       struct mneme_arena *arena, struct mneme_error *error) {
    int status;
    *filter = (struct mneme_events_filter){.tenant = mneme_session_tenant(cli),
                                           .stream_id = mneme_cli_opt_str(cli, "stream"),
                                           .correlation_id = mneme_cli_opt_str(cli, "correlation"),
                                           .all_scopes = mneme_cli_flag(cli, "all")};
    if ((status = mneme_cli_opt_list(&filter->types, cli, "type", arena, error)) != MNEME_OK ||
        (status = mneme_cli_opt_list(&filter->verdicts, cli, "verdict", arena, error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&filter->since, cli, "since", error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&filter->until, cli, "until", error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&filter->from_version, cli, "from", 0, INT64_MAX, error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&filter->to_version, cli, "to", 0, INT64_MAX, error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&filter->after_sequence, cli, "after", 0, INT64_MAX, error)) !=
            MNEME_OK) {
        return status;
    }
    bool is_by_version = filter->from_version.is_set || filter->to_version.is_set;
    if (filter->stream_id.data == NULL && (is_by_version || mneme_cli_flag(cli, "version"))) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "events were not listed: versions count within one stream; name it with --stream");
    }
    bool is_following = mneme_cli_flag(cli, "follow");
    if (is_following && (is_by_version || mneme_cli_flag(cli, "version") || filter->until.is_set ||
                         filter->after_sequence.is_set)) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "events were not followed: --follow takes no --from, --to, --version, --until or "
            "--after; say with --since where to begin");
    }
    return mneme_cli_long(&filter->limit, cli, "limit", is_following ? 0 : MNEME_EVENTS_DEFAULT_LIMIT, 1,
                          MNEME_QUERY_MAX_LIMIT, error);
}

static enum mneme_exit show_version(const struct mneme_cli *cli, struct mneme_postgres *postgres,
                                    struct mneme_str stream_id) {
    struct mneme_error error = {0};
    int64_t version;
    if (mneme_stream_version(&version, postgres, mneme_session_tenant(cli), stream_id, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (!cli->json) {
        printf("%lld\n", (long long)version);
        return MNEME_EXIT_DONE;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("stream_id"));
    mneme_json_string(&json, stream_id);
    mneme_json_key(&json, MNEME_STR_LIT("version"));
    mneme_json_long(&json, version);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    static const char *const headings[] = {"POSITION", "RECORDED", "STREAM", "VERSION",
                                           "TYPE",     "PAYLOAD",  NULL};
    static const struct mneme_listing_kind kind = {headings, add_event, write_event, "no event matches"};
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_events_filter filter;
    struct mneme_listing listing;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (read_filter(&filter, cli, &arena, &error) != MNEME_OK ||
        mneme_session_open_read(&postgres, cli, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else if (mneme_cli_flag(cli, "version")) {
        code = show_version(cli, postgres, filter.stream_id);
    } else if (mneme_cli_flag(cli, "follow")) {
        code = mneme_events_follow(cli, postgres, &filter, filter.limit);
        postgres = NULL;
    } else {
        mneme_listing_begin(&listing, cli, &kind, filter.limit);
        filter.limit++;
        int status = mneme_events_list(postgres, &filter, mneme_listing_visit, &listing, NULL, &error);
        code = status == MNEME_OK ? mneme_listing_end(&listing) : mneme_listing_fail(&listing, &error);
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"stream", 's', "ID", -1, "Events of this stream."},
    {"from", 0, "VERSION", -1, "Of the stream: accepted events behind this version."},
    {"to", 0, "VERSION", -1, "Of the stream: accepted events up to this version."},
    {"version", 0, NULL, -1, "Only tell the stream's current version."},
    {"type", 't', "EVENT-TYPE,…", -1, "Any of these types of events."},
    {"since", 0, "TIME", -1, "Recorded from this time on."},
    {"until", 0, "TIME", -1, "Recorded before this time."},
    {"correlation", 0, "ID", -1, "Events of this request."},
    {"verdict", 0, "VERDICT,…", -1, "Any of these verdicts."},
    {"after", 0, "SEQUENCE", -1, "Go on behind the event that has this sequence_id."},
    {"limit", 'n', "N", -1, "Maximum number of events (default 1000; with --follow: no end)."},
    {"follow", 'f', NULL, -1, "Go on with events as they come: from now, or from --since on."},
    {0},
};

const struct mneme_command mneme_command_events = {
    .name = "events",
    .summary = "Read the ledger: every event with its verdict.",
    .arguments = "",
    .details =
        "Events stand in the order of sequence_id; the version column shows the verdict of an event that\n"
        "was not accepted. --from (exclusive) and --to (inclusive) read a stream by its versions.\n"
        "--follow prints each event once when it is folded, in order within each stream.\n"
        "--json: the form that publish reads (\"type\", \"event_id\", \"user_id\", …, \"payload\"), and\n"
        "\"position\", \"sequence_id\", \"version\", \"verdict\", \"actual_version\", \"recorded_at\".",
    .examples = "  mneme events --stream ada --from 10 --to 20\n"
                "  mneme events --all --type memory_deleted --since 2026-01-31 --json\n"
                "  mneme events --stream ada --version\n"
                "  mneme events --all --verdict rejected,exists\n"
                "  mneme events --all --follow --type memory_created --json\n",
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_TABLE,
    .scopes = MNEME_CLI_SCOPES("stream", "correlation"),
    .run = run,
};
