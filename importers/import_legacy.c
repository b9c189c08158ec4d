/*
 * Legacy JSON: a list of memories, wrappers around such lists ("memories", "data", to any depth), one memory,
 * or several of these one after the other. Every memory is judged separately; if the brackets of a file do
 * not match, the rest cannot be read, and reading ends there.
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/json/read.h"
#include "importers/import.h"
#include "importers/legacy_outline.h"
#include "importers/legacy_path.h"

#define MAX_ENTRY_BYTES ((size_t)4 * 1024 * 1024)
#define MAX_DEPTH 64 /* nested wrappers */

struct walk {
    struct mneme_import_sink *sink;
    const char *tenant;
    struct mneme_import_stream stream;
    struct mneme_legacy_reader reader;
    struct mneme_legacy_origin origin;
    char structure[160]; /* for origin.structure */
    unsigned depth;
    bool is_stopped; /* the rest cannot be read */
    bool has_news;   /* there was an entry, or something was refused */
};

/* --- what is refused --- */

static int refuse(struct walk *walk, struct mneme_import_stream_at place, int64_t entry, const char *why,
                  struct mneme_error *error) {
    struct mneme_error reason = {0};
    walk->has_news = true;
    walk->sink->line = place.line;
    (void)mneme_error_set(&reason, MNEME_E_INVALID, "%s refused: %s", entry > 0 ? "entry" : "file", why);
    return walk->sink->refuse(walk->sink->context, entry, &reason, error);
}

static int refuse_entry(struct walk *walk, struct mneme_import_stream_at place, const char *why,
                        struct mneme_error *error) {
    return refuse(walk, place, ++walk->sink->entry, why, error);
}

/* From here on the file cannot be read. */
static int stop(struct walk *walk, struct mneme_import_stream_at place, const char *what,
                struct mneme_error *error) {
    char why[256];
    snprintf(why, sizeof why, "%s at byte %lld, and what follows was not read; repair the file", what,
             (long long)place.offset);
    walk->is_stopped = true;
    return refuse(walk, place, 0, why, error);
}

/* --- one memory --- */

static int64_t count_lines(struct mneme_str text, size_t end) {
    int64_t lines = 0;
    for (size_t i = 0; i < end && i < text.len; i++) {
        lines += text.data[i] == '\n' ? 1 : 0;
    }
    return lines;
}

static int refuse_malformed(struct walk *walk, struct mneme_import_stream_at place, struct mneme_str entry,
                            const char *reason, size_t at, struct mneme_error *error) {
    char why[160];
    int64_t line = place.line + count_lines(entry, at);
    snprintf(why, sizeof why, "it is not valid JSON: %s at byte %lld, line %lld; repair it", reason,
             (long long)(place.offset + (int64_t)at), (long long)line);
    return refuse_entry(walk, place, why, error);
}

/* Reports deviations from what is written. */
static int warn(struct walk *walk, struct mneme_legacy_notes *notes, size_t mended,
                struct mneme_error *error) {
    size_t len = strlen(notes->warning);
    walk->sink->mended += (int64_t)mended;
    if (mended > 0) {
        snprintf(notes->warning + len, sizeof notes->warning - len,
                 "%s%zu half character%s replaced by U+FFFD", len > 0 ? "; " : "", mended,
                 mended == 1 ? " was" : "s were");
    }
    return notes->warning[0] == '\0'
               ? MNEME_OK
               : walk->sink->warn(walk->sink->context, walk->sink->entry, notes->warning, error);
}

static int read_entry(struct walk *walk, const struct mneme_legacy_ids *around,
                      struct mneme_import_stream_at place, struct mneme_str text, struct mneme_error *error) {
    struct mneme_event event;
    struct mneme_error why = {0};
    struct mneme_legacy_notes notes;
    const char *reason;
    size_t at;
    size_t mended = mneme_import_stream_repair(&walk->stream, text, NULL, NULL);
    if (!mneme_json_check(text, NULL, &reason, &at)) {
        return refuse_malformed(walk, place, text, reason, at, error);
    }
    walk->has_news = true;
    walk->sink->entry++;
    walk->sink->line = place.line;
    int status = mneme_legacy_read(&event, &notes, &walk->reader, text, around, walk->tenant, &why);
    if (status == MNEME_OK) {
        walk->sink->unknown_types += notes.has_unknown_type ? 1 : 0;
        status = walk->sink->put_event(walk->sink->context, &event, &why);
    }
    if (status == MNEME_E_INVALID || status == MNEME_E_TOO_LARGE) {
        return walk->sink->refuse(walk->sink->context, walk->sink->entry, &why, error);
    }
    if (status != MNEME_OK) {
        (void)mneme_error_set(error, why.code, "%s", why.message);
        return status; /* without an error when it should stop */
    }
    return warn(walk, &notes, mended, error);
}

