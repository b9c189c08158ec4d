/*
 * mneme memory promote and prioritize, and the way from ids to events that archive goes too. All memories are
 * looked up before anything is published.
 */
#include "cli/memory/memory_lifecycle.h"

#include "cli/frame/session.h"

struct changes {
    struct mneme_cli *cli;
    const struct mneme_memory_verb *verb;
    struct mneme_memory_change change; /* of each memory, but for the id */
    struct mneme_uuid *ids;            /* of the arguments */
    struct mneme_memory_place *places;
    struct mneme_arena arena;
};

static int read_options(struct changes *changes, struct mneme_error *error) {
    const struct mneme_cli *cli = changes->cli;
    bool wants_verdict;
    changes->change.reason = mneme_cli_opt_str(cli, "reason");
    if (cli->argument_count > 1 && (mneme_cli_value(cli, "expected-version") != NULL ||
                                    mneme_cli_value(cli, "idempotency-key") != NULL)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was published: --expected-version and --idempotency-key are for one "
                               "memory; name one, or leave them out");
    }
    int status = mneme_write_wants_verdict(&wants_verdict, cli, error);
    if (status == MNEME_OK) {
        status = mneme_cli_opt_long(&changes->change.expected_version, cli, "expected-version", 0, INT64_MAX,
                                    error);
    }
    return status;
}

static int read_ids(struct changes *changes, struct mneme_error *error) {
    size_t count = (size_t)changes->cli->argument_count;
    changes->ids = mneme_arena_calloc(&changes->arena, count, sizeof *changes->ids);
    changes->places = mneme_arena_calloc(&changes->arena, count, sizeof *changes->places);
    if (changes->ids == NULL || changes->places == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "nothing was published: memory is exhausted; free some");
    }
    int status = MNEME_OK;
    for (int i = 0; i < changes->cli->argument_count && status == MNEME_OK; i++) {
        status = mneme_cli_argument_uuid(&changes->ids[i], changes->cli, i, "memory id", error);
    }
    return status;
}

static int find_places(struct changes *changes, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    if (mneme_memory_is_addressed(changes->cli)) {
        return MNEME_OK;
    }
    int status = mneme_session_open_read(&postgres, changes->cli, error);
    for (int i = 0; i < changes->cli->argument_count && status == MNEME_OK; i++) {
        struct mneme_memory_key key = {.id = changes->ids[i]};
        status = mneme_memory_find(&changes->places[i], postgres, changes->cli, &key, &changes->arena, error);
    }
    mneme_pg_close(postgres);
    return status;
}

static enum mneme_exit publish_one(struct changes *changes, struct mneme_client *client, int argument) {
    struct mneme_error error = {0};
    struct mneme_event event;
    if (mneme_write_event(&event, changes->cli, client, changes->verb->type, &error) != MNEME_OK) {
        return mneme_cli_fail(changes->cli, &error);
    }
    mneme_memory_address(&event, &changes->places[argument]);
    changes->change.id = changes->ids[argument];
    changes->verb->fill(&event, &changes->change);
    return mneme_write_publish(changes->cli, client, &event, "memory_id", changes->change.id);
}

/* A verdict is of its own memory alone; any other failure would meet the next one too. */
static bool is_verdict(enum mneme_exit code) {
    return code == MNEME_EXIT_CONFLICT || code == MNEME_EXIT_NOT_FOUND;
}

enum mneme_exit mneme_memory_apply(struct mneme_cli *cli, const struct mneme_memory_verb *verb,
                                   double boost_factor) {
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    struct changes changes = {.cli = cli, .verb = verb, .change = {.boost_factor = boost_factor}};
    enum mneme_exit first_failure = MNEME_EXIT_DONE;
    mneme_arena_init(&changes.arena, 0);
    if (read_options(&changes, &error) != MNEME_OK || read_ids(&changes, &error) != MNEME_OK ||
        find_places(&changes, &error) != MNEME_OK || mneme_write_open(&client, cli, &error) != MNEME_OK) {
        first_failure = mneme_cli_fail(cli, &error);
    }
    bool goes_on = client != NULL;
    for (int i = 0; i < cli->argument_count && goes_on; i++) {
        enum mneme_exit code =
            mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : publish_one(&changes, client, i);
        goes_on = code == MNEME_EXIT_DONE || is_verdict(code);
        first_failure = first_failure == MNEME_EXIT_DONE || !goes_on ? code : first_failure;
    }
    (void)mneme_close(client, 0, NULL); /* nothing is under way any more */
    mneme_arena_clean_up(&changes.arena);
    return first_failure;
}

