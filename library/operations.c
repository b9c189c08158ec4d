/*
 * Operations for programs: exposes the catalogue by names and opaque handles only, so that none of it is
 * compiled into a program.
 */
#include <stdlib.h>

#include "common/base/nearest.h"
#include "library/handles.h"
#include "library/log.h"
#include "operations/catalogue.h"
#include "producers/client.h"

/* --- connecting --- */

int mneme_connect(struct mneme **out, const char *config_path, const struct mneme_client_setting *settings,
                  size_t setting_count, struct mneme_error *error) {
    struct mneme *mneme = calloc(1, sizeof *mneme);
    *out = NULL;
    if (mneme == NULL || pthread_mutex_init(&mneme->lock, NULL) != 0) {
        free(mneme);
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot connect: memory is exhausted; free some");
    }
    mneme_own_writes_init(mneme);
    const struct mneme_service_options options = {.purpose = "libmneme", .own = &mneme->own};
    int status = mneme_client_settings(&mneme->config, config_path, settings, setting_count, error);
    if (status == MNEME_OK) {
        status = mneme_service_open(&mneme->service, mneme->config, &options, error);
    }
    if (status != MNEME_OK) {
        mneme_disconnect(mneme);
        return status;
    }
    *out = mneme;
    return MNEME_OK;
}

void mneme_disconnect(struct mneme *mneme) {
    if (mneme != NULL) {
        mneme_service_close(mneme->service, -1);
        mneme_config_destroy(mneme->config);
        pthread_mutex_destroy(&mneme->lock);
        free(mneme);
    }
}

/* --- requests --- */

const char *mneme_operation_name(size_t index) {
    for (const struct mneme_op_noun *noun = mneme_op_catalogue; noun->name != NULL; noun++) {
        for (size_t i = 0; noun->operations[i] != NULL; i++) {
            if (index-- == 0) {
                return noun->operations[i]->name;
            }
        }
    }
    return NULL;
}

static int unknown_operation(const char *name, struct mneme_error *error) {
    struct mneme_nearest nearest = {0};
    const char *known;
    for (size_t i = 0; (known = mneme_operation_name(i)) != NULL; i++) {
        mneme_nearest_offer(&nearest, mneme_str_from(name), known);
    }
    for (const char *const *name_of_log = mneme_log_operation_names; *name_of_log != NULL; name_of_log++) {
        mneme_nearest_offer(&nearest, mneme_str_from(name), *name_of_log);
    }
    if (nearest.name != NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "no request was made: there is no operation '%s'; did you mean %s?", name,
                               nearest.name);
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "no request was made: there is no operation '%s'; mneme_operation_name lists them",
                           name);
}

int mneme_request_new(struct mneme_request **out, struct mneme *mneme, const char *operation,
                      struct mneme_error *error) {
    const struct mneme_operation *found = mneme_op_by_name(mneme_str_from(operation));
    *out = NULL;
    if (found == NULL) {
        found = mneme_log_operation(operation);
    }
    if (found == NULL) {
        return unknown_operation(operation, error);
    }
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "no request was made: memory is exhausted; free some");
    }
    mneme_op_request_init(&(*out)->request, found, mneme->config);
    return MNEME_OK;
}

void mneme_request_free(struct mneme_request *request) {
    if (request != NULL) {
        mneme_op_request_clean_up(&request->request);
        free(request);
    }
}

void mneme_request_clear(struct mneme_request *request) {
    const struct mneme_operation *operation = request->request.operation;
    const struct mneme_config *config = request->request.config;
    mneme_op_request_clean_up(&request->request);
    mneme_op_request_init(&request->request, operation, config);
    request->is_complete = false;
}

int mneme_request_set_str(struct mneme_request *request, const char *field, struct mneme_str value,
                          struct mneme_error *error) {
    struct mneme_op_slot slot;
    int status = mneme_op_request_find(&slot, &request->request, mneme_str_from(field), error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_str copy = mneme_arena_copy(&request->request.arena, value);
    if (copy.data == NULL) {
        return mneme_error_set(error, value.data == NULL ? MNEME_E_USAGE : MNEME_E_NO_MEMORY,
                               value.data == NULL ? "%s was not taken: it is NULL; leave the field unset"
                                                  : "%s was not taken: memory is exhausted; free some",
                               field);
    }
    request->is_complete = false;
    return mneme_op_request_set(&request->request, &slot, copy, error);
}

int mneme_request_set(struct mneme_request *request, const char *field, const char *value,
                      struct mneme_error *error) {
    return mneme_request_set_str(request, field, mneme_str_from(value), error);
}

int mneme_request_set_json(struct mneme_request *request, struct mneme_str object,
                           struct mneme_error *error) {
    struct mneme_str copy = mneme_arena_copy(&request->request.arena, object);
    if (copy.data == NULL && object.data != NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the request was not read: memory is exhausted; free some");
    }
    request->is_complete = false;
    return mneme_op_request_read(&request->request, copy, error);
}

int mneme_request_complete(struct mneme_request *request, struct mneme_error *error) {
    int status = request->is_complete ? MNEME_OK : mneme_op_request_complete(&request->request, error);
    request->is_complete = status == MNEME_OK;
    return status;
}

/* --- calls --- */

struct calling {
    struct mneme_request *request;
    mneme_result_fn *on_row;
    void *context;
    struct mneme_result row;
};

static bool pass_on(const struct mneme_op_row *row, void *context) {
    struct calling *calling = context;
    mneme_result_show(&calling->row, row);
    return calling->on_row == NULL || calling->on_row(&calling->row, calling->context);
}

static void take_note(const struct mneme_op_note *note, void *context) {
    mneme_request_take_note(note, ((struct calling *)context)->request);
}

int mneme_call(struct mneme *mneme, struct mneme_request *request, mneme_result_fn *on_row, void *context,
               int timeout_ms, struct mneme_error *error) {
    struct calling calling = {.request = request, .on_row = on_row, .context = context};
    const struct mneme_op_sink sink = {.on_row = pass_on, .on_note = take_note, .context = &calling};
    const struct mneme_cancel cancel = {
        .deadline_micros = timeout_ms > 0 ? mneme_clock_monotonic_micros() + (int64_t)timeout_ms * 1000 : 0};
    struct mneme_op_outcome outcome = {.verdict = MNEME_OK};
    mneme_result_init(&calling.row);
    int status = mneme_request_complete(request, error);
    if (status == MNEME_OK) {
        status = mneme_service_run(&outcome, mneme->service, &request->request, &sink, &cancel, error);
    }
    if (status == MNEME_OK && outcome.verdict != MNEME_OK) {
        status =
            mneme_error_set(error, outcome.verdict,
                            "%s was not accepted: its row has the verdict; read what is there and try again",
                            request->request.operation->name);
    }
    mneme_result_clean_up(&calling.row);
    return status;
}
