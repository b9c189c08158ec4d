/*
 * Shared by the two halves of reading events from JSON: the state, and reading one value into one field.
 */
#ifndef MNEME_SCHEMAS_EVENT_INPUT_H
#define MNEME_SCHEMAS_EVENT_INPUT_H

#include "schemas/event.h"

struct mneme_event_input {
    struct mneme_event *event;
    struct mneme_arena *arena;
    struct mneme_str idempotency_key; /* null when absent */
    const char *prefix;               /* prefix of field names in errors: "payload." or "" */
    struct mneme_error *error;
};

/* "event refused: payload.confidence must be a number, not a string". */
#define MNEME_EVENT_INPUT_REFUSE(input, name, format, ...)                                                   \
    mneme_error_set((input)->error, MNEME_E_INVALID, "event refused: %s%s " format, (input)->prefix, (name), \
                    ##__VA_ARGS__)

int mneme_event_input_out_of_memory(const struct mneme_event_input *input);
int mneme_event_input_wrong_kind(const struct mneme_event_input *input, const char *name, const char *wanted,
                                 struct mneme_str value);

/* A string, unquoted; MNEME_E_INVALID for anything else. */
int mneme_event_input_read_string(const struct mneme_event_input *input, const char *name,
                                  struct mneme_str *out, struct mneme_str value);

/* Reads any value but null into the record's field, which becomes set. */
int mneme_event_input_read_value(const struct mneme_event_input *input, const struct mneme_field_info *field,
                                 void *record, struct mneme_str value);

#endif
