/*
 * All operations, in the order in which they are listed to users, and the nouns that they belong to.
 */
#ifndef MNEME_OPERATIONS_CATALOGUE_H
#define MNEME_OPERATIONS_CATALOGUE_H

#include "operations/operation.h"

struct mneme_op_noun {
    const char *name;     /* "memory"; "": operations whose name is a verb alone, such as "search" */
    const char *summary;  /* one line */
    const char *examples; /* of the command line */
    const struct mneme_operation *const *operations; /* ends with NULL */
};

/* Ends with a NULL name. */
extern const struct mneme_op_noun mneme_op_catalogue[];

/* The operation of that name or alias ("memory.add"), or NULL. */
const struct mneme_operation *mneme_op_by_name(struct mneme_str name);

#endif
