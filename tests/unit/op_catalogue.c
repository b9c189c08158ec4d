/*
 * The catalogue, walked: every operation is whole, its fields fit the payload that they go to, and every face
 * has every field.
 */
#include <criterion/criterion.h>
#include <ctype.h>

#include "cli/face/commands.h"
#include "cli/frame/options.h"
#include "include/mneme/operations.h"
#include "operations/catalogue.h"
#include "operations/events.h"
#include "operations/values.h"

static struct mneme_config *config;
static struct mneme_error error;

static void set_up(void) {
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK, "%s", error.message);
}

static void tear_down(void) {
    mneme_config_destroy(config);
}

TestSuite(op_catalogue, .init = set_up, .fini = tear_down);

static void for_each(void (*check)(const struct mneme_operation *operation)) {
    size_t count = 0;
    for (const struct mneme_op_noun *noun = mneme_op_catalogue; noun->name != NULL; noun++) {
        for (size_t i = 0; noun->operations[i] != NULL; i++, count++) {
            check(noun->operations[i]);
        }
    }
    cr_assert_gt(count, 0);
}

static void check_whole(const struct mneme_operation *operation) {
    const char *name = operation->name;
    size_t fields = mneme_op_field_count(operation);
    cr_expect_leq(fields, MNEME_OP_MAX_FIELDS, "%s", name);
    cr_expect_not_null(operation->summary, "%s", name);
    cr_expect_eq(operation->summary[strlen(operation->summary) - 1], '.', "%s", name);
    cr_expect_not_null(operation->examples, "%s", name);
    cr_expect_eq(mneme_op_by_name(mneme_str_from(name)), operation, "%s is there twice", name);
    bool has_function = operation->write != NULL || operation->read != NULL || operation->procedure != NULL ||
                        operation->statements != NULL;
    bool is_table = operation->id != NULL || operation->effect == MNEME_OP_WRITES;
    cr_expect(has_function || is_table, "%s does nothing", name);
    if (operation->write == mneme_op_events_of_each) {
        cr_expect_gt(operation->finds, 0, "%s", name);
        cr_expect_eq(operation->fields[operation->finds - 1].type, MNEME_OP_IDS, "%s", name);
        cr_expect_not_null(mneme_record_field(&mneme_payload_info[operation->event_type], operation->id),
                           "%s: no %s", name, operation->id);
    }
    cr_expect(operation->consent != NULL || operation->needs_consent == NULL, "%s", name);
    cr_expect((operation->consent == NULL) == (operation->not_consented == NULL), "%s", name);
    cr_expect((operation->groups & MNEME_OP_READS_A_SCOPE) == 0 || operation->scopes != NULL, "%s", name);
    cr_expect((operation->groups & MNEME_OP_PAGED) == 0 || operation->page > 0, "%s", name);
    cr_expect(operation->form == MNEME_OP_RECEIPT || operation->columns != NULL ||
                  operation->statements != NULL,
              "%s has no columns", name);
    for (size_t i = 0; i < fields; i++) {
        const struct mneme_op_field *field = &operation->fields[i];
        cr_expect_not_null(field->help, "%s: %s", name, field->name);
        for (const char *at = field->name; *at != '\0'; at++) {
            cr_expect(islower((unsigned char)*at) || *at == '_', "%s: %s", name, field->name);
        }
        for (size_t j = 0; j < i; j++) {
            cr_expect_str_neq(field->name, operation->fields[j].name, "%s: %s twice", name, field->name);
        }
    }
}

Test(op_catalogue, every_operation_is_whole) {
    for_each(check_whole);
}

/* The payload's field of the same name takes the value, and its bounds are those of the schema. */
static void check_payload(const struct mneme_operation *operation) {
    for (size_t i = 0; i < mneme_op_field_count(operation); i++) {
        const struct mneme_op_field *field = &operation->fields[i];
        if ((field->flags & MNEME_OP_TO_PAYLOAD) == 0) {
            continue;
        }
        const struct mneme_field_info *info = NULL;
        for (int type = 0; type < MNEME_EVENT_TYPE_COUNT && info == NULL; type++) {
            bool is_its = operation->procedure != NULL || type == (int)operation->event_type;
            info = is_its ? mneme_record_field(&mneme_payload_info[type], field->name) : NULL;
        }
        cr_assert_not_null(info, "%s: no payload has %s", operation->name, field->name);
        bool is_number = field->type == MNEME_OP_INTEGER || field->type == MNEME_OP_DECIMAL;
        if (is_number && (field->minimum != 0 || field->maximum != 0) && field->maximum < 9e18) {
            cr_expect_geq(field->minimum, info->minimum, "%s: %s", operation->name, field->name);
            cr_expect_leq(field->maximum, info->maximum, "%s: %s", operation->name, field->name);
        }
    }
}

