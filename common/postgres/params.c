/*
 * Parameters of a statement. Single values are sent as text, so that the server infers their type from the
 * statement; arrays are sent in binary, which avoids quoting.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/json/write.h"
#include "common/postgres/postgres.h"
#include "common/postgres/wire.h"

void mneme_pg_params_clear(struct mneme_pg_params *params) {
    mneme_buffer_clear(&params->bytes);
    params->count = 0;
    params->has_nul = false;
    params->wants_own_plan = false;
}

void mneme_pg_params_clean_up(struct mneme_pg_params *params) {
    mneme_buffer_clean_up(&params->bytes);
    params->count = 0;
}

/* Ends a parameter whose bytes were appended from `start` on. */
static void end_param(struct mneme_pg_params *params, size_t start, int format, Oid type) {
    assert(params->count < MNEME_PG_MAX_PARAMS);
    int index = params->count++;
    params->offset[index] = start;
    params->length[index] = (int)(params->bytes.len - start);
    params->format[index] = format;
    params->type[index] = type;
    mneme_buffer_append_byte(&params->bytes, '\0'); /* libpq requires NUL-terminated text */
}

void mneme_pg_param_str(struct mneme_pg_params *params, struct mneme_str text) {
    if (text.data == NULL) {
        end_param(params, params->bytes.len, 0, 0);
        params->offset[params->count - 1] = SIZE_MAX;
        return;
    }
    if (memchr(text.data, '\0', text.len) != NULL) {
        params->has_nul = true;
    }
    size_t start = params->bytes.len;
    mneme_buffer_append_str(&params->bytes, text);
    end_param(params, start, 0, 0);
}

void mneme_pg_param_long(struct mneme_pg_params *params, int64_t value) {
    size_t start = params->bytes.len;
    mneme_buffer_printf(&params->bytes, "%" PRId64, value);
    end_param(params, start, 0, 0);
}

void mneme_pg_param_double(struct mneme_pg_params *params, double value) {
    if (!isfinite(value)) {
        mneme_pg_param_str(params, mneme_str_from(isnan(value) ? "NaN"
                                                  : value > 0  ? "Infinity"
                                                               : "-Infinity"));
        return;
    }
    size_t start = params->bytes.len;
    struct mneme_json_writer number = {.out = &params->bytes};
    mneme_json_double(&number, value);
    end_param(params, start, 0, 0);
}

void mneme_pg_param_bool(struct mneme_pg_params *params, bool value) {
    mneme_pg_param_str(params, mneme_str_from(value ? "true" : "false"));
}

void mneme_pg_param_uuid(struct mneme_pg_params *params, struct mneme_uuid value) {
    char text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(value, text);
    mneme_pg_param_str(params, (struct mneme_str){text, sizeof text});
}

void mneme_pg_param_time(struct mneme_pg_params *params, int64_t micros) {
    char text[MNEME_RFC3339_BYTES];
    mneme_clock_format_rfc3339(micros, text);
    mneme_pg_param_str(params, mneme_str_from(text));
}

static void param_slices(struct mneme_pg_params *params, const struct mneme_str *items, size_t count,
                         Oid element, Oid array) {
    size_t start = params->bytes.len;
    mneme_pg_wire_array(&params->bytes, element, count);
    for (size_t i = 0; i < count; i++) {
        mneme_pg_wire_value(&params->bytes, items[i]);
    }
    end_param(params, start, 1, array);
}

void mneme_pg_param_str_array(struct mneme_pg_params *params, const struct mneme_str *items, size_t count) {
    param_slices(params, items, count, MNEME_PG_OID_TEXT, MNEME_PG_OID_TEXT_ARRAY);
}

void mneme_pg_param_bytes_array(struct mneme_pg_params *params, const struct mneme_str *items, size_t count) {
    param_slices(params, items, count, MNEME_PG_OID_BYTEA, MNEME_PG_OID_BYTEA_ARRAY);
}

void mneme_pg_param_uuid_array(struct mneme_pg_params *params, const struct mneme_uuid *items, size_t count) {
    size_t start = params->bytes.len;
    mneme_pg_wire_array(&params->bytes, MNEME_PG_OID_UUID, count);
    for (size_t i = 0; i < count; i++) {
        mneme_pg_wire_value(&params->bytes,
                            (struct mneme_str){(const char *)items[i].bytes, sizeof items[i].bytes});
    }
    end_param(params, start, 1, MNEME_PG_OID_UUID_ARRAY);
}

void mneme_pg_param_long_array(struct mneme_pg_params *params, const int64_t *items, size_t count) {
    size_t start = params->bytes.len;
    mneme_pg_wire_array(&params->bytes, MNEME_PG_OID_INT8, count);
    for (size_t i = 0; i < count; i++) {
        mneme_pg_wire_32(&params->bytes, sizeof items[i]);
        mneme_pg_wire_64(&params->bytes, items[i]);
    }
    end_param(params, start, 1, MNEME_PG_OID_INT8_ARRAY);
}

void mneme_pg_param_float_array(struct mneme_pg_params *params, const float *items, size_t count) {
    size_t start = params->bytes.len;
    mneme_pg_wire_array(&params->bytes, MNEME_PG_OID_FLOAT4, count);
    for (size_t i = 0; i < count; i++) {
        mneme_pg_wire_32(&params->bytes, sizeof items[i]);
        mneme_pg_wire_float(&params->bytes, items[i]);
    }
    end_param(params, start, 1, MNEME_PG_OID_FLOAT4_ARRAY);
}
