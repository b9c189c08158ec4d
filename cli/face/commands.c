#include "cli/face/commands.h"

#include <stdio.h>

#include "cli/face/face.h"
#include "cli/frame/options.h"
#include "operations/catalogue.h"
#include "operations/request.h"
#include "operations/values.h"

#define MAX_VERBS 64
#define MAX_IDS 10000

/* Options that belong to a group of common ones but are added one by one. */
static const struct mneme_cli_option wait_timeout = {"wait-timeout", 0, "MS", MNEME_SETTING_WAIT_TIMEOUT_MS,
                                                     "How long to wait for it, in milliseconds."};

static const struct {
    unsigned group, common;
} common_of_groups[] = {
    {MNEME_OP_OF_TENANT, MNEME_CLI_TENANT},    {MNEME_OP_SCOPED, MNEME_CLI_SCOPE},
    {MNEME_OP_UP_TO_DATE, MNEME_CLI_AT_LEAST}, {MNEME_OP_IN_THE_PAST, MNEME_CLI_AS_OF},
    {MNEME_OP_PAGED, MNEME_CLI_PAGE},          {MNEME_OP_WITH_CURSOR, MNEME_CLI_CURSOR},
};

/* Fields that are among the command's own options, unless a scope brings them. */
static const enum mneme_op_common scope[] = {MNEME_OP_USER, MNEME_OP_AGENT, MNEME_OP_RUN,
                                             MNEME_OP_CONVERSATION};
static const enum mneme_op_common written[] = {MNEME_OP_STREAM,      MNEME_OP_IDEMPOTENCY_KEY,
                                               MNEME_OP_CORRELATION, MNEME_OP_CAUSATION,
                                               MNEME_OP_ACTOR,       MNEME_OP_WAIT};

static const char *copy_text(struct mneme_arena *arena, const char *text) {
    return mneme_arena_copy(arena, mneme_str_from(text)).data;
}

static struct mneme_cli_option make_option(const struct mneme_op_field *field, struct mneme_arena *arena) {
    char name[MNEME_FACE_OPTION_BYTES];
    mneme_face_option_name(name, field);
    return (struct mneme_cli_option){
        .name = copy_text(arena, name),
        .letter = field->letter,
        .argument = field->type == MNEME_OP_FLAG ? NULL
                    : field->shown != NULL       ? field->shown
                                                 : mneme_op_type_shown(field->type),
        .setting = field->setting - 1,
        .help = field->help,
    };
}

/* Appends the common fields that the operation takes. */
static size_t add_common(struct mneme_cli_option *options, size_t count, const enum mneme_op_common *fields,
                         size_t field_count, const struct mneme_operation *operation,
                         struct mneme_arena *arena) {
    for (size_t i = 0; i < field_count; i++) {
        if (mneme_op_takes(operation, fields[i])) {
            options[count++] = make_option(mneme_op_common_field(fields[i]), arena);
        }
    }
    return count;
}

/* First the options that say whose data, then the operation's own fields, then those of a write. */
static const struct mneme_cli_option *make_options(const struct mneme_operation *operation,
                                                   struct mneme_arena *arena) {
    size_t count = 0;
    struct mneme_cli_option *options = mneme_arena_calloc(arena, MNEME_CLI_MAX_OPTIONS, sizeof *options);
    if (options != NULL && (operation->groups & MNEME_OP_SCOPED) == 0) {
        count = add_common(options, count, scope, sizeof scope / sizeof *scope, operation, arena);
    }
    for (size_t i = 0; options != NULL && i < mneme_op_field_count(operation); i++) {
        const struct mneme_op_field *field = &operation->fields[i];
        if ((field->flags & MNEME_OP_POSITIONAL) != 0) {
            continue;
        }
        options[count++] = make_option(field, arena);
        if (field->former != NULL) {
            options[count] = options[count - 1];
            options[count].name = field->former;
            options[count].letter = 0;
            options[count++].help = NULL;
        }
    }
    if (options != NULL && (operation->groups & MNEME_OP_LIMITED) != 0) {
        options[count++] = make_option(mneme_op_common_field(MNEME_OP_LIMIT), arena);
    }
    if (options != NULL) {
        count = add_common(options, count, written, sizeof written / sizeof *written, operation, arena);
    }
    if (options != NULL && (operation->groups & MNEME_OP_WRITTEN) != 0) {
        options[count++] = wait_timeout;
    }
    return options;
}

