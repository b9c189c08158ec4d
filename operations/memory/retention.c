/*
 * memory.set-retention and memory.apply-retention: which memories of a scope are kept. A policy is an event,
 * and further events carry it out, so that only the log decides what the tables hold.
 */
#include <stdio.h>

#include "operations/memory/fields.h"
#include "operations/memory/memory.h"
#include "operations/memory/scope.h"
#include "producers/client.h"
#include "queries/retention.h"

#define DAY_MICROS INT64_C(86400000000)
#define MAX_DAYS 100000

/* --- set --- */

enum { MIN_PRIORITY, MAX_AGE_DAYS, SCORE_THRESHOLD, SET_DRY_RUN, SET_REASON, SET_FIELD_COUNT };

static const struct mneme_op_field set_fields[SET_FIELD_COUNT + 1] = {
    [MIN_PRIORITY] = {.name = "min_priority",
                      .type = MNEME_OP_DECIMAL,
                      .maximum = 10,
                      .shown = "0..10",
                      .help = "Memories of this priority and above are kept.",
                      .flags = MNEME_OP_TO_PAYLOAD},
    [MAX_AGE_DAYS] = {.name = "max_age_days",
                      .type = MNEME_OP_INTEGER,
                      .maximum = MAX_DAYS,
                      .help = "Memories up to this age are kept.",
                      .flags = MNEME_OP_TO_PAYLOAD},
    [SCORE_THRESHOLD] = {.name = "score_threshold",
                         .type = MNEME_OP_DECIMAL,
                         .maximum = 1,
                         .shown = "0..1",
                         .help = "Memories of this displayed importance and above are kept.",
                         .flags = MNEME_OP_TO_PAYLOAD},
    [SET_DRY_RUN] = MNEME_MEMORY_DRY_RUN_FIELD,
    [SET_REASON] = MNEME_MEMORY_REASON_FIELD,
};

static bool archives(const struct mneme_op_request *request) {
    return mneme_op_has(request, MIN_PRIORITY) || mneme_op_has(request, MAX_AGE_DAYS) ||
           mneme_op_has(request, SCORE_THRESHOLD);
}

static bool set_needs_consent(const struct mneme_op_request *request) {
    return archives(request) && !mneme_op_truth(request, SET_DRY_RUN);
}

static int check_set(struct mneme_op_request *request, struct mneme_error *error) {
    struct mneme_memory_filter scope;
    return mneme_scope_of(&scope, request, "archived", error);
}

static struct mneme_scope_rule rule_of(struct mneme_opt_double min_priority,
                                       struct mneme_opt_long max_age_days,
                                       struct mneme_opt_double score_threshold) {
    return (struct mneme_scope_rule){
        .older_than_micros = {max_age_days.value * DAY_MICROS, max_age_days.is_set},
        .below_importance = score_threshold,
        .below_priority = min_priority,
    };
}

