#include "operations/working/read.h"

/* Called when the tables failed: whether Redis has an answer, even one that lacks the caller's own writes. */
static bool read_behind(struct mneme_loaded_working *out, struct mneme_op_call *call,
                        const struct mneme_working_question *question) {
    struct mneme_hot_reader *hot = mneme_op_call_hot_behind(call);
    if (hot == NULL || !mneme_working_hot(out, hot, question, call->arena)) {
        return false;
    }
    mneme_op_note(call, MNEME_OP_NOTE_MISSING, MNEME_STR_LIT("Redis"));
    return true;
}

int mneme_op_working_read(struct mneme_loaded_working *out, PGresult **rows, struct mneme_op_call *call,
                          const struct mneme_working_question *question, struct mneme_error *error) {
    struct mneme_hot_reader *hot = NULL;
    struct mneme_postgres *postgres;
    *rows = NULL;
    int status = question->is_page ? MNEME_OK : mneme_op_call_hot(&hot, call, error);
    if (status != MNEME_OK || (hot != NULL && mneme_working_hot(out, hot, question, call->arena))) {
        return status;
    }
    status = mneme_op_call_postgres(&postgres, call, MNEME_OP_TABLES, error);
    if (status == MNEME_OK) {
        status = mneme_working_tables(out, rows, postgres, hot, question, call->arena, error);
    }
    return status != MNEME_OK && hot == NULL && read_behind(out, call, question) ? MNEME_OK : status;
}
