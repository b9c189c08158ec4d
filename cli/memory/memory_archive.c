/*
 * mneme memory archive: memories by their ids, or the old, unimportant and unused ones of a scope.
 */
#include "cli/frame/consent.h"
#include "cli/frame/output.h"
#include "cli/memory/memory_archive_scope.h"
#include "cli/memory/memory_lifecycle.h"

#define DEFAULT_AGE_MICROS (30 * INT64_C(86400000000))
#define DEFAULT_IMPORTANCE 0.3
#define DEFAULT_ACCESSES 2

static const char *const scope_options[] = {"older-than", "below-importance", "accessed-under", "dry-run",
                                            "yes"};
static const char *const id_options[] = {"stream", "expected-version", "idempotency-key", "wait"};

/* Refuses options of the other form. */
static int refuse_options(const struct mneme_cli *cli, const char *const *names, size_t count,
                          const char *form, struct mneme_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (mneme_cli_value(cli, names[i]) != NULL) {
            return mneme_error_set(error, MNEME_E_USAGE, "nothing was archived: --%s is for %s; leave it out",
                                   names[i], form);
        }
    }
    return MNEME_OK;
}

static void fill_archived(struct mneme_event *event, const struct mneme_memory_change *change) {
    event->payload.memory_archived =
        (struct mneme_memory_archived){.memory_id = change->id,
                                       .expected_memory_version = change->expected_version,
                                       .reason = change->reason};
}

static enum mneme_exit archive_ids(struct mneme_cli *cli) {
    static const struct mneme_memory_verb verb = {MNEME_EVENT_MEMORY_ARCHIVED, fill_archived};
    struct mneme_error error = {0};
    int status = refuse_options(cli, scope_options, sizeof scope_options / sizeof *scope_options,
                                "a whole scope, without ids", &error);
    return status == MNEME_OK ? mneme_memory_apply(cli, &verb, 0) : mneme_cli_fail(cli, &error);
}

static int read_rule(struct mneme_archive_rule *rule, const struct mneme_cli *cli,
                     struct mneme_error *error) {
    *rule = (struct mneme_archive_rule){0};
    int status = mneme_cli_opt_duration(&rule->older_than_micros, cli, "older-than", error);
    if (status == MNEME_OK) {
        status = mneme_cli_opt_double(&rule->below_importance, cli, "below-importance", 0, 2, error);
    }
    if (status == MNEME_OK) {
        status = mneme_cli_opt_long(&rule->accessed_under, cli, "accessed-under", 0, INT64_MAX, error);
    }
    if (!rule->older_than_micros.is_set) {
        rule->older_than_micros = (struct mneme_opt_long){DEFAULT_AGE_MICROS, true};
    }
    if (!rule->below_importance.is_set) {
        rule->below_importance = (struct mneme_opt_double){DEFAULT_IMPORTANCE, true};
    }
    if (!rule->accessed_under.is_set) {
        rule->accessed_under = (struct mneme_opt_long){DEFAULT_ACCESSES, true};
    }
    return status;
}

static enum mneme_exit tell(const struct mneme_cli *cli, const struct mneme_archive_counts *counts,
                            bool is_dry) {
    if (!cli->json) {
        mneme_archive_print(counts, is_dry);
        return MNEME_EXIT_DONE;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_archive_json(&json, counts, is_dry);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit archive_scope(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_archive_counts counts;
    struct mneme_archive_rule rule;
    struct mneme_memory_filter scope;
    bool is_dry = mneme_cli_flag(cli, "dry-run");
    if (mneme_bulk_scope(&scope, cli, MNEME_BULK_ARCHIVE, &error) != MNEME_OK ||
        refuse_options(cli, id_options, sizeof id_options / sizeof *id_options,
                       "memories that are named by their ids", &error) != MNEME_OK ||
        read_rule(&rule, cli, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    enum mneme_exit code =
        is_dry ? MNEME_EXIT_DONE
               : mneme_cli_consent(cli, "nothing was archived", "Archive these memories of the scope?");
    if (code != MNEME_EXIT_DONE) {
        return code;
    }
    code = mneme_archive_scope(&counts, cli, &scope, &rule, is_dry, &error);
    enum mneme_exit told = tell(cli, &counts, is_dry);
    return code == MNEME_EXIT_DONE ? told : code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    return cli->argument_count > 0 ? archive_ids(cli) : archive_scope(cli);
}

static const struct mneme_cli_option options[] = {
    {"older-than", 0, "DURATION", -1, "Created longer ago than this (default 30d)."},
    {"below-importance", 0, "N", -1, "Importance, as it is shown, below this (default 0.3; 2: any)."},
    {"accessed-under", 0, "N", -1, "Accessed fewer times than this (default 2)."},
    {"dry-run", 'n', NULL, -1, "List what would be archived, and publish nothing."},
    MNEME_LIFECYCLE_OPTIONS,
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_memory_archive = {
    .name = "archive",
    .summary = "Put memories away: kept and readable, listed only with --include-archived.",
    .arguments = "[ID…]",
    .details =
        "With ids: these memories. " MNEME_LIFECYCLE_HELP "\n"
        "\n"
        "Without: all memories of --user, --agent, --run or --conversation (one is needed, else 6) that are\n"
        "old, unimportant and seldom accessed, all three; each only if it still has the version that was\n"
        "read. A terminal asks for your consent; without one it is refused (6) unless --yes is given.\n"
        "--json: {\"selected\",\"archived\",\"failed\",\"dry_run\"}, with --dry-run behind a line for\n"
        "each memory, as memory list has it.",
    .examples = "  mneme memory archive 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --reason 'project is over'\n"
                "  mneme memory archive --user ada --dry-run\n"
                "  mneme memory archive --user ada --older-than 90d --below-importance 0.5 --yes\n",
    .max_arguments = MNEME_LIFECYCLE_MAX_IDS,
    .options = options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST | MNEME_CLI_CONSENT,
    .run = run,
};
