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

/* What was appended to the text since `start` is a word. */
static void end_word(struct mneme_hot_call *call, size_t start) {
    struct mneme_str word = {(const char *)(uintptr_t)start, call->text.len - start};
    mneme_buffer_append(&call->words, &word, sizeof word);
}

static void put(struct mneme_hot_call *call, struct mneme_str word) {
    size_t start = call->text.len;
    mneme_buffer_append_str(&call->text, word);
    end_word(call, start);
}

static void put_long(struct mneme_hot_call *call, int64_t value) {
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
    put(call, MNEME_STR_LIT("4"));
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

struct mneme_redis_command mneme_hot_call_command(struct mneme_hot_call *call) {
    struct mneme_str *words = (struct mneme_str *)(void *)call->words.data;
    size_t count = call->words.len / sizeof *words;
    for (size_t i = 0; i < count; i++) {
        words[i].data = call->text.data + (uintptr_t)words[i].data;
    }
    call->text.failed |= call->words.failed;
    return (struct mneme_redis_command){&mneme_hot_script_change, words, count, words[1]};
}

enum mneme_hot_verdict mneme_hot_verdict_of(const redisReply *reply) {
    static const struct {
        const char *word;
        enum mneme_hot_verdict verdict;
    } verdicts[] = {
        {"done", MNEME_HOT_DONE},     {"kept", MNEME_HOT_DONE},       {"claimed", MNEME_HOT_DONE},
        {"taken", MNEME_HOT_TAKEN},   {"already", MNEME_HOT_ALREADY}, {"moved", MNEME_HOT_MOVED},
        {"behind", MNEME_HOT_BEHIND}, {"newer", MNEME_HOT_NEWER},
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
    put(call, MNEME_STR_LIT("fold"));
    put_long(call, guard->first_offset);
    put_long(call, guard->end_offset);
    put_long(call, guard->epoch);
    put(call, guard->digest);
    put_long(call, space->number);
    put_long(call, guard->is_live_space);
    put(call, guard->live);
    put_long(call, guard->live_ms);
    put_long(call, guard->capacity);
}

void mneme_hot_guard_fill(struct mneme_hot_call *call, int64_t ledger_offset, int64_t capacity) {
    put(call, MNEME_STR_LIT("fill"));
    put_long(call, ledger_offset);
    put_long(call, capacity);
}

void mneme_hot_guard_merge(struct mneme_hot_call *call) {
    put(call, MNEME_STR_LIT("merge"));
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
    put_long(call, row->access_count);
    size_t start = call->text.len;
    mneme_hot_memory_accessed_at(&call->text, row);
    end_word(call, start);
}

void mneme_hot_change_memory(struct mneme_hot_call *call, const struct mneme_hot_memory *memory,
                             int64_t expires_ms, int64_t happened_at) {
    const struct mneme_memory_row *row = &memory->row;
    call->changes++;
    put(call, row->is_deleted ? MNEME_STR_LIT("forget") : MNEME_STR_LIT("memory"));
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
    put_long(call, expires_ms);
    put_long(call, row->priority);
    put_long(call, happened_at / 1000);
}

void mneme_hot_change_access(struct mneme_hot_call *call, const struct mneme_memory_row *row) {
    call->changes++;
    put(call, MNEME_STR_LIT("access"));
    put_memory_names(call, row);
    put_accesses(call, row);
}

void mneme_hot_change_value(struct mneme_hot_call *call, enum mneme_hot_kind kind,
                            const struct mneme_str *names, size_t count, int64_t ledger_offset,
                            int64_t expires_ms, struct mneme_str json) {
    call->changes++;
    put(call, MNEME_STR_LIT("value"));
    size_t start = call->text.len;
    mneme_hot_kind_names(&call->text, kind, names, count);
    end_word(call, start);
    put_compared(call, ledger_offset);
    put_long(call, expires_ms);
    put(call, json);
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
    put(call, MNEME_STR_LIT("working"));
    size_t start = call->text.len;
    mneme_hot_names(&call->text, names, 3);
    end_word(call, start);
    put_compared(call, ledger_offset);
    put_long(call, expires_ms);
    start = call->text.len;
    if (working->goal.data != NULL) {
        mneme_buffer_append_byte(&call->text, '=');
        mneme_buffer_append_str(&call->text, working->goal);
    }
    end_word(call, start);
    for (int part = 0; part < MNEME_WORKING_PART_COUNT; part++) {
        size_t count;
        const char *elements = mneme_working_elements(working, (enum mneme_working_part)part, &count);
        put_long(call, (int64_t)count);
        for (size_t i = 0; i < count; i++) {
            if (part == MNEME_WORKING_KEY) {
                put(call, working->keys[i].key);
            }
            put_element(call, (enum mneme_working_part)part, elements + i * mneme_working_shapes[part].bytes);
        }
    }
}
