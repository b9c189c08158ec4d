#include "consumers/replay/filter.h"

#include "common/base/read_scope.h"
#include "common/kafka/kafka.h"

int mneme_log_filter_check(const struct mneme_log_filter *filter, const char *not_done,
                           struct mneme_error *error) {
    const struct mneme_str scope[] = {filter->stream_id, filter->user_id, filter->agent_id, filter->run_id,
                                      filter->conversation_id};
    return mneme_read_scope_check(scope, sizeof scope / sizeof *scope, filter->all_scopes, not_done,
                                  "stream_id, user_id, agent_id, run_id or conversation_id", error);
}

void mneme_log_filter_key(struct mneme_buffer *key_prefix, const struct mneme_log_filter *filter) {
    mneme_buffer_append_str(key_prefix, filter->tenant);
    mneme_buffer_append_byte(key_prefix, '/');
    mneme_buffer_append_str(key_prefix, filter->stream_id);
}

int32_t mneme_log_filter_partition(const struct mneme_log_filter *filter, struct mneme_str key_prefix,
                                   int32_t partitions) {
    return filter->stream_id.data == NULL ? -1 : mneme_kafka_partition_of(key_prefix, partitions);
}

static bool is_among(const struct mneme_str_array *types, struct mneme_str type) {
    for (size_t i = 0; i < types->count; i++) {
        if (mneme_str_equal(types->items[i], type)) {
            return true;
        }
    }
    return false;
}

static bool matches(struct mneme_str wanted, struct mneme_str value) {
    return wanted.data == NULL || mneme_str_equal(wanted, value);
}

static bool has_fields(const struct mneme_log_filter *filter, const struct mneme_event *event) {
    return mneme_str_equal(filter->tenant, event->tenant) && matches(filter->stream_id, event->stream_id) &&
           matches(filter->user_id, event->scope.user_id) &&
           matches(filter->agent_id, event->scope.agent_id) && matches(filter->run_id, event->scope.run_id) &&
           matches(filter->conversation_id, event->scope.conversation_id) &&
           (!filter->types.is_set || is_among(&filter->types, mneme_event_type_name(event)));
}

/* The scope of a message that is not an event is only known from its key. */
static bool has_key(const struct mneme_log_filter *filter, struct mneme_str prefix, struct mneme_str key) {
    if (filter->stream_id.data != NULL) {
        return mneme_str_equal(key, prefix);
    }
    return key.data == NULL || (key.len >= prefix.len && memcmp(key.data, prefix.data, prefix.len) == 0);
}

bool mneme_log_filter_passes(const struct mneme_log_filter *filter, struct mneme_str key_prefix,
                             const struct mneme_batch_item *item) {
    return item->park_reason != NULL ? has_key(filter, key_prefix, item->key)
                                     : has_fields(filter, &item->event);
}
