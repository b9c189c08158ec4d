/*
 * Turns options and arguments into a request.
 */
#include <stdio.h>

#include "cli/face/face.h"
#include "cli/frame/ids.h"
#include "cli/frame/input.h"
#include "operations/values.h"

void mneme_face_option_name(char text[MNEME_FACE_OPTION_BYTES], const struct mneme_op_field *field) {
    snprintf(text, MNEME_FACE_OPTION_BYTES, "%s", field->option != NULL ? field->option : field->name);
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '_' ? '-' : *at;
    }
}

/* Fields whose ids may be abbreviated to their first digits, and what they identify. */
static const struct {
    const char *field;
    enum mneme_id_prefix_kind kind;
} id_fields[] = {{"memory_id", MNEME_ID_PREFIX_MEMORY},
                 {"memory_ids", MNEME_ID_PREFIX_MEMORY},
                 {"knowledge_id", MNEME_ID_PREFIX_KNOWLEDGE}};

/* The argument's text; an abbreviated id is completed. */
static int read_argument(struct mneme_str *out, const struct mneme_op_slot *slot,
                         struct mneme_op_request *request, const struct mneme_cli *cli, int argument,
                         struct mneme_error *error) {
    *out = mneme_str_from(cli->arguments[argument]);
    for (size_t i = 0; i < sizeof id_fields / sizeof *id_fields; i++) {
        if (strcmp(id_fields[i].field, slot->field->name) == 0) {
            return mneme_cli_whole_id(out, cli, id_fields[i].kind, *out, &request->arena, error);
        }
    }
    return MNEME_OK;
}

/* Takes the argument at *next, or all that are left for a field that takes many. */
static int take_arguments(struct mneme_op_request *request, const struct mneme_op_slot *slot, int *next,
                          const struct mneme_cli *cli, struct mneme_error *error) {
    int status = MNEME_OK;
    struct mneme_str text;
    if (!mneme_op_type_is_many(slot->field->type)) {
        status = read_argument(&text, slot, request, cli, (*next)++, error);
        if (status == MNEME_OK && mneme_op_type_is_long(slot->field->type)) {
            status = mneme_cli_input(&text, text.data, &request->arena, error);
        }
        return status == MNEME_OK ? mneme_op_request_set(request, slot, text, error) : status;
    }
    for (; *next < cli->argument_count && status == MNEME_OK; (*next)++) {
        status = read_argument(&text, slot, request, cli, *next, error);
        status = status == MNEME_OK ? mneme_op_request_add(request, slot, text, error) : status;
    }
    return status;
}

/* Fields that are settings come from the configuration, which has the options already. */
static bool is_setting(const struct mneme_op_field *field) {
    return field->setting != 0 || field == mneme_op_common_field(MNEME_OP_TENANT) ||
           field == mneme_op_common_field(MNEME_OP_WAIT_TIMEOUT);
}

/* Whether the argument is "-" and means lines, not the field before them. */
static bool is_for_lines(const struct mneme_op_request *request, size_t field, const char *argument) {
    return mneme_op_field_count(request->operation) > field &&
           request->operation->fields[field].type == MNEME_OP_LINES && strcmp(argument, "-") == 0;
}

int mneme_face_request(struct mneme_op_request *request, const struct mneme_cli *cli,
                       const struct mneme_face_lines *lines, struct mneme_error *error) {
    struct mneme_op_slot slot;
    int next = 0;
    int status = MNEME_OK;
    request->spells_options = true;
    for (size_t i = 0; status == MNEME_OK && mneme_op_request_slot(&slot, request, i); i++) {
        char name[MNEME_FACE_OPTION_BYTES];
        if ((slot.field->flags & MNEME_OP_POSITIONAL) != 0) {
            const char *argument = next < cli->argument_count ? cli->arguments[next] : "";
            if (is_for_lines(request, i, argument)) {
                slot.value->is_set = true;
                slot.value->lines = &lines->source;
                next++;
            } else if (next < cli->argument_count && slot.field->type != MNEME_OP_LINES &&
                       !is_for_lines(request, i + 1, argument)) {
                status = take_arguments(request, &slot, &next, cli, error);
            }
            continue;
        }
        mneme_face_option_name(name, slot.field);
        const char *text = is_setting(slot.field) ? NULL : mneme_cli_value(cli, name);
        if (text == NULL && slot.field->former != NULL) {
            text = mneme_cli_value(cli, slot.field->former);
        }
        if (text != NULL) {
            status = mneme_op_request_set(request, &slot, mneme_str_from(text), error);
        }
    }
    return status == MNEME_OK ? mneme_op_request_complete(request, error) : status;
}
