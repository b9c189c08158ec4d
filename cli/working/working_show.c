/*
 * mneme working show: all that is at hand of a conversation.
 */
#include <stdio.h>

#include "cli/frame/form.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "cli/working/working.h"
#include "common/base/printable.h"
#include "stores/redis/working_json.h"

static enum mneme_exit print_json(const struct mneme_working_place *place,
                                  const struct mneme_working *working) {
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("tenant"));
    mneme_json_string(&json, place->tenant);
    mneme_json_key(&json, MNEME_STR_LIT("stream_id"));
    mneme_json_string(&json, place->stream_id);
    mneme_json_key(&json, MNEME_STR_LIT("conversation_id"));
    mneme_json_string(&json, place->conversation_id);
    mneme_working_json(&json, working);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

/* "  <label>: <text>" */
static void print_entry(struct mneme_buffer *line, struct mneme_str label, struct mneme_str text) {
    mneme_buffer_append_str(line, MNEME_STR_LIT("  "));
    mneme_printable(line, label, false);
    mneme_buffer_append_str(line, label.len > 0 ? MNEME_STR_LIT(": ") : MNEME_STR_LIT(""));
    mneme_printable(line, text, false);
    (void)mneme_cli_put_line(line);
}

static void print_heading(const char *heading, size_t count) {
    if (count > 0) {
        printf("%s\n", heading);
    }
}

static enum mneme_exit show(const struct mneme_cli *cli, const struct mneme_working_place *place,
                            const struct mneme_working *working) {
    struct mneme_buffer line = {0};
    if (cli->json) {
        return print_json(place, working);
    }
    struct mneme_form form;
    mneme_form_begin(&form);
    mneme_form_str(&form, "conversation", place->conversation_id);
    mneme_form_str(&form, "stream", place->stream_id);
    mneme_form_str(&form, "goal", working->goal);
    enum mneme_exit code = mneme_form_end(&form, cli);
    print_heading("turns", working->turn_count);
    for (size_t i = 0; i < working->turn_count; i++) {
        const struct mneme_recent_turn *turn = &working->turns[i];
        print_entry(&line, turn->speaker.len > 0 ? turn->speaker : turn->role, turn->content);
    }
    print_heading("thoughts", working->thought_count);
    for (size_t i = 0; i < working->thought_count; i++) {
        print_entry(&line, MNEME_STR_LIT(""), working->thoughts[i].thought);
    }
    print_heading("context", working->key_count);
    for (size_t i = 0; i < working->key_count; i++) {
        print_entry(&line, working->keys[i].key, working->keys[i].value);
    }
    print_heading("events", working->event_count);
    for (size_t i = 0; i < working->event_count; i++) {
        print_entry(&line, MNEME_STR_LIT(""), working->events[i].event);
    }
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_working_question question = {0};
    struct mneme_error error = {0};
    if (mneme_cli_long(&question.most, cli, "limit", 0, 1, MNEME_WORKING_EVENTS, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    return mneme_working_read_and_show(cli, &question, show);
}

static const struct mneme_cli_option options[] = {
    MNEME_WORKING_STREAM_OPTION,
    {"limit", 'n', "N", -1,
     "Of turns, thoughts and events the latest N each; all that is at hand by default."},
    {0},
};

const struct mneme_command mneme_command_working_show = {
    .name = "show",
    .summary = "All that is at hand of a conversation.",
    .arguments = "",
    .details =
        "The goal, the latest 50 turns, the latest 100 thoughts, the context's keys that have not expired\n"
        "and its latest 100 events.\n"
        "--json: one object: {\"tenant\",\"stream_id\",\"conversation_id\",\"goal\",\"turns\",\"thoughts\","
        "\n\"context\",\"events\"}, the last four of them lists of objects.",
    .examples = "  mneme working show --user ada --conversation chat-1\n"
                "  mneme working show --user ada --conversation chat-1 --at-least last --json\n",
    .options = options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST,
    .run = run,
};
