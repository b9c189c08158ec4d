/*
 * What Postgres itself can do with the rows of a rebuild: binary COPY of the same rows into tables without
 * any index, over one connection, and the same indexes built afterwards, in another schema of the same
 * database.
 */
#ifndef MNEME_TESTS_COPY_BULK_H
#define MNEME_TESTS_COPY_BULK_H

#include "common/postgres/postgres.h"
#include "tests/support/bench.h"

struct mneme_copy_bulk {
    double copy_seconds;
    double index_seconds;
    double server_cpu_seconds; /* of the whole server; 0 when it runs elsewhere */
};

/* Copies the rows of schema `from` through files in a temporary folder into the schema `to`, which is made
 * anew. Times are those of COPY … FROM and CREATE INDEX alone. */
int mneme_copy_bulk(struct mneme_copy_bulk *bulk, const struct mneme_config *config, const char *from,
                    const char *to, struct mneme_error *error);

#endif
