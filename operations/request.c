/*
 * Setting fields by name, and completing a request.
 */
#include "operations/request.h"

#include <ctype.h>
#include <stdio.h>

#include "common/base/nearest.h"
#include "common/json/read.h"
#include "operations/values.h"

void mneme_op_request_init(struct mneme_op_request *request, const struct mneme_operation *operation,
                           const struct mneme_config *config) {
    memset(request, 0, sizeof *request);
    request->operation = operation;
    request->config = config;
    mneme_arena_init(&request->arena, 0);
}

void mneme_op_request_clean_up(struct mneme_op_request *request) {
    mneme_arena_clean_up(&request->arena);
}

struct mneme_str mneme_op_tenant(const struct mneme_op_request *request) {
    const struct mneme_op_value *tenant = &request->common[MNEME_OP_TENANT];
    return tenant->is_set ? tenant->text
                          : mneme_str_from(mneme_config_string(request->config, MNEME_SETTING_TENANT));
}

bool mneme_op_request_is_write(const struct mneme_op_request *request) {
    const struct mneme_operation *operation = request->operation;
    if (operation->procedure != NULL) {
        return operation->write != NULL && request->own[operation->finds - 1].is_set;
    }
    return operation->read == NULL && operation->statements == NULL;
}

int64_t mneme_op_limit(const struct mneme_op_request *request) {
    const struct mneme_op_value *limit = &request->common[MNEME_OP_LIMIT];
    return limit->is_set ? limit->number : request->operation->page;
}

int64_t mneme_op_offset(const struct mneme_op_request *request) {
    const struct mneme_op_value *offset = &request->common[MNEME_OP_OFFSET];
    return offset->is_set ? offset->number : 0;
}

/* --- fields by name --- */

/* The name of the field on a command line: its option's, else its own with dashes. */
static void option_name(char text[MNEME_OP_LABEL_BYTES], const struct mneme_op_field *field) {
    snprintf(text, MNEME_OP_LABEL_BYTES, "%s", field->option != NULL ? field->option : field->name);
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '_' ? '-' : *at;
    }
}

const char *mneme_op_label(char text[MNEME_OP_LABEL_BYTES], const struct mneme_op_request *request,
                           const struct mneme_op_field *field) {
    if (!request->spells_options) {
        snprintf(text, MNEME_OP_LABEL_BYTES, "%s", field->name);
    } else if ((field->flags & MNEME_OP_POSITIONAL) != 0) {
        snprintf(text, MNEME_OP_LABEL_BYTES, "%s", field->shown != NULL ? field->shown : field->name);
    } else {
        char name[MNEME_OP_LABEL_BYTES];
        option_name(name, field);
        snprintf(text, MNEME_OP_LABEL_BYTES, "--%.60s", name);
    }
    return text;
}

bool mneme_op_request_slot(struct mneme_op_slot *out, struct mneme_op_request *request, size_t index) {
    size_t own = mneme_op_field_count(request->operation);
    if (index < own) {
        *out = (struct mneme_op_slot){&request->operation->fields[index], &request->own[index]};
        return true;
    }
    index -= own;
    for (int i = 0; i < MNEME_OP_COMMON_COUNT; i++) {
        if (mneme_op_takes(request->operation, (enum mneme_op_common)i) && index-- == 0) {
            *out =
                (struct mneme_op_slot){mneme_op_common_field((enum mneme_op_common)i), &request->common[i]};
            return true;
        }
    }
    return false;
}

static bool is_named(const struct mneme_op_field *field, struct mneme_str name) {
    char option[MNEME_OP_LABEL_BYTES];
    option_name(option, field);
    return mneme_str_equal(name, mneme_str_from(field->name)) ||
           mneme_str_equal(name, mneme_str_from(option)) ||
           (field->former != NULL && mneme_str_equal(name, mneme_str_from(field->former)));
}

int mneme_op_request_find(struct mneme_op_slot *out, struct mneme_op_request *request, struct mneme_str name,
                          struct mneme_error *error) {
    struct mneme_nearest nearest = {0};
    for (size_t i = 0; mneme_op_request_slot(out, request, i); i++) {
        if (is_named(out->field, name)) {
            return MNEME_OK;
        }
        mneme_nearest_offer(&nearest, name, out->field->name);
    }
    if (nearest.name != NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s was not run: it has no field '%.*s'; did you mean %s?",
                               request->operation->name, MNEME_STR_ARG(name), nearest.name);
    }
    return mneme_error_set(error, MNEME_E_USAGE, "%s was not run: it has no field '%.*s'; leave it out",
                           request->operation->name, MNEME_STR_ARG(name));
}