/* --- objects and lists --- */

static int read_value(struct walk *walk, const struct mneme_legacy_ids *around, bool is_item,
                      struct mneme_error *error);

static int read_part(struct walk *walk, const struct mneme_legacy_ids *around,
                     const struct mneme_legacy_part *part, struct mneme_error *error) {
    mneme_import_stream_seek(&walk->stream, part->place);
    return read_value(walk, around, false, error);
}

/* Appends the name of a list to the structure of its memories; returns the former length. */
static size_t enter_list(struct walk *walk, enum mneme_legacy_list list) {
    size_t len = strlen(walk->structure);
    struct mneme_str name = mneme_str_from(mneme_legacy_list_name(list));
    bool is_first = walk->depth == 1 && strcmp(walk->structure, "object") == 0;
    snprintf(walk->structure + (is_first ? 0 : len), sizeof walk->structure - (is_first ? 0 : len), "%s%.*s",
             is_first ? "" : ".", (int)(name.len - 2), name.data + 1);
    return len;
}

static void leave_list(struct walk *walk, size_t len) {
    bool was_object = walk->depth == 1 && strchr(walk->structure, '.') == NULL;
    if (was_object) {
        snprintf(walk->structure, sizeof walk->structure, "object");
    } else {
        walk->structure[len] = '\0';
    }
}

/* Reads the lists of a wrapper in the order of the file. */
static int read_parts(struct walk *walk, const struct mneme_legacy_ids *around,
                      const struct mneme_legacy_outline *outline, struct mneme_error *error) {
    int64_t behind = -1;
    int status = MNEME_OK;
    while (status == MNEME_OK && !walk->is_stopped) {
        int next = MNEME_LEGACY_LISTS;
        for (int list = 0; list < MNEME_LEGACY_LISTS; list++) {
            const struct mneme_legacy_part *part = &outline->parts[list];
            if (part->is_list_of_memories && part->place.offset > behind &&
                (next == MNEME_LEGACY_LISTS || part->place.offset < outline->parts[next].place.offset)) {
                next = list;
            }
        }
        if (next == MNEME_LEGACY_LISTS) {
            break;
        }
        behind = outline->parts[next].place.offset;
        size_t len = enter_list(walk, (enum mneme_legacy_list)next);
        status = read_part(walk, around, &outline->parts[next], error);
        leave_list(walk, len);
    }
    return status;
}

/* The name of a list that occurs twice; NULL: there is none. */
static const char *find_given_twice(const struct mneme_legacy_outline *outline) {
    for (int list = 0; list < MNEME_LEGACY_LISTS; list++) {
        if (outline->parts[list].is_given_twice) {
            return mneme_legacy_list_name((enum mneme_legacy_list)list);
        }
    }
    return NULL;
}

static void note_ignored(struct walk *walk, const char *names) {
    if (names[0] != '\0' && walk->sink->ignored[0] == '\0') {
        snprintf(walk->sink->ignored, sizeof walk->sink->ignored, "%s", names);
    }
}

static int read_wrapper(struct walk *walk, const struct mneme_legacy_ids *around,
                        const struct mneme_legacy_outline *outline, struct mneme_error *error) {
    struct mneme_legacy_ids ids = mneme_legacy_ids_or(outline->ids, *around);
    if (walk->depth == MAX_DEPTH) {
        return stop(walk, outline->end, "it is nested too deeply", error);
    }
    if (find_given_twice(outline) != NULL) {
        char why[64];
        snprintf(why, sizeof why, "%s occurs twice in one object", find_given_twice(outline));
        return stop(walk, outline->end, why, error);
    }
    note_ignored(walk, outline->others);
    walk->depth++;
    int status = read_parts(walk, &ids, outline, error);
    walk->depth--;
    if (status == MNEME_OK && !walk->is_stopped) {
        mneme_import_stream_seek(&walk->stream, outline->end);
        status = outline->broken == NULL ? MNEME_OK : stop(walk, outline->end, outline->broken, error);
    }
    return status;
}

