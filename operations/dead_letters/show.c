/*
 * dead-letters.show: parked or dropped events with their bytes, which projections parked them, and why.
 */
#include "operations/dead_letters/dead_letters.h"
#include "queries/status.h"
#include "schemas/codec.h"

#define BYTES_OF_A_LINE 16
#define OWN_COLUMNS 2 /* event, value */

enum { POSITIONS, PROJECTION, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [POSITIONS] = {.name = "positions",
                   .type = MNEME_OP_POSITIONS,
                   .shown = "POSITION",
                   .help = "The events' positions in the log.",
                   .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [PROJECTION] = MNEME_DEAD_LETTERS_PROJECTION_FIELD,
};

/* A row of the query, and what its bytes decode to. */
struct letter {
    struct mneme_dead_letter_row row; /* first, so that the query's columns keep their offsets */
    struct mneme_str event;           /* as JSON; null: this program cannot read the bytes as an event */
};

struct showing {
    struct mneme_op_rows parked, dropped;
    struct mneme_codec *codec;
    struct mneme_arena arena; /* of one event */
    struct mneme_buffer bytes, event, below;
    int64_t count; /* of one position */
    int status;
    struct mneme_error *error;
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

/* Lines of 16 bytes: the offset, the bytes in hexadecimal, and the printable characters. */
static void describe_bytes(struct mneme_buffer *out, struct mneme_str bytes) {
    for (size_t at = 0; at < bytes.len; at += BYTES_OF_A_LINE) {
        mneme_buffer_printf(out, "  %08zx ", at);
        for (size_t i = at; i < at + BYTES_OF_A_LINE; i++) {
            if (i < bytes.len) {
                mneme_buffer_printf(out, " %02x", (unsigned)(uint8_t)bytes.data[i]);
            } else {
                mneme_buffer_printf(out, "   ");
            }
        }
        mneme_buffer_printf(out, "  ");
        for (size_t i = at; i < bytes.len && i < at + BYTES_OF_A_LINE; i++) {
            bool is_printable = bytes.data[i] >= ' ' && bytes.data[i] <= '~';
            mneme_buffer_append_byte(out, is_printable ? (uint8_t)bytes.data[i] : '.');
        }
        mneme_buffer_append_byte(out, '\n');
    }
}

/* Writes the event as JSON, or else why the bytes are not an event, followed by the bytes. */
static void decode(struct letter *letter, struct showing *showing) {
    struct mneme_event event;
    struct mneme_error reason = {0};
    struct mneme_str bytes = mneme_buffer_str(&showing->bytes);
    mneme_buffer_clear(&showing->event);
    mneme_buffer_clear(&showing->below);
    mneme_arena_reset(&showing->arena, SIZE_MAX);
    if (mneme_codec_decode(showing->codec, &event, &showing->arena, bytes, &reason) != MNEME_OK) {
        mneme_buffer_printf(&showing->below, "not an event: %s\n", reason.message);
        describe_bytes(&showing->below, bytes);
        return;
    }
    struct mneme_json_writer json = {.out = &showing->event};
    mneme_event_logged_json(&event,
                            (struct mneme_position){(int32_t)letter->row.partition, letter->row.kafka_offset},
                            letter->row.recorded_at, &json);
    letter->event = mneme_buffer_str(&showing->event);
}

static bool visit(const void *row, void *context) {
    struct showing *showing = context;
    struct letter letter = {.row = *(const struct mneme_dead_letter_row *)row};
    struct mneme_op_rows *rows = letter.row.dropped_at.is_set ? &showing->dropped : &showing->parked;
    showing->count++;
    take_bytes(&showing->bytes, letter.row.value_hex);
    decode(&letter, showing);
    if (showing->bytes.failed || showing->event.failed || showing->below.failed) {
        showing->status = mneme_error_set(showing->error, MNEME_E_NO_MEMORY,
                                          "the parked event was not shown: memory is exhausted; free some");
        return false;
    }
    rows->below = mneme_buffer_str(&showing->below);
    return mneme_op_rows_visit(&letter, rows);
}

/* The query's columns without the bytes (with the columns of a dropped event, if it is one), then event and
 * value. */
static int make_columns(struct mneme_op_rows *rows, bool is_dropped, struct mneme_error *error) {
    size_t left_out = MNEME_DEAD_LETTER_BYTES_COLUMNS + (is_dropped ? 0 : MNEME_DEAD_LETTER_DROPPED_COLUMNS);
    size_t count = MNEME_DEAD_LETTER_COLUMNS - left_out;
    struct mneme_row_column *columns =
        mneme_arena_calloc(rows->call->arena, count + OWN_COLUMNS, sizeof *columns);
    if (columns == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the parked event was not shown: memory is exhausted; free some");
    }
    memcpy(columns, mneme_dead_letter_columns, count * sizeof *columns);
    columns[count++] = (struct mneme_row_column){"event", MNEME_ROW_JSON, offsetof(struct letter, event)};
    columns[count++] =
        (struct mneme_row_column){"value", MNEME_ROW_STR, offsetof(struct letter, row.value_base64)};
    rows->columns = columns;
    rows->column_count = count;
    return MNEME_OK;
}

static int show_one(struct showing *showing, struct mneme_postgres *postgres,
                    const struct mneme_op_call *call, struct mneme_position position,
                    struct mneme_error *error) {
    const struct mneme_dead_letter_filter filter = {.has_position = true,
                                                    .position = position,
                                                    .projection = mneme_op_text(call->request, PROJECTION),
                                                    .is_all = true,
                                                    .has_bytes = true,
                                                    .limit = INT64_MAX};
    bool is_there;
    showing->count = 0;
    /* Dropped events are in the ledger's schema, and handling the previous position has left that schema. */
    int status = mneme_status_enter(&is_there, postgres, call->config,
                                    &mneme_projections[MNEME_PROJECTION_POSTGRES], error);
    if (status == MNEME_OK) {
        status = mneme_dead_letters_dropped(postgres, &filter, visit, showing, error);
    }
    if (status == MNEME_OK) {
        status = showing->status;
    }
    status = status != MNEME_OK
                 ? status
                 : mneme_dead_letters_everywhere(postgres, call->config, &filter, visit, showing, error);
    status = status == MNEME_OK ? showing->status : status;
    return status == MNEME_OK && showing->count == 0
               ? mneme_error_set(error, MNEME_E_NOT_FOUND,
                                 "nothing was shown: no event is parked at %d:%lld; `mneme dead-letters list "
                                 "--all` lists those that are",
                                 (int)position.partition, (long long)position.offset)
               : status;
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_value *positions = mneme_op_own(call->request, POSITIONS);
    struct showing showing = {.parked = {.call = call},
                              .dropped = {.call = call, .shown = mneme_dead_letters_dropped_shown},
                              .status = MNEME_OK,
                              .error = error};
    struct mneme_postgres *postgres = NULL;
    mneme_arena_init(&showing.arena, 0);
    int status = make_columns(&showing.parked, false, error);
    if (status == MNEME_OK) {
        status = make_columns(&showing.dropped, true, error);
    }
    if (status == MNEME_OK) {
        status = mneme_codec_new(&showing.codec, call->config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_dead_letters_connect(&postgres, call, error);
    }
    for (size_t i = 0; i < positions->positions.count && status == MNEME_OK; i++) {
        status = show_one(&showing, postgres, call, positions->positions.items[i], error);
    }
    mneme_codec_destroy(showing.codec);
    mneme_arena_clean_up(&showing.arena);
    mneme_buffer_clean_up(&showing.bytes);
    mneme_buffer_clean_up(&showing.event);
    mneme_buffer_clean_up(&showing.below);
    return status;
}

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    if (mneme_op_own(request, POSITIONS)->positions.are_last) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s was not taken: it is 'last'; give positions such as 3:17",
                               mneme_op_label(label, request, &fields[POSITIONS]));
    }
    return mneme_dead_letters_check_projection(request, PROJECTION, error);
}

const struct mneme_operation mneme_op_dead_letters_show = {
    .name = "dead-letters.show",
    .summary = "Show parked or dropped events, and why they were parked or dropped.",
    .details =
        "Shows each position in turn: the event as JSON with the keys of `mneme replay` if this program can\n"
        "read its bytes, else the bytes in hexadecimal and the reason why they are not an event. Exit code 5 "
        "at the first position where nothing is parked or dropped.\n"
        "--json: as `mneme dead-letters list --json`, with \"event\" (an object, or null) and \"value\", the "
        "message's bytes in base64; a line for each projection that has parked or dropped it.",
    .examples = "  mneme dead-letters show 3:17\n"
                "  mneme dead-letters show 3:17 --json | jq -r .value | base64 -d >message\n",
    .fields = fields,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_DETAILS,
    .columns = mneme_dead_letters_parked,
    .check = check,
    .read = read,
};