static int run_set(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_op_events events = {.request = request, .arena = call->arena};
    struct mneme_receipt receipt;
    struct mneme_event *event = NULL;
    struct mneme_scope_counts counts = {0};
    struct mneme_memory_filter filter;
    bool is_dry = mneme_op_truth(request, SET_DRY_RUN);
    bool is_empty = true;
    const struct mneme_scope_rule rule =
        rule_of(mneme_op_fraction(request, MIN_PRIORITY), mneme_op_number(request, MAX_AGE_DAYS),
                mneme_op_fraction(request, SCORE_THRESHOLD));
    int status = mneme_op_events_add(&event, &events, MNEME_EVENT_RETENTION_SET, error);
    if (status == MNEME_OK && !is_dry) {
        status = mneme_op_call_publish_now(&receipt, call, event, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_scope_of(&filter, request, "archived", error);
    if (status == MNEME_OK) {
        status = mneme_scope_add_rule(&filter, &is_empty, &rule, call->arena, error);
    }
    if (status == MNEME_OK && !is_empty) {
        status = mneme_scope_run(&counts, call, MNEME_SCOPE_ARCHIVE, &filter,
                                 mneme_op_text(request, SET_REASON), is_dry, error);
    }
    const struct mneme_scope_policy_receipt policy = {
        .event_id = receipt.event_id,
        .position = receipt.position,
        .stream_id = event->stream_id.data != NULL ? event->stream_id : mneme_event_subject(event),
    };
    mneme_scope_report_archived(call, &counts, is_dry, is_dry ? NULL : &policy);
    return status;
}

const struct mneme_operation mneme_op_memory_set_retention = {
    .name = "memory.set-retention",
    .summary = "Say which memories of a scope are kept, and archive the others.",
    .details =
        "The scope is --user, --agent, --run and --conversation; --user or --agent is required. The given "
        "policy replaces the scope's policy: it archives memories that are below --min-priority, older than "
        "--max-age-days and scored under --score-threshold. Conditions that are not given are ignored; "
        "without any, nothing is archived any more. The policy is kept in retention_policies, and is applied "
        "at once to what the tables hold. For a policy that archives, a terminal asks for your consent; "
        "without a terminal it is refused (6) unless --yes is given.\n"
        "--json: "
        "{\"event_id\",\"position\",\"stream_id\",\"selected\",\"archived\",\"failed\",\"dry_run\"};\n"
        "with --dry-run a line for each memory, as in memory list, then the counts.",
    .examples =
        "  mneme memory set-retention --user ada --max-age-days 365 --min-priority 3 --dry-run\n"
        "  mneme memory set-retention --agent planner --max-age-days 30 --score-threshold 0.3 --yes\n",
    .fields = set_fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_OF_STREAM | MNEME_OP_TRACED,
    .effect = MNEME_OP_DESTROYS,
    .consent = "Archive what this policy does not keep?",
    .not_consented = "nothing was archived, and no policy was set",
    .needs_consent = set_needs_consent,
    .form = MNEME_OP_TABLE,
    .columns = mneme_memory_op_columns,
    .check = check_set,
    .procedure = run_set,
};

/* --- apply --- */

enum { APPLY_DRY_RUN, APPLY_FIELD_COUNT };

static const struct mneme_op_field apply_fields[APPLY_FIELD_COUNT + 1] = {
    [APPLY_DRY_RUN] = MNEME_MEMORY_DRY_RUN_FIELD,
};

static const char *const apply_scopes[] = {"user_id", "agent_id", "run_id", "conversation_id", NULL};

static bool apply_needs_consent(const struct mneme_op_request *request) {
    return !mneme_op_truth(request, APPLY_DRY_RUN);
}

static int apply_policy(const struct mneme_retention_row *policy, struct mneme_scope_counts *counts,
                        struct mneme_op_call *call, struct mneme_error *error) {
    bool is_empty;
    struct mneme_memory_filter filter = {.tenant = mneme_op_tenant(call->request),
                                         .user_id = policy->user_id,
                                         .agent_id = policy->agent_id,
                                         .run_id = policy->run_id,
                                         .conversation_id = policy->conversation_id};
    const struct mneme_scope_rule rule =
        rule_of(policy->min_priority, policy->max_age_days, policy->score_threshold);
    int status = mneme_scope_add_rule(&filter, &is_empty, &rule, call->arena, error);
    return status == MNEME_OK && !is_empty
               ? mneme_scope_run(counts, call, MNEME_SCOPE_ARCHIVE, &filter,
                                 MNEME_STR_LIT("retention policy"),
                                 mneme_op_truth(call->request, APPLY_DRY_RUN), error)
               : status;
}

static int run_apply(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    const struct mneme_retention_scope scope = {
        .tenant = mneme_op_tenant(request),
        .user_id = mneme_op_common_text(request, MNEME_OP_USER),
        .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
        .run_id = mneme_op_common_text(request, MNEME_OP_RUN),
        .conversation_id = mneme_op_common_text(request, MNEME_OP_CONVERSATION),
    };
    struct mneme_scope_counts counts = {0};
    struct mneme_retention_row *policies = NULL;
    struct mneme_postgres *postgres;
    size_t count = 0;
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    if (status == MNEME_OK) {
        status = mneme_retention_policies(&policies, &count, postgres, &scope, call->arena, error);
    }
    for (size_t i = 0; i < count && status == MNEME_OK && !mneme_cancel_is_due(call->cancel); i++) {
        status = apply_policy(&policies[i], &counts, call, error);
    }
    mneme_scope_report_archived(call, &counts, mneme_op_truth(request, APPLY_DRY_RUN), NULL);
    return status;
}

const struct mneme_operation mneme_op_memory_apply_retention = {
    .name = "memory.apply-retention",
    .summary = "Apply retention policies once: archive the memories that they do not keep.",
    .details =
        "Applies the policies that memory set-retention has set for the scope and for scopes within it. A "
        "memory is archived only if it still has the version that was read; run the command again to archive "
        "the rest. A terminal asks for your consent; without one it is refused (6) unless\n"
        "--yes is given.\n"
        "--json: {\"selected\",\"archived\",\"failed\",\"dry_run\"}; with --dry-run a line for each memory, "
        "as in memory list, then the counts.",
    .examples = "  mneme memory apply-retention --all --dry-run\n"
                "  mneme memory apply-retention --user ada --yes\n",
    .fields = apply_fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE,
    .scopes = apply_scopes,
    .effect = MNEME_OP_DESTROYS,
    .consent = "Archive what the policies do not keep?",
    .not_consented = "nothing was archived",
    .needs_consent = apply_needs_consent,
    .form = MNEME_OP_TABLE,
    .columns = mneme_memory_op_columns,
    .procedure = run_apply,
};
