/*
 * One form for JSON that says the same, whatever its white space, its escapes and the order of its members,
 * so that an identity can be made of it. Numbers keep the digits they are written with. A name given twice in
 * one object is refused, since readers differ in which of the two they believe.
 */
#ifndef MNEME_IMPORTERS_IMPORT_CANONICAL_H
#define MNEME_IMPORTERS_IMPORT_CANONICAL_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"

/* Appends the form of a value that mneme_json_check has accepted; the arena is for what that needs.
 * MNEME_E_INVALID names what is given twice. */
int mneme_import_canonical(struct mneme_buffer *out, struct mneme_arena *arena, struct mneme_str value,
                           struct mneme_error *error);

#endif
