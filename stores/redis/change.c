/*
 * Collects the words of a script call in one buffer.
 */
#include "stores/redis/change.h"

#include <math.h>

#include "stores/redis/scripts.h"
#include "stores/redis/working_json.h"

void mneme_hot_call_clean_up(struct mneme_hot_call *call) {
    mneme_buffer_clean_up(&call->text);
    mneme_buffer_clean_up(&call->words);
}

/* As in the script: hundredths of a priority take precedence over time, which is in tenths of a second. */
#define RANK_STEP INT64_C(100000000000)
#define RANK_MICROS 100000
#define RANKS_OF_PRIORITY 100
#define PRIORITY_OF_OTHERS 5 /* the priority of a memory without one */

/* A word until the call is complete, since the text may move. A slice then replaces it. */
struct place {
    size_t start, len;
};
_Static_assert(sizeof(struct place) == sizeof(struct mneme_str), "one takes the place of the other");

/* Adds the text appended since `start` as a word. */
static void end_word(struct mneme_hot_call *call, size_t start) {
    struct place word = {start, call->text.len - start};
    mneme_buffer_append(&call->words, &word, sizeof word);
}

void mneme_hot_call_put(struct mneme_hot_call *call, struct mneme_str word) {
    size_t start = call->text.len;
    mneme_buffer_append_str(&call->text, word);
    end_word(call, start);
}

void mneme_hot_call_put_long(struct mneme_hot_call *call, int64_t value) {
    size_t start = call->text.len;
    mneme_buffer_printf(&call->text, "%lld", (long long)value);
    end_word(call, start);
}

/* In the form in which the script compares numbers, by bytes. */
static void put_compared(struct mneme_hot_call *call, int64_t value) {
    size_t start = call->text.len;
    mneme_buffer_printf(&call->text, "%019lld", (long long)value);
    end_word(call, start);
}

void mneme_hot_call_begin(struct mneme_hot_call *call, const struct mneme_hot_space *space,
                          int32_t partition) {
    mneme_buffer_clear(&call->text);
    mneme_buffer_clear(&call->words);
    call->changes = 0;
    mneme_hot_call_put(call, MNEME_STR_LIT("4"));
    mneme_hot_key(&call->text, space, partition, MNEME_HOT_PROGRESS, NULL, 0);
    end_word(call, 1);
    size_t start = call->text.len;
    mneme_hot_space_key(&call->text, space->prefix, partition);
    end_word(call, start);
    start = call->text.len;
    mneme_hot_live_key(&call->text, space->prefix, partition);
    end_word(call, start);
    start = call->text.len;
    mneme_hot_base(&call->text, space, partition);
    mneme_buffer_append_str(&call->text, MNEME_STR_LIT("none"));
    end_word(call, start);
}

struct mneme_redis_command mneme_hot_call_of(struct mneme_hot_call *call,
                                             const struct mneme_redis_script *script) {
    size_t count = call->words.len / sizeof(struct mneme_str);
    for (size_t i = 0; i < count; i++) {
        char *at = call->words.data + i * sizeof(struct mneme_str);
        struct place place;
        memcpy(&place, at, sizeof place);
        struct mneme_str word = {call->text.data + place.start, place.len};
        memcpy(at, &word, sizeof word);
    }
    const struct mneme_str *words = (const struct mneme_str *)(const void *)call->words.data;
    call->text.failed |= call->words.failed;
    return (struct mneme_redis_command){script, words, count, count > 1 ? words[1] : MNEME_STR_NULL};
}

struct mneme_redis_command mneme_hot_call_command(struct mneme_hot_call *call) {
    return mneme_hot_call_of(call, &mneme_hot_script_change);
}

