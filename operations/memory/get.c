/*
 * memory.get: memories by their ids, from Redis if Redis has them.
 */
#include "operations/memory/fields.h"
#include "operations/memory/memory.h"
#include "queries/memory_hot.h"

enum { IDS, INCLUDE_DELETED, FIELD_COUNT };

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [IDS] = MNEME_MEMORY_REQUIRED_IDS_FIELD,
    [INCLUDE_DELETED] = {.name = "include_deleted",
                         .type = MNEME_OP_FLAG,
                         .help = "Show deleted memories too."},
};

static int get_from_tables(struct mneme_op_rows *rows, struct mneme_hot_reader *hot,
                           struct mneme_memory_key *key, struct mneme_error *error) {
    struct mneme_op_call *call = rows->call;
    struct mneme_postgres *postgres;
    size_t count = 0;
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    key->as_of = call->as_of;
    if (status == MNEME_OK && hot != NULL && mneme_memory_is_hot_key(key)) {
        status = mneme_memory_get_filling(hot, postgres, key, mneme_op_rows_visit, rows, &count, error);
    }
    if (status != MNEME_OK || count > 0) {
        return status;
    }
    status = mneme_memory_find_stream(key, call, postgres, error);
    return status == MNEME_OK ? mneme_memory_get(postgres, key, mneme_op_rows_visit, rows, NULL, error)
                              : status;
}

static int read(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    const struct mneme_op_value *ids = mneme_op_own(request, IDS);
    struct mneme_hot_reader *hot = NULL;
    struct mneme_op_rows rows = mneme_memory_rows(call, 0);
    int status = MNEME_OK;
    for (size_t i = 0; i < ids->ids.count && status == MNEME_OK; i++) {
        struct mneme_memory_key key = {.tenant = mneme_op_tenant(request),
                                       .id = ids->ids.items[i],
                                       .stream_id = mneme_op_common_text(request, MNEME_OP_STREAM),
                                       .include_deleted = mneme_op_truth(request, INCLUDE_DELETED)};
        if (i == 0 && key.stream_id.data != NULL) {
            status = mneme_op_call_hot(&hot, call, error);
        }
        if (status == MNEME_OK && !mneme_memory_get_hot(hot, &key, mneme_op_rows_visit, &rows)) {
            status = get_from_tables(&rows, hot, &key, error);
        }
    }
    mneme_op_rows_clean_up(&rows);
    return status;
}

const struct mneme_operation mneme_op_memory_get = {
    .name = "memory.get",
    .summary = "Show memories.",
    .details = "--json: one object per memory whose keys are the columns of the table memories, and the\n"
               "accesses; importance includes them (0.01 each, up to 1).\n"
               "With --stream (by default the user's or agent's id) Redis is asked first, if a worker of "
               "group redis keeps it up to date. Exit code 5 when there is no such memory, or not yet: "
               "--at-least waits for a write.",
    .examples = "  mneme memory get 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory get 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --at-least 3:17 --json\n"
                "  mneme memory get 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --as-of 2026-01-31T12:00:00Z\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_OF_STREAM | MNEME_OP_UP_TO_DATE | MNEME_OP_IN_THE_PAST,
    .effect = MNEME_OP_READS,
    .retrieves = "get",
    .form = MNEME_OP_DETAILS,
    .columns = mneme_memory_op_columns,
    .read = read,
};