/* Refuses an object that is too large for one memory, or whose end cannot be found. */
static int refuse_object(struct walk *walk, struct mneme_import_stream_at start,
                         const struct mneme_legacy_outline *outline, struct mneme_error *error) {
    char why[160];
    if (outline->broken != NULL) {
        snprintf(why, sizeof why, "entry %lld is broken, %s", (long long)walk->sink->entry + 1,
                 outline->broken);
        return stop(walk, start, why, error);
    }
    mneme_import_stream_seek(&walk->stream, outline->end);
    snprintf(why, sizeof why, "it has %lld bytes; the maximum is %zu; split it",
             (long long)(outline->end.offset - start.offset), MAX_ENTRY_BYTES);
    return refuse_entry(walk, start, why, error);
}

/* Whether it could be a wrapper, judged without parsing its structure. */
static bool names_a_list(struct mneme_str object) {
    for (int list = 0; list < MNEME_LEGACY_LISTS; list++) {
        const char *name = mneme_legacy_list_name((enum mneme_legacy_list)list);
        if (memmem(object.data, object.len, name, strlen(name)) != NULL) {
            return true;
        }
    }
    return false;
}

static int read_object(struct walk *walk, const struct mneme_legacy_ids *around, struct mneme_error *error) {
    struct mneme_import_stream_at start = mneme_import_stream_place(&walk->stream);
    struct mneme_legacy_outline outline;
    enum mneme_import_stream_extent extent;
    struct mneme_str text;
    int status = mneme_import_stream_take(&extent, &text, &walk->stream, MAX_ENTRY_BYTES, error);
    if (status != MNEME_OK || (extent == MNEME_IMPORT_STREAM_WHOLE && !names_a_list(text))) {
        return status == MNEME_OK ? read_entry(walk, around, start, text, error) : status;
    }
    mneme_import_stream_seek(&walk->stream, start);
    status = mneme_legacy_outline(&outline, &walk->stream, &walk->reader.arena, error);
    if (status == MNEME_OK && outline.is_wrapper) {
        return read_wrapper(walk, around, &outline, error);
    }
    if (status == MNEME_OK && extent != MNEME_IMPORT_STREAM_WHOLE) {
        return refuse_object(walk, start, &outline, error);
    }
    if (status == MNEME_OK) {
        mneme_import_stream_seek(&walk->stream, start);
        status = mneme_import_stream_take(&extent, &text, &walk->stream, MAX_ENTRY_BYTES, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    if (outline.parts[MNEME_LEGACY_LIST_MEMORIES].first_byte != 0) {
        return refuse_entry(walk, start, "\"memories\" must be a list of objects", error);
    }
    return read_entry(walk, around, start, text, error);
}

static int read_list(struct walk *walk, const struct mneme_legacy_ids *around, struct mneme_error *error) {
    int byte;
    mneme_import_stream_advance(&walk->stream);
    int status = mneme_import_stream_peek(&byte, &walk->stream, error);
    bool goes_on = byte != ']';
    while (status == MNEME_OK && goes_on) {
        status = read_value(walk, around, true, error);
        if (status == MNEME_OK && !walk->is_stopped) {
            status = mneme_import_stream_peek(&byte, &walk->stream, error);
        }
        if (status != MNEME_OK || walk->is_stopped) {
            return status;
        }
        if (byte != ',' && byte != ']') {
            const char *what =
                byte < 0 ? "it ends in the middle of a list" : "it lacks a comma or the end of a list";
            return stop(walk, mneme_import_stream_place(&walk->stream), what, error);
        }
        goes_on = byte == ',';
        if (goes_on) {
            mneme_import_stream_advance(&walk->stream);
        }
    }
    if (status == MNEME_OK) {
        mneme_import_stream_advance(&walk->stream); /* the bracket */
    }
    return status;
}

static int refuse_other(struct walk *walk, int first_byte, struct mneme_error *error) {
    struct mneme_import_stream_at start = mneme_import_stream_place(&walk->stream);
    enum mneme_import_stream_extent extent;
    char first = (char)first_byte;
    char why[96];
    int status = mneme_import_stream_skip(&extent, &walk->stream, error);
    if (status == MNEME_OK && extent != MNEME_IMPORT_STREAM_WHOLE) {
        return stop(walk, start, "an object or list is not closed", error);
    }
    bool is_known = first_byte == '-' || (first_byte >= '0' && first_byte <= '9') || first_byte == '"' ||
                    first_byte == '[' || first_byte == 't' || first_byte == 'f' || first_byte == 'n';
    snprintf(why, sizeof why, "it is %s; a memory must be an object",
             is_known ? mneme_json_kind_phrase(mneme_json_kind_of((struct mneme_str){&first, 1}))
                      : "no JSON");
    return status == MNEME_OK ? refuse_entry(walk, start, why, error) : status;
}

/* Reads the value at the current place, and leaves the stream after it. */
static int read_value(struct walk *walk, const struct mneme_legacy_ids *around, bool is_item,
                      struct mneme_error *error) {
    int byte;
    int status = mneme_import_stream_peek(&byte, &walk->stream, error);
    walk->sink->bytes = mneme_import_stream_place(&walk->stream).offset;
    if (status != MNEME_OK) {
        return status;
    }
    if (byte == '{') {
        return read_object(walk, around, error);
    }
    if (byte == '[' && !is_item) {
        return read_list(walk, around, error);
    }
    if (byte < 0 || byte == ',' || byte == ':' || byte == '}' || byte == ']') {
        return stop(walk, mneme_import_stream_place(&walk->stream),
                    byte < 0 ? "it ends in the middle of a list" : "a value is missing", error);
    }
    return refuse_other(walk, byte, error);
}

/* --- the file --- */

static int read_values(struct walk *walk, const struct mneme_legacy_ids *around, struct mneme_error *error) {
    int byte;
    int status = mneme_import_stream_peek(&byte, &walk->stream, error);
    while (status == MNEME_OK && byte >= 0 && !walk->is_stopped) {
        snprintf(walk->structure, sizeof walk->structure, "%s", byte == '[' ? "list" : "object");
        status = read_value(walk, around, false, error);
        if (status == MNEME_OK && !walk->is_stopped) {
            status = mneme_import_stream_peek(&byte, &walk->stream, error);
        }
    }
    if (status == MNEME_OK && !walk->has_news) {
        struct mneme_import_stream_at start = {.line = 1};
        status = refuse(walk, start, 0, "it contains no memories; check that it is the right file", error);
    }
    return status;
}

static int read_open_file(struct walk *walk, const struct mneme_import_source *source,
                          struct mneme_error *error) {
    struct mneme_legacy_path path;
    int status = mneme_legacy_path_read(&path, source->path, error);
    struct mneme_legacy_ids given = {
        .agent = source->agent_id, .user = source->user_id, .run = source->run_id};
    if (status == MNEME_OK) {
        walk->reader.named = path.ids;
        if (given.user.data != NULL) {
            walk->reader.named.agent = MNEME_STR_NULL; /* an owner is given, so names are not used */
        }
        walk->origin = (struct mneme_legacy_origin){
            .file = source->path, .structure = walk->structure, .migrated_at = mneme_clock_now_micros()};
        walk->reader.origin = &walk->origin;
        status = mneme_import_stream_init(&walk->stream, source->fd, error);
    }
    return status == MNEME_OK ? read_values(walk, &given, error) : status;
}

static int read_file(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                     struct mneme_error *error) {
    struct walk walk = {.sink = sink, .tenant = source->tenant};
    mneme_arena_init(&walk.reader.arena, 0);
    int status = read_open_file(&walk, source, error);
    mneme_legacy_reader_clean_up(&walk.reader);
    mneme_import_stream_clean_up(&walk.stream);
    return status;
}

const struct mneme_import_format mneme_import_legacy_json = {
    .name = "legacy-json",
    .summary = "memories of older stores: lists, {\"memories\": […]}, nested {\"data\": …}, single objects",
    .noun = "memories",
    .is_judged_by_entry = true,
    .takes_folders = true,
    .read = read_file,
};