enum mneme_hot_verdict mneme_hot_verdict_of(const redisReply *reply) {
    static const struct {
        const char *word;
        enum mneme_hot_verdict verdict;
    } verdicts[] = {
        {"done", MNEME_HOT_DONE},     {"kept", MNEME_HOT_DONE},       {"claimed", MNEME_HOT_DONE},
        {"taken", MNEME_HOT_TAKEN},   {"already", MNEME_HOT_ALREADY}, {"moved", MNEME_HOT_MOVED},
        {"behind", MNEME_HOT_BEHIND}, {"frozen", MNEME_HOT_FROZEN},   {"newer", MNEME_HOT_NEWER},
        {"full", MNEME_HOT_FULL},
    };
    for (size_t i = 0; reply->str != NULL && i < sizeof verdicts / sizeof *verdicts; i++) {
        if (strcmp(reply->str, verdicts[i].word) == 0) {
            return verdicts[i].verdict;
        }
    }
    return MNEME_HOT_LOST;
}

void mneme_hot_guard_fold(struct mneme_hot_call *call, const struct mneme_hot_space *space,
                          const struct mneme_hot_fold_guard *guard) {
    mneme_hot_call_put(call, MNEME_STR_LIT("fold"));
    mneme_hot_call_put_long(call, guard->first_offset);
    mneme_hot_call_put_long(call, guard->end_offset);
    mneme_hot_call_put_long(call, guard->epoch);
    mneme_hot_call_put(call, guard->digest);
    mneme_hot_call_put_long(call, space->number);
    mneme_hot_call_put_long(call, guard->is_live_space);
    mneme_hot_call_put(call, guard->live);
    mneme_hot_call_put_long(call, guard->live_ms);
}

void mneme_hot_guard_fill(struct mneme_hot_call *call, int64_t ledger_offset) {
    mneme_hot_call_put(call, MNEME_STR_LIT("fill"));
    mneme_hot_call_put_long(call, ledger_offset);
}

void mneme_hot_guard_merge(struct mneme_hot_call *call) {
    mneme_hot_call_put(call, MNEME_STR_LIT("merge"));
}

static void put_entry(struct mneme_hot_call *call, enum mneme_hot_kind kind, const struct mneme_str *names,
                      size_t count) {
    size_t start = call->text.len;
    mneme_hot_kind_names(&call->text, kind, names, count);
    end_word(call, start);
}

