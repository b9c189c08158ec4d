/*
 * Values of columns: what an event gives a row, by the mapping's sources.
 */
#include <math.h>

#include "common/base/clock.h"
#include "consumers/postgres/fold/fold.h"
#include "schemas/left_memory.h"

#define SHA256_BYTES 32
#define MICROS_PER_SECOND INT64_C(1000000)

/* A field's value as a cell; false when it is null. */
static bool load(union mneme_cell *cell, const struct mneme_source_plan *source, const char *at) {
    struct mneme_opt_long number;
    struct mneme_opt_double real;
    struct mneme_opt_bool flag;
    struct mneme_opt_uuid uuid;
    switch (source->field_kind) {
    case MNEME_FIELD_STRING:
        memcpy(&cell->text, at, sizeof cell->text);
        return cell->text.data != NULL;
    case MNEME_FIELD_UUID:
        if (!source->is_nullable) {
            memcpy(&cell->uuid, at, sizeof cell->uuid);
            return true;
        }
        memcpy(&uuid, at, sizeof uuid);
        cell->uuid = uuid.value;
        return uuid.is_set;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        if (!source->is_nullable) {
            memcpy(&cell->number, at, sizeof cell->number);
            return true;
        }
        memcpy(&number, at, sizeof number);
        cell->number = number.value;
        return number.is_set;
    case MNEME_FIELD_DOUBLE:
        if (!source->is_nullable) {
            memcpy(&cell->real, at, sizeof cell->real);
            return true;
        }
        memcpy(&real, at, sizeof real);
        cell->real = real.value;
        return real.is_set;
    case MNEME_FIELD_BOOL:
        if (!source->is_nullable) {
            memcpy(&cell->flag, at, sizeof cell->flag);
            return true;
        }
        memcpy(&flag, at, sizeof flag);
        cell->flag = flag.value;
        return flag.is_set;
    case MNEME_FIELD_STRING_ARRAY:
        cell->strings = (const struct mneme_str_array *)(const void *)at;
        return cell->strings->is_set;
    case MNEME_FIELD_VECTOR:
    case MNEME_FIELD_LONG_ARRAY:
    case MNEME_FIELD_DOUBLE_ARRAY:
    case MNEME_FIELD_STRING_MAP:
    case MNEME_FIELD_RECORD:
        break; /* refused when the mapping was resolved */
    }
    return false;
}

/* The text becomes its digest, in the arena. */
static bool hash_text(struct mneme_fold *fold, union mneme_cell *cell) {
    unsigned char *digest = mneme_arena_alloc(&fold->arena, SHA256_BYTES);
    unsigned len = 0;
    if (digest == NULL || EVP_DigestInit_ex(fold->sha256_context, fold->sha256, NULL) != 1 ||
        EVP_DigestUpdate(fold->sha256_context, cell->text.data, cell->text.len) != 1 ||
        EVP_DigestFinal_ex(fold->sha256_context, digest, &len) != 1) {
        return false;
    }
    cell->text = (struct mneme_str){(const char *)digest, len};
    return true;
}

/* JSON of the memory that the event leaves. The text lies in the arena. */
static bool make_left(struct mneme_fold *fold, union mneme_cell *cell, const struct mneme_event *event,
                      void (*write)(const struct mneme_event *, struct mneme_json_writer *)) {
    struct mneme_buffer *out = &fold->scratch;
    struct mneme_json_writer json = {.out = out};
    mneme_buffer_clear(out);
    write(event, &json);
    cell->text = out->failed ? MNEME_STR_NULL : mneme_arena_copy(&fold->arena, mneme_buffer_str(out));
    return cell->text.data != NULL;
}

/* Whether another field of the payload leaves the column without a value. */
static bool is_cleared(const struct mneme_source_plan *source, const char *payload) {
    const struct mneme_field_info *field = source->clear;
    if (field == NULL || mneme_field_is_null(payload, field)) {
        return false;
    }
    return field->kind != MNEME_FIELD_BOOL || *(const bool *)(payload + field->offset);
}

static double within(double value, const struct mneme_source *bounds) {
    return value < bounds->minimum ? bounds->minimum : value > bounds->maximum ? bounds->maximum : value;
}

/* Arithmetic on what is there: a floating column as it is unless told otherwise, a whole one rounded half up.
 */
static union mneme_cell calculate(const struct mneme_fold_row *row, const struct mneme_source_plan *source,
                                  double operand) {
    union mneme_cell cell = row->cells[source->column];
    bool is_real = source->column_kind == MNEME_COLUMN_DOUBLE;
    double before = is_real ? cell.real : (double)cell.number;
    double after = source->source->kind == MNEME_SOURCE_PLUS ? before + operand : before * operand;
    if (is_real) {
        cell.real = within(source->source->rounds ? floor(after + 0.5) : after, source->source);
    } else {
        cell.number = (int64_t)within(floor(after + 0.5), source->source);
    }
    return cell;
}

