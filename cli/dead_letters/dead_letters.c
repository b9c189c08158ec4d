/*
 * mneme dead-letters: commands that act on events that cannot be applied. The reads are in
 * operations/dead_letters/.
 */
#include "cli/dead_letters/dead_letters.h"

#include "cli/commands.h"
#include "cli/frame/values.h"
#include "common/base/position.h"
#include "common/config/projections.h"

int mneme_dead_letters_projection(struct mneme_str *out, const struct mneme_cli *cli,
                                  struct mneme_error *error) {
    *out = mneme_cli_opt_str(cli, "projection");
    if (out->data == NULL || mneme_projection_named(out->data) != NULL) {
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "--projection was not taken: there is no projection '%s'; give postgres, search, "
                           "embed, vectors or redis",
                           out->data);
}

int mneme_dead_letters_position(struct mneme_position *out, const struct mneme_cli *cli,
                                struct mneme_error *error) {
    if (mneme_position_parse(out, mneme_str_from(cli->arguments[0]))) {
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "the position was not taken: '%s' is not of the form partition:offset; give one "
                           "such as 3:17, as `mneme dead-letters list` shows it",
                           cli->arguments[0]);
}

static const struct mneme_command *const verbs[] = {
    &mneme_command_dead_letters_park,
    &mneme_command_dead_letters_redrive,
    &mneme_command_dead_letters_drop,
    NULL,
};

const struct mneme_command mneme_command_dead_letters = {
    .name = "dead-letters",
    .summary = "Events that cannot be applied: list, show, redrive or drop them.",
    .arguments = "",
    .examples = "  mneme dead-letters list\n"
                "  mneme dead-letters show 3:17\n"
                "  mneme dead-letters redrive --all\n"
                "  mneme dead-letters drop 3:17\n",
    .subcommands = verbs,
};