/* "ID [TEXT|-]"; "[ID|-]" where lines may take the place of the id. */
static const char *make_arguments(struct mneme_command *command, struct mneme_arena *arena) {
    const struct mneme_operation *operation = command->operation;
    char text[256] = "";
    size_t len = 0;
    for (size_t i = 0; i < mneme_op_field_count(operation) && len < sizeof text; i++) {
        const struct mneme_op_field *field = &operation->fields[i];
        if ((field->flags & MNEME_OP_POSITIONAL) == 0) {
            continue;
        }
        if (field->type == MNEME_OP_LINES && len > 0) {
            len += (size_t)snprintf(text + len - 1, sizeof text - len, "|-]") - 1;
            continue;
        }
        bool is_required = (field->flags & MNEME_OP_REQUIRED) != 0;
        const char *name = field->shown != NULL ? field->shown : mneme_op_type_shown(field->type);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s%s%s%s%s", len > 0 ? " " : "",
                                is_required ? "" : "[", name, mneme_op_type_is_long(field->type) ? "|-" : "",
                                mneme_op_type_is_many(field->type) ? "…" : "", is_required ? "" : "]");
        command->min_arguments += is_required;
        command->max_arguments += mneme_op_type_is_many(field->type) ? MAX_IDS : 1;
    }
    return copy_text(arena, text);
}

/* Names of the options that narrow the read, as the command line has them. */
static const char *const *make_scopes(const struct mneme_operation *operation,
                                      const struct mneme_config *config, struct mneme_arena *arena) {
    struct mneme_op_request request;
    const char **scopes = mneme_arena_calloc(arena, MNEME_CLI_MAX_OPTIONS, sizeof *scopes);
    if ((operation->groups & MNEME_OP_READS_A_SCOPE) == 0 || scopes == NULL) {
        return NULL;
    }
    mneme_op_request_init(&request, operation, config);
    for (size_t i = 0; operation->scopes[i] != NULL; i++) {
        struct mneme_op_slot slot;
        char name[MNEME_FACE_OPTION_BYTES];
        if (mneme_op_request_find(&slot, &request, mneme_str_from(operation->scopes[i]), NULL) == MNEME_OK) {
            mneme_face_option_name(name, slot.field);
            scopes[i] = copy_text(arena, name);
        }
    }
    mneme_op_request_clean_up(&request);
    return scopes;
}

/* --columns applies to a single table; when statements show different columns, there are several tables. */
static unsigned table_options(const struct mneme_operation *operation) {
    bool has_several = false;
    for (const struct mneme_op_statement *statement = operation->statements;
         statement != NULL && statement->sql != NULL; statement++) {
        has_several = has_several || statement->columns != NULL;
    }
    if (operation->form == MNEME_OP_TABLE) {
        return has_several ? MNEME_CLI_TABLES : MNEME_CLI_TABLE;
    }
    return operation->form == MNEME_OP_DETAILS_AND_TABLES ? MNEME_CLI_TABLES : 0;
}

/* `name` is the operation's, or its alias. */
static const struct mneme_command *make_command(const struct mneme_operation *operation, const char *name,
                                                struct mneme_arena *arena) {
    const char *dot = strrchr(name, '.');
    struct mneme_command *command = mneme_arena_calloc(arena, 1, sizeof *command);
    if (command == NULL) {
        return NULL;
    }
    *command = (struct mneme_command){
        .name = dot != NULL ? dot + 1 : name,
        .summary = operation->summary,
        .details = operation->details,
        .examples = operation->examples,
        .operation = operation,
        .options = make_options(operation, arena),
        .scopes = make_scopes(operation, NULL, arena),
        .run = mneme_face_run,
    };
    command->arguments = make_arguments(command, arena);
    for (size_t i = 0; i < sizeof common_of_groups / sizeof *common_of_groups; i++) {
        command->common |=
            (operation->groups & common_of_groups[i].group) != 0 ? common_of_groups[i].common : 0;
    }
    command->common |= operation->consent != NULL ? MNEME_CLI_CONSENT : 0;
    command->common |= table_options(operation);
    return command->options == NULL || command->arguments == NULL ? NULL : command;
}

