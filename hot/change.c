/*
 * Words of a script's call, gathered in one buffer.
 */
#include "hot/change.h"

#include "hot/scripts.h"
#include "hot/working_json.h"

void mneme_hot_call_clean_up(struct mneme_hot_call *call) {
    mneme_buffer_clean_up(&call->text);
    mneme_buffer_clean_up(&call->words);
}

/* A word until the call is complete: the text may move. Its place is taken by the slice. */
struct place {
    size_t start, len;
};
_Static_assert(sizeof(struct place) == sizeof(struct mneme_str), "one takes the place of the other");

/* What was appended to the text since `start` is a word. */
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

/* As the script compares numbers, by bytes. */
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
    mneme_hot_call_put_long(call, guard->capacity);
}

void mneme_hot_guard_fill(struct mneme_hot_call *call, int64_t ledger_offset, int64_t capacity) {
    mneme_hot_call_put(call, MNEME_STR_LIT("fill"));
    mneme_hot_call_put_long(call, ledger_offset);
    mneme_hot_call_put_long(call, capacity);
}

void mneme_hot_guard_merge(struct mneme_hot_call *call) {
    mneme_hot_call_put(call, MNEME_STR_LIT("merge"));
}

static void put_memory_names(struct mneme_hot_call *call, const struct mneme_memory_row *row) {
    char id[MNEME_UUID_TEXT_BYTES];
    size_t start = call->text.len;
    mneme_uuid_format(row->id, id);
    const struct mneme_str names[] = {row->tenant, row->stream_id, {id, sizeof id}};
    mneme_hot_names(&call->text, names, 3);
    end_word(call, start);
}

static void put_accesses(struct mneme_hot_call *call, const struct mneme_memory_row *row) {
    mneme_hot_call_put_long(call, row->access_count);
    size_t start = call->text.len;
    mneme_hot_memory_accessed_at(&call->text, row);
    end_word(call, start);
}

void mneme_hot_change_memory(struct mneme_hot_call *call, const struct mneme_hot_memory *memory,
                             int64_t expires_ms, int64_t happened_at) {
    const struct mneme_memory_row *row = &memory->row;
    call->changes++;
    mneme_hot_call_put(call, row->is_deleted ? MNEME_STR_LIT("forget") : MNEME_STR_LIT("memory"));
    put_memory_names(call, row);
    put_compared(call, memory->source_sequence);
    if (row->is_deleted) {
        return;
    }
    put_accesses(call, row);
    size_t start = call->text.len;
    mneme_hot_memory_lists(&call->text, row);
    end_word(call, start);
    start = call->text.len;
    mneme_hot_memory_json(&call->text, row);
    end_word(call, start);
    mneme_hot_call_put_long(call, expires_ms);
    mneme_hot_call_put_long(call, row->priority);
    mneme_hot_call_put_long(call, happened_at / 1000);
}

void mneme_hot_change_access(struct mneme_hot_call *call, const struct mneme_memory_row *row) {
    call->changes++;
    mneme_hot_call_put(call, MNEME_STR_LIT("access"));
    put_memory_names(call, row);
    put_accesses(call, row);
}

void mneme_hot_change_value(struct mneme_hot_call *call, enum mneme_hot_kind kind,
                            const struct mneme_str *names, size_t count, int64_t ledger_offset,
                            int64_t expires_ms, struct mneme_str json) {
    call->changes++;
    mneme_hot_call_put(call, MNEME_STR_LIT("value"));
    size_t start = call->text.len;
    mneme_hot_kind_names(&call->text, kind, names, count);
    end_word(call, start);
    put_compared(call, ledger_offset);
    mneme_hot_call_put_long(call, expires_ms);
    mneme_hot_call_put(call, json);
}

static void put_element(struct mneme_hot_call *call, enum mneme_working_part part, const void *element) {
    struct mneme_json_writer json = {.out = &call->text};
    size_t start = call->text.len;
    mneme_working_element_json(&json, part, element);
    end_word(call, start);
}

void mneme_hot_change_working(struct mneme_hot_call *call, const struct mneme_str names[3],
                              int64_t ledger_offset, int64_t expires_ms,
                              const struct mneme_working *working) {
    call->changes++;
    mneme_hot_call_put(call, MNEME_STR_LIT("working"));
    size_t start = call->text.len;
    mneme_hot_names(&call->text, names, 3);
    end_word(call, start);
    put_compared(call, ledger_offset);
    mneme_hot_call_put_long(call, expires_ms);
    start = call->text.len;
    if (working->goal.data != NULL) {
        mneme_buffer_append_byte(&call->text, '=');
        mneme_buffer_append_str(&call->text, working->goal);
    }
    end_word(call, start);
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
