/*
 * What the reads of dead letters have in common.
 */
#include "operations/dead_letters/dead_letters.h"

#include <stdio.h>

#include "operations/fields.h"
#include "operations/service.h"

#define LONGEST_NAME_BYTES 64 /* of a projection; a dot and more may follow */

const struct mneme_op_column mneme_dead_letters_parked[] = {
    {"projection", MNEME_ROW_STR, "PARKED BY", "parked by", NULL},
    MNEME_OP_SHOWN("position", MNEME_ROW_STR, "POSITION"),
    MNEME_OP_SHOWN("parked_at", MNEME_ROW_TIME, "SINCE"),
    MNEME_OP_SHOWN("behind", MNEME_ROW_LONG, "BEHIND"),
    MNEME_OP_SHOWN("key", MNEME_ROW_STR, "KEY"),
    MNEME_OP_SHOWN("reason", MNEME_ROW_STR, "REASON"),
    MNEME_OP_BESIDE("topic", MNEME_ROW_STR),
    {"partition", MNEME_ROW_LONG, NULL, "", NULL},
    {"kafka_offset", MNEME_ROW_LONG, NULL, "", NULL},
    {"waits_for", MNEME_ROW_OPT_LONG, NULL, "waits for offset", NULL},
    MNEME_OP_BESIDE("recorded_at", MNEME_ROW_TIME),
    MNEME_OP_BESIDE("event", MNEME_ROW_JSON),
    {"value", MNEME_ROW_STR, NULL, "", NULL},
    {0},
};

const struct mneme_op_column mneme_dead_letters_dropped_shown[] = {
    {"projection", MNEME_ROW_STR, "DROPPED IN", "dropped in", NULL},
    MNEME_OP_SHOWN("position", MNEME_ROW_STR, "POSITION"),
    MNEME_OP_SHOWN("dropped_at", MNEME_ROW_OPT_TIME, "SINCE"),
    MNEME_OP_SHOWN("key", MNEME_ROW_STR, "KEY"),
    MNEME_OP_SHOWN("note", MNEME_ROW_STR, "NOTE"),
    MNEME_OP_SHOWN("reason", MNEME_ROW_STR, "REASON"),
    {"behind", MNEME_ROW_LONG, NULL, "", NULL},
    {"partition", MNEME_ROW_LONG, NULL, "", NULL},
    {"kafka_offset", MNEME_ROW_LONG, NULL, "", NULL},
    {"value", MNEME_ROW_STR, NULL, "", NULL},
    {0},
};

int mneme_dead_letters_check_projection(const struct mneme_op_request *request, int field,
                                        struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    char text[LONGEST_NAME_BYTES];
    struct mneme_str name = mneme_op_text(request, field);
    snprintf(text, sizeof text, "%.*s", MNEME_STR_ARG(name));
    if (name.data == NULL || mneme_projection_named(text) != NULL) {
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "%s was not taken: there is no projection '%.*s'; give postgres, search, embed, "
                           "vectors or redis",
                           mneme_op_label(label, request, &request->operation->fields[field]),
                           MNEME_STR_ARG(name));
}

int mneme_dead_letters_connect(struct mneme_postgres **out, struct mneme_op_call *call,
                               struct mneme_error *error) {
    bool has_parked;
    int status =
        mneme_service_lend_postgres(&call->postgres, &has_parked, call->service, call->cancel, error);
    *out = call->postgres;
    return status;
}