/* Appends the commands of the operations that belong to the noun by name or alias. */
static bool add_verbs(const struct mneme_command **verbs, size_t *count, const char *noun,
                      struct mneme_arena *arena) {
    size_t noun_len = strlen(noun);
    for (const struct mneme_op_noun *any = mneme_op_catalogue; any->name != NULL; any++) {
        for (size_t i = 0; any->operations[i] != NULL; i++) {
            const char *names[] = {any->operations[i]->name, any->operations[i]->alias};
            for (size_t j = 0; j < 2; j++) {
                bool is_of =
                    names[j] != NULL && strncmp(names[j], noun, noun_len) == 0 && names[j][noun_len] == '.';
                if (!is_of || *count == MAX_VERBS) {
                    continue;
                }
                verbs[*count] = make_command(any->operations[i], names[j], arena);
                if (verbs[(*count)++] == NULL) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* The command of the noun: the verbs of the catalogue, then those of `before` (may be NULL). */
static const struct mneme_command *make_noun(const struct mneme_op_noun *noun,
                                             const struct mneme_command *before, struct mneme_arena *arena) {
    struct mneme_command *command = mneme_arena_calloc(arena, 1, sizeof *command);
    const struct mneme_command **verbs = mneme_arena_calloc(arena, MAX_VERBS + 1, sizeof *verbs);
    size_t count = 0;
    if (command == NULL || verbs == NULL || !add_verbs(verbs, &count, noun->name, arena)) {
        return NULL;
    }
    *command = (struct mneme_command){
        .name = noun->name, .summary = noun->summary, .arguments = "", .examples = noun->examples};
    if (before != NULL && before->subcommands != NULL) {
        *command = *before;
        for (size_t i = 0; before->subcommands[i] != NULL && count < MAX_VERBS; i++) {
            verbs[count++] = before->subcommands[i];
        }
    }
    command->subcommands = verbs;
    return command;
}

static const struct mneme_op_noun *find_noun(const char *name) {
    for (const struct mneme_op_noun *noun = mneme_op_catalogue; noun->name != NULL; noun++) {
        if (strcmp(noun->name, name) == 0) {
            return noun;
        }
    }
    return NULL;
}

static bool has_command(const struct mneme_command *root, const char *name) {
    for (size_t i = 0; root->subcommands[i] != NULL; i++) {
        if (strcmp(root->subcommands[i]->name, name) == 0) {
            return true;
        }
    }
    return false;
}

const struct mneme_command *mneme_face_commands(const struct mneme_command *root, struct mneme_arena *arena) {
    struct mneme_command *tree = mneme_arena_calloc(arena, 1, sizeof *tree);
    const struct mneme_command **all = mneme_arena_calloc(arena, 3 * MAX_VERBS + 1, sizeof *all);
    size_t count = 0;
    if (tree == NULL || all == NULL) {
        return NULL;
    }
    for (size_t i = 0; root->subcommands[i] != NULL; i++) {
        const char *name = root->subcommands[i]->name;
        const struct mneme_op_noun *noun = find_noun(name);
        const struct mneme_operation *operation = mneme_op_by_name(mneme_str_from(name));
        all[count] = noun != NULL        ? make_noun(noun, root->subcommands[i], arena)
                     : operation != NULL ? make_command(operation, name, arena)
                                         : root->subcommands[i];
        if (all[count++] == NULL) {
            return NULL;
        }
    }
    for (const struct mneme_op_noun *noun = mneme_op_catalogue; noun->name != NULL; noun++) {
        bool is_new = noun->name[0] != '\0' && !has_command(root, noun->name);
        all[count] = is_new ? make_noun(noun, NULL, arena) : NULL;
        if (is_new && all[count++] == NULL) {
            return NULL;
        }
        for (size_t i = 0; noun->name[0] == '\0' && noun->operations[i] != NULL; i++) {
            const char *name = noun->operations[i]->name;
            bool is_listed = has_command(root, name);
            all[count] = is_listed ? NULL : make_command(noun->operations[i], name, arena);
            if (!is_listed && all[count++] == NULL) {
                return NULL;
            }
        }
    }
    *tree = *root;
    tree->subcommands = all;
    return tree;
}