int mneme_op_request_set(struct mneme_op_request *request, const struct mneme_op_slot *slot,
                         struct mneme_str text, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    return mneme_op_value_read(slot->value, slot->field, mneme_op_label(label, request, slot->field), text,
                               &request->arena, error);
}

int mneme_op_request_add(struct mneme_op_request *request, const struct mneme_op_slot *slot,
                         struct mneme_str item, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    return mneme_op_value_add(slot->value, slot->field, mneme_op_label(label, request, slot->field), item,
                              &request->arena, error);
}

/* --- by a JSON object --- */

static bool takes_json(const struct mneme_op_field *field) {
    return field->type == MNEME_OP_JSON || field->type == MNEME_OP_OBJECT || field->type == MNEME_OP_FILTER ||
           field->type == MNEME_OP_TEXT_OR_OBJECT || field->type == MNEME_OP_VALUE ||
           field->type == MNEME_OP_LINES;
}

static int set_items(struct mneme_op_request *request, const struct mneme_op_slot *slot,
                     struct mneme_str array, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    struct mneme_json_reader reader = mneme_json_enter(array);
    struct mneme_str key, item, text;
    int status = MNEME_OK;
    slot->value->is_set = true;
    slot->value->list.is_set = slot->field->type == MNEME_OP_LIST || slot->value->list.is_set;
    while (status == MNEME_OK && mneme_json_next(&reader, &key, &item)) {
        if (mneme_json_kind_of(item) != MNEME_JSON_STRING) {
            status = mneme_error_set(error, MNEME_E_USAGE,
                                     "%s was not taken: one of its items is %s; give an array of strings",
                                     mneme_op_label(label, request, slot->field),
                                     mneme_json_kind_phrase(mneme_json_kind_of(item)));
        } else if (!mneme_json_unquote(&text, &request->arena, item)) {
            status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                     "the request was not read: memory is exhausted; free some");
        } else {
            status = mneme_op_request_add(request, slot, text, error);
        }
    }
    return status;
}

static int set_member(struct mneme_op_request *request, const struct mneme_op_slot *slot,
                      struct mneme_str value, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    struct mneme_str text = value;
    if (kind == MNEME_JSON_NULL) {
        return MNEME_OK;
    }
    if (kind == MNEME_JSON_ARRAY && mneme_op_type_is_many(slot->field->type)) {
        return set_items(request, slot, value, error);
    }
    bool is_container = kind == MNEME_JSON_ARRAY || kind == MNEME_JSON_OBJECT;
    if (is_container && !takes_json(slot->field)) {
        return mneme_error_set(error, MNEME_E_USAGE, "%s was not taken: it is %s; give %s",
                               mneme_op_label(label, request, slot->field), mneme_json_kind_phrase(kind),
                               mneme_op_type_is_many(slot->field->type) ? "an array of strings"
                                                                        : "a single value");
    }
    bool is_quoted = kind == MNEME_JSON_STRING && slot->field->type != MNEME_OP_JSON &&
                     slot->field->type != MNEME_OP_VALUE;
    if (is_quoted && !mneme_json_unquote(&text, &request->arena, value)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the request was not read: memory is exhausted; free some");
    }
    return mneme_op_request_set(request, slot, text, error);
}

int mneme_op_request_read(struct mneme_op_request *request, struct mneme_str object,
                          struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(object, &kind, &reason, &at)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s was not run: its request is not JSON (%s at byte %zu); give a JSON object",
                               request->operation->name, reason, at);
    }
    if (kind != MNEME_JSON_OBJECT) {
        return mneme_error_set(error, MNEME_E_USAGE, "%s was not run: its request is %s; give a JSON object",
                               request->operation->name, mneme_json_kind_phrase(kind));
    }
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(object));
    struct mneme_str key, value, name;
    struct mneme_op_slot slot;
    int status = MNEME_OK;
    while (status == MNEME_OK && mneme_json_next(&reader, &key, &value)) {
        status = mneme_json_unquote(&name, &request->arena, key)
                     ? mneme_op_request_find(&slot, request, name, error)
                     : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                       "the request was not read: memory is exhausted; free some");
        if (status == MNEME_OK) {
            status = set_member(request, &slot, value, error);
        }
    }
    return status;
}

/* --- complete --- */

