/*
 * mneme memory set-retention: which memories of a scope are kept. The policy is an event; what it says is
 * done here once, by events of their own, so that nothing but the log decides what the tables hold.
 */
#include <stdio.h>

#include "cli/frame/consent.h"
#include "cli/frame/output.h"
#include "cli/memory/memory.h"
#include "cli/memory/memory_archive_scope.h"
#include "producers/client.h"

#define DAY_MICROS INT64_C(86400000000)
#define MAX_DAYS 100000

static int read_policy(struct mneme_retention_set *policy, const struct mneme_cli *cli,
                       struct mneme_error *error) {
    *policy = (struct mneme_retention_set){.reason = mneme_cli_opt_str(cli, "reason")};
    int status = mneme_cli_opt_long(&policy->min_priority, cli, "min-priority", 0, 10, error);
    if (status == MNEME_OK) {
        status = mneme_cli_opt_long(&policy->max_age_days, cli, "max-age-days", 0, MAX_DAYS, error);
    }
    if (status == MNEME_OK) {
        status = mneme_cli_opt_double(&policy->score_threshold, cli, "score-threshold", 0, 1, error);
    }
    return status;
}

static struct mneme_archive_rule rule_of(const struct mneme_retention_set *policy) {
    return (struct mneme_archive_rule){
        .older_than_micros = {policy->max_age_days.value * DAY_MICROS, policy->max_age_days.is_set},
        .below_importance = policy->score_threshold,
        .below_priority = policy->min_priority,
    };
}

static int publish(struct mneme_receipt *receipt, struct mneme_str *stream_id, const struct mneme_cli *cli,
                   const struct mneme_retention_set *policy, struct mneme_error *error) {
    struct mneme_client *client = NULL;
    struct mneme_event event;
    int timeout_ms = (int)mneme_config_long(cli->config, MNEME_SETTING_PUBLISH_TIMEOUT_MS);
    int status = mneme_write_open(&client, cli, error);
    if (status == MNEME_OK) {
        status = mneme_write_event(&event, cli, client, MNEME_EVENT_RETENTION_SET, error);
    }
    if (status == MNEME_OK) {
        event.payload.retention_set = *policy;
        *stream_id = event.stream_id.data != NULL ? event.stream_id : mneme_event_subject(&event);
        status = mneme_publish_wait(receipt, client, &event, timeout_ms, error);
    }
    (void)mneme_close(client, 0, NULL); /* nothing is under way any more */
    return status;
}

static enum mneme_exit tell(const struct mneme_cli *cli, const struct mneme_receipt *receipt,
                            struct mneme_str stream_id, const struct mneme_archive_counts *counts) {
    bool is_dry = receipt == NULL;
    if (!cli->json) {
        if (!is_dry) {
            printf("policy set: %.*s %d:%lld\n", MNEME_STR_ARG(stream_id), receipt->position.partition,
                   (long long)receipt->position.offset);
        }
        mneme_archive_print(counts, is_dry);
        return MNEME_EXIT_DONE;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    if (!is_dry) {
        mneme_json_key(&json, MNEME_STR_LIT("event_id"));
        mneme_json_uuid(&json, receipt->event_id);
        mneme_json_key(&json, MNEME_STR_LIT("position"));
        mneme_json_position(&json, receipt->position);
        mneme_json_key(&json, MNEME_STR_LIT("stream_id"));
        mneme_json_string(&json, stream_id);
    }
    mneme_archive_json(&json, counts, is_dry);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_retention_set policy;
    struct mneme_memory_filter scope;
    struct mneme_receipt receipt;
    struct mneme_str stream_id = MNEME_STR_NULL;
    struct mneme_archive_counts counts;
    bool is_dry = mneme_cli_flag(cli, "dry-run");
    if (mneme_bulk_scope(&scope, cli, MNEME_BULK_ARCHIVE, &error) != MNEME_OK ||
        read_policy(&policy, cli, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    bool archives = policy.min_priority.is_set || policy.max_age_days.is_set || policy.score_threshold.is_set;
    enum mneme_exit code = is_dry || !archives
                               ? MNEME_EXIT_DONE
                               : mneme_cli_consent(cli, "nothing was archived, and no policy was set",
                                                   "Archive what this policy does not keep?");
    if (code != MNEME_EXIT_DONE) {
        return code;
    }
    if ((!is_dry && publish(&receipt, &stream_id, cli, &policy, &error) != MNEME_OK)) {
        return mneme_cli_fail(cli, &error);
    }
    struct mneme_archive_rule rule = rule_of(&policy);
    code = mneme_archive_scope(&counts, cli, &scope, &rule, is_dry, &error);
    enum mneme_exit told = tell(cli, is_dry ? NULL : &receipt, stream_id, &counts);
    return code == MNEME_EXIT_DONE ? told : code;
}

static const struct mneme_cli_option options[] = {
    {"min-priority", 0, "0..10", -1, "Memories of this priority and above are kept."},
    {"max-age-days", 0, "N", -1, "Memories up to this age are kept."},
    {"score-threshold", 0, "0..1", -1, "Memories of this importance, as it is shown, and above are kept."},
    {"dry-run", 'n', NULL, -1, "List what would be archived, and publish nothing."},
    {"stream", 0, "ID", -1, "The stream to write to; by default the user's, else the agent's."},
    {"reason", 0, "TEXT", -1, "Why, for the history."},
    {"correlation", 0, "ID", -1, "Ties together the events of one request."},
    {"causation", 0, "ID", -1, "The event that led to this one."},
    {"actor", 0, "NAME", -1, "Who does it, where it is not the agent."},
    {0},
};

const struct mneme_command mneme_command_memory_set_retention = {
    .name = "set-retention",
    .summary = "Say which memories of a scope are kept, and archive the others.",
    .arguments = "",
    .details =
        "The scope is --user, --agent, --run and --conversation; --user or --agent is needed. Its policy is\n"
        "replaced by the given one: a memory is archived that is below --min-priority, older than\n"
        "--max-age-days and scored under --score-threshold; what is not given does not count, and with\n"
        "none of them nothing is archived any more. The policy is kept in retention_policies, and is\n"
        "applied at once to what the tables hold. A terminal asks for your consent to what archives;\n"
        "without one it is refused (6) unless --yes is given.\n"
        "--json: "
        "{\"event_id\",\"position\",\"stream_id\",\"selected\",\"archived\",\"failed\",\"dry_run\"};\n"
        "with --dry-run a line for each memory, as memory list has it, then the counts.",
    .examples =
        "  mneme memory set-retention --user ada --max-age-days 365 --min-priority 3 --dry-run\n"
        "  mneme memory set-retention --agent planner --max-age-days 30 --score-threshold 0.3 --yes\n",
    .options = options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_AT_LEAST | MNEME_CLI_CONSENT,
    .run = run,
};
