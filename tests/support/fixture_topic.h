/*
 * Topics of tests, through the admin interface; used by the fixture.
 */
#ifndef MNEME_TESTS_FIXTURE_TOPIC_H
#define MNEME_TESTS_FIXTURE_TOPIC_H

#include "common/base/error.h"
#include "common/config/config.h"

/* Deletes the topic `name`; returns when the brokers have taken it up. */
int mneme_fixture_delete_topic(const struct mneme_config *config, const char *name,
                               struct mneme_error *error);

#endif