static int check_required(struct mneme_op_request *request, const struct mneme_op_slot *slot,
                          struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    if (slot->value->is_set || (slot->field->flags & MNEME_OP_REQUIRED) == 0) {
        return MNEME_OK;
    }
    mneme_op_label(label, request, slot->field);
    return mneme_error_set(error, MNEME_E_USAGE, "%s was not run: %s is missing; give it (%s)",
                           request->operation->name, label, slot->field->help);
}

/* "user_id, agent_id or run_id", as the request spells them. */
static void list_scopes(struct mneme_buffer *out, struct mneme_op_request *request) {
    char label[MNEME_OP_LABEL_BYTES];
    const char *const *scopes = request->operation->scopes;
    for (size_t i = 0; scopes[i] != NULL; i++) {
        struct mneme_op_slot slot;
        const char *before = i == 0 ? "" : scopes[i + 1] == NULL ? " or " : ", ";
        if (mneme_op_request_find(&slot, request, mneme_str_from(scopes[i]), NULL) == MNEME_OK) {
            mneme_buffer_printf(out, "%s%s", before, mneme_op_label(label, request, slot.field));
        }
    }
}

/* Checks that one of the ids that narrow the read is given, or all. */
static int check_scope(struct mneme_op_request *request, struct mneme_error *error) {
    char label[MNEME_OP_LABEL_BYTES];
    bool is_all = request->common[MNEME_OP_ALL].is_set && request->common[MNEME_OP_ALL].truth;
    bool is_narrowed = false;
    for (const char *const *scope = request->operation->scopes; *scope != NULL; scope++) {
        struct mneme_op_slot slot;
        int status = mneme_op_request_find(&slot, request, mneme_str_from(*scope), error);
        if (status != MNEME_OK) {
            return status;
        }
        is_narrowed = is_narrowed || slot.value->is_set;
    }
    if (is_narrowed != is_all) {
        return MNEME_OK;
    }
    struct mneme_buffer choices = {0};
    list_scopes(&choices, request);
    mneme_op_label(label, request, mneme_op_common_field(MNEME_OP_ALL));
    int status =
        is_narrowed
            ? mneme_error_set(error, MNEME_E_USAGE,
                              "%s was not run: %s means the whole tenant; leave it out, or leave out %.*s",
                              request->operation->name, label, MNEME_STR_ARG(mneme_buffer_str(&choices)))
            : mneme_error_set(error, MNEME_E_USAGE,
                              "%s was not run: no scope is given; give %.*s, or %s for the whole tenant",
                              request->operation->name, MNEME_STR_ARG(mneme_buffer_str(&choices)), label);
    mneme_buffer_clean_up(&choices);
    return status;
}

/* An empty id matches nobody, and must not come to mean everybody. */
static int check_ids(const struct mneme_op_request *request, struct mneme_error *error) {
    static const enum mneme_op_common ids[] = {MNEME_OP_USER, MNEME_OP_AGENT, MNEME_OP_RUN,
                                               MNEME_OP_CONVERSATION, MNEME_OP_STREAM};
    char label[MNEME_OP_LABEL_BYTES];
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (request->common[ids[i]].is_set && request->common[ids[i]].text.len == 0) {
            bool destroys = request->operation->effect == MNEME_OP_DESTROYS;
            mneme_op_label(label, request, mneme_op_common_field(ids[i]));
            return mneme_error_set(error, destroys ? MNEME_E_UNSAFE : MNEME_E_USAGE,
                                   "%s was not run: %s is empty; give an id, or leave it out",
                                   request->operation->name, label);
        }
    }
    return MNEME_OK;
}

static const char *fallback_of(const struct mneme_op_field *field, const struct mneme_config *config) {
    return field->setting == 0 ? field->fallback
                               : mneme_config_string(config, (enum mneme_setting)(field->setting - 1));
}

int mneme_op_request_complete(struct mneme_op_request *request, struct mneme_error *error) {
    const struct mneme_operation *operation = request->operation;
    struct mneme_op_slot slot;
    int status = MNEME_OK;
    for (size_t i = 0; status == MNEME_OK && mneme_op_request_slot(&slot, request, i); i++) {
        const char *fallback = fallback_of(slot.field, request->config);
        if (!slot.value->is_set && fallback != NULL) {
            status = mneme_op_request_set(request, &slot, mneme_str_from(fallback), error);
        }
        if (status == MNEME_OK) {
            status = check_required(request, &slot, error);
        }
    }
    if (status == MNEME_OK) {
        status = check_ids(request, error);
    }
    if (status == MNEME_OK && (operation->groups & MNEME_OP_READS_A_SCOPE) != 0) {
        status = check_scope(request, error);
    }
    return status == MNEME_OK && operation->check != NULL ? operation->check(request, error) : status;
}
