/*
 * mneme publish: JSON lines in, receipts out in the order of the input, with many lines in flight at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "cli/frame/signals.h"
#include "cli/publish_verdicts.h"
#include "cli/write.h"
#include "common/base/clock.h"
#include "common/base/text_check.h"
#include "common/json/write.h"
#include "importers/lines.h"

#define IDLE_MS 500 /* an upper bound: receipts, input and signals end the sleep earlier */
/* How long an interrupted program waits for lines in flight; the rest of MNEME_CLI_INTERRUPT_MS is for
 * reporting them. */
#define INTERRUPT_PATIENCE_MS 1500

struct publish {
    const struct mneme_cli *cli;
    struct mneme_client *client;
    struct mneme_lines input;
    struct mneme_publish_window window;
    struct mneme_verdicts verdicts;
    bool waits; /* for verdicts */
    bool is_reading;
    int64_t
        give_up; /* monotonic microseconds: when an interrupted program stops waiting; 0: not interrupted */
    struct mneme_buffer out;

    /* Consecutive lines that failed for the same reason are reported in one sentence. */
    int64_t first_failed, last_failed; /* 0: no line */
    enum mneme_status failed_status;
    char *failed_message;

    bool had_refused, had_conflict;
    enum mneme_exit broken; /* why publishing stopped, or MNEME_EXIT_DONE */
};

/* --- printing --- */

static void say_failed(struct publish *publish) {
    if (publish->first_failed == 0) {
        return;
    }
    const char *message = publish->failed_message == NULL ? "" : publish->failed_message;
    const char *colon = strstr(message, ": ");
    const char *outcome = publish->failed_status == MNEME_E_TIMEOUT ? "not acknowledged" : "not published";
    message = colon == NULL ? message : colon + 2;
    if (publish->first_failed == publish->last_failed) {
        mneme_cli_say("line %lld was %s: %s", (long long)publish->first_failed, outcome, message);
    } else {
        mneme_cli_say("lines %lld to %lld were %s: %s", (long long)publish->first_failed,
                      (long long)publish->last_failed, outcome, message);
    }
    free(publish->failed_message);
    publish->failed_message = NULL;
    publish->first_failed = 0;
}

/* Whether the error concerns only this line; errors of the brokers concern all that follow. */
static bool is_refusal(enum mneme_status status) {
    return status == MNEME_E_INVALID || status == MNEME_E_TOO_LARGE;
}

static void note_failed(struct publish *publish, struct mneme_publish_line *line) {
    if (is_refusal(line->status)) {
        publish->had_refused = true;
    } else {
        publish->is_reading = false;
        publish->broken = mneme_exit_code(line->status);
    }
    bool continues = publish->first_failed != 0 && publish->last_failed + 1 == line->number &&
                     publish->failed_status == line->status && publish->failed_message != NULL &&
                     line->message != NULL && strcmp(publish->failed_message, line->message) == 0;
    if (!continues) {
        say_failed(publish);
        publish->first_failed = line->number;
        publish->failed_status = line->status;
        publish->failed_message = line->message;
        line->message = NULL;
    }
    publish->last_failed = line->number;
}

static void put_verdict(struct publish *publish, struct mneme_json_writer *json,
                        const struct mneme_publish_line *line) {
    mneme_json_key(json, MNEME_STR_LIT("verdict"));
    mneme_json_string(json, line->verdict[0] == '\0' ? MNEME_STR_NULL : mneme_str_from(line->verdict));
    if (strcmp(line->verdict, "accepted") == 0 && line->actual_version.is_set) {
        mneme_json_key(json, MNEME_STR_LIT("version"));
        mneme_json_long(json, line->actual_version.value);
    }
    mneme_json_key(json, MNEME_STR_LIT("actual_version"));
    if (line->actual_version.is_set) {
        mneme_json_long(json, line->actual_version.value);
    } else {
        mneme_json_null(json);
    }
    if (line->reason != NULL) {
        mneme_json_key(json, MNEME_STR_LIT("reason"));
        mneme_json_string(json, mneme_str_from(line->reason));
        publish->had_refused = true;
    }
    publish->had_conflict = publish->had_conflict || strcmp(line->verdict, "rejected") == 0;
}

static void put_receipt(struct publish *publish, const struct mneme_publish_line *line) {
    say_failed(publish);
    struct mneme_json_writer json = {.out = &publish->out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("event_id"));
    mneme_json_uuid(&json, line->event_id);
    mneme_json_key(&json, MNEME_STR_LIT("position"));
    mneme_json_position(&json, line->position);
    mneme_json_key(&json, MNEME_STR_LIT("stream_id"));
    mneme_json_string(&json, mneme_str_from(line->stream_id));
    if (publish->waits) {
        put_verdict(publish, &json, line);
    }
    mneme_json_end_object(&json);
    enum mneme_exit exit_code = mneme_cli_put_line(&publish->out);
    if (exit_code != MNEME_EXIT_DONE) {
        publish->is_reading = false;
        publish->broken = exit_code;
    }
    if (publish->waits && line->verdict[0] == '\0' && publish->give_up == 0) {
        fflush(stdout);
        fprintf(stderr,
                "mneme: line %lld was published, but has no verdict: the postgres projection did not reach "
                "it within %lld ms; start `mneme work postgres`, or raise MNEME_WAIT_TIMEOUT_MS\n",
                (long long)line->number, (long long)(publish->verdicts.timeout_micros / 1000));
        publish->broken = MNEME_EXIT_UNAVAILABLE;
    }
}

