/*
 * What a test against real services starts from: a database, a topic and a Redis prefix that nobody else
 * uses, and settings that lead to them. Needs the environment of `ops/stack env`.
 */
#ifndef MNEME_TESTS_FIXTURE_H
#define MNEME_TESTS_FIXTURE_H

#include "common/base/error.h"
#include "common/config/config.h"

enum mneme_fixture_wants {
    MNEME_FIXTURE_POSTGRES = 1, /* a fresh, empty database; DATABASE_URL leads to it */
    MNEME_FIXTURE_TOPIC = 2,    /* the events topic is made, with MNEME_TOPIC_PARTITIONS partitions */
    MNEME_FIXTURE_TABLES = 4,   /* a fresh database with the tables of every projection */
};

struct mneme_fixture {
    struct mneme_config *config; /* owned; the prefix of topics is always fresh */
    char database[80];           /* "" when there is none */
    char topic_prefix[80];       /* "test-<pid>-<random>." */
    char redis_prefix[80];       /* the same with a colon at its end */
    char server_url[2048];       /* the DATABASE_URL that the fixture was made from */
    bool has_topic;
};

/* Makes what `wants` (or-ed) names. MNEME_E_USAGE when the environment does not name the service. On failure
 * nothing is left behind. `partitions` 0 means what the settings say. */
int mneme_fixture_set_up(struct mneme_fixture *fixture, unsigned wants, int partitions,
                         struct mneme_error *error);

/* Drops database and topic, also with connections open. Does nothing for a zeroed fixture. */
void mneme_fixture_tear_down(struct mneme_fixture *fixture);

/* Makes the topic `name` with the settings of the events topic, and waits until the brokers know it. */
int mneme_fixture_create_topic(const struct mneme_config *config, const char *name, int partitions,
                               struct mneme_error *error);

#endif
