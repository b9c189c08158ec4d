/*
 * Inflates gzip as a stream: one or several members, in bounded memory. One thread at a time.
 */
#ifndef MNEME_IMPORTERS_INFLATE_H
#define MNEME_IMPORTERS_INFLATE_H

#include "common/base/error.h"
#include "common/base/types.h"

struct mneme_inflate;

/* Whether these first bytes are those of gzip; two are enough. */
bool mneme_inflate_is_gzip(struct mneme_str first);

/* MNEME_E_NO_MEMORY. The caller destroys *out, which is NULL on an error. */
int mneme_inflate_new(struct mneme_inflate **out, struct mneme_error *error);
void mneme_inflate_destroy(struct mneme_inflate *inflate); /* NULL is allowed */

/* Receives inflated bytes; an error ends the feeding with it. */
typedef int mneme_inflate_fn(void *context, const void *bytes, size_t len, struct mneme_error *error);

/* Inflates the next bytes. MNEME_E_INVALID, a clause such as "its gzip data is damaged at byte 7", when they
 * are not gzip; everything before them was handed over. */
int mneme_inflate_feed(struct mneme_inflate *inflate, struct mneme_str bytes, mneme_inflate_fn *put,
                       void *context, struct mneme_error *error);

/* Ends the input. MNEME_E_INVALID when the data ends too early. */
int mneme_inflate_end(const struct mneme_inflate *inflate, struct mneme_error *error);

#endif
