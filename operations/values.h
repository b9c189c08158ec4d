/*
 * Converts a field's text to its value by the field's type: a table has one row for each type.
 */
#ifndef MNEME_OPERATIONS_VALUES_H
#define MNEME_OPERATIONS_VALUES_H

#include "operations/request.h"

/* Reads `text` into *value. MNEME_E_USAGE: "LABEL was not taken: …; …", where `label` names the field. */
int mneme_op_value_read(struct mneme_op_value *value, const struct mneme_op_field *field, const char *label,
                        struct mneme_str text, struct mneme_arena *arena, struct mneme_error *error);

/* Adds one item to the values of a LIST, of IDS or of POSITIONS. */
int mneme_op_value_add(struct mneme_op_value *value, const struct mneme_op_field *field, const char *label,
                       struct mneme_str item, struct mneme_arena *arena, struct mneme_error *error);

/* What help calls a value of the type, such as "TIME"; NULL for a flag. */
const char *mneme_op_type_shown(enum mneme_op_type type);

/* Whether the type takes several values. */
static inline bool mneme_op_type_is_many(enum mneme_op_type type) {
    return type == MNEME_OP_LIST || type == MNEME_OP_IDS || type == MNEME_OP_POSITIONS;
}

/* Whether a face may take a value from a file or from standard input. */
static inline bool mneme_op_type_is_long(enum mneme_op_type type) {
    return type == MNEME_OP_LONG_TEXT || type == MNEME_OP_TEXT_OR_OBJECT || type == MNEME_OP_VALUE ||
           type == MNEME_OP_JSON || type == MNEME_OP_OBJECT;
}

#endif
