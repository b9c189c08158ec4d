/*
 * Lines in the form that `mneme publish` reads. A line without an identity gets one derived from its content,
 * and with it the caller's scope.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/base/text_check.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "importers/import.h"
#include "importers/lines.h"

/* What a line has itself. */
struct line_keys {
    bool has_identity, has_subject, has_run;
};

static bool is_key(struct mneme_str quoted, const char *name) {
    return mneme_json_unquotes_to(quoted, mneme_str_from(name));
}

static struct line_keys find_keys(struct mneme_str object) {
    struct line_keys keys = {0};
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        keys.has_identity = keys.has_identity || is_key(key, "event_id") || is_key(key, "idempotency_key");
        keys.has_subject = keys.has_subject || is_key(key, "user_id") || is_key(key, "agent_id");
        keys.has_run = keys.has_run || is_key(key, "run_id");
    }
    return keys;
}

static void add_member(struct mneme_json_writer *json, bool is_wanted, const char *name,
                       struct mneme_str value) {
    if (is_wanted && value.data != NULL) {
        mneme_json_key(json, mneme_str_from(name));
        mneme_json_string(json, value);
    }
}

/* The object with missing members added in front of its own. */
static int complete(struct mneme_buffer *out, const struct mneme_import_source *source,
                    struct mneme_str object, struct mneme_error *error) {
    struct line_keys keys = find_keys(object);
    char id[MNEME_ID_TEXT_BYTES];
    int status = mneme_import_content_id(id, object, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_buffer_clear(out);
    struct mneme_json_writer json = {.out = out};
    mneme_json_begin_object(&json);
    add_member(&json, !keys.has_identity, "idempotency_key", mneme_str_from(id));
    add_member(&json, !keys.has_subject, "user_id", source->user_id);
    add_member(&json, !keys.has_subject, "agent_id", source->agent_id);
    add_member(&json, !keys.has_run, "run_id", source->run_id);
    struct mneme_str members = mneme_json_trim((struct mneme_str){object.data + 1, object.len - 2});
    if (members.len > 0 && out->len > 1) {
        mneme_buffer_append_byte(out, ',');
    }
    mneme_buffer_append_str(out, members);
    mneme_buffer_append_byte(out, '}');
    return out->failed
               ? mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory")
               : MNEME_OK;
}

static int warn_mended(struct mneme_import_sink *sink, size_t count, int64_t line,
                       struct mneme_error *error) {
    char why[96];
    sink->mended += (int64_t)count;
    snprintf(why, sizeof why, "%zu half character%s replaced by U+FFFD", count,
             count == 1 ? " was" : "s were");
    return count > 0 && sink->warn != NULL ? sink->warn(sink->context, line, why, error) : MNEME_OK;
}

static int put_line(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                    struct mneme_buffer *scratch, struct mneme_lines *lines, struct mneme_str line,
                    struct mneme_error *error) {
    size_t mended = mneme_lines_repair(lines, line);
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (mneme_is_blank(line)) {
        sink->skipped++;
        return MNEME_OK;
    }
    if (!mneme_json_check(line, &kind, &reason, &at)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "line refused: it is not valid JSON: %s at byte %zu; repair it", reason, at);
    }
    if (kind != MNEME_JSON_OBJECT) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "line refused: it is %s; write one JSON object per line",
                               mneme_json_kind_phrase(kind));
    }
    int status = complete(scratch, source, mneme_json_trim(line), error);
    if (status == MNEME_OK) {
        status = sink->put(sink->context, mneme_buffer_str(scratch), error);
    }
    return status == MNEME_OK ? warn_mended(sink, mended, lines->number, error) : status;
}

static int read_lines(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                      struct mneme_lines *lines, struct mneme_error *error) {
    struct mneme_buffer scratch = {0};
    int status = MNEME_OK;
    bool is_at_end = false;
    while (status == MNEME_OK && !is_at_end) {
        struct mneme_str line;
        enum mneme_line_state state = mneme_lines_next(&line, lines);
        snprintf(sink->where, sizeof sink->where, "line %lld", (long long)lines->number);
        switch (state) {
        case MNEME_LINE_READY:
            status = put_line(source, sink, &scratch, lines, line, error);
            break;
        case MNEME_LINE_TOO_LONG:
            status = mneme_error_set(error, MNEME_E_INVALID,
                                     "line refused: it is longer than 4 MiB; split it into smaller events");
            break;
        case MNEME_LINE_NONE:
            status = mneme_lines_fill(lines, error);
            break;
        case MNEME_LINE_END:
            is_at_end = true;
            break;
        }
    }
    mneme_buffer_clean_up(&scratch);
    return status;
}

static int read_file(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                     struct mneme_error *error) {
    struct mneme_lines lines;
    (void)lseek(source->fd, 0, SEEK_SET); /* cannot fail for a regular file */
    mneme_lines_init(&lines, source->fd);
    int status = read_lines(source, sink, &lines, error);
    mneme_lines_clean_up(&lines);
    return status;
}

const struct mneme_import_format mneme_import_jsonl = {
    .name = "jsonl",
    .summary = "events, one JSON object per line, as `mneme publish` takes them",
    .read = read_file,
};
