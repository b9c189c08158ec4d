/*
 * Another implementation to check the codec against: Avro C's generic values, filled from events and compared
 * with them by field names alone.
 */
#ifndef MNEME_TESTS_AVRO_ORACLE_H
#define MNEME_TESTS_AVRO_ORACLE_H

#include <avro.h>

#include "schemas/event.h"

struct mneme_oracle {
    avro_schema_t schema;
    avro_value_iface_t *type;
    avro_value_t value;
};

/* False when Avro C refuses the schema. */
bool mneme_oracle_open(struct mneme_oracle *oracle, const char *schema_json);
void mneme_oracle_close(struct mneme_oracle *oracle);

/* Appends the event's binary form as Avro C writes it; fields that the schema lacks are left out. */
bool mneme_oracle_encode(struct mneme_oracle *oracle, const struct mneme_event *event,
                         struct mneme_buffer *out);

/* Reads bytes with Avro C and compares: NULL when they are the event, else what differs. */
const char *mneme_oracle_compare(struct mneme_oracle *oracle, struct mneme_str bytes,
                                 const struct mneme_event *event);

#endif
