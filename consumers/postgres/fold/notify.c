/*
 * Notifications go in the order of the log, partition after partition. One entry always fits: stream ids and
 * types are bounded, whatever their escapes.
 */
#include "consumers/postgres/fold/notify.h"

#include "common/json/write.h"

#define MAX_PAYLOAD_BYTES 7999 /* what Postgres takes */

/* Where each notification begins in the text. */
struct payloads {
    size_t *starts;
    size_t count;
};

/* A value by itself: the keys are constant, so that no writer needs to look at them. */
static struct mneme_json_writer *value(struct mneme_json_writer *json, struct mneme_buffer *text) {
    *json = (struct mneme_json_writer){.out = text};
    return json;
}

static void write_entry(struct mneme_buffer *text, const struct mneme_batch_item *item) {
    struct mneme_json_writer json;
    mneme_buffer_append_str(text, MNEME_STR_LIT("{\"sequence_id\":"));
    mneme_json_long(value(&json, text), mneme_sequence_id(item->position));
    mneme_buffer_append_str(text, MNEME_STR_LIT(",\"event_id\":"));
    mneme_json_uuid(value(&json, text), item->event.event_id);
    mneme_buffer_append_str(text, MNEME_STR_LIT(",\"stream_id\":"));
    mneme_json_string(value(&json, text), item->event.stream_id);
    mneme_buffer_append_str(text, MNEME_STR_LIT(",\"event_type\":"));
    mneme_json_string(value(&json, text), mneme_event_type_name(&item->event));
    mneme_buffer_append_byte(text, '}');
}

/* A separate notification, with one byte after it in place of an array's brackets. */
static void add_alone(struct payloads *payloads, struct mneme_buffer *text,
                      const struct mneme_batch_item *item) {
    if (payloads->count > 0) {
        mneme_buffer_append_byte(text, ',');
    }
    payloads->starts[payloads->count++] = text->len;
    write_entry(text, item);
}

/* Adds the entry to the last notification, or begins another one with it. */
static void add_entry(struct payloads *payloads, struct mneme_buffer *text,
                      const struct mneme_batch_item *item) {
    size_t at = text->len;
    mneme_buffer_append_byte(text, payloads->count == 0 ? '[' : ',');
    write_entry(text, item);
    bool is_first = payloads->count == 0;
    if (!is_first && text->len + 1 - payloads->starts[payloads->count - 1] <= MAX_PAYLOAD_BYTES) {
        return;
    }
    if (!is_first && !text->failed) {
        /* It is one too many: the comma becomes the end of the one before, and the entry begins its own. */
        text->data[at] = ']';
        at++;
        mneme_buffer_append_byte(text, 0);
        memmove(text->data + at + 1, text->data + at, text->len - at - 1);
        text->data[at] = '[';
    }
    payloads->starts[payloads->count++] = at;
}

int mneme_notify_params(struct mneme_fold *fold, bool is_each, struct mneme_buffer *text,
                        struct mneme_pg_params *params, size_t *count, struct mneme_error *error) {
    void (*add)(struct payloads *, struct mneme_buffer *, const struct mneme_batch_item *) =
        is_each ? add_alone : add_entry;
    struct payloads payloads = {
        mneme_arena_alloc(&fold->arena, (fold->batch->count + 1) * sizeof *payloads.starts), 0};
    *count = 0;
    if (payloads.starts == NULL) {
        return mneme_fold_no_memory(error);
    }
    mneme_buffer_clear(text);
    for (size_t i = 0; i < fold->partition_count; i++) {
        for (const struct mneme_fold_item *item = fold->partitions[i].first; item != NULL;
             item = item->next_in_log) {
            if (item->decision.verdict == MNEME_FOLD_ACCEPTED) {
                add(&payloads, text, item->from);
            }
        }
    }
    mneme_buffer_append_byte(text, ']');
    struct mneme_str *slices = mneme_arena_alloc(&fold->arena, (payloads.count + 1) * sizeof *slices);
    if (slices == NULL || text->failed) {
        return mneme_fold_no_memory(error);
    }
    for (size_t i = 0; i < payloads.count; i++) {
        size_t end = (i + 1 < payloads.count ? payloads.starts[i + 1] : text->len) - (is_each ? 1 : 0);
        slices[i] = (struct mneme_str){text->data + payloads.starts[i], end - payloads.starts[i]};
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str_array(params, slices, payloads.count);
    *count = payloads.count;
    return MNEME_OK;
}
