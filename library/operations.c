/*
 * Operations for programs: a face of the catalogue that keeps names and handles, so that nothing of it is
 * part of a compiled program.
 */
#include <stdlib.h>

#include "common/base/nearest.h"
#include "include/mneme/operations.h"
#include "operations/catalogue.h"
#include "operations/service.h"
#include "producers/client.h"

struct mneme {
    struct mneme_config *config;
    struct mneme_service *service;
};

struct mneme_request {
    struct mneme_op_request request;
    bool is_complete;
};

struct mneme_result {
    const struct mneme_op_row *row;
    struct mneme_buffer json;
    struct mneme_arena arena; /* of texts that were made of other values */
};

/* --- connecting --- */

int mneme_connect(struct mneme **out, const char *config_path, const struct mneme_client_setting *settings,
                  size_t setting_count, struct mneme_error *error) {
    static const struct mneme_service_options options = {.purpose = "libmneme"};
    struct mneme *mneme = calloc(1, sizeof *mneme);
    *out = NULL;
    if (mneme == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot connect: memory is exhausted; free some");
    }
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

/* --- rows --- */

struct mneme_str mneme_result_json(struct mneme_result *row) {
    if (row->json.len == 0) {
        struct mneme_json_writer json = {.out = &row->json};
        mneme_json_begin_object(&json);
        mneme_op_row_json(row->row, &json);
        mneme_json_end_object(&json);
    }
    return row->json.failed ? MNEME_STR_NULL : mneme_buffer_str(&row->json);
}

/* A value as JSON has it, without the quotes of a string. */
static struct mneme_str value_text(struct mneme_result *row, const struct mneme_row_column *column) {
    struct mneme_buffer json = {0};
    struct mneme_json_writer writer = {.out = &json};
    mneme_json_begin_object(&writer);
    mneme_row_json(row->row->cells, column, 1, &writer);
    size_t before = strlen(column->name) + sizeof "{\"\":" - 1;
    struct mneme_str value = {json.data + before, json.len - before};
    if (json.failed || json.len <= before || value.data[0] == 'n') {
        value = MNEME_STR_NULL;
    } else if (value.data[0] == '"') {
        value = (struct mneme_str){value.data + 1, value.len - 2};
    }
    struct mneme_str copy = mneme_arena_copy(&row->arena, value);
    mneme_buffer_clean_up(&json);
    return copy;
}

struct mneme_str mneme_result_text(struct mneme_result *row, const char *column) {
    for (size_t i = 0; i < row->row->column_count; i++) {
        const struct mneme_row_column *at = &row->row->columns[i];
        if (strcmp(at->name, column) == 0) {
            const void *value = (const char *)row->row->cells + at->offset;
            bool is_text = at->kind == MNEME_ROW_STR || at->kind == MNEME_ROW_JSON;
            return is_text ? *(const struct mneme_str *)value : value_text(row, at);
        }
    }
    return strcmp(column, "cursor") == 0 ? row->row->cursor : MNEME_STR_NULL;
}

int64_t mneme_result_long(const struct mneme_result *row, const char *column, int64_t fallback) {
    enum mneme_row_kind kind;
    const void *value;
    if (!mneme_op_row_cell(row->row, column, &kind, &value)) {
        return fallback;
    }
    if (kind == MNEME_ROW_LONG || kind == MNEME_ROW_TIME) {
        return *(const int64_t *)value;
    }
    const struct mneme_opt_long *number = value;
    return (kind == MNEME_ROW_OPT_LONG || kind == MNEME_ROW_OPT_TIME) && number->is_set ? number->value
                                                                                        : fallback;
}

double mneme_result_double(const struct mneme_result *row, const char *column, double fallback) {
    enum mneme_row_kind kind;
    const void *value;
    if (!mneme_op_row_cell(row->row, column, &kind, &value)) {
        return fallback;
    }
    if (kind == MNEME_ROW_DOUBLE) {
        return *(const double *)value;
    }
    if (kind == MNEME_ROW_OPT_DOUBLE) {
        const struct mneme_opt_double *number = value;
        return number->is_set ? number->value : fallback;
    }
    return (double)mneme_result_long(row, column, (int64_t)fallback);
}

/* --- calls --- */

struct calling {
    mneme_result_fn *on_row;
    void *context;
    struct mneme_result row;
};

static bool pass_on(const struct mneme_op_row *row, void *context) {
    struct calling *calling = context;
    calling->row.row = row;
    mneme_buffer_clear(&calling->row.json);
    mneme_arena_reset(&calling->row.arena, SIZE_MAX);
    return calling->on_row == NULL || calling->on_row(&calling->row, calling->context);
}

static int complete(struct mneme_request *request, struct mneme_error *error) {
    int status = request->is_complete ? MNEME_OK : mneme_op_request_complete(&request->request, error);
    request->is_complete = status == MNEME_OK;
    return status;
}

int mneme_call(struct mneme *mneme, struct mneme_request *request, mneme_result_fn *on_row, void *context,
               int timeout_ms, struct mneme_error *error) {
    struct calling calling = {.on_row = on_row, .context = context};
    const struct mneme_op_sink sink = {.on_row = pass_on, .context = &calling};
    const struct mneme_cancel cancel = {
        .deadline_micros = timeout_ms > 0 ? mneme_clock_monotonic_micros() + (int64_t)timeout_ms * 1000 : 0};
    struct mneme_op_outcome outcome = {.verdict = MNEME_OK};
    mneme_arena_init(&calling.row.arena, 0);
    int status = complete(request, error);
    if (status == MNEME_OK) {
        status = mneme_service_run(&outcome, mneme->service, &request->request, &sink, &cancel, error);
    }
    if (status == MNEME_OK && outcome.verdict != MNEME_OK) {
        status =
            mneme_error_set(error, outcome.verdict,
                            "%s was not accepted: its row has the verdict; read what is there and try again",
                            request->request.operation->name);
    }
    mneme_buffer_clean_up(&calling.row.json);
    mneme_arena_clean_up(&calling.row.arena);
    return status;
}

int mneme_submit(struct mneme *mneme, struct mneme_request *request, mneme_delivery_fn *on_delivery,
                 void *context, struct mneme_error *error) {
    size_t count;
    int status = complete(request, error);
    return status == MNEME_OK
               ? mneme_service_submit(&count, mneme->service, &request->request, on_delivery, context, error)
               : status;
}
