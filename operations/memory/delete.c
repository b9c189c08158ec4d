/*
 * memory.delete: memories by their ids, or all of a scope.
 */
#include <stdio.h>

#include "operations/memory/change.h"
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"
#include "operations/memory/scope.h"

enum { IDS, ALL, FILTER, EXPECTED_VERSION, REASON, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [IDS] = MNEME_MEMORY_IDS_FIELD,
    [ALL] = {.name = "all",
             .type = MNEME_OP_FLAG,
             .help = "Delete all memories of the scope; one of --user, --agent, --run and --conversation is "
                     "needed."},
    [FILTER] = {.name = "filter",
                .type = MNEME_OP_FILTER,
                .help = "Only memories of the scope that match this filter, as in memory list."},
    [EXPECTED_VERSION] = MNEME_MEMORY_EXPECTED_VERSION_FIELD,
    [REASON] = MNEME_MEMORY_REASON_FIELD,
};

static int refuse_both(const struct mneme_op_request *request, struct mneme_error *error) {
    static const enum mneme_op_common of_ids[] = {MNEME_OP_IDEMPOTENCY_KEY, MNEME_OP_STREAM, MNEME_OP_WAIT};
    char label[MNEME_OP_LABEL_BYTES];
    const struct mneme_op_field *field =
        mneme_op_has(request, EXPECTED_VERSION) ? &fields[EXPECTED_VERSION] : NULL;
    for (size_t i = 0; i < sizeof of_ids / sizeof *of_ids && field == NULL; i++) {
        field = request->common[of_ids[i]].is_set ? mneme_op_common_field(of_ids[i]) : NULL;
    }
    if (mneme_op_has(request, IDS)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was deleted: both an id and %s are given; give one of them",
                               mneme_op_label(label, request, &fields[ALL]));
    }
    return field == NULL ? MNEME_OK
                         : mneme_error_set(error, MNEME_E_USAGE,
                                           "nothing was deleted: %s applies only to memories that are named "
                                           "by their ids; leave it out",
                                           mneme_op_label(label, request, field));
}

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    struct mneme_memory_filter scope;
    char label[MNEME_OP_LABEL_BYTES];
    if (mneme_op_truth(request, ALL)) {
        int status = mneme_scope_of(&scope, request, "deleted", error);
        return status == MNEME_OK ? refuse_both(request, error) : status;
    }
    if (!mneme_op_has(request, IDS)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was deleted: no memory is named; give its id, or %s with a scope",
                               mneme_op_label(label, request, &fields[ALL]));
    }
    if (mneme_op_has(request, FILTER)) {
        char filter[MNEME_OP_LABEL_BYTES];
        return mneme_error_set(
            error, MNEME_E_USAGE, "nothing was deleted: %s applies only to %s; leave it out, or the id",
            mneme_op_label(filter, request, &fields[FILTER]), mneme_op_label(label, request, &fields[ALL]));
    }
    return mneme_memory_check_many(request, error);
}

static bool needs_consent(const struct mneme_op_request *request) {
    return mneme_op_truth(request, ALL);
}

static int delete_scope(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_scope_counts counts = {0};
    struct mneme_memory_filter filter;
    int status = mneme_scope_of(&filter, request, "deleted", error);
    filter.include_expired = true;
    filter.include_archived = true;
    filter.filter = mneme_op_has(request, FILTER) ? mneme_op_own(request, FILTER)->filter : NULL;
    if (status == MNEME_OK) {
        status = mneme_scope_run(&counts, call, MNEME_SCOPE_DELETE, &filter, mneme_op_text(request, REASON),
                                 false, error);
    }
    const struct mneme_row_column columns[] = {
        {"deleted", MNEME_ROW_LONG, offsetof(struct mneme_scope_counts, done)},
        {"failed", MNEME_ROW_LONG, offsetof(struct mneme_scope_counts, failed)},
    };
    char text[64];
    snprintf(text, sizeof text, "%lld memories deleted", (long long)counts.done);
    const struct mneme_op_row row = {
        .columns = columns, .column_count = 2, .cells = &counts, .sentence = mneme_str_from(text)};
    (void)call->sink->on_row(&row, call->sink->context);
    return status;
}

const struct mneme_operation mneme_op_memory_delete = {
    .name = "memory.delete",
    .summary = "Forget memories, or all memories of a scope.",
    .details = "Deleting is soft: the memory is no longer listed, but its history stays. Its stream is "
               "looked up in the tables, unless --stream, --user or --agent names it.\n"
               "--all deletes all memories that the tables hold in the scope, expired and archived ones too. "
               "It is refused (6) without a scope and without your consent: a terminal asks for it; "
               "elsewhere give --yes.\n"
               "--json and exit codes are those of memory add, with a line for each memory; with --all:\n"
               "{\"deleted\",\"failed\"}.",
    .examples = "  mneme memory delete 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --reason 'was wrong'\n"
                "  mneme memory delete --all --user ada --yes\n"
                "  mneme memory delete --all --user ada --filter 'confidence < 0.2 AND access_count = 0' \\\n"
                "      --yes\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_UP_TO_DATE | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_DESTROYS,
    .consent = "Delete all memories of this scope?",
    .not_consented = "nothing was deleted",
    .needs_consent = needs_consent,
    .form = MNEME_OP_RECEIPT,
    .check = check,
    .write = mneme_op_events_of_each,
    .procedure = delete_scope,
    .event_type = MNEME_EVENT_MEMORY_DELETED,
    .id = "memory_id",
    .finds = IDS + 1,
};
