/*
 * The stores are waited for one after the other, within one bound. A store that holds the writes is
 * remembered, so that only the first read after a write has to check it.
 */
#include "operations/own_writes.h"

#include "queries/projection_wait.h"

int64_t mneme_op_own_writes_bound_ms(const struct mneme_op_call *call) {
    bool says_it =
        call->request->common[MNEME_OP_AT_LEAST].is_set || call->request->common[MNEME_OP_AS_OF].is_set;
    return says_it ? 0 : mneme_config_long(call->config, MNEME_SETTING_READ_OWN_WRITES_MS);
}

void mneme_op_own_writes_load(struct mneme_op_own_writes *out, const struct mneme_op_call *call) {
    const struct mneme_op_own_writes_ops *own = mneme_service_own_writes(call->service);
    *out = (struct mneme_op_own_writes){0};
    if (mneme_op_own_writes_bound_ms(call) > 0) {
        own->load(out, call->arena, own->context);
    }
}

/* --- the stores --- */

struct waiting {
    const struct mneme_op_call *call;
    struct mneme_postgres *postgres;
    const struct mneme_op_own_writes *writes;
};

typedef int wait_fn(const struct waiting *waiting, const struct mneme_query_wait *wait,
                    struct mneme_error *error);

static int wait_for_tables(const struct waiting *waiting, const struct mneme_query_wait *wait,
                           struct mneme_error *error) {
    return mneme_position_wait(waiting->postgres, mneme_projections[MNEME_PROJECTION_POSTGRES].name,
                               mneme_service_topic(waiting->call->service), waiting->writes->positions,
                               waiting->writes->count, wait, error);
}

static int wait_for_texts(const struct waiting *waiting, const struct mneme_query_wait *wait,
                          struct mneme_error *error) {
    const struct mneme_config *config = waiting->call->config;
    return mneme_search_has_begun(config)
               ? mneme_search_wait(config, waiting->writes->positions, waiting->writes->count, wait, error)
               : MNEME_E_NOT_FOUND;
}

static int wait_for_vectors(const struct waiting *waiting, const struct mneme_query_wait *wait,
                            struct mneme_error *error) {
    const struct mneme_config *config = waiting->call->config;
    return mneme_vectors_have_begun(config, waiting->call->model)
               ? mneme_vectors_wait(config, waiting->call->model, waiting->writes->positions,
                                    waiting->writes->count, wait, error)
               : MNEME_E_NOT_FOUND;
}

static const struct {
    enum mneme_projection projection;
    wait_fn *wait;
} steps[] = {
    {MNEME_PROJECTION_POSTGRES, wait_for_tables},
    {MNEME_PROJECTION_SEARCH, wait_for_texts},
    {MNEME_PROJECTION_VECTORS, wait_for_vectors},
};

bool mneme_op_own_writes_wait(const struct mneme_op_call *call, struct mneme_postgres *postgres,
                              unsigned stores) {
    const struct mneme_op_own_writes_ops *own = mneme_service_own_writes(call->service);
    struct mneme_op_own_writes writes;
    mneme_op_own_writes_load(&writes, call);
    const struct waiting waiting = {call, postgres, &writes};
    int64_t deadline = mneme_clock_monotonic_micros() + mneme_op_own_writes_bound_ms(call) * 1000;
    unsigned before = writes.held;
    bool has_looked = false;
    for (size_t i = 0; writes.count > 0 && i < sizeof steps / sizeof *steps; i++) {
        struct mneme_error error = {0};
        int64_t left_ms = (deadline - mneme_clock_monotonic_micros()) / 1000;
        const struct mneme_query_wait wait = {left_ms > 0 ? left_ms : 0, call->cancel};
        unsigned store = 1U << steps[i].projection;
        if ((stores & store) == 0 || (writes.held & store) != 0) {
            continue;
        }
        has_looked = true;
        int status = steps[i].wait(&waiting, &wait, &error);
        if (status == MNEME_OK) {
            writes.held |= store;
        } else if (status == MNEME_E_TIMEOUT && !mneme_cancel_is_asked(call->cancel)) {
            mneme_op_note(call, MNEME_OP_NOTE_MISSING,
                          mneme_str_from(mneme_projections[steps[i].projection].place));
            break;
        }
    }
    if (writes.held != before && own->hold != NULL) {
        own->hold(&writes, own->context);
    }
    return has_looked;
}
