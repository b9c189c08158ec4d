/*
 * Compares the events of a file with the tables, for `mneme import --validate`.
 */
#ifndef MNEME_QUERIES_IMPORT_COMPARE_H
#define MNEME_QUERIES_IMPORT_COMPARE_H

#include "queries/question.h"

/* Of one event. */
struct mneme_import_compared {
    int64_t n; /* the event's place in the request, from 1 */
    struct mneme_str
        verdict; /* the ledger's verdict, or "detached"; null: the ledger does not have the event */
    struct mneme_opt_long
        version; /* version of the memory that the event creates; unset: there is no memory */
    struct mneme_opt_bool is_deleted; /* that memory */
    struct mneme_str_array differing; /* names of fields in which the memory differs from the event */
};

/* Visits struct mneme_import_compared for each event of `events_json`, a JSON array of them as they are
 * published, in its order. */
int mneme_import_compare(struct mneme_postgres *postgres, struct mneme_str events_json,
                         mneme_row_visitor *visit, void *context, struct mneme_error *error);

#endif
