/*
 * mneme dead-letters show: one parked event, with who has parked it and why.
 */
#include <stdio.h>

#include "cli/dead_letters/dead_letters.h"
#include "cli/frame/form.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "common/json/write.h"
#include "consumers/replay/replay.h"
#include "schemas/codec.h"

#define BYTES_OF_A_LINE 16

struct showing {
    struct mneme_cli *cli;
    struct mneme_codec *codec;
    struct mneme_dead_letter_filter filter;
    struct mneme_arena arena;
    struct mneme_buffer line, bytes, event;
    int64_t count;
    enum mneme_exit code;
};

static int digit_of(char letter) {
    return letter <= '9' ? letter - '0' : letter - 'a' + 10;
}

static void take_bytes(struct mneme_buffer *out, struct mneme_str hex) {
    mneme_buffer_clear(out);
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        mneme_buffer_append_byte(out, (uint8_t)(digit_of(hex.data[i]) << 4 | digit_of(hex.data[i + 1])));
    }
}

/* The event as JSON in showing->event; empty when the bytes are not one that this program can read, and
 * `reason` says why. */
static void decode(struct showing *showing, const struct mneme_dead_letter_row *row,
                   struct mneme_error *reason) {
    struct mneme_batch_item item = {
        .position = {(int32_t)row->partition, row->kafka_offset},
        .recorded_at = row->recorded_at,
        .value = mneme_buffer_str(&showing->bytes),
    };
    mneme_buffer_clear(&showing->event);
    mneme_arena_reset(&showing->arena, SIZE_MAX);
    if (mneme_codec_decode(showing->codec, &item.event, &showing->arena, item.value, reason) == MNEME_OK) {
        struct mneme_json_writer json = {.out = &showing->event};
        mneme_log_replay_json(&item, &json);
    }
}

static void write_json(struct showing *showing, const struct mneme_dead_letter_row *row) {
    struct mneme_json_writer json = {.out = &showing->line};
    bool is_event = showing->event.len > 0;
    mneme_json_begin_object(&json);
    mneme_dead_letter_json(row, &json);
    mneme_json_key(&json, MNEME_STR_LIT("event"));
    mneme_json_raw(&json, is_event ? mneme_buffer_str(&showing->event) : MNEME_STR_NULL);
    mneme_json_key(&json, MNEME_STR_LIT("value"));
    mneme_json_string(&json, row->value_base64);
    mneme_json_end_object(&json);
    showing->code = mneme_cli_put_line(&showing->line);
}

/* Lines of 16 bytes: the offset, the bytes in hexadecimal, and what of them is printable. */
static void show_bytes(struct mneme_str bytes) {
    for (size_t at = 0; at < bytes.len; at += BYTES_OF_A_LINE) {
        printf("  %08zx ", at);
        for (size_t i = at; i < at + BYTES_OF_A_LINE; i++) {
            if (i < bytes.len) {
                printf(" %02x", (unsigned)(uint8_t)bytes.data[i]);
            } else {
                printf("   ");
            }
        }
        printf("  ");
        for (size_t i = at; i < bytes.len && i < at + BYTES_OF_A_LINE; i++) {
            putchar(bytes.data[i] >= ' ' && bytes.data[i] <= '~' ? bytes.data[i] : '.');
        }
        putchar('\n');
    }
}

