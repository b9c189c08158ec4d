/*
 * profile.record: records what is known about a user.
 */
#include "operations/events.h"
#include "operations/fields.h"
#include "operations/profile/profile.h"

enum { USER, PROFILE, PREFERENCES, SOURCE, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [USER] = MNEME_PROFILE_USER_FIELD,
    [PROFILE] = {.name = "profile",
                 .type = MNEME_OP_OBJECT,
                 .help = "The profile, a JSON object.",
                 .flags = MNEME_OP_TO_PAYLOAD},
    [PREFERENCES] = {.name = "preferences",
                     .type = MNEME_OP_OBJECT,
                     .help = "Preferences by domain, a JSON object.",
                     .flags = MNEME_OP_TO_PAYLOAD},
    [SOURCE] = {.name = "source",
                .type = MNEME_OP_TEXT,
                .shown = "NAME",
                .help = "Where the data comes from.",
                .flags = MNEME_OP_TO_PAYLOAD},
};

static int write(struct mneme_op_events *out, const struct mneme_op_request *request,
                 struct mneme_error *error) {
    struct mneme_event *event;
    int status = mneme_op_events_add(&event, out, MNEME_EVENT_USER_ONBOARDED, error);
    if (status == MNEME_OK) {
        event->scope.user_id = mneme_op_text(request, USER);
    }
    return status;
}

const struct mneme_operation mneme_op_profile_record = {
    .name = "profile.record",
    .alias = "profile.add",
    .summary = "Record what is known about a user.",
    .details = "Publishes a user_onboarded event. For a user who is known already, the given fields replace "
               "the old ones; the others stay.\n"
               "--json: {\"event_id\",\"position\",\"stream_id\"}, and with --wait also \"verdict\" and "
               "\"version\", or \"actual_version\" where it was not accepted.",
    .examples =
        "  mneme profile record ada --profile '{\"name\": \"Ada\"}' --source form\n"
        "  mneme profile record ada --preferences '{\"drinks\": {\"hot\": \"tea\"}}' --wait postgres\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_AGENT | MNEME_OP_OF_RUN | MNEME_OP_OF_CONVERSATION |
              MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .write = write,
    .event_type = MNEME_EVENT_USER_ONBOARDED,
};
