/*
 * The binary forms shared by parameters and COPY rows; used only in common/postgres/. All numbers of the
 * protocol are big-endian.
 */
#ifndef MNEME_COMMON_POSTGRES_WIRE_H
#define MNEME_COMMON_POSTGRES_WIRE_H

#include <endian.h>

#include "common/base/buffer.h"
#include "common/postgres/oids.h"

static inline void mneme_pg_wire_16(struct mneme_buffer *out, int16_t value) {
    uint16_t wire = htobe16((uint16_t)value);
    mneme_buffer_append(out, &wire, sizeof wire);
}

static inline void mneme_pg_wire_32(struct mneme_buffer *out, int32_t value) {
    uint32_t wire = htobe32((uint32_t)value);
    mneme_buffer_append(out, &wire, sizeof wire);
}

static inline void mneme_pg_wire_64(struct mneme_buffer *out, int64_t value) {
    uint64_t wire = htobe64((uint64_t)value);
    mneme_buffer_append(out, &wire, sizeof wire);
}

static inline void mneme_pg_wire_float(struct mneme_buffer *out, float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    mneme_pg_wire_32(out, bits);
}

/* A value preceded by its length; a null slice is NULL. */
static inline void mneme_pg_wire_value(struct mneme_buffer *out, struct mneme_str bytes) {
    if (bytes.data == NULL) {
        mneme_pg_wire_32(out, -1);
    } else {
        mneme_pg_wire_32(out, (int32_t)bytes.len);
        mneme_buffer_append_str(out, bytes);
    }
}

/* The header of an array of one dimension. */
static inline void mneme_pg_wire_array(struct mneme_buffer *out, uint32_t element_type, size_t count) {
    mneme_pg_wire_32(out, count == 0 ? 0 : 1); /* dimensions */
    mneme_pg_wire_32(out, 0);                  /* no flags */
    mneme_pg_wire_32(out, (int32_t)element_type);
    if (count > 0) {
        mneme_pg_wire_32(out, (int32_t)count);
        mneme_pg_wire_32(out, 1); /* the first index */
    }
}

#endif
