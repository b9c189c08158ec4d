#include "operations/statements.h"

#include "common/base/uuid.h"
#include "queries/compose.h"

static void add_value(struct mneme_pg_params *params, const struct mneme_op_field *field,
                      const struct mneme_op_value *value) {
    if (!value->is_set) {
        mneme_pg_param_str(params, MNEME_STR_NULL);
        return;
    }
    switch (field->type) {
    case MNEME_OP_TEXT:
    case MNEME_OP_LONG_TEXT:
    case MNEME_OP_TEXT_OR_OBJECT:
    case MNEME_OP_VALUE:
    case MNEME_OP_JSON:
    case MNEME_OP_OBJECT:
    case MNEME_OP_FILTER:
    case MNEME_OP_CURSOR:
    case MNEME_OP_LINES:
        mneme_pg_param_str(params, value->text);
        break;
    case MNEME_OP_LIST:
        mneme_query_param_str_array(params, value->list);
        break;
    case MNEME_OP_ID:
        mneme_pg_param_uuid(params, value->id);
        break;
    case MNEME_OP_IDS:
        mneme_pg_param_uuid_array(params, value->ids.items, value->ids.count);
        break;
    case MNEME_OP_INTEGER:
    case MNEME_OP_DURATION:
        mneme_pg_param_long(params, value->number);
        break;
    case MNEME_OP_DECIMAL:
        mneme_pg_param_double(params, value->fraction);
        break;
    case MNEME_OP_FLAG:
    case MNEME_OP_BOOLEAN:
        mneme_pg_param_bool(params, value->truth);
        break;
    case MNEME_OP_TIME:
        mneme_pg_param_time(params, value->number);
        break;
    case MNEME_OP_MOMENT:
    case MNEME_OP_POSITIONS:
        mneme_pg_param_str(params, value->text);
        break;
    }
}

static void add_params(struct mneme_pg_params *params, const struct mneme_op_statement *statement,
                       const struct mneme_op_call *call) {
    const struct mneme_op_request *request = call->request;
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, mneme_op_tenant(request));
    mneme_query_param_as_of(params, &call->as_of);
    for (const int *input = statement->inputs; input != NULL && *input != MNEME_OP_END; input++) {
        if (*input <= MNEME_OP_INPUT(0)) {
            enum mneme_op_common common = (enum mneme_op_common)(MNEME_OP_INPUT(0) - *input);
            add_value(params, mneme_op_common_field(common), &request->common[common]);
        } else {
            add_value(params, &request->operation->fields[*input], &request->own[*input]);
        }
    }
    if ((request->operation->groups & MNEME_OP_PAGED) != 0) {
        mneme_pg_param_long(params, mneme_op_limit(request) + 1); /* one more row shows that there are more */
        mneme_pg_param_long(params, mneme_op_offset(request));
    } else if ((request->operation->groups & MNEME_OP_LIMITED) != 0) {
        mneme_pg_param_long(params, mneme_op_limit(request));
    }
}

/* The filter among the operation's own fields, if it has one and it is given. */
static const struct mneme_filter_node *filter_of(const struct mneme_op_request *request) {
    for (size_t i = 0; i < mneme_op_field_count(request->operation); i++) {
        if (request->operation->fields[i].type == MNEME_OP_FILTER && request->own[i].is_set) {
            return request->own[i].filter;
        }
    }
    return NULL;
}

static int run_one(struct mneme_op_call *call, struct mneme_postgres *postgres,
                   const struct mneme_op_statement *statement, struct mneme_pg_params *params,
                   struct mneme_error *error) {
    const struct mneme_operation *operation = call->request->operation;
    const struct mneme_question question = {.what = statement->what};
    const struct mneme_composed composed = {
        .sql = statement->sql, .as_of = &call->as_of, .filter = filter_of(call->request)};
    struct mneme_op_rows rows = {
        .call = call,
        .limit = (operation->groups & MNEME_OP_PAGED) != 0 ? mneme_op_limit(call->request) : 0,
        .shown = statement->columns};
    add_params(params, statement, call);
    int status = mneme_query_run_composed(postgres, &question, &composed, params, mneme_op_rows_visit, &rows,
                                          NULL, error);
    mneme_op_rows_clean_up(&rows);
    return status;
}

int mneme_op_statements_run(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_statement *statements = call->request->operation->statements;
    struct mneme_postgres *postgres;
    struct mneme_pg_params params = {0};
    int status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    for (const struct mneme_op_statement *statement = statements;
         statement->sql != NULL && status == MNEME_OK; statement++) {
        if (statement->only_with > 0 && !call->request->own[statement->only_with - 1].is_set) {
            continue;
        }
        if (statement != statements || statement[1].sql != NULL) {
            mneme_op_note(call, MNEME_OP_NOTE_TABLE,
                          mneme_str_from(statement->nothing == NULL ? "" : statement->nothing));
        }
        status = run_one(call, postgres, statement, &params, error);
    }
    mneme_pg_params_clean_up(&params);
    return status;
}
