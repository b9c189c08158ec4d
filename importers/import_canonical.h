/*
 * A canonical form of JSON, independent of white space, escapes and the order of members, from which ids can
 * be derived. Numbers keep their digits. Duplicate names in one object are refused, since readers differ in
 * which of the two they use.
 */
#ifndef MNEME_IMPORTERS_IMPORT_CANONICAL_H
#define MNEME_IMPORTERS_IMPORT_CANONICAL_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"

/* Appends the canonical form of a value that mneme_json_check has accepted; the arena is working memory.
 * MNEME_E_INVALID names a duplicate. */
int mneme_import_canonical(struct mneme_buffer *out, struct mneme_arena *arena, struct mneme_str value,
                           struct mneme_error *error);

#endif
