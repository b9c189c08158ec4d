/*
 * memory.list: memories of a scope, newest first.
 */
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"

enum { TYPES, TAGS, METADATA, SINCE, UNTIL, FILTER, INCLUDE_EXPIRED, INCLUDE_ARCHIVED, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TYPES] = {.name = "memory_types",
               .option = "type",
               .letter = 't',
               .type = MNEME_OP_LIST,
               .shown = "TYPE,…",
               .help = "Any of these types."},
    [TAGS] = {.name = "tags", .type = MNEME_OP_LIST, .shown = "TAG,…", .help = "All of these tags."},
    [METADATA] = {.name = "metadata", .type = MNEME_OP_OBJECT, .help = "Metadata that contains this object."},
    [SINCE] = {.name = "since", .type = MNEME_OP_TIME, .help = "Created from this time on."},
    [UNTIL] = {.name = "until", .type = MNEME_OP_TIME, .help = "Created before this time."},
    [FILTER] = MNEME_MEMORY_FILTER_FIELD,
    [INCLUDE_EXPIRED] = {.name = "include_expired", .type = MNEME_OP_FLAG, .help = "Expired memories too."},
    [INCLUDE_ARCHIVED] = {.name = "include_archived",
                          .type = MNEME_OP_FLAG,
                          .help = "Archived memories too."},
};

static const char *const scopes[] = {"user_id", "agent_id", "run_id", "conversation_id", NULL};

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    int64_t limit = mneme_op_limit(request);
    struct mneme_postgres *postgres;
    struct mneme_op_rows rows = mneme_memory_rows(call, limit);
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    if (status != MNEME_OK) {
        return status;
    }
    const struct mneme_memory_filter filter = {
        .tenant = mneme_op_tenant(request),
        .agent_id = mneme_op_common_text(request, MNEME_OP_AGENT),
        .user_id = mneme_op_common_text(request, MNEME_OP_USER),
        .run_id = mneme_op_common_text(request, MNEME_OP_RUN),
        .conversation_id = mneme_op_common_text(request, MNEME_OP_CONVERSATION),
        .all_scopes = request->common[MNEME_OP_ALL].is_set && request->common[MNEME_OP_ALL].truth,
        .types = mneme_op_list(request, TYPES),
        .tags = mneme_op_list(request, TAGS),
        .metadata = mneme_op_text(request, METADATA),
        .since = mneme_op_number(request, SINCE),
        .until = mneme_op_number(request, UNTIL),
        .filter = mneme_op_has(request, FILTER) ? mneme_op_own(request, FILTER)->filter : NULL,
        .include_expired = mneme_op_truth(request, INCLUDE_EXPIRED),
        .include_archived = mneme_op_truth(request, INCLUDE_ARCHIVED),
        .as_of = call->as_of,
        .cursor = request->common[MNEME_OP_AFTER].cursor,
        .limit = limit + 1, /* one more row shows that there are more */
        .offset = mneme_op_offset(request),
    };
    status = mneme_memory_list(postgres, &filter, mneme_op_rows_visit, &rows, NULL, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_memory_list = {
    .name = "memory.list",
    .summary = "List memories, newest first.",
    .details =
        "100 rows unless --limit says otherwise, 10,000 at most.\n"
        "--json: one object per memory whose keys are the columns of the table memories, and \"cursor\":\n"
        "pass it to --cursor to continue the list after that memory, even if new ones have been added "
        "since.",
    .examples = "  mneme memory list --user ada --type fact,insight --tags tea\n"
                "  mneme memory list --user ada --filter 'confidence >= 0.7 AND NOT tags contains coffee'\n"
                "  mneme memory list --all --filter "
                "'{\"OR\":[{\"tier\":\"hot\"},{\"metadata.n\":{\"gt\":5}}]}' --json\n"
                "  mneme memory list --user ada --since 7d\n"
                "  mneme memory list --user ada --as-of 2026-01-31\n"
                "  mneme memory list --agent planner --metadata '{\"source\":\"email\"}' --json\n"
                "  mneme memory list --user ada --limit 1000 --cursor \"$cursor\" --json\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_READS_A_SCOPE | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST |
              MNEME_OP_PAGED | MNEME_OP_WITH_CURSOR,
    .scopes = scopes,
    .page = MNEME_QUERY_DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .retrieves = "list",
    .form = MNEME_OP_TABLE,
    .columns = mneme_memory_op_columns,
    .nothing = "no memory matches",
    .read = read,
};
