/*
 * memory.archive: memories by their ids, or the old, unimportant and unused ones of a scope.
 */
#include <stdio.h>

#include "operations/memory/change.h"
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"
#include "operations/memory/scope.h"

enum { IDS, OLDER_THAN, BELOW_IMPORTANCE, ACCESSED_UNDER, DRY_RUN, EXPECTED_VERSION, REASON, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [IDS] = MNEME_MEMORY_IDS_FIELD,
    [OLDER_THAN] =
        {.name = "older_than",
         .type = MNEME_OP_DURATION,
         .help = "Created longer ago than this, such as 30d, 12h, 4w (default: MNEME_ARCHIVE_AFTER_S)."},
    [BELOW_IMPORTANCE] = {.name = "below_importance",
                          .type = MNEME_OP_DECIMAL,
                          .maximum = 2,
                          .help = "Displayed importance below this (default 0.3; 2: any)."},
    [ACCESSED_UNDER] = {.name = "accessed_under",
                        .type = MNEME_OP_INTEGER,
                        .maximum = 9.2e18,
                        .help = "Accessed fewer times than this (default 2)."},
    [DRY_RUN] = MNEME_MEMORY_DRY_RUN_FIELD,
    [EXPECTED_VERSION] = MNEME_MEMORY_EXPECTED_VERSION_FIELD,
    [REASON] = MNEME_MEMORY_REASON_FIELD,
};

#define DEFAULT_IMPORTANCE 0.3
#define DEFAULT_ACCESSES 2

static int refuse(const struct mneme_op_request *request, const struct mneme_op_field *field,
                  const char *what_for, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    return mneme_error_set(error, MNEME_E_USAGE, "nothing was archived: %s applies only to %s; leave it out",
                           mneme_op_label(label, request, field), what_for);
}

/* Refuses fields that belong to the other form of the call. */
static int check(struct mneme_op_request *request, struct mneme_error *error) {
    static const int of_scope[] = {OLDER_THAN, BELOW_IMPORTANCE, ACCESSED_UNDER, DRY_RUN};
    static const enum mneme_op_common of_ids[] = {MNEME_OP_STREAM, MNEME_OP_IDEMPOTENCY_KEY, MNEME_OP_WAIT};
    struct mneme_memory_filter scope;
    if (mneme_op_has(request, IDS)) {
        for (size_t i = 0; i < sizeof of_scope / sizeof *of_scope; i++) {
            if (mneme_op_has(request, of_scope[i])) {
                return refuse(request, &fields[of_scope[i]], "a whole scope, without ids", error);
            }
        }
        return mneme_memory_check_many(request, error);
    }
    int status = mneme_scope_of(&scope, request, "archived", error);
    for (size_t i = 0; i < sizeof of_ids / sizeof *of_ids && status == MNEME_OK; i++) {
        if (request->common[of_ids[i]].is_set) {
            status = refuse(request, mneme_op_common_field(of_ids[i]), "memories that are named by their ids",
                            error);
        }
    }
    if (status == MNEME_OK && mneme_op_has(request, EXPECTED_VERSION)) {
        status = refuse(request, &fields[EXPECTED_VERSION], "memories that are named by their ids", error);
    }
    return status;
}

static bool needs_consent(const struct mneme_op_request *request) {
    return !mneme_op_has(request, IDS) && !mneme_op_truth(request, DRY_RUN);
}

static int archive_scope(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_scope_rule rule = {
        .older_than_micros = mneme_op_number(request, OLDER_THAN),
        .below_importance = mneme_op_fraction(request, BELOW_IMPORTANCE),
        .accessed_under = mneme_op_number(request, ACCESSED_UNDER),
    };
    struct mneme_scope_counts counts = {0};
    struct mneme_memory_filter filter;
    bool is_dry = mneme_op_truth(request, DRY_RUN);
    bool is_empty;
    if (!rule.older_than_micros.is_set) {
        rule.older_than_micros = (struct mneme_opt_long){
            mneme_config_long(call->config, MNEME_SETTING_ARCHIVE_AFTER_S) * INT64_C(1000000), true};
    }
    if (!rule.below_importance.is_set) {
        rule.below_importance = (struct mneme_opt_double){DEFAULT_IMPORTANCE, true};
    }
    if (!rule.accessed_under.is_set) {
        rule.accessed_under = (struct mneme_opt_long){DEFAULT_ACCESSES, true};
    }
    int status = mneme_scope_of(&filter, request, "archived", error);
    if (status == MNEME_OK) {
        status = mneme_scope_add_rule(&filter, &is_empty, &rule, call->arena, error);
    }
    if (status == MNEME_OK) {
        status = mneme_scope_run(&counts, call, MNEME_SCOPE_ARCHIVE, &filter, mneme_op_text(request, REASON),
                                 is_dry, error);
    }
    mneme_scope_report_archived(call, &counts, is_dry, NULL);
    return status;
}

const struct mneme_operation mneme_op_memory_archive = {
    .name = "memory.archive",
    .summary = "Archive memories: they stay readable, but are listed only with --include-archived.",
    .details =
        "With ids: archives these memories. Streams are looked up in the tables, unless --stream, --user or "
        "--agent names them; nothing is published when one of the memories is not found (5). --json and exit "
        "codes are those of memory add, with a line for each memory.\n"
        "\n"
        "Without ids: archives all memories of --user, --agent, --run or --conversation (one is "
        "required, else exit code 6) that are old, unimportant and seldom accessed, all three. A "
        "memory is archived only if it still has the version that was read. A terminal asks for your "
        "consent; without one it is refused (6) unless --yes is given.\n"
        "--json: {\"selected\",\"archived\",\"failed\",\"dry_run\"}, with --dry-run after a line for "
        "each memory, as in memory list.",
    .examples = "  mneme memory archive 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --reason 'project is over'\n"
                "  mneme memory archive --user ada --dry-run\n"
                "  mneme memory archive --user ada --older-than 90d --below-importance 0.5 --yes\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_DESTROYS,
    .consent = "Archive these memories of the scope?",
    .not_consented = "nothing was archived",
    .needs_consent = needs_consent,
    .form = MNEME_OP_RECEIPT,
    .columns = mneme_memory_op_columns,
    .check = check,
    .write = mneme_op_events_of_each,
    .procedure = archive_scope,
    .event_type = MNEME_EVENT_MEMORY_ARCHIVED,
    .id = "memory_id",
    .finds = IDS + 1,
};
