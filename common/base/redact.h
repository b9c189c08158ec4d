/*
 * Removes passwords from text before a person or a log sees it.
 */
#ifndef MNEME_COMMON_BASE_REDACT_H
#define MNEME_COMMON_BASE_REDACT_H

#include "common/base/buffer.h"

#define MNEME_REDACTED "********"

/* Appends `text` with MNEME_REDACTED instead of the password of each URL (scheme://user:password@host) and of
 * each value of a key that ends in "password" (password=…, sasl.password=…, also quoted or in a query). */
void mneme_redact(struct mneme_buffer *out, struct mneme_str text);

#endif
