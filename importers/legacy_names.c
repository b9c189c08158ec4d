/*
 * The meaning of names and values of older stores: tables, and the forms of ids, times and types.
 */
#include <math.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/text_check.h"
#include "common/json/read.h"
#include "importers/legacy.h"

/* --- names --- */

#define NAME(literal)                                                                                        \
    { (literal), sizeof(literal) - 1 }

static const struct {
    struct mneme_str name;
    enum mneme_legacy_role role;
} roles[] = {
    {NAME("agent_id"), MNEME_LEGACY_AGENT},
    {NAME("agentId"), MNEME_LEGACY_AGENT},
    {NAME("agent"), MNEME_LEGACY_AGENT},
    {NAME("agent_name"), MNEME_LEGACY_AGENT},
    {NAME("user_id"), MNEME_LEGACY_USER},
    {NAME("userId"), MNEME_LEGACY_USER},
    {NAME("user"), MNEME_LEGACY_USER},
    {NAME("run_id"), MNEME_LEGACY_RUN},
    {NAME("runId"), MNEME_LEGACY_RUN},
    {NAME("run"), MNEME_LEGACY_RUN},
    {NAME("conversation_id"), MNEME_LEGACY_CONVERSATION},
    {NAME("conversationId"), MNEME_LEGACY_CONVERSATION},
    {NAME("conversation"), MNEME_LEGACY_CONVERSATION},
    {NAME("session_id"), MNEME_LEGACY_CONVERSATION},
    {NAME("sessionId"), MNEME_LEGACY_CONVERSATION},
    {NAME("thread_id"), MNEME_LEGACY_CONVERSATION},
    {NAME("content"), MNEME_LEGACY_CONTENT},
    {NAME("value"), MNEME_LEGACY_CONTENT},
    {NAME("data"), MNEME_LEGACY_CONTENT},
    {NAME("text"), MNEME_LEGACY_CONTENT},
    {NAME("message"), MNEME_LEGACY_CONTENT},
    {NAME("memory"), MNEME_LEGACY_CONTENT},
    {NAME("memory_type"), MNEME_LEGACY_TYPE},
    {NAME("memoryType"), MNEME_LEGACY_TYPE},
    {NAME("type"), MNEME_LEGACY_TYPE},
    {NAME("kind"), MNEME_LEGACY_TYPE},
    {NAME("term"), MNEME_LEGACY_TERM},
    {NAME("confidence"), MNEME_LEGACY_CONFIDENCE},
    {NAME("importance"), MNEME_LEGACY_IMPORTANCE},
    {NAME("priority"), MNEME_LEGACY_PRIORITY},
    {NAME("tags"), MNEME_LEGACY_TAGS},
    {NAME("labels"), MNEME_LEGACY_TAGS},
    {NAME("categories"), MNEME_LEGACY_TAGS},
    {NAME("entities"), MNEME_LEGACY_ENTITIES},
    {NAME("metadata"), MNEME_LEGACY_METADATA},
    {NAME("timestamp"), MNEME_LEGACY_TIME},
    {NAME("created_at"), MNEME_LEGACY_TIME},
    {NAME("createdAt"), MNEME_LEGACY_TIME},
    {NAME("created"), MNEME_LEGACY_TIME},
    {NAME("occurred_at"), MNEME_LEGACY_TIME},
    {NAME("datetime"), MNEME_LEGACY_TIME},
    {NAME("date"), MNEME_LEGACY_TIME},
    {NAME("time"), MNEME_LEGACY_TIME},
    {NAME("ts"), MNEME_LEGACY_TIME},
    {NAME("expires_at"), MNEME_LEGACY_EXPIRES},
    {NAME("expiresAt"), MNEME_LEGACY_EXPIRES},
    {NAME("expiration_date"), MNEME_LEGACY_EXPIRES},
};

enum mneme_legacy_role mneme_legacy_role_of(struct mneme_str quoted, int *rank) {
    struct mneme_str plain = {quoted.data + 1, quoted.len - 2};
    bool has_escape = memchr(plain.data, '\\', plain.len) != NULL;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (has_escape ? mneme_json_unquotes_to(quoted, roles[i].name)
                       : mneme_str_equal(plain, roles[i].name)) {
            *rank = (int)i;
            return roles[i].role;
        }
    }
    return MNEME_LEGACY_ROLE_COUNT;
}

/* --- ids --- */