Test(op_catalogue, fields_fit_the_payload_that_they_go_to) {
    for_each(check_payload);
}

/* --- faces --- */

static struct mneme_arena arena;
static const struct mneme_command *tree;

/* The command of the operation, found by its words. */
static const struct mneme_command *command_of(const char *name) {
    const struct mneme_command *command = tree;
    const char *at = name;
    while (command != NULL && *at != '\0') {
        size_t len = strcspn(at, ".");
        const struct mneme_command *next = NULL;
        for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
            const char *word = command->subcommands[i]->name;
            next = strlen(word) == len && memcmp(word, at, len) == 0 ? command->subcommands[i] : next;
        }
        command = next;
        at += len + (at[len] == '.');
    }
    return command;
}

/* The option of a field: the same name with dashes, the same help. */
static void check_option(const struct mneme_command *command, const struct mneme_op_field *field) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, command, NULL);
    char name[64];
    snprintf(name, sizeof name, "%s", field->option != NULL ? field->option : field->name);
    for (char *at = name; *at != '\0'; at++) {
        *at = *at == '_' ? '-' : *at;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i]->name, name) == 0) {
            cr_expect_eq(list[i]->argument == NULL, field->type == MNEME_OP_FLAG, "%s --%s", command->name,
                         name);
            cr_expect_str_eq(list[i]->help, field->help, "%s --%s", command->name, name);
            if (field->setting != 0) {
                cr_expect_eq(list[i]->setting, field->setting - 1, "%s --%s", command->name, name);
            }
            return;
        }
    }
    cr_expect_fail("%s has no option --%s", command->name, name);
}

static void check_command(const struct mneme_operation *operation) {
    struct mneme_op_request request;
    struct mneme_op_slot slot;
    const struct mneme_command *command = command_of(operation->name);
    cr_assert_not_null(command, "no command for %s", operation->name);
    cr_expect_eq(command->operation, operation, "%s", operation->name);
    mneme_op_request_init(&request, operation, config);
    for (size_t i = 0; mneme_op_request_slot(&slot, &request, i); i++) {
        if ((slot.field->flags & MNEME_OP_POSITIONAL) == 0) {
            check_option(command, slot.field);
        } else {
            const char *shown =
                slot.field->shown != NULL ? slot.field->shown : mneme_op_type_shown(slot.field->type);
            cr_expect_not_null(strstr(command->arguments, shown), "%s: '%s'", operation->name,
                               command->arguments);
        }
    }
    mneme_op_request_clean_up(&request);
}

Test(op_catalogue, the_command_line_has_every_field) {
    mneme_arena_init(&arena, 0);
    tree = mneme_face_commands(&mneme_command_root, &arena);
    cr_assert_not_null(tree);
    for_each(check_command);
    mneme_arena_clean_up(&arena);
}

static struct mneme *mneme;

/* Whether the library takes a value is the field's business; that it knows the field is what is asked here.
 */
static void check_call(const struct mneme_operation *operation) {
    struct mneme_op_request request;
    struct mneme_op_slot slot;
    struct mneme_request *call;
    cr_assert_eq(mneme_request_new(&call, mneme, operation->name, &error), MNEME_OK, "%s", error.message);
    mneme_op_request_init(&request, operation, config);
    for (size_t i = 0; mneme_op_request_slot(&slot, &request, i); i++) {
        error.message[0] = '\0';
        (void)mneme_request_set(call, slot.field->name, "1", &error);
        cr_expect_null(strstr(error.message, "has no field"), "%s", error.message);
    }
    cr_expect_eq(mneme_request_set(call, "no_such_field", "1", &error), MNEME_E_USAGE);
    cr_expect_not_null(strstr(error.message, "has no field 'no_such_field'"), "%s", error.message);
    mneme_op_request_clean_up(&request);
    mneme_request_free(call);
}

Test(op_catalogue, the_library_has_every_operation_and_field) {
    size_t count = 0;
    cr_assert_eq(mneme_connect(&mneme, NULL, NULL, 0, &error), MNEME_OK, "%s", error.message);
    for_each(check_call);
    while (mneme_operation_name(count) != NULL) {
        cr_expect_not_null(mneme_op_by_name(mneme_str_from(mneme_operation_name(count))));
        count++;
    }
    cr_assert_gt(count, 10);
    mneme_disconnect(mneme);
}
