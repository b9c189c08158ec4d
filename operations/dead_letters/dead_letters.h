/*
 * Dead letters: what a projection cannot apply, what waits behind that, and what was dropped. For who runs
 * Mneme: it spans all tenants.
 */
#ifndef MNEME_OPERATIONS_DEAD_LETTERS_DEAD_LETTERS_H
#define MNEME_OPERATIONS_DEAD_LETTERS_DEAD_LETTERS_H

#include "operations/call.h"
#include "queries/dead_letters.h"

extern const struct mneme_operation mneme_op_dead_letters_list;
extern const struct mneme_operation mneme_op_dead_letters_show;

/* --- for the files of this folder --- */

#define MNEME_DEAD_LETTERS_PROJECTION_FIELD                                                                  \
    {                                                                                                        \
        .name = "projection", .letter = 'p', .type = MNEME_OP_TEXT, .shown = "PROJECTION",                   \
        .help = "As this projection has it: postgres, search, embed or vectors.",                            \
    }

/* What a person sees of one that is parked, and of one that was dropped; and what both are. */
extern const struct mneme_op_column mneme_dead_letters_parked[], mneme_dead_letters_dropped_shown[];

/* MNEME_E_USAGE unless a projection is called as the field at `field` says, or nothing is said. */
int mneme_dead_letters_check_projection(const struct mneme_op_request *request, int field,
                                        struct mneme_error *error);

/* A connection that sees every tenant's events, so that nothing is noted of what this one's reads do not
 * show. Returned by the service when the call ends. */
int mneme_dead_letters_connect(struct mneme_postgres **out, struct mneme_op_call *call,
                               struct mneme_error *error);

#endif
