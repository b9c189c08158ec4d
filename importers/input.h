/*
 * Input files of importers: gzip is inflated, and files that are certainly not UTF-8 text are refused with
 * advice.
 */
#ifndef MNEME_IMPORTERS_INPUT_H
#define MNEME_IMPORTERS_INPUT_H

#include "common/base/cancel.h"
#include "common/base/error.h"
#include "common/base/types.h"

/* Number of leading bytes that are enough to recognize a format. */
#define MNEME_INPUT_FIRST_BYTES 262

/* Why input that begins with these bytes is refused, "it is a zip archive; unpack it …"; NULL: it is not. A
 * constant. */
const char *mneme_input_refusal(struct mneme_str first);

/* Whether mneme_input_refusal and mneme_inflate_is_gzip need more than these first bytes for an answer (not
 * counting tar archives, which need 262 bytes). */
bool mneme_input_is_undecided(struct mneme_str first);

/* Opens a regular file for reading at any place: the file itself, or its inflated gzip data in an unnamed
 * file in $TMPDIR, else /tmp. The caller closes *fd. Blocks; `cancel` may be NULL. MNEME_E_NOT_FOUND;
 * MNEME_E_INVALID for a file that is not regular, cannot be inflated, or is refused; MNEME_E_UNAVAILABLE when
 * there is no room to inflate it; MNEME_E_TIMEOUT when it was cancelled. */
int mneme_input_open(int *fd, const char *path, const struct mneme_cancel *cancel, struct mneme_error *error);

#endif