static void put_memory_entry(struct mneme_hot_call *call, const struct mneme_memory_row *row) {
    char id[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(row->id, id);
    const struct mneme_str names[] = {row->tenant, row->stream_id, {id, sizeof id}};
    put_entry(call, MNEME_HOT_MEMORY, names, 3);
}

static void put_rank(struct mneme_hot_call *call, double priority, int64_t micros) {
    int64_t level = (int64_t)floor(priority * RANKS_OF_PRIORITY + 0.5);
    int64_t tenths = micros < 0 ? 0 : micros / RANK_MICROS;
    mneme_hot_call_put_long(call, level * RANK_STEP + (tenths < RANK_STEP ? tenths : RANK_STEP - 1));
}

static void put_owner(struct mneme_hot_call *call, struct mneme_str tenant, struct mneme_str user_id,
                      struct mneme_str stream_id) {
    size_t start = call->text.len;
    mneme_hot_owner(&call->text, tenant, user_id, stream_id);
    end_word(call, start);
}

/* The words that follow the entry, for all kinds of values. */
static void put_keeping(struct mneme_hot_call *call, const struct mneme_hot_keeping *keeping,
                        const struct mneme_str *names) {
    mneme_hot_call_put_long(call, keeping->expires_ms);
    put_rank(call, PRIORITY_OF_OTHERS, keeping->happened_at);
    put_owner(call, names[0], keeping->user_id, names[1]);
}

void mneme_hot_change_memory(struct mneme_hot_call *call, const struct mneme_hot_memory *memory,
                             int64_t expires_ms, int64_t happened_at) {
    const struct mneme_memory_row *row = &memory->row;
    call->changes++;
    mneme_hot_call_put(call, row->is_deleted ? MNEME_STR_LIT("forget") : MNEME_STR_LIT("memory"));
    put_memory_entry(call, row);
    if (row->is_deleted) {
        put_compared(call, memory->source_sequence);
        return;
    }
    bool was_accessed = row->last_accessed_at.is_set && row->last_accessed_at.value > happened_at;
    mneme_hot_call_put_long(call, expires_ms);
    put_rank(call, row->priority, was_accessed ? row->last_accessed_at.value : happened_at);
    put_owner(call, row->tenant, row->user_id, row->stream_id);
    size_t start = call->text.len;
    mneme_hot_memory_write(&call->text, memory);
    end_word(call, start);
}

void mneme_hot_change_access(struct mneme_hot_call *call, const struct mneme_memory_row *row) {
    call->changes++;
    mneme_hot_call_put(call, MNEME_STR_LIT("access"));
    put_memory_entry(call, row);
    mneme_hot_call_put_long(call, row->access_count);
    size_t start = call->text.len;
    mneme_hot_memory_accessed_at(&call->text, row);
    end_word(call, start);
}

static void put_skip(struct mneme_hot_call *call, enum mneme_hot_kind kind, const struct mneme_str *names,
                     size_t count, int64_t expires_ms) {
    mneme_hot_call_put(call, MNEME_STR_LIT("skip"));
    put_entry(call, kind, names, count);
    mneme_hot_call_put_long(call, expires_ms);
}

void mneme_hot_change_value(struct mneme_hot_call *call, enum mneme_hot_kind kind,
                            const struct mneme_str *names, size_t count, int64_t ledger_offset,
                            const struct mneme_hot_keeping *keeping, struct mneme_str json) {
    call->changes++;
    if ((int64_t)json.len > keeping->most_bytes) {
        put_skip(call, kind, names, count, keeping->expires_ms);
        return;
    }
    mneme_hot_call_put(call, MNEME_STR_LIT("value"));
    put_entry(call, kind, names, count);
    put_keeping(call, keeping, names);
    put_compared(call, ledger_offset);
    mneme_hot_call_put(call, json);
}

static void put_element(struct mneme_hot_call *call, enum mneme_working_part part, const void *element) {
    struct mneme_json_writer json = {.out = &call->text};
    size_t start = call->text.len;
    mneme_working_element_json(&json, part, element);
    end_word(call, start);
}

void mneme_hot_change_working(struct mneme_hot_call *call, const struct mneme_str names[3],
                              const struct mneme_hot_keeping *keeping,
                              const struct mneme_loaded_working *loaded) {
    const struct mneme_working *working = &loaded->working;
    int64_t bytes = mneme_working_bytes(loaded);
    call->changes++;
    if (bytes > keeping->most_bytes) {
        put_skip(call, MNEME_HOT_WORKING, names, 3, keeping->expires_ms);
        return;
    }
    mneme_hot_call_put(call, MNEME_STR_LIT("working"));
    put_entry(call, MNEME_HOT_WORKING, names, 3);
    put_keeping(call, keeping, names);
    put_compared(call, loaded->ledger_offset);
    mneme_hot_call_put_long(call, bytes);
    size_t start = call->text.len;
    if (working->goal.data != NULL) {
        mneme_buffer_append_byte(&call->text, '=');
        mneme_buffer_append_str(&call->text, working->goal);
    }
    end_word(call, start);
    mneme_hot_call_put(call, loaded->goal_id);
    if (loaded->goal_set_at.is_set) {
        mneme_hot_call_put_long(call, loaded->goal_set_at.value);
    } else {
        mneme_hot_call_put(call, MNEME_STR_NULL);
    }
    for (int part = 0; part < MNEME_WORKING_PART_COUNT; part++) {
        size_t count;
        const char *elements = mneme_working_elements(working, (enum mneme_working_part)part, &count);
        mneme_hot_call_put_long(call, (int64_t)count);
        for (size_t i = 0; i < count; i++) {
            if (part == MNEME_WORKING_KEY) {
                mneme_hot_call_put(call, working->keys[i].key);
            }
            put_element(call, (enum mneme_working_part)part, elements + i * mneme_working_shapes[part].bytes);
        }
    }
}
