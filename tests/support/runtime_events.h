/*
 * Events and records for the tests of the worker runtime: a real event, encoded as a publisher does it.
 */
#ifndef MNEME_TESTS_RUNTIME_EVENTS_H
#define MNEME_TESTS_RUNTIME_EVENTS_H

#include "common/base/buffer.h"
#include "schemas/codec.h"

/* Appends the message of a memory_created event of the user, and its key. The event's text is "text
 * <number>"; `partitions` gives *partition, where it belongs. Fails the test when it cannot. */
void mneme_test_event(struct mneme_buffer *key, struct mneme_buffer *value, int32_t *partition,
                      struct mneme_codec *codec, const char *user, int number, int32_t partitions);

/* A codec by the settings of the environment, without a registry. */
struct mneme_codec *mneme_test_codec(void);

#endif
