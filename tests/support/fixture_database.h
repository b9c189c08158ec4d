/*
 * Databases of tests: leading settings to one, and the one that those with tables are copied from.
 */
#ifndef MNEME_TESTS_FIXTURE_DATABASE_H
#define MNEME_TESTS_FIXTURE_DATABASE_H

#include "common/base/error.h"
#include "common/config/config.h"

#define MNEME_FIXTURE_TEMPLATE_BYTES 64

/* Sets DATABASE_URL to `server_url` with another database. */
int mneme_fixture_use_database(struct mneme_config *config, const char *server_url, const char *name,
                               struct mneme_error *error);

/* The name of a database with the tables of every projection and no rows, which is made by the first that
 * asks: others wait for it. `config` leads to the server, then and afterwards. */
int mneme_fixture_template(char name[MNEME_FIXTURE_TEMPLATE_BYTES], struct mneme_config *config,
                           const char *server_url, struct mneme_error *error);

#endif
