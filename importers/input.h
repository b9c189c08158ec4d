/*
 * Files as importers read them: gzip is inflated, and what is certainly no text in UTF-8 is refused with a
 * word on what to do.
 */
#ifndef MNEME_IMPORTERS_INPUT_H
#define MNEME_IMPORTERS_INPUT_H

#include "common/base/cancel.h"
#include "common/base/error.h"
#include "common/base/types.h"

/* Bytes from the beginning that are enough to know a format by. */
#define MNEME_INPUT_FIRST_BYTES 262

/* Why input that begins with these bytes is not read, "it is a zip archive; unpack it, …"; NULL: nothing
 * speaks against it. A constant. */
const char *mneme_input_refusal(struct mneme_str first);

/* Whether more than these first bytes are needed to say what mneme_input_refusal and mneme_inflate_is_gzip
 * ask, but for what only an archive of files can tell by its 262nd byte. */
bool mneme_input_is_undecided(struct mneme_str first);

/* Opens a regular file for reading at any place: the file itself, or what its gzip data hold, which then lies
 * in a file without a name in $TMPDIR, else /tmp. The caller closes *fd. Blocks; `cancel` may be NULL.
 * MNEME_E_NOT_FOUND; MNEME_E_INVALID for what is no such file, cannot be inflated, or is refused;
 * MNEME_E_UNAVAILABLE when there is no room to inflate it; MNEME_E_TIMEOUT when it was cancelled. */
int mneme_input_open(int *fd, const char *path, const struct mneme_cancel *cancel, struct mneme_error *error);

#endif
