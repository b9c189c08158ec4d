/*
 * Running a compiled plan over an event's bytes. Strings stay where they are; only arrays and maps take
 * memory, never more than the given bytes can fill.
 */
#include "common/base/uuid.h"
#include "schemas/decoder.h"

struct decoding {
    const struct mneme_decoder *decoder;
    struct mneme_event *event;
    struct mneme_arena *arena;
    struct mneme_avro_cursor cursor;
    const struct mneme_decode_step *step; /* under way, for errors */
    const char *unknown_branch;           /* the payload type that this program lacks */
    bool is_out_of_memory;
};

static bool read_uuid(struct mneme_avro_cursor *cursor, struct mneme_uuid *out) {
    const uint8_t *begin = cursor->at;
    struct mneme_str text;
    if (!mneme_avro_bytes(cursor, &text)) {
        return false;
    }
    if (!mneme_uuid_parse(out, text)) {
        cursor->at = begin;
        return mneme_avro_fail(cursor, "a string is not a UUID");
    }
    return true;
}

static bool read_double(struct mneme_avro_cursor *cursor, uint8_t wire, double *out) {
    int64_t whole;
    if (wire == MNEME_WIRE_DOUBLE) {
        return mneme_avro_double(cursor, out);
    }
    if (wire == MNEME_WIRE_FLOAT) {
        return mneme_avro_float(cursor, out);
    }
    if (!mneme_avro_long(cursor, &whole)) {
        return false;
    }
    *out = (double)whole;
    return true;
}

static bool read_pair(struct mneme_avro_cursor *cursor, struct mneme_str_pair *out) {
    return mneme_avro_bytes(cursor, &out->key) && mneme_avro_bytes(cursor, &out->value);
}

/* The minimum encoded size of an item, and the size of its decoded form. */
static size_t least_item_bytes(const struct mneme_decode_step *step) {
    if (step->op == MNEME_DECODE_MAP) {
        return 2;
    }
    bool is_double = step->op == MNEME_DECODE_DOUBLE_ARRAY;
    return is_double && step->wire == MNEME_WIRE_DOUBLE  ? 8
           : is_double && step->wire == MNEME_WIRE_FLOAT ? 4
                                                         : 1;
}

static size_t item_size(const struct mneme_decode_step *step) {
    return step->op == MNEME_DECODE_MAP            ? sizeof(struct mneme_str_pair)
           : step->op == MNEME_DECODE_STRING_ARRAY ? sizeof(struct mneme_str)
                                                   : sizeof(int64_t); /* also the size of a double */
}

static bool read_item(struct decoding *decoding, const struct mneme_decode_step *step, void *item) {
    switch (step->op) {
    case MNEME_DECODE_MAP:
        return read_pair(&decoding->cursor, item);
    case MNEME_DECODE_STRING_ARRAY:
        return mneme_avro_bytes(&decoding->cursor, item);
    case MNEME_DECODE_LONG_ARRAY:
        return mneme_avro_long(&decoding->cursor, item);
    default:
        return read_double(&decoding->cursor, step->wire, item);
    }
}

/* Makes room for `needed` items in all; doubling keeps many small blocks linear. */
static bool grow(struct decoding *decoding, void **items, size_t *capacity, size_t count, size_t needed,
                 size_t size) {
    if (needed <= *capacity) {
        return true;
    }
    size_t wanted = needed > 2 * *capacity ? needed : 2 * *capacity;
    void *larger = mneme_arena_alloc(decoding->arena, wanted * size);
    if (larger == NULL) {
        decoding->is_out_of_memory = true;
        return false;
    }
    if (count > 0) {
        memcpy(larger, *items, count * size);
    }
    *items = larger;
    *capacity = wanted;
    return true;
}

static bool read_items(struct decoding *decoding, const struct mneme_decode_step *step, void **items,
                       size_t *total) {
    struct mneme_avro_cursor *cursor = &decoding->cursor;
    size_t size = item_size(step);
    size_t least = least_item_bytes(step);
    size_t capacity = 0;
    uint64_t count;
    size_t block_bytes;
    *items = NULL;
    *total = 0;
    while (mneme_avro_block(cursor, &count, &block_bytes)) {
        if (count == 0) {
            return true;
        }
        if (count > mneme_avro_left(cursor) / least) {
            return mneme_avro_fail(cursor, "more items are announced than the bytes can hold");
        }
        if (count > step->max_items || *total > step->max_items - count) {
            return mneme_avro_fail(cursor, "more items than are allowed");
        }
        if (!grow(decoding, items, &capacity, *total, *total + count, size)) {
            return false;
        }
        for (uint64_t i = 0; i < count; i++) {
            if (!read_item(decoding, step, (char *)*items + *total * size)) {
                return false;
            }
            ++*total;
        }
    }
    return false;
}

static bool run(struct decoding *decoding, const struct mneme_decode_plan *plan, void *record);

static bool read_payload(struct decoding *decoding) {
    const struct mneme_decoder *decoder = decoding->decoder;
    const uint8_t *begin = decoding->cursor.at;
    int64_t index;
    if (!mneme_avro_long(&decoding->cursor, &index)) {
        return false;
    }
    if (index < 0 || (uint64_t)index >= decoder->branch_count) {
        decoding->cursor.at = begin;
        return mneme_avro_fail(&decoding->cursor, "a union has no such branch");
    }
    const struct mneme_decode_branch *branch = &decoder->branches[index];
    if (branch->type < 0) {
        decoding->unknown_branch = branch->name;
        return false;
    }
    decoding->event->type = (enum mneme_event_type)branch->type;
    memset(&decoding->event->payload, 0, mneme_payload_info[branch->type].size);
    return run(decoding, &branch->plan, &decoding->event->payload);
}

