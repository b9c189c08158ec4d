/*
 * dead-letters.list: the events that cannot be applied, over all projections.
 */
#include "operations/dead_letters/dead_letters.h"

enum { PROJECTION, KEY, ALL, DROPPED, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [PROJECTION] = MNEME_DEAD_LETTERS_PROJECTION_FIELD,
    [KEY] = {.name = "key",
             .letter = 'k',
             .type = MNEME_OP_TEXT,
             .shown = "KEY",
             .help = "Only events of this key, TENANT/STREAM."},
    [ALL] = {.name = "all",
             .letter = 'a',
             .type = MNEME_OP_FLAG,
             .help = "Also the events that only wait behind another event of their key."},
    [DROPPED] = {.name = "dropped",
                 .type = MNEME_OP_FLAG,
                 .help = "List the dropped events instead of the parked ones."},
};

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    char user[MNEME_OP_LABEL_BYTES];
    char key[MNEME_OP_LABEL_BYTES];
    if (request->common[MNEME_OP_USER].is_set && mneme_op_has(request, KEY)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "parked events were not listed: %s and %s both name a key; give one",
                               mneme_op_label(user, request, mneme_op_common_field(MNEME_OP_USER)),
                               mneme_op_label(key, request, &fields[KEY]));
    }
    return mneme_dead_letters_check_projection(request, PROJECTION, error);
}

/* The user's stream in the tenant, in the call's arena. */
static int user_key(struct mneme_str *out, struct mneme_op_call *call, struct mneme_error *error) {
    struct mneme_buffer key = {0};
    mneme_buffer_append_str(&key, mneme_op_tenant(call->request));
    mneme_buffer_append_byte(&key, '/');
    mneme_buffer_append_str(&key, mneme_op_common_text(call->request, MNEME_OP_USER));
    *out = key.failed ? MNEME_STR_NULL : mneme_arena_copy(call->arena, mneme_buffer_str(&key));
    mneme_buffer_clean_up(&key);
    return out->data != NULL
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "parked events were not listed: memory is exhausted; free some");
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    bool is_of_dropped = mneme_op_truth(request, DROPPED);
    size_t left_out =
        MNEME_DEAD_LETTER_BYTES_COLUMNS + (is_of_dropped ? 0 : MNEME_DEAD_LETTER_DROPPED_COLUMNS);
    struct mneme_op_rows rows = {
        .call = call,
        .columns = mneme_dead_letter_columns,
        .column_count = MNEME_DEAD_LETTER_COLUMNS - left_out,
        .limit = mneme_op_limit(request),
        .shown = is_of_dropped ? mneme_dead_letters_dropped_shown : NULL,
    };
    struct mneme_dead_letter_filter filter = {
        .projection = mneme_op_text(request, PROJECTION),
        .key = mneme_op_text(request, KEY),
        .is_all = mneme_op_truth(request, ALL),
        .limit = rows.limit + 1, /* the row beyond the limit only shows that there are more */
    };
    struct mneme_postgres *postgres = NULL;
    int status = MNEME_OK;
    if (request->common[MNEME_OP_USER].is_set) {
        status = user_key(&filter.key, call, error);
    }
    if (status == MNEME_OK) {
        status = mneme_dead_letters_connect(&postgres, call, error);
    }
    if (status == MNEME_OK && is_of_dropped) {
        mneme_op_note(call, MNEME_OP_NOTE_TABLE, MNEME_STR_LIT("nothing was dropped"));
        status = mneme_dead_letters_dropped(postgres, &filter, mneme_op_rows_visit, &rows, error);
    } else if (status == MNEME_OK) {
        status =
            mneme_dead_letters_everywhere(postgres, call->config, &filter, mneme_op_rows_visit, &rows, error);
    }
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_dead_letters_list = {
    .name = "dead-letters.list",
    .summary = "List the events that cannot be applied.",
    .details =
        "Events of all tenants unless --user or --key names one. BEHIND is how many later events of the same "
        "key wait behind the event: they are acknowledged and in the log, but not in the tables. An event\n"
        "that is parked by several projections has a line for each.\n"
        "--json: {\"position\",\"projection\",\"topic\",\"partition\",\"kafka_offset\",\"key\",\"reason\",\n"
        "\"behind\",\"waits_for\",\"recorded_at\",\"parked_at\"}; waits_for is the offset of the event that "
        "this one waits behind (--all), or null. With --dropped also \"note\" and \"dropped_at\".",
    .examples = "  mneme dead-letters list\n"
                "  mneme dead-letters list --projection postgres --user ada --all\n"
                "  mneme dead-letters list --dropped\n"
                "  mneme dead-letters list --json | jq -r .position\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_USER | MNEME_OP_LIMITED,
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = mneme_dead_letters_parked,
    .nothing = "nothing is parked",
    .check = check,
    .read = read,
};