/* --- promote --- */

static void fill_promoted(struct mneme_event *event, const struct mneme_memory_change *change) {
    event->payload.memory_promoted =
        (struct mneme_memory_promoted){.memory_id = change->id,
                                       .expected_memory_version = change->expected_version,
                                       .reason = change->reason};
}

static enum mneme_exit run_promote(struct mneme_cli *cli) {
    static const struct mneme_memory_verb verb = {MNEME_EVENT_MEMORY_PROMOTED, fill_promoted};
    return mneme_memory_apply(cli, &verb, 0);
}

static const struct mneme_cli_option promote_options[] = {MNEME_LIFECYCLE_OPTIONS, MNEME_WRITE_OPTIONS, {0}};

const struct mneme_command mneme_command_memory_promote = {
    .name = "promote",
    .summary = "Keep memories for the long term.",
    .arguments = "ID…",
    .details = "A promoted memory is long_term, does not expire, and its importance is 0.1 higher, up to 1.\n"
               "\n" MNEME_LIFECYCLE_HELP,
    .examples = "  mneme memory promote 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory list --user ada --filter 'access_count gte 5' --json | jq -r .id |\n"
                "      xargs mneme memory promote --reason 'used often'\n",
    .min_arguments = 1,
    .max_arguments = MNEME_LIFECYCLE_MAX_IDS,
    .options = promote_options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST,
    .run = run_promote,
};

/* --- prioritize --- */

static void fill_prioritized(struct mneme_event *event, const struct mneme_memory_change *change) {
    event->payload.memory_prioritized =
        (struct mneme_memory_prioritized){.memory_id = change->id,
                                          .expected_memory_version = change->expected_version,
                                          .boost_factor = change->boost_factor,
                                          .reason = change->reason};
}

static enum mneme_exit run_prioritize(struct mneme_cli *cli) {
    static const struct mneme_memory_verb verb = {MNEME_EVENT_MEMORY_PRIORITIZED, fill_prioritized};
    struct mneme_error error = {0};
    struct mneme_opt_double factor;
    int status = mneme_cli_opt_double(&factor, cli, "boost-factor", 0, 10, &error);
    if (status == MNEME_OK && !factor.is_set) {
        (void)mneme_error_set(&error, MNEME_E_USAGE,
                              "nothing was published: it is not said by how much; give --boost-factor, such "
                              "as 1.5");
        status = MNEME_E_USAGE;
    }
    return status == MNEME_OK ? mneme_memory_apply(cli, &verb, factor.value) : mneme_cli_fail(cli, &error);
}

static const struct mneme_cli_option prioritize_options[] = {
    {"boost-factor", 0, "0..10", -1, "What the priority is multiplied by; above 1 raises it. Required."},
    MNEME_LIFECYCLE_OPTIONS,
    MNEME_WRITE_OPTIONS,
    {0},
};

const struct mneme_command mneme_command_memory_prioritize = {
    .name = "prioritize",
    .summary = "Raise or lower the priority of memories.",
    .arguments = "ID… --boost-factor F",
    .details = "The priority, 0..10, becomes its product with the factor, rounded.\n\n" MNEME_LIFECYCLE_HELP,
    .examples = "  mneme memory prioritize 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --boost-factor 1.5\n"
                "  mneme memory prioritize 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --boost-factor 0.5 \\\n"
                "      --expected-version 3 --wait postgres\n",
    .min_arguments = 1,
    .max_arguments = MNEME_LIFECYCLE_MAX_IDS,
    .options = prioritize_options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST,
    .run = run_prioritize,
};
