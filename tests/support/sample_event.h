/*
 * Events for tests, made from the descriptors: valid ones of every type with nothing or everything set, so
 * that a new type or field is tested without a line of test code.
 */
#ifndef MNEME_TESTS_SAMPLE_EVENT_H
#define MNEME_TESTS_SAMPLE_EVENT_H

#include "schemas/event.h"

enum mneme_sample {
    MNEME_SAMPLE_REQUIRED, /* what may be left out is null, an array has no items */
    MNEME_SAMPLE_FULL,     /* every field is set to something of its own */
};

/* A valid event; its strings are constants or lie in the arena. */
void mneme_sample_event(struct mneme_event *event, struct mneme_arena *arena, enum mneme_event_type type,
                        enum mneme_sample sample);

/* Sets one field of a record to a valid value that differs from its default and from other fields' values. */
void mneme_sample_field(void *record, const struct mneme_field_info *field, struct mneme_arena *arena);

/* NULL when both are the same event, else the name of a field that differs. */
const char *mneme_events_differ(const struct mneme_event *a, const struct mneme_event *b);

#endif
