/*
 * mneme dead-letters: what cannot be applied, and what becomes of it.
 */
#include "cli/dead_letters/dead_letters.h"

#include "cli/commands.h"
#include "cli/frame/values.h"
#include "common/base/position.h"

int mneme_dead_letters_projection(struct mneme_str *out, const struct mneme_cli *cli,
                                  struct mneme_error *error) {
    *out = mneme_cli_opt_str(cli, "projection");
    if (out->data == NULL || mneme_projection_named(out->data) != NULL) {
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "--projection was not taken: no projection is called '%s'; give postgres, search, "
                           "embed, vectors or redis",
                           out->data);
}

int mneme_dead_letters_position(struct mneme_position *out, const struct mneme_cli *cli,
                                struct mneme_error *error) {
    if (mneme_position_parse(out, mneme_str_from(cli->arguments[0]))) {
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "the position was not taken: '%s' is not a partition and an offset; give one such "
                           "as 3:17, as `mneme dead-letters list` shows it",
                           cli->arguments[0]);
}

int mneme_dead_letters_each_schema(struct mneme_postgres *postgres, const struct mneme_config *config,
                                   int (*ask)(struct mneme_postgres *postgres, void *context,
                                              struct mneme_error *error),
                                   void *context, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; i < MNEME_PROJECTIONS && status == MNEME_OK; i++) {
        bool is_there = false;
        if (mneme_projections[i].has_schema) {
            status = mneme_status_enter(&is_there, postgres, config, &mneme_projections[i], error);
        }
        if (status == MNEME_OK && is_there) {
            status = ask(postgres, context, error);
        }
    }
    return status;
}

static const struct mneme_command *const verbs[] = {
    &mneme_command_dead_letters_list,    &mneme_command_dead_letters_show, &mneme_command_dead_letters_park,
    &mneme_command_dead_letters_redrive, &mneme_command_dead_letters_drop, NULL,
};

const struct mneme_command mneme_command_dead_letters = {
    .name = "dead-letters",
    .summary = "What cannot be applied: list it, look at it, try it again, drop it.",
    .arguments = "",
    .examples = "  mneme dead-letters list\n"
                "  mneme dead-letters show 3:17\n"
                "  mneme dead-letters redrive --all\n"
                "  mneme dead-letters drop 3:17\n",
    .subcommands = verbs,
};
