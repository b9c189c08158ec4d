/*
 * Fields of a memory from members of an older store. Unreadable values are reported, and kept in the
 * metadata.
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/json/read.h"
#include "importers/legacy_entry.h"

/* Adds a clause to the warning about the memory. */
static void warn(const struct mneme_legacy_entry *entry, const struct mneme_legacy_member *member,
                 const char *what) {
    char *warning = entry->notes->warning;
    size_t len = strlen(warning);
    snprintf(warning + len, sizeof entry->notes->warning - len, "%s%.*s is %.*s, %s", len > 0 ? "; " : "",
             (int)(member->key.len - 2 < 40 ? member->key.len - 2 : 40), member->key.data + 1,
             (int)(member->value.len < 40 ? member->value.len : 40), member->value.data, what);
}

/* A number, possibly in quotes, and then possibly with a percent sign. False for anything else. */
bool mneme_legacy_read_number(double *out, struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    const char *reason;
    size_t at;
    bool is_percent = false;
    if (kind == MNEME_JSON_STRING) {
        value = mneme_json_trim((struct mneme_str){value.data + 1, value.len - 2});
        is_percent = value.len > 1 && value.data[value.len - 1] == '%';
        value.len -= is_percent ? 1 : 0;
        if (!mneme_json_check(value, &kind, &reason, &at)) {
            return false;
        }
    }
    if (kind != MNEME_JSON_NUMBER || !mneme_json_to_double(out, mneme_json_trim(value))) {
        return false;
    }
    *out = is_percent ? *out / 100 : *out;
    return true;
}

bool mneme_legacy_is_term(struct mneme_str value) {
    return mneme_json_unquotes_to(value, MNEME_STR_LIT("short_term")) ||
           mneme_json_unquotes_to(value, MNEME_STR_LIT("long_term"));
}

static int put_type(struct mneme_legacy_entry *entry, struct mneme_memory_created *memory) {
    const struct mneme_legacy_member *member = entry->found[MNEME_LEGACY_TYPE];
    const struct mneme_legacy_member *term = entry->found[MNEME_LEGACY_TERM];
    memory->memory_type = MNEME_STR_LIT("fact");
    if (term != NULL && !mneme_json_unquote(&memory->term, &entry->reader->arena, term->value)) {
        return mneme_legacy_no_memory(entry);
    }
    if (member == NULL) {
        return MNEME_OK;
    }
    struct mneme_str name;
    if (!mneme_json_unquote(&name, &entry->reader->arena, member->value)) {
        return mneme_legacy_no_memory(entry);
    }
    struct mneme_str type = mneme_legacy_type(name);
    if (type.data != NULL) {
        memory->memory_type = type;
    } else if (mneme_legacy_is_term(member->value)) {
        memory->term = term == NULL ? name : memory->term;
    } else {
        entry->unknown_type = member->value;
    }
    return MNEME_OK;
}

static void put_number(const struct mneme_legacy_entry *entry, enum mneme_legacy_role role, double high,
                       double *out) {
    struct mneme_legacy_member *member = entry->found[role];
    double number;
    if (member == NULL) {
        return;
    }
    if (mneme_legacy_read_number(&number, member->value)) {
        *out = number < 0 ? 0 : number > high ? high : number;
        return;
    }
    member->is_unfit = true;
    *out = 1;
    warn(entry, member, "not a number, so 1.0 is used");
}

/* Only a confidence can be non-numeric here: other such values are already kept in the metadata. */
static void put_numbers(const struct mneme_legacy_entry *entry, struct mneme_memory_created *memory) {
    put_number(entry, MNEME_LEGACY_CONFIDENCE, 1, &memory->confidence);
    put_number(entry, MNEME_LEGACY_IMPORTANCE, 1, &memory->importance);
    put_number(entry, MNEME_LEGACY_PRIORITY, 10, &memory->priority);
}

/* False when there is no readable time. */
static bool put_time(const struct mneme_legacy_entry *entry, enum mneme_legacy_role role,
                     const char *otherwise, int64_t *micros) {
    struct mneme_legacy_member *member = entry->found[role];
    if (member == NULL || mneme_legacy_read_time(micros, &entry->reader->arena, member->value)) {
        return member != NULL;
    }
    member->is_unfit = true;
    warn(entry, member, otherwise);
    return false;
}

static void put_times(const struct mneme_legacy_entry *entry, struct mneme_event *event) {
    struct mneme_opt_long *expires_at = &event->payload.memory_created.expires_at;
    int64_t occurred_at;
    event->occurred_at =
        put_time(entry, MNEME_LEGACY_TIME, "not a time, so the time of the import is used", &occurred_at)
            ? occurred_at
            : mneme_clock_now_micros();
    expires_at->is_set = put_time(entry, MNEME_LEGACY_EXPIRES, "not a time, so the memory does not expire",
                                  &expires_at->value);
}

/* Splits "a, b" in place into items; returns their count. */
static size_t split(struct mneme_str *items, struct mneme_str text) {
    size_t count = 0;
    while (text.data != NULL) {
        const char *comma = text.len == 0 ? NULL : memchr(text.data, ',', text.len);
        size_t len = comma == NULL ? text.len : (size_t)(comma - text.data);
        struct mneme_str item = mneme_json_trim((struct mneme_str){text.data, len});
        if (item.len > 0) {
            items[count++] = item;
        }
        text = comma == NULL ? MNEME_STR_NULL : (struct mneme_str){comma + 1, text.len - len - 1};
    }
    return count;
}

static int put_names(const struct mneme_legacy_entry *entry, enum mneme_legacy_role role,
                     struct mneme_str_array *out) {
    const struct mneme_legacy_member *member = entry->found[role];
    if (member == NULL) {
        return MNEME_OK;
    }
    struct mneme_arena *arena = &entry->reader->arena;
    /* At most every other byte begins an item. */
    struct mneme_str *items = mneme_arena_calloc(arena, member->value.len / 2 + 1, sizeof *items);
    struct mneme_str text;
    if (items == NULL) {
        return mneme_legacy_no_memory(entry);
    }
    size_t count = 0;
    if (mneme_json_kind_of(member->value) == MNEME_JSON_STRING) {
        if (!mneme_json_unquote(&text, arena, member->value)) {
            return mneme_legacy_no_memory(entry);
        }
        count = split(items, text);
    } else {
        struct mneme_str key;
        struct mneme_str item;
        struct mneme_json_reader reader = mneme_json_enter(member->value);
        while (mneme_json_next(&reader, &key, &item)) {
            if (!mneme_legacy_read_id(&items[count], arena, item)) {
                return mneme_legacy_no_memory(entry);
            }
            count += items[count].data != NULL ? 1 : 0;
        }
    }
    *out = (struct mneme_str_array){.items = items, .count = count, .is_set = count > 0};
    return MNEME_OK;
}

int mneme_legacy_put_fields(struct mneme_legacy_entry *entry, struct mneme_event *event) {
    struct mneme_memory_created *memory = &event->payload.memory_created;
    int status = put_type(entry, memory);
    if (status != MNEME_OK) {
        return status;
    }
    put_numbers(entry, memory);
    put_times(entry, event);
    status = put_names(entry, MNEME_LEGACY_TAGS, &memory->tags);
    return status == MNEME_OK ? put_names(entry, MNEME_LEGACY_ENTITIES, &memory->entities) : status;
}
