/*
 * profile.history: every version of a user's profile.
 */
#include "operations/fields.h"
#include "operations/profile/profile.h"
#include "sql/embedded.h"

enum { USER, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {[USER] = MNEME_PROFILE_USER_FIELD};

static const struct mneme_op_column columns[] = {
    MNEME_OP_SHOWN("version", MNEME_ROW_OPT_LONG, "VERSION"),
    MNEME_OP_SHOWN("occurred_at", MNEME_ROW_OPT_TIME, "WHEN"),
    MNEME_OP_SHOWN("actor", MNEME_ROW_STR, "WHO"),
    MNEME_OP_SHOWN("source", MNEME_ROW_STR, "SOURCE"),
    MNEME_OP_SHOWN("profile", MNEME_ROW_JSON, "PROFILE"),
    MNEME_OP_SHOWN("preferences", MNEME_ROW_JSON, "PREFERENCES"),
    MNEME_OP_ORIGIN_COLUMNS,
    MNEME_OP_BESIDE("agent_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("changes", MNEME_ROW_JSON),
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_profile_history,
     .what = "the history was not read",
     .inputs = (const int[]){USER, MNEME_OP_INPUT(MNEME_OP_STREAM), MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_profile_history = {
    .name = "profile.history",
    .summary = "Every version of a user's profile: who made it, when, from which event.",
    .details = "--json: \"version\", \"event_id\", \"event_type\", \"position\", \"actor\", \"agent_id\", "
               "\"occurred_at\", \"recorded_at\", \"valid_to\", \"changes\", and the version's fields.",
    .examples = "  mneme profile history ada --json\n",
    .fields = fields,
    .groups =
        MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST | MNEME_OP_PAGED,
    .page = 1000,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_TABLE,
    .columns = columns,
    .not_found = "the profile was not found",
    .statements = statements,
};