/* The time, or the last one that can be expressed. */
static int64_t at_most(int64_t micros) {
    return micros > MNEME_MAX_MICROS ? MNEME_MAX_MICROS : micros;
}

/* A clock that runs ahead lets nothing live longer; without seconds it lasts as long as the calendar. */
static int64_t expiry(const struct mneme_batch_item *item, int64_t ttl_s) {
    if (ttl_s == 0) {
        return MNEME_MAX_MICROS;
    }
    int64_t occurred_at = item->event.occurred_at;
    return at_most((occurred_at < item->recorded_at ? occurred_at : item->recorded_at) +
                   ttl_s * MICROS_PER_SECOND);
}

/* Gives one column its value; false when memory is exhausted. */
static bool apply_source(struct mneme_fold *fold, struct mneme_fold_row *row,
                         const struct mneme_source_plan *source, const struct mneme_batch_item *item,
                         const char *payload, bool is_new_row) {
    const struct mneme_event *event = &item->event;
    union mneme_cell cell = source->constant;
    struct mneme_str when;
    bool is_set = true;
    bool is_done = true;
    if (is_cleared(source, payload)) {
        mneme_fold_row_set(row, source->column, cell, true);
        return true;
    }
    switch (source->source->kind) {
    case MNEME_SOURCE_PAYLOAD:
        is_set = load(&cell, source, payload + source->offset);
        if (!is_set && !is_new_row) {
            return true;
        }
        if (!is_set && source->source->has_default) {
            cell = source->constant;
            is_set = true;
        }
        break;
    case MNEME_SOURCE_REPLACE:
        is_set = load(&cell, source, payload + source->offset);
        if (!is_set && source->source->has_default) {
            cell = source->constant;
            is_set = true;
        }
        break;
    case MNEME_SOURCE_ENVELOPE:
        is_set = load(&cell, source, (const char *)event + source->offset);
        break;
    case MNEME_SOURCE_CONSTANT:
        break;
    case MNEME_SOURCE_NULL:
        is_set = false;
        break;
    case MNEME_SOURCE_SHA256:
        is_set = load(&cell, source, payload + source->offset);
        is_done = !is_set || hash_text(fold, &cell);
        break;
    case MNEME_SOURCE_LATEST:
        (void)load(&cell, source,
                   (const char *)event + source->offset); /* never null: checked when resolved */
        if (row->known & UINT64_C(1) << source->column && row->cells[source->column].number >= cell.number) {
            return true;
        }
        break;
    case MNEME_SOURCE_PLUS:
        cell = calculate(row, source, source->source->number);
        break;
    case MNEME_SOURCE_TIMES:
        (void)load(&cell, source, payload + source->offset); /* never null: checked when resolved */
        cell = calculate(row, source, cell.real);
        break;
    case MNEME_SOURCE_EXPIRY:
        (void)load(&cell, source, payload + source->offset); /* never null: checked when resolved */
        cell.number = expiry(item, cell.number);
        break;
    case MNEME_SOURCE_SEQUENCE:
        cell.number = mneme_sequence_id(item->position);
        break;
    case MNEME_SOURCE_LEFT_CONTENT:
        is_done = make_left(fold, &cell, event, mneme_left_memory_content);
        break;
    case MNEME_SOURCE_LEFT_METADATA:
        is_done = make_left(fold, &cell, event, mneme_left_memory_metadata);
        break;
    case MNEME_SOURCE_TIME_OR_AFTER:
        is_set = load(&cell, source, payload + source->offset);
        memcpy(&when, payload + source->when_offset, sizeof when);
        if (!is_set && mneme_str_equal(when, mneme_str_from(source->source->text))) {
            cell.number = at_most(event->occurred_at + (int64_t)source->source->number);
            is_set = true;
        }
        if (!is_set && !is_new_row) {
            return true;
        }
        break;
    }
    mneme_fold_row_set(row, source->column, cell, !is_set);
    return is_done;
}

bool mneme_fold_apply_sources(struct mneme_fold *fold, struct mneme_fold_row *row,
                              const struct mneme_source_plan *sources, size_t count,
                              const struct mneme_batch_item *item, bool is_new_row) {
    const char *payload = mneme_event_payload(&item->event);
    for (size_t i = 0; i < count; i++) {
        if (!apply_source(fold, row, &sources[i], item, payload, is_new_row)) {
            return false;
        }
    }
    return true;
}

bool mneme_fold_is_same_text(struct mneme_fold *fold, bool *is_same, const struct mneme_fold_row *row,
                             const struct mneme_action_plan *action, const struct mneme_event *event) {
    const struct mneme_source_plan *source = action->sameness;
    union mneme_cell cell = {.text = MNEME_STR_NULL};
    (void)load(&cell, source, (const char *)mneme_event_payload(event) + source->offset); /* never null */
    bool is_done = hash_text(fold, &cell);
    *is_same = is_done && mneme_str_equal(cell.text, row->cells[source->column].text);
    return is_done;
}