static bool is_settled(const struct publish *publish, enum mneme_line_progress progress) {
    bool waits =
        publish->waits && publish->give_up == 0; /* an interrupted program does not wait for verdicts */
    return progress == MNEME_LINE_JUDGED || (progress == MNEME_LINE_ACKNOWLEDGED && !waits);
}

/* Prints the settled lines at the front. Returns the progress of the oldest line that is left. */
static int print_settled(struct publish *publish) {
    while (publish->window.count > 0) {
        struct mneme_publish_line *line = mneme_publish_window_at(&publish->window, 0);
        int progress = atomic_load(&line->progress);
        if (progress == MNEME_LINE_FAILED) {
            note_failed(publish, line);
        } else if (is_settled(publish, (enum mneme_line_progress)progress)) {
            put_receipt(publish, line);
        } else {
            return progress;
        }
        mneme_publish_window_drop(&publish->window);
    }
    return MNEME_LINE_UNDER_WAY;
}

/* --- reading --- */

static void publish_line(struct publish *publish, struct mneme_str text) {
    struct mneme_publish_line *line = mneme_publish_window_add(&publish->window, publish->input.number);
    struct mneme_error error = {0};
    int status;
    do {
        status = mneme_publish_json(publish->client, text, &line->event_id, line->stream_id,
                                    sizeof line->stream_id, mneme_publish_line_receive, line, &error);
        /* A full queue empties by itself: its events are acknowledged, or fail after
         * MNEME_PUBLISH_TIMEOUT_MS. */
    } while (status == MNEME_E_FULL && !mneme_cli_interrupted());
    if (status != MNEME_OK) {
        mneme_publish_line_fail(line, (enum mneme_status)status, error.message);
    }
}

/* Takes one line that is already read. False when there is no line, or no room for it. */
static bool take_line(struct publish *publish) {
    struct mneme_str text;
    if (!publish->is_reading || mneme_publish_window_is_full(&publish->window)) {
        return false;
    }
    switch (mneme_lines_next(&text, &publish->input)) {
    case MNEME_LINE_READY:
        if (!mneme_is_blank(text)) {
            publish_line(publish, text);
        }
        return true;
    case MNEME_LINE_TOO_LONG:
        mneme_publish_line_fail(mneme_publish_window_add(&publish->window, publish->input.number),
                                MNEME_E_TOO_LARGE,
                                "line refused: it is longer than 4 MiB; publish smaller events");
        return true;
    case MNEME_LINE_END:
        publish->is_reading = false;
        return true;
    case MNEME_LINE_NONE:
        break;
    }
    return false;
}

/* --- the loop --- */

static void stop_if_asked(struct publish *publish) {
    if (mneme_cli_output_is_lost() && publish->is_reading) {
        fprintf(stderr,
                "mneme: publishing stopped after line %lld: nobody reads the receipts any more; publish the "
                "rest again, or write the receipts to a file\n",
                (long long)publish->input.number);
        publish->is_reading = false;
        publish->had_refused = true;
    }
    if (!mneme_cli_interrupted()) {
        return;
    }
    publish->is_reading = false;
    int64_t now = mneme_clock_monotonic_micros();
    if (publish->give_up == 0) {
        int64_t patience_ms = mneme_config_long(publish->cli->config, MNEME_SETTING_WAIT_TIMEOUT_MS);
        if (mneme_cli_interrupted_by_person() && patience_ms > INTERRUPT_PATIENCE_MS) {
            patience_ms = INTERRUPT_PATIENCE_MS;
        }
        publish->give_up = now + patience_ms * 1000 + 1;
    } else if (now > publish->give_up && publish->client != NULL) {
        /* Reports every line that is left as not acknowledged. */
        (void)mneme_close(publish->client, 0, NULL);
        publish->client = NULL;
    }
}

/* The input cannot be read further: lines in flight are still settled and reported. */
static void stop_reading(struct publish *publish, const struct mneme_error *why) {
    (void)mneme_cli_fail(publish->cli, why);
    publish->is_reading = false;
    publish->had_refused = true;
}

static void wait_for_news(struct publish *publish, int oldest_progress) {
    struct mneme_error error = {0};
    bool waits_for_verdict = oldest_progress == MNEME_LINE_ACKNOWLEDGED;
    bool wants_input = publish->is_reading && !mneme_publish_window_is_full(&publish->window);
    say_failed(publish);
    fflush(stdout); /* the stream remembers a failure, which stop_if_asked checks */
    bool has_input =
        mneme_publish_window_sleep(&publish->window, oldest_progress, wants_input ? publish->input.fd : -1,
                                   waits_for_verdict ? mneme_verdicts_pause_ms(&publish->verdicts) : IDLE_MS);
    if (has_input && mneme_lines_fill(&publish->input, &error) != MNEME_OK) {
        stop_reading(publish, &error);
    }
}