static bool read_array(struct decoding *decoding, const struct mneme_decode_step *step, void *at) {
    void *items;
    size_t count;
    if (!read_items(decoding, step, &items, &count)) {
        return false;
    }
    switch (step->op) {
    case MNEME_DECODE_MAP:
        *(struct mneme_str_map *)at = (struct mneme_str_map){items, count};
        break;
    case MNEME_DECODE_STRING_ARRAY:
        *(struct mneme_str_array *)at = (struct mneme_str_array){items, count, true};
        break;
    case MNEME_DECODE_LONG_ARRAY:
        *(struct mneme_long_array *)at = (struct mneme_long_array){items, count, true};
        break;
    default:
        *(struct mneme_double_array *)at = (struct mneme_double_array){items, count, true};
        break;
    }
    return true;
}

/* Optional values begin with the value itself, so only is_set is elsewhere. */
static bool run_step(struct decoding *decoding, const struct mneme_decode_step *step, void *at) {
    struct mneme_avro_cursor *cursor = &decoding->cursor;
    switch ((enum mneme_decode_op)step->op) {
    case MNEME_DECODE_STRING:
        return mneme_avro_bytes(cursor, at);
    case MNEME_DECODE_UUID:
        if (step->is_nullable) {
            ((struct mneme_opt_uuid *)at)->is_set = true;
        }
        return read_uuid(cursor, at);
    case MNEME_DECODE_LONG:
    case MNEME_DECODE_INT:
        if (step->is_nullable) {
            ((struct mneme_opt_long *)at)->is_set = true;
        }
        return step->op == MNEME_DECODE_INT ? mneme_avro_int(cursor, at) : mneme_avro_long(cursor, at);
    case MNEME_DECODE_DOUBLE:
        if (step->is_nullable) {
            ((struct mneme_opt_double *)at)->is_set = true;
        }
        return read_double(cursor, step->wire, at);
    case MNEME_DECODE_BOOL:
        if (step->is_nullable) {
            ((struct mneme_opt_bool *)at)->is_set = true;
        }
        return mneme_avro_bool(cursor, at);
    case MNEME_DECODE_STRING_ARRAY:
    case MNEME_DECODE_LONG_ARRAY:
    case MNEME_DECODE_DOUBLE_ARRAY:
    case MNEME_DECODE_MAP:
        return read_array(decoding, step, at);
    case MNEME_DECODE_PAYLOAD:
        return read_payload(decoding);
    case MNEME_DECODE_SKIP:
        return mneme_decode_skip(decoding->decoder, step->skip_node, cursor);
    }
    return false;
}

static bool run(struct decoding *decoding, const struct mneme_decode_plan *plan, void *record) {
    for (size_t i = 0; i < plan->default_count; i++) {
        const struct mneme_decode_default *absent = &plan->defaults[i];
        mneme_field_set_default((char *)record + absent->record_offset, absent->field);
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct mneme_decode_step *step = &plan->steps[i];
        decoding->step = step;
        if (step->null_branch >= 0) {
            const uint8_t *begin = decoding->cursor.at;
            int64_t branch;
            if (!mneme_avro_long(&decoding->cursor, &branch)) {
                return false;
            }
            if (branch == step->null_branch) {
                continue;
            }
            if (branch != 1 - step->null_branch) {
                decoding->cursor.at = begin;
                return mneme_avro_fail(&decoding->cursor, "a union has no such branch");
            }
        }
        if (!run_step(decoding, step, (char *)record + step->offset)) {
            return false;
        }
    }
    return true;
}

static int explain(const struct decoding *decoding, struct mneme_str bytes, struct mneme_error *error) {
    const char *field = decoding->step == NULL ? "event" : decoding->step->name;
    size_t at = bytes.len - mneme_avro_left(&decoding->cursor);
    if (decoding->is_out_of_memory) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot decode an event: out of memory; free some memory");
    }
    if (decoding->unknown_branch != NULL) {
        return mneme_error_set(
            error, MNEME_E_UNKNOWN_SCHEMA,
            "cannot decode an event: its type %s is unknown to this program; run a newer version",
            decoding->unknown_branch);
    }
    return mneme_error_set(error, MNEME_E_INVALID,
                           "cannot decode an event: %s at byte %zu of %zu, in %s; see who wrote it",
                           decoding->cursor.reason, at, bytes.len, field);
}

int mneme_decoder_decode(const struct mneme_decoder *decoder, struct mneme_event *event,
                         struct mneme_arena *arena, struct mneme_str bytes, struct mneme_error *error) {
    const uint8_t *begin = (const uint8_t *)bytes.data;
    struct decoding decoding = {.decoder = decoder, .event = event, .arena = arena};
    decoding.cursor = (struct mneme_avro_cursor){begin, begin + bytes.len, NULL};
    memset(event, 0, offsetof(struct mneme_event, payload));
    event->schema_version = decoder->schema_version;
    bool is_done = run(&decoding, &decoder->envelope, event);
    if (is_done && decoding.cursor.at != decoding.cursor.end) {
        decoding.step = NULL;
        is_done = mneme_avro_fail(&decoding.cursor, "bytes are left over");
    }
    return is_done ? MNEME_OK : explain(&decoding, bytes, error);
}
