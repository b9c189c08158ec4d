/*
 * A key is made of its base, its kind and its names, by one table.
 */
#include "stores/redis/keys.h"

#include "common/base/percent.h"
#include "common/kafka/kafka.h"

#define RESERVED "/: \n"

static const struct {
    const char *name, *suffix;
} kinds[MNEME_HOT_KIND_COUNT] = {
    [MNEME_HOT_PROGRESS] = {"progress", ""},
    [MNEME_HOT_MEMORY] = {"memory", ""},
    [MNEME_HOT_RANKS] = {"hot", ""},
    [MNEME_HOT_OTHERS] = {"others", ""},
    [MNEME_HOT_AGES] = {"ages", ""},
    [MNEME_HOT_SIZES] = {"sizes", ""},
    [MNEME_HOT_OWNERS] = {"owners", ""},
    [MNEME_HOT_USAGE] = {"usage", ""},
    [MNEME_HOT_GAPS] = {"gaps", ""},
    [MNEME_HOT_AGENT] = {"agent", ""},
    [MNEME_HOT_USER_AGENT] = {"user-agent", ""},
    [MNEME_HOT_CONVERSATION] = {"conversation", ":context"},
    [MNEME_HOT_RECENT_CONVERSATIONS] = {"recent-conversations", ""},
    [MNEME_HOT_RECENT_DECISIONS] = {"recent-decisions", ""},
    [MNEME_HOT_WORKING] = {"working", ""},
    [MNEME_HOT_WORKING_TURNS] = {"working", ":turns"},
    [MNEME_HOT_WORKING_THOUGHTS] = {"working", ":thoughts"},
    [MNEME_HOT_WORKING_CONTEXT] = {"working", ":context"},
    [MNEME_HOT_WORKING_EVENTS] = {"working", ":events"},
};

int mneme_hot_prefix(struct mneme_str *out, const struct mneme_config *config, struct mneme_error *error) {
    *out = mneme_str_from(mneme_config_string(config, MNEME_SETTING_REDIS_PREFIX));
    if (memchr(out->data, '{', out->len) != NULL || memchr(out->data, '}', out->len) != NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot use MNEME_REDIS_PREFIX %s: its braces would decide on which node of a "
                               "cluster keys are stored; choose a prefix without braces",
                               out->data);
    }
    return MNEME_OK;
}

int32_t mneme_hot_partition(struct mneme_buffer *scratch, struct mneme_str tenant, struct mneme_str stream_id,
                            int32_t partitions) {
    mneme_buffer_clear(scratch);
    mneme_buffer_append_str(scratch, tenant);
    mneme_buffer_append_byte(scratch, '/');
    mneme_buffer_append_str(scratch, stream_id);
    return mneme_kafka_partition_of(mneme_buffer_str(scratch), partitions);
}

void mneme_hot_topic_key(struct mneme_buffer *out, struct mneme_str prefix) {
    mneme_buffer_append_str(out, prefix);
    mneme_buffer_append_str(out, MNEME_STR_LIT("topic"));
}

void mneme_hot_task_key(struct mneme_buffer *out, struct mneme_str prefix, const char *task) {
    mneme_buffer_append_str(out, prefix);
    mneme_buffer_append_str(out, mneme_str_from(task));
}

void mneme_hot_live_key(struct mneme_buffer *out, struct mneme_str prefix, int32_t partition) {
    mneme_buffer_append_str(out, prefix);
    mneme_buffer_printf(out, "{%d}:live", (int)partition);
}

void mneme_hot_space_key(struct mneme_buffer *out, struct mneme_str prefix, int32_t partition) {
    mneme_buffer_append_str(out, prefix);
    mneme_buffer_printf(out, "{%d}:space", (int)partition);
}

void mneme_hot_base(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition) {
    mneme_buffer_append_str(out, space->prefix);
    mneme_buffer_printf(out, "%lld:{%d}:", (long long)space->number, (int)partition);
}

void mneme_hot_names(struct mneme_buffer *out, const struct mneme_str *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            mneme_buffer_append_byte(out, '/');
        }
        mneme_percent_encode(out, names[i], RESERVED);
    }
}

void mneme_hot_owner(struct mneme_buffer *out, struct mneme_str tenant, struct mneme_str user_id,
                     struct mneme_str stream_id) {
    bool has_user = user_id.len > 0;
    const struct mneme_str names[] = {tenant, has_user ? user_id : MNEME_STR_LIT(""), stream_id};
    mneme_hot_names(out, names, has_user ? 2 : 3);
}

void mneme_hot_kind_names(struct mneme_buffer *out, enum mneme_hot_kind kind, const struct mneme_str *names,
                          size_t count) {
    mneme_buffer_append_str(out, mneme_str_from(kinds[kind].name));
    if (count > 0) {
        mneme_buffer_append_byte(out, ':');
        mneme_hot_names(out, names, count);
    }
    mneme_buffer_append_str(out, mneme_str_from(kinds[kind].suffix));
}

bool mneme_hot_kind_parse(enum mneme_hot_kind *kind, struct mneme_str *names, struct mneme_str text) {
    const char *end = text.data + text.len;
    const char *first = memchr(text.data, ':', text.len);
    const char *second = first == NULL ? NULL : memchr(first + 1, ':', (size_t)(end - first - 1));
    struct mneme_str name = {text.data, first == NULL ? text.len : (size_t)(first - text.data)};
    struct mneme_str suffix =
        second == NULL ? (struct mneme_str){"", 0} : (struct mneme_str){second, (size_t)(end - second)};
    *names = (struct mneme_str){"", 0};
    if (first != NULL) {
        *names = (struct mneme_str){first + 1, (size_t)(end - first - 1) - suffix.len};
    }
    for (int i = 0; i < MNEME_HOT_KIND_COUNT; i++) {
        if (mneme_str_equal(name, mneme_str_from(kinds[i].name)) &&
            mneme_str_equal(suffix, mneme_str_from(kinds[i].suffix))) {
            *kind = (enum mneme_hot_kind)i;
            return true;
        }
    }
    return false;
}

void mneme_hot_key(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition,
                   enum mneme_hot_kind kind, const struct mneme_str *names, size_t count) {
    mneme_hot_base(out, space, partition);
    mneme_hot_kind_names(out, kind, names, count);
}

void mneme_hot_memory_key(struct mneme_buffer *out, const struct mneme_hot_space *space, int32_t partition,
                          struct mneme_str tenant, struct mneme_str stream_id, struct mneme_uuid id) {
    char text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(id, text);
    const struct mneme_str names[] = {tenant, stream_id, {text, sizeof text}};
    mneme_hot_key(out, space, partition, MNEME_HOT_MEMORY, names, 3);
}
