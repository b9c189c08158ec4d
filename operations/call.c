/*
 * Lends a call the connections that it needs, waits until they are as up to date as the call wants, finds the
 * moment it asks about, and notes what the answer does not show.
 */
#include "operations/call.h"

#include "operations/own_writes.h"
#include "operations/watcher.h"
#include "queries/projection_wait.h"
#include "queries/stale.h"

#define HOT_WAIT_MS 500 /* then Postgres has the writes, too */

int mneme_op_call_positions(const struct mneme_position **out, size_t *count, struct mneme_op_call *call,
                            struct mneme_error *error) {
    const struct mneme_op_value *at_least = &call->request->common[MNEME_OP_AT_LEAST];
    const struct mneme_op_own_writes_ops *own = mneme_service_own_writes(call->service);
    *out = NULL;
    *count = 0;
    if (!at_least->is_set) {
        return MNEME_OK;
    }
    if (at_least->positions.are_last) {
        return own->last(out, count, call->arena, own->context, error);
    }
    *out = at_least->positions.items;
    *count = at_least->positions.count;
    return MNEME_OK;
}

/* Usually the tables are up to date already, which one query on the open connection shows; otherwise the
 * watcher does the waiting, for all callers together. */
static int wait_for_tables(struct mneme_op_call *call, const struct mneme_position *positions, size_t count,
                           struct mneme_error *error) {
    struct mneme_progress_snapshot progress;
    const char *topic = mneme_service_topic(call->service);
    int status = mneme_progress_snapshot(&progress, call->postgres,
                                         mneme_projections[MNEME_PROJECTION_POSTGRES].name, topic, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (mneme_progress_first_missing(&progress, positions, count) == NULL) {
        return progress.has_parked
                   ? mneme_position_refuse_parked(call->postgres,
                                                  mneme_projections[MNEME_PROJECTION_POSTGRES].name, topic,
                                                  positions, count, error)
                   : MNEME_OK;
    }
    const struct mneme_cancel cancel = mneme_cancel_within(call->cancel, call->wait_timeout_ms);
    return mneme_watcher_wait(mneme_service_watcher(call->service), positions, count, &cancel, error);
}

static int wait_for_stores(struct mneme_op_call *call, unsigned stores, bool *has_looked,
                           struct mneme_error *error) {
    const struct mneme_position *positions;
    size_t count;
    int status = mneme_op_call_positions(&positions, &count, call, error);
    if (status == MNEME_OK && count == 0) {
        *has_looked = mneme_op_own_writes_wait(call, call->postgres, stores);
        return MNEME_OK;
    }
    if (status == MNEME_OK) {
        status = wait_for_tables(call, positions, count, error);
    }
    if (status == MNEME_OK && (stores & MNEME_OP_TEXTS) != 0) {
        const struct mneme_query_wait wait = {call->wait_timeout_ms, call->cancel};
        status = mneme_search_wait(call->config, positions, count, &wait, error);
    }
    return status;
}

/* --- what is not shown --- */

static bool note_stale(const void *row, void *context) {
    const struct mneme_op_call *call = context;
    const struct mneme_op_note note = {.kind = MNEME_OP_NOTE_STALE, .stale = row};
    if (call->sink->on_note != NULL) {
        call->sink->on_note(&note, call->sink->context);
    }
    return true;
}

/* Notes stale keys of the stream that is asked about, else of the user's stream, else of the whole tenant. */
int mneme_op_call_note_stale(struct mneme_op_call *call, struct mneme_postgres *postgres,
                             struct mneme_error *error) {
    struct mneme_str stream_id = mneme_op_common_text(call->request, MNEME_OP_STREAM);
    if (stream_id.data == NULL) {
        stream_id = mneme_op_common_text(call->request, MNEME_OP_USER);
    }
    return mneme_stale_list(postgres, mneme_service_topic(call->service), mneme_op_tenant(call->request),
                            stream_id, MNEME_QUERY_DEFAULT_LIMIT, note_stale, call, error);
}

/* --- lending --- */

static int find_moment(struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_op_value *as_of = &call->request->common[MNEME_OP_AS_OF];
    if (!as_of->is_set) {
        return MNEME_OK;
    }
    call->as_of = as_of->as_of;
    return as_of->as_of.is_position
               ? mneme_as_of_position(&call->as_of, call->postgres, mneme_service_topic(call->service),
                                      as_of->as_of.position, error)
               : MNEME_OK;
}

int mneme_op_call_postgres(struct mneme_postgres **out, struct mneme_op_call *call, unsigned stores,
                           struct mneme_error *error) {
    bool has_parked = false;
    bool has_looked = false;
    *out = NULL;
    if (call->is_connected) {
        *out = call->postgres;
        return MNEME_OK;
    }
    int status =
        mneme_service_lend_postgres(&call->postgres, &has_parked, call->service, call->cancel, error);
    if (status == MNEME_OK) {
        status = wait_for_stores(call, stores, &has_looked, error);
    }
    if (status == MNEME_OK) {
        status = find_moment(call, error);
    }
    /* An event that arrived during the wait may have been parked. */
    if (status == MNEME_OK && (has_parked || has_looked)) {
        status = mneme_op_call_note_stale(call, call->postgres, error);
    }
    call->is_connected = status == MNEME_OK;
    *out = status == MNEME_OK ? call->postgres : NULL;
    return status;
}

void mneme_op_call_return_postgres(struct mneme_op_call *call) {
    mneme_service_return_postgres(call->service, call->postgres);
    call->postgres = NULL;
    call->is_connected = false;
}

int mneme_op_call_hot(struct mneme_hot_reader **out, struct mneme_op_call *call, struct mneme_error *error) {
    const struct mneme_position *positions;
    struct mneme_op_own_writes own;
    size_t count;
    int64_t wait_ms = call->wait_timeout_ms;
    *out = NULL;
    if (call->request->common[MNEME_OP_AS_OF].is_set) {
        return MNEME_OK;
    }
    int status = mneme_op_call_positions(&positions, &count, call, error);
    if (status == MNEME_OK && count == 0) {
        mneme_op_own_writes_load(&own, call);
        wait_ms = mneme_op_own_writes_bound_ms(call);
        positions = own.positions;
        count = own.count;
    }
    if (status == MNEME_OK && call->hot == NULL) {
        status = mneme_service_lend_hot(&call->hot, call->service, error);
    }
    if (status == MNEME_OK &&
        mneme_hot_reader_wait(call->hot, positions, count, wait_ms < HOT_WAIT_MS ? wait_ms : HOT_WAIT_MS,
                              call->cancel)) {
        *out = call->hot;
    }
    return status;
}

struct mneme_hot_reader *mneme_op_call_hot_behind(const struct mneme_op_call *call) {
    const struct mneme_op_value *common = call->request->common;
    bool is_promised = common[MNEME_OP_AT_LEAST].is_set || common[MNEME_OP_AS_OF].is_set;
    return is_promised || mneme_cancel_is_due(call->cancel) ? NULL : call->hot;
}