static void show_lines(struct showing *showing, const struct mneme_dead_letter_row *row,
                       const struct mneme_error *reason) {
    if (showing->count > 1) {
        putchar('\n');
    }
    struct mneme_form form;
    mneme_form_begin(&form);
    mneme_form_printf(&form, "position", "%d:%lld of %.*s", (int)row->partition, (long long)row->kafka_offset,
                      MNEME_STR_ARG(row->topic));
    mneme_form_str(&form, row->dropped_at.is_set ? "dropped in" : "parked by", row->projection);
    mneme_form_str(&form, "key", row->key);
    mneme_form_str(&form, "reason", row->reason);
    if (row->waits_for.is_set) {
        mneme_form_printf(&form, "waits for", "%lld:%lld", (long long)row->partition,
                          (long long)row->waits_for.value);
    }
    if (!row->dropped_at.is_set) {
        mneme_form_long(&form, "behind", (struct mneme_opt_long){row->behind, true});
    }
    mneme_form_time(&form, "recorded at", (struct mneme_opt_long){row->recorded_at, true});
    mneme_form_time(&form, "parked at", (struct mneme_opt_long){row->parked_at, true});
    mneme_form_time(&form, "dropped at", row->dropped_at);
    mneme_form_str(&form, "note", row->note);
    if (showing->event.len > 0) {
        mneme_form_str(&form, "event", mneme_buffer_str(&showing->event));
    } else {
        mneme_form_str(&form, "no event", mneme_str_from(reason->message));
    }
    showing->code = mneme_form_end(&form, showing->cli);
    if (showing->event.len > 0) {
        return;
    }
    show_bytes(mneme_buffer_str(&showing->bytes));
}

static bool visit(const void *row, void *context) {
    struct showing *showing = context;
    const struct mneme_dead_letter_row *letter = row;
    struct mneme_error reason = {0};
    showing->count++;
    take_bytes(&showing->bytes, letter->value_hex);
    decode(showing, letter, &reason);
    if (showing->bytes.failed || showing->event.failed) {
        mneme_error_set(&reason, MNEME_E_NO_MEMORY, "the parked event was not shown: out of memory");
        showing->code = mneme_cli_fail(showing->cli, &reason);
    } else if (showing->cli->json) {
        write_json(showing, letter);
    } else {
        show_lines(showing, letter, &reason);
    }
    return showing->code == MNEME_EXIT_DONE && !mneme_cli_output_is_lost();
}

static int ask(struct mneme_postgres *postgres, void *context, struct mneme_error *error) {
    struct showing *showing = context;
    return mneme_dead_letters(postgres, &showing->filter, visit, showing, error);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct showing showing = {
        .cli = cli,
        .code = MNEME_EXIT_DONE,
        .filter = {.has_position = true, .is_all = true, .has_bytes = true, .limit = INT64_MAX}};
    mneme_arena_init(&showing.arena, 0);
    int status = mneme_dead_letters_position(&showing.filter.position, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_dead_letters_projection(&showing.filter.projection, cli, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_codec_new(&showing.codec, cli->config, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_query_connect(&postgres, cli->config, "mneme-dead-letters", &error);
    }
    if (status == MNEME_OK) { /* before other schemas are entered than the ledger's */
        status = mneme_dead_letters_dropped(postgres, &showing.filter, visit, &showing, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_dead_letters_each_schema(postgres, cli->config, ask, &showing, &error);
    }
    if (status == MNEME_OK && showing.count == 0) {
        status =
            mneme_error_set(&error, MNEME_E_NOT_FOUND,
                            "nothing was shown: no event is parked at %s; `mneme dead-letters list --all` "
                            "tells what is",
                            cli->arguments[0]);
    }
    enum mneme_exit code = status == MNEME_OK ? showing.code : mneme_cli_fail(cli, &error);
    mneme_pg_close(postgres);
    mneme_codec_destroy(showing.codec);
    mneme_arena_clean_up(&showing.arena);
    mneme_buffer_clean_up(&showing.line);
    mneme_buffer_clean_up(&showing.bytes);
    mneme_buffer_clean_up(&showing.event);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"projection", 'p', "PROJECTION", -1, "As this projection has it."},
    {0},
};

const struct mneme_command mneme_command_dead_letters_show = {
    .name = "show",
    .summary = "Show a parked or dropped event, and why it is that.",
    .arguments = "POSITION",
    .details =
        "The event as JSON where its bytes are one that this program can read, with the keys of `mneme\n"
        "replay`; else the bytes in hexadecimal, with the reason why they are no event.\n"
        "--json: as `mneme dead-letters list --json`, with \"event\" (an object, or null) and \"value\", "
        "the\n"
        "message's bytes in base64; a line for each projection that has parked it, or where it was dropped.",
    .examples = "  mneme dead-letters show 3:17\n"
                "  mneme dead-letters show 3:17 --json | jq -r .value | base64 -d >message\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .run = run,
};
