/*
 * A load of memories as agents make them: users by chance, texts of real turns, some updates and deletes of
 * what was made before. The same seed makes the same load but for ids and times.
 */
#ifndef MNEME_TESTS_LOAD_H
#define MNEME_TESTS_LOAD_H

#include "producers/publisher.h"

struct mneme_load_options {
    long events;
    unsigned users;
    unsigned update_percent, delete_percent;
    const char *texts; /* a folder of LoCoMo conversations (*.json); NULL: built-in sentences */
};

/* Publishes the load and waits until the brokers have it all. */
int mneme_load_publish(struct mneme_client *client, const struct mneme_load_options *options,
                       struct mneme_error *error);

#endif
