/*
 * memory.hot: what an agent remembered lately.
 */
#include <stdio.h>

#include "operations/memory/fields.h"
#include "operations/memory/memory.h"
#include "queries/memory_hot.h"

#define DEFAULT_LIMIT 20

enum { AGENT, USER, INCLUDE_ARCHIVED, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [AGENT] = {.name = "agent_id",
               .option = "agent",
               .letter = 'a',
               .type = MNEME_OP_TEXT,
               .shown = "ID",
               .help = "The agent.",
               .flags = MNEME_OP_REQUIRED | MNEME_OP_NOT_EMPTY},
    [USER] = {.name = "user_id",
              .option = "user",
              .letter = 'u',
              .type = MNEME_OP_TEXT,
              .shown = "ID",
              .help = "Only memories about this user.",
              .flags = MNEME_OP_NOT_EMPTY},
    [INCLUDE_ARCHIVED] = {.name = "include_archived",
                          .type = MNEME_OP_FLAG,
                          .help = "Archived memories too."},
};

/* The same from the tables: memories that changed within the time that Redis keeps a memory. */
static int list_from_tables(struct mneme_op_rows *rows, struct mneme_memory_filter *filter,
                            struct mneme_error *error) {
    struct mneme_op_call *call = rows->call;
    struct mneme_postgres *postgres;
    char since[MNEME_RFC3339_BYTES];
    char text[MNEME_RFC3339_BYTES + 32];
    int64_t kept_s = mneme_config_long(call->config, MNEME_SETTING_REDIS_MEMORY_TTL_S);
    mneme_clock_format_rfc3339(mneme_clock_now_micros() - kept_s * 1000000, since);
    snprintf(text, sizeof text, "updated_at gte '%s'", since);
    struct mneme_str expression = mneme_arena_copy(call->arena, mneme_str_from(text));
    int status = mneme_filter_parse(&filter->filter, expression, call->arena, error);
    if (status == MNEME_OK) {
        status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    }
    return status == MNEME_OK ? mneme_memory_list(postgres, filter, mneme_op_rows_visit, rows, NULL, error)
                              : status;
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    int64_t limit = mneme_op_limit(request);
    struct mneme_hot_reader *hot;
    struct mneme_op_rows rows = mneme_memory_rows(call, limit);
    struct mneme_memory_filter filter = {.tenant = mneme_op_tenant(request),
                                         .agent_id = mneme_op_text(request, AGENT),
                                         .user_id = mneme_op_text(request, USER),
                                         .include_archived = mneme_op_truth(request, INCLUDE_ARCHIVED),
                                         .limit = limit + 1};
    int status = mneme_op_call_hot(&hot, call, error);
    if (status == MNEME_OK && !mneme_memory_list_hot(hot, &filter, mneme_op_rows_visit, &rows)) {
        status = list_from_tables(&rows, &filter, error);
    }
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_memory_hot = {
    .name = "memory.hot",
    .summary = "List what an agent remembered lately, newest first.",
    .details = "Memories of the agent that were created or changed within the time that Redis keeps them "
               "(MNEME_REDIS_MEMORY_TTL_S), as far as Redis has room for them. They come from\n"
               "Redis while a worker of group redis keeps it up to date, else from Postgres.\n"
               "--json: one object per memory, as in mneme memory list.",
    .examples = "  mneme memory hot --agent planner\n"
                "  mneme memory hot --agent planner --user ada --limit 5 --json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_UP_TO_DATE | MNEME_OP_LIMITED,
    .page = DEFAULT_LIMIT,
    .effect = MNEME_OP_READS,
    .retrieves = "list",
    .form = MNEME_OP_TABLE,
    .columns = mneme_memory_op_columns,
    .nothing = "no memory matches",
    .read = read,
};