struct mneme_str *mneme_legacy_id(struct mneme_legacy_ids *ids, enum mneme_legacy_role role) {
    switch ((int)role) {
    case MNEME_LEGACY_AGENT:
        return &ids->agent;
    case MNEME_LEGACY_USER:
        return &ids->user;
    case MNEME_LEGACY_RUN:
        return &ids->run;
    case MNEME_LEGACY_CONVERSATION:
        return &ids->conversation;
    default:
        return NULL;
    }
}

bool mneme_legacy_read_id(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    *out = kind == MNEME_JSON_NUMBER ? value : MNEME_STR_NULL;
    if (kind != MNEME_JSON_STRING) {
        return true;
    }
    struct mneme_str text;
    if (!mneme_json_unquote(&text, arena, value)) {
        return false;
    }
    *out = mneme_is_blank(text) ? MNEME_STR_NULL : text;
    return true;
}

static struct mneme_str first_of(struct mneme_str a, struct mneme_str b) {
    return a.data != NULL ? a : b;
}

struct mneme_legacy_ids mneme_legacy_ids_or(struct mneme_legacy_ids ids, struct mneme_legacy_ids others) {
    return (struct mneme_legacy_ids){.agent = first_of(ids.agent, others.agent),
                                     .user = first_of(ids.user, others.user),
                                     .run = first_of(ids.run, others.run),
                                     .conversation = first_of(ids.conversation, others.conversation)};
}

/* --- types --- */

static const struct {
    const char *legacy, *ours;
} types[] = {
    {"observation", "fact"}, {"pattern", "analysis"},  {"suggestion", "recommendation"},
    {"note", "insight"},     {"chat", "conversation"},
};

static bool equals_in_any_case(struct mneme_str text, const char *name) {
    return text.len == strlen(name) && strncasecmp(text.data, name, text.len) == 0;
}

const char *const *mneme_legacy_memory_types(void) {
    static const char *const none[] = {NULL};
    const struct mneme_record_info *info = &mneme_payload_info[MNEME_EVENT_MEMORY_CREATED];
    for (size_t i = 0; i < info->field_count; i++) {
        if (strcmp(info->fields[i].name, "memory_type") == 0) {
            return info->fields[i].values;
        }
    }
    return none;
}

struct mneme_str mneme_legacy_type(struct mneme_str name) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (equals_in_any_case(name, types[i].legacy)) {
            return mneme_str_from(types[i].ours);
        }
    }
    for (const char *const *ours = mneme_legacy_memory_types(); *ours != NULL; ours++) {
        if (equals_in_any_case(name, *ours)) {
            return mneme_str_from(*ours);
        }
    }
    return MNEME_STR_NULL;
}

/* --- times --- */

/* Microseconds in a unit, for numbers up to `limit`: the year 5138 in seconds is 1973 in milliseconds. */
static const struct { double limit, micros; } units[] = {{1e11, 1e6}, {1e14, 1e3}, {1e17, 1}};

#define LEAST_EPOCH_DIGITS 9 /* of a string */

static bool read_epoch(int64_t *micros, struct mneme_str number) {
    double value;
    if (!mneme_json_to_double(&value, number)) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (fabs(value) < units[i].limit) {
            *micros = (int64_t)llround(value * units[i].micros);
            return *micros >= MNEME_MIN_MICROS && *micros <= MNEME_MAX_MICROS;
        }
    }
    return false;
}

/* RFC 3339 as people write it: followed by a zone's name, or without seconds. */
static bool read_written(int64_t *micros, struct mneme_str text) {
    static const char *const zones[] = {" UTC", " GMT", "UTC", "GMT"};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        size_t len = strlen(zones[i]);
        if (text.len > len && memcmp(text.data + text.len - len, zones[i], len) == 0) {
            text.len -= len;
            break;
        }
    }
    return mneme_clock_parse_written(micros, text);
}

bool mneme_legacy_read_time(int64_t *micros, struct mneme_arena *arena, struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    if (kind == MNEME_JSON_NUMBER) {
        return read_epoch(micros, value);
    }
    struct mneme_str text;
    if (kind != MNEME_JSON_STRING || !mneme_json_unquote(&text, arena, value)) {
        return false;
    }
    text = mneme_json_trim(text);
    const char *reason;
    size_t at;
    /* 20240131 is a date without dashes rather than a time in 1970. */
    bool is_number = text.len >= LEAST_EPOCH_DIGITS && mneme_json_check(text, &kind, &reason, &at) &&
                     kind == MNEME_JSON_NUMBER;
    return is_number ? read_epoch(micros, text) : read_written(micros, text);
}
