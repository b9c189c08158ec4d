#include "operations/recent.h"

#include "common/base/clock.h"
#include "stores/redis/limits.h"

int mneme_op_recent(struct mneme_op_call *call, const struct mneme_recent_kind *kind,
                    enum mneme_op_common whose, struct mneme_error *error) {
    const struct mneme_op_request *request = call->request;
    struct mneme_str tenant = mneme_op_tenant(request);
    struct mneme_str name = mneme_op_common_text(request, whose);
    int64_t since = mneme_clock_now_micros() - mneme_hot_ttl_s(call->config, kind->kind) * 1000000;
    struct mneme_op_rows rows = {.call = call};
    struct mneme_hot_reader *hot;
    struct mneme_postgres *postgres;
    struct mneme_recent recent;
    char label[MNEME_OP_LABEL_BYTES];
    if (name.data == NULL) {
        const struct mneme_op_field *field = mneme_op_common_field(whose);
        return mneme_error_set(error, MNEME_E_USAGE, "%s: no %s is given; give %s", kind->what, field->option,
                               mneme_op_label(label, request, field));
    }
    int status = mneme_op_call_hot(&hot, call, error);
    if (status == MNEME_OK && !mneme_recent_hot(&recent, hot, kind, tenant, name, since, call->arena)) {
        status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
        if (status == MNEME_OK) {
            status = mneme_recent_tables(&recent, postgres, kind, tenant, name, since, call->arena, error);
        }
    }
    bool goes_on = true;
    for (size_t i = 0; status == MNEME_OK && goes_on && i < recent.count; i++) {
        status = mneme_op_rows_put_object(&goes_on, &rows, recent.objects[i], error);
    }
    mneme_op_rows_clean_up(&rows);
    return status;
}
