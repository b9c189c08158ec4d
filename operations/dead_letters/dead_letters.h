/*
 * Dead letters: events that a projection cannot apply, events that wait behind those, and events that were
 * dropped. For operators of Mneme: they span all tenants.
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
        .help = "Only this projection: postgres, search, embed or vectors.",                                 \
    }

/* The columns that a person sees of a parked event and of a dropped one, and the columns of both. */
extern const struct mneme_op_column mneme_dead_letters_parked[], mneme_dead_letters_dropped_shown[];

/* MNEME_E_USAGE if the field at `field` is set to something that is not the name of a projection. */
int mneme_dead_letters_check_projection(const struct mneme_op_request *request, int field,
                                        struct mneme_error *error);

/* A connection that sees every tenant's events, so no note about stale reads of this tenant is added. The
 * service takes it back when the call ends. */
int mneme_dead_letters_connect(struct mneme_postgres **out, struct mneme_op_call *call,
                               struct mneme_error *error);

#endif
