/*
 * mneme context get and events: what the context of a conversation holds.
 */
#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"
#include "cli/working/working.h"
#include "common/base/printable.h"
#include "common/json/read.h"
#include "stores/redis/working_json.h"

/* The text of a string, other JSON as it is. */
static struct mneme_str plain(struct mneme_str value, struct mneme_arena *arena) {
    struct mneme_str text;
    return mneme_json_kind_of(value) == MNEME_JSON_STRING && mneme_json_unquote(&text, arena, value) ? text
                                                                                                     : value;
}

static void add_plain_cell(struct mneme_table *table, struct mneme_str value) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    mneme_table_cell(table, plain(value, &arena));
    mneme_arena_clean_up(&arena);
}

/* --- keys --- */

static void add_key_cells(struct mneme_table *table, const void *row) {
    const struct mneme_context_key *key = row;
    mneme_table_cell(table, key->key);
    mneme_show_cell_time(table, key->expires_at);
    add_plain_cell(table, key->value);
}

static void write_key_json(const void *row, struct mneme_json_writer *json) {
    mneme_working_element_json(json, MNEME_WORKING_KEY, row);
}

static const char *const key_headings[] = {"KEY", "EXPIRES", "VALUE", NULL};
static const struct mneme_listing_kind key_kind = {key_headings, add_key_cells, write_key_json,
                                                   "the context has no keys"};

static enum mneme_exit show_keys(const struct mneme_cli *cli, const struct mneme_working_place *place,
                                 const struct mneme_working *working) {
    struct mneme_listing listing;
    (void)place;
    mneme_listing_begin(&listing, cli, &key_kind, 0);
    for (size_t i = 0; i < working->key_count && mneme_listing_visit(&working->keys[i], &listing); i++) {
    }
    return mneme_listing_end(&listing);
}

static enum mneme_exit show_key(const struct mneme_cli *cli, const struct mneme_working_place *place,
                                const struct mneme_working *working) {
    struct mneme_str name = mneme_str_from(cli->arguments[0]);
    const struct mneme_context_key *key = mneme_working_find_key(working, name);
    struct mneme_error error = {0};
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    struct mneme_arena arena;
    if (key == NULL) {
        mneme_error_set(&error, MNEME_E_NOT_FOUND,
                        "the context %.*s in stream %.*s has no key %.*s, or none any more; "
                        "--at-least waits for a write",
                        MNEME_STR_ARG(mneme_working_id(place)), MNEME_STR_ARG(place->stream_id),
                        MNEME_STR_ARG(name));
        return mneme_cli_fail(cli, &error);
    }
    mneme_arena_init(&arena, 0);
    if (cli->json) {
        mneme_working_element_json(&json, MNEME_WORKING_KEY, key);
    } else {
        mneme_printable(&line, plain(key->value, &arena), true);
    }
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    mneme_arena_clean_up(&arena);
    return code;
}

static enum mneme_exit run_get(struct mneme_cli *cli) {
    return mneme_working_read_and_show(cli, NULL, cli->argument_count > 0 ? show_key : show_keys);
}

static const struct mneme_cli_option get_options[] = {
    MNEME_WORKING_CONTEXT_OPTION,
    MNEME_WORKING_STREAM_OPTION,
    {0},
};

const struct mneme_command mneme_command_context_get = {
    .name = "get",
    .summary = "What a key of a conversation's context holds, or all of them.",
    .arguments = "[KEY]",
    .details = "Without --json a text is printed as it is, other values as JSON.\n"
               "--json: one object per key: {\"key\",\"value\",\"ttl_s\",\"updated_at\",\"expires_at\","
               "\"source_event_id\"}.\n"
               "Exit code 5 when there is no such key, or not yet: --at-least waits for a write.",
    .examples = "  mneme context get intent --user ada --conversation chat-1\n"
                "  mneme context get --user ada --conversation chat-1 --at-least last --json\n",
    .max_arguments = 1,
    .options = get_options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST | MNEME_CLI_TABLE,
    .run = run_get,
};

/* --- events --- */

static void add_event_cells(struct mneme_table *table, const void *row) {
    const struct mneme_context_event *event = row;
    mneme_table_cell_long(table, event->entry_index);
    mneme_show_cell_time(table, event->created_at);
    add_plain_cell(table, event->event);
}

static void write_event_json(const void *row, struct mneme_json_writer *json) {
    mneme_working_element_json(json, MNEME_WORKING_EVENT, row);
}

static const char *const event_headings[] = {"INDEX", "TIME", "EVENT", NULL};
static const struct mneme_listing_kind event_kind = {event_headings, add_event_cells, write_event_json,
                                                     "the context has no events"};

static enum mneme_exit show_events(const struct mneme_cli *cli, const struct mneme_working_place *place,
                                   const struct mneme_working *working) {
    struct mneme_listing listing;
    (void)place;
    mneme_listing_begin(&listing, cli, &event_kind, 0);
    for (size_t i = 0; i < working->event_count && mneme_listing_visit(&working->events[i], &listing); i++) {
    }
    return mneme_listing_end(&listing);
}

/* The latest of them are at hand; what is beyond those comes from the tables. */
static enum mneme_exit run_events(struct mneme_cli *cli) {
    struct mneme_working_question question = {0};
    struct mneme_error error = {0};
    if (mneme_cli_long(&question.most, cli, "limit", MNEME_WORKING_EVENTS, 1, MNEME_QUERY_MAX_LIMIT,
                       &error) != MNEME_OK ||
        mneme_cli_opt_long(&question.after, cli, "after", 0, INT64_MAX, &error) != MNEME_OK ||
        mneme_cli_opt_long(&question.before, cli, "before", 0, INT64_MAX, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    question.is_page =
        question.after.is_set || question.before.is_set || question.most > MNEME_WORKING_EVENTS;
    return mneme_working_read_and_show(cli, &question, show_events);
}

static const struct mneme_cli_option event_options[] = {
    MNEME_WORKING_CONTEXT_OPTION,
    MNEME_WORKING_STREAM_OPTION,
    {"limit", 'n', "N", -1, "How many (default 100): the latest, unless --after is given."},
    {"after", 0, "INDEX", -1, "The first ones behind this index."},
    {"before", 0, "INDEX", -1, "Only those before this index."},
    {0},
};

const struct mneme_command mneme_command_context_events = {
    .name = "events",
    .summary = "The events of a context, a page at a time.",
    .arguments = "",
    .details =
        "Oldest first. Each has an index; --before the first of a page gives the page before it, --after\n"
        "the last the page behind it. Those before the context was cleared are in `mneme events`.\n"
        "--json: one object per event: {\"entry_index\",\"event\",\"created_at\",\"source_event_id\"}.",
    .examples = "  mneme context events --user ada --conversation chat-1\n"
                "  mneme context events --user ada --conversation chat-1 --limit 500 --before 1200 --json\n",
    .options = event_options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST | MNEME_CLI_TABLE,
    .run = run_events,
};
