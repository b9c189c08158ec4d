/*
 * The objects in a JSON column for people: a line for each, with the members that have headings, the last one
 * after a colon.
 */
#include <stdio.h>

#include "cli/face/face.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "common/base/printable.h"
#include "common/json/read.h"

#define INDENT 2

struct parts {
    const struct mneme_op_column *members;
    struct mneme_buffer line;
    struct mneme_arena arena; /* of one object */
};

/* The member's JSON; null when the object has no such member. */
static struct mneme_str json_of(struct mneme_str object, const char *name) {
    struct mneme_json_reader reader = mneme_json_enter(object);
    struct mneme_str key, value;
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, mneme_str_from(name))) {
            return value;
        }
    }
    return MNEME_STR_NULL;
}

/* The member's text, or that of its stand-in. A member of any JSON may be null, too. */
static struct mneme_str text_of(struct parts *parts, struct mneme_str object,
                                const struct mneme_op_column *member) {
    if (member->kind == MNEME_ROW_JSON) {
        return mneme_show_text_of(json_of(object, member->name), &parts->arena);
    }
    struct mneme_str text = mneme_json_member(object, mneme_str_from(member->name), &parts->arena);
    if (text.len == 0 && member->otherwise != NULL) {
        text = mneme_json_member(object, mneme_str_from(member->otherwise), &parts->arena);
    }
    return text;
}

static const struct mneme_op_column *last_of(const struct mneme_op_column *members) {
    const struct mneme_op_column *last = NULL;
    for (; members->name != NULL; members++) {
        last = members->heading != NULL ? members : last;
    }
    return last;
}

static void indent(struct mneme_buffer *line, int columns) {
    mneme_buffer_printf(line, "%*s", columns, "");
}

static void print_object(struct parts *parts, struct mneme_str object, int columns) {
    const struct mneme_op_column *last = last_of(parts->members);
    bool is_begun = false;
    mneme_arena_reset(&parts->arena, SIZE_MAX);
    indent(&parts->line, columns);
    for (const struct mneme_op_column *member = parts->members; member->name != NULL; member++) {
        struct mneme_str text = member->heading == NULL ? MNEME_STR_NULL : text_of(parts, object, member);
        if (text.len == 0) {
            continue;
        }
        mneme_buffer_printf(&parts->line, "%s", !is_begun ? "" : member == last ? ": " : " ");
        mneme_printable(&parts->line, text, false);
        is_begun = true;
    }
    (void)mneme_cli_put_line(&parts->line);
}

/* An array of objects, or an object whose members are such arrays. */
static void print_items(struct parts *parts, struct mneme_str json, int columns) {
    struct mneme_json_reader reader = mneme_json_enter(json);
    struct mneme_str key, item;
    while (mneme_json_next(&reader, &key, &item)) {
        if (key.data == NULL) {
            print_object(parts, item, columns);
            continue;
        }
        indent(&parts->line, columns);
        mneme_arena_reset(&parts->arena, SIZE_MAX);
        struct mneme_str name = {0};
        (void)mneme_json_unquote(&name, &parts->arena, key);
        mneme_printable(&parts->line, name, false);
        (void)mneme_cli_put_line(&parts->line);
        print_items(parts, item, columns + INDENT);
    }
}

const struct mneme_op_part *mneme_face_part(const struct mneme_operation *operation, const char *column) {
    const struct mneme_op_part *part = operation->parts;
    while (part != NULL && part->column != NULL && strcmp(part->column, column) != 0) {
        part++;
    }
    return part == NULL || part->column == NULL ? NULL : part;
}

void mneme_face_print_part(const struct mneme_op_part *part, const char *label, struct mneme_str json) {
    struct parts parts = {.members = part->members};
    struct mneme_str container = mneme_json_trim(json);
    struct mneme_json_reader reader = mneme_json_enter(container);
    struct mneme_str key, item;
    if (mneme_json_next(&reader, &key, &item)) {
        mneme_arena_init(&parts.arena, 0);
        printf("%s\n", label);
        print_items(&parts, container, INDENT);
        mneme_arena_clean_up(&parts.arena);
        mneme_buffer_clean_up(&parts.line);
    }
}