static int run_loop(struct publish *publish, struct mneme_error *error) {
    int status = MNEME_OK;
    while (status == MNEME_OK && (publish->is_reading || publish->window.count > 0)) {
        stop_if_asked(publish);
        if (publish->waits && publish->give_up == 0) {
            status = mneme_verdicts_poll(&publish->verdicts, &publish->window, error);
        }
        int oldest_progress = print_settled(publish);
        if (status == MNEME_OK && !take_line(publish) && (publish->is_reading || publish->window.count > 0)) {
            wait_for_news(publish, oldest_progress);
        }
    }
    return status;
}

static enum mneme_exit summarize(const struct publish *publish) {
    if (mneme_cli_interrupted()) {
        return MNEME_EXIT_INTERRUPTED;
    }
    if (publish->broken != MNEME_EXIT_DONE) {
        return publish->broken;
    }
    if (publish->had_conflict) {
        return MNEME_EXIT_CONFLICT;
    }
    return publish->had_refused ? MNEME_EXIT_REFUSED : MNEME_EXIT_DONE;
}

static int open_input(int *fd, const struct mneme_cli *cli, struct mneme_error *error) {
    const char *name = cli->argument_count > 0 ? cli->arguments[0] : "-";
    *fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (*fd < 0) {
        return mneme_error_set(error, errno == ENOENT ? MNEME_E_NOT_FOUND : MNEME_E_INVALID,
                               "cannot read %s: %s; check the name", name, strerror(errno));
    }
    return MNEME_OK;
}

static int open_services(struct publish *publish, struct mneme_error *error) {
    int status = mneme_write_open(&publish->client, publish->cli, error);
    if (status == MNEME_OK && publish->waits) {
        status =
            mneme_verdicts_open(&publish->verdicts, publish->cli->config, publish->client->topic_name, error);
    }
    return status;
}

static enum mneme_exit publish_all(struct publish *publish) {
    struct mneme_error error = {0};
    int status = open_services(publish, &error);
    if (status == MNEME_OK) {
        status = run_loop(publish, &error);
    }
    /* After an error no receipts are printed, but all lines in flight must return first. */
    if (publish->client != NULL) {
        int closed = mneme_close(publish->client, -1, &error);
        status = status == MNEME_OK ? closed : status;
    }
    say_failed(publish);
    return status == MNEME_OK ? summarize(publish) : mneme_cli_fail(publish->cli, &error);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    const char *projection = mneme_cli_value(cli, "wait");
    if (projection != NULL && strcmp(projection, mneme_projections[MNEME_PROJECTION_POSTGRES].name) != 0) {
        (void)mneme_error_set(
            &error, MNEME_E_USAGE,
            "cannot wait for \"%s\": only the postgres projection gives verdicts; use --wait postgres",
            projection);
        return mneme_cli_fail(cli, &error);
    }
    int fd = -1;
    if (open_input(&fd, cli, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    struct publish publish = {.cli = cli, .waits = projection != NULL, .is_reading = true};
    mneme_lines_init(&publish.input, fd);
    enum mneme_exit exit_code;
    if (mneme_publish_window_init(&publish.window, &error) != MNEME_OK) {
        exit_code = mneme_cli_fail(cli, &error);
    } else {
        exit_code = publish_all(&publish);
        mneme_verdicts_close(&publish.verdicts);
        mneme_publish_window_clean_up(&publish.window);
    }
    mneme_buffer_clean_up(&publish.out);
    mneme_lines_clean_up(&publish.input);
    if (fd != STDIN_FILENO) {
        close(fd);
    }
    return exit_code;
}

static const struct mneme_cli_option options[] = {
    {"wait", 0, "PROJECTION", -1, "Wait for the verdict of this projection: postgres."},
    {"wait-timeout", 0, "MS", MNEME_SETTING_WAIT_TIMEOUT_MS, "How long to wait for a verdict."},
    {0},
};

const struct mneme_command mneme_command_publish = {
    .name = "publish",
    .summary = "Publish events: JSON lines in, receipts out.",
    .arguments = "[FILE|-]",
    .details =
        "Each line is one JSON object {\"type\", \"user_id\", \"agent_id\", \"payload\", …};\n"
        "docs/events.md lists types and fields. For each line, a receipt\n"
        "{\"event_id\",\"position\",\"stream_id\"} is printed in the order of the input, once\n"
        "the brokers have the event. A bad line is reported on stderr by its number, the\n"
        "others go on, and the exit code is 1. When the brokers fail, reading stops, and\n"
        "the lines that were not published are named. The input may be compressed by gzip.\n"
        "\n"
        "With --wait postgres the receipt also has \"verdict\"; for an accepted event \"version\", the\n"
        "version of its stream after it; and \"actual_version\", which is the same for an accepted event,\n"
        "else the version that was found. Exit code 4 when an expected version did not hold.",
    .examples = "  mneme publish events.jsonl\n"
                "  mneme publish --wait postgres events.jsonl\n"
                "  tail -f agent.jsonl | mneme publish\n",
    .min_arguments = 0,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};
