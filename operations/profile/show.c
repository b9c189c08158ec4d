/*
 * profile.show: what is known about a user.
 */
#include "operations/fields.h"
#include "operations/profile/profile.h"
#include "sql/embedded.h"

enum { USER, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {[USER] = MNEME_PROFILE_USER_FIELD};

static const struct mneme_op_column columns[] = {
    MNEME_OP_BESIDE("user_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("tenant", MNEME_ROW_STR),
    MNEME_OP_BESIDE("stream_id", MNEME_ROW_STR),
    MNEME_OP_BESIDE("profile", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("preferences", MNEME_ROW_JSON),
    MNEME_OP_BESIDE("source", MNEME_ROW_STR),
    MNEME_OP_BESIDE("created_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_BESIDE("updated_at", MNEME_ROW_OPT_TIME),
    MNEME_OP_VERSION_COLUMNS,
    {0},
};

static const struct mneme_op_statement statements[] = {
    {.sql = mneme_sql_profile_show,
     .what = "the profile was not read",
     .inputs = (const int[]){USER, MNEME_OP_INPUT(MNEME_OP_STREAM), MNEME_OP_END}},
    {0},
};

const struct mneme_operation mneme_op_profile_show = {
    .name = "profile.show",
    .alias = "profile.get",
    .summary = "Show what is known about a user.",
    .details = "--json: one object whose keys are the columns of the table profiles. Exit code 5 when there "
               "is no profile.",
    .examples = "  mneme profile show ada\n"
                "  mneme profile show ada --as-of 2026-01-31 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST,
    .effect = MNEME_OP_READS,
    .form = MNEME_OP_DETAILS,
    .columns = columns,
    .not_found = "the profile was not found",
    .statements = statements,
};
