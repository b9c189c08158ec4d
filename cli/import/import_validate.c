/*
 * Collects some hundreds of events at a time, and compares them in one statement.
 */
#include "cli/import/import_validate.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/frame/output.h"
#include "common/json/write.h"
#include "queries/import_compare.h"

#define MAX_EVENTS 500
#define MAX_BYTES ((size_t)4 * 1024 * 1024) /* approximately, of the events' JSON */

/* What is kept of an event for its comparison; texts are in the arena. */
struct item {
    struct mneme_event event; /* only its type, ids, agent and memory_type */
    struct mneme_import_place place;
};

struct mneme_import_validation {
    const struct mneme_cli *cli;
    struct mneme_postgres *postgres;
    const char *path;
    struct mneme_import_validated sum;

    struct item items[MAX_EVENTS];
    size_t count;
    struct mneme_arena arena;
    struct mneme_buffer events; /* JSON */
    struct mneme_error error;   /* of a visit */
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "the file was not compared with the store: out of memory; free some memory");
}

int mneme_import_validation_begin(struct mneme_import_validation **out, const struct mneme_cli *cli,
                                  struct mneme_postgres *postgres, const char *path,
                                  struct mneme_error *error) {
    struct mneme_import_validation *validation = calloc(1, sizeof *validation);
    *out = validation;
    if (validation == NULL) {
        return no_memory(error);
    }
    validation->cli = cli;
    validation->postgres = postgres;
    validation->path = path;
    mneme_arena_init(&validation->arena, 0);
    return MNEME_OK;
}

/* --- printing --- */

static void put_string(struct mneme_json_writer *json, const char *name, struct mneme_str value) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_string(json, value);
}

/* Prints a finding: a sentence on stderr, and with --json an object. `word` is "missing" or similar. */
static int say(const struct mneme_import_validation *validation, const struct item *item, const char *word,
               const char *why, struct mneme_error *error) {
    char event_id[MNEME_ID_TEXT_BYTES];
    struct mneme_error said = {0};
    mneme_id_text(event_id, item->event.event_id);
    mneme_error_set(&said, MNEME_E_INVALID, "%s: %s is %s: event %s of stream %.*s: %s", validation->path,
                    item->place.where, word, event_id, MNEME_STR_ARG(item->event.stream_id), why);
    mneme_cli_say("%s", said.message);
    if (!validation->cli->json) {
        return MNEME_OK;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    put_string(&json, "file", mneme_str_from(validation->path));
    put_string(&json, "where", mneme_str_from(item->place.where));
    if (item->place.entry > 0) {
        mneme_json_key(&json, MNEME_STR_LIT("entry"));
        mneme_json_long(&json, item->place.entry);
        mneme_json_key(&json, MNEME_STR_LIT("line"));
        mneme_json_long(&json, item->place.line);
    }
    put_string(&json, "stream_id", item->event.stream_id);
    put_string(&json, "event_id", mneme_str_from(event_id));
    if (item->event.type == MNEME_EVENT_MEMORY_CREATED) {
        mneme_json_key(&json, MNEME_STR_LIT("memory_id"));
        mneme_json_uuid(&json, item->event.payload.memory_created.memory_id);
    }
    put_string(&json, word, mneme_str_from(why));
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code == MNEME_EXIT_DONE ? MNEME_OK : no_memory(error);
}

static void join(char *out, size_t size, struct mneme_str_array names) {
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < names.count && len < size; i++) {
        len += (size_t)snprintf(out + len, size - len, "%s%.*s", i > 0 ? ", " : "",
                                MNEME_STR_ARG(names.items[i]));
    }
}

/* --- comparing --- */

static int judge_memory(struct mneme_import_validation *validation, const struct item *item,
                        const struct mneme_import_compared *row, struct mneme_error *error) {
    struct mneme_import_validated *sum = &validation->sum;
    char names[256];
    char why[400];
    if (!row->version.is_set) {
        sum->missing++;
        return say(validation, item, "missing", "the ledger has the event, but the memory does not exist",
                   error);
    }
    if (row->is_deleted.value) {
        sum->deleted++;
        return say(validation, item, "deleted", "the memory was deleted since", error);
    }
    if (!mneme_import_agents_count(&sum->agents, &item->event)) {
        return no_memory(error);
    }
    if (row->differing.count == 0) {
        sum->there++;
        return MNEME_OK;
    }
    bool was_changed = row->version.value > 1;
    join(names, sizeof names, row->differing);
    snprintf(why, sizeof why, was_changed ? "%s; the memory is at version %lld" : "%s", names,
             (long long)row->version.value);
    sum->changed += was_changed ? 1 : 0;
    sum->differing += was_changed ? 0 : 1;
    return say(validation, item, was_changed ? "changed" : "differing", why, error);
}

static int judge(struct mneme_import_validation *validation, const struct item *item,
                 const struct mneme_import_compared *row, struct mneme_error *error) {
    char why[200];
    bool is_memory = item->event.type == MNEME_EVENT_MEMORY_CREATED;
    bool is_accepted = mneme_str_equal(row->verdict, MNEME_STR_LIT("accepted")) ||
                       mneme_str_equal(row->verdict, MNEME_STR_LIT("detached"));
    if (row->verdict.data == NULL) {
        validation->sum.missing++;
        return say(validation, item, "missing",
                   "the ledger does not have the event; import the file, and see `mneme dead-letters list`",
                   error);
    }
    if (is_memory) {
        return judge_memory(validation, item, row, error);
    }
    if (is_accepted) {
        validation->sum.there++;
        return MNEME_OK;
    }
    validation->sum.differing++;
    snprintf(why, sizeof why, "its verdict is %.*s, so it had no effect", MNEME_STR_ARG(row->verdict));
    return say(validation, item, "differing", why, error);
}

static bool visit(const void *row, void *context) {
    const struct mneme_import_compared *compared = row;
    struct mneme_import_validation *validation = context;
    return judge(validation, &validation->items[compared->n - 1], compared, &validation->error) == MNEME_OK;
}

static int compare_gathered(struct mneme_import_validation *validation, struct mneme_error *error) {
    if (validation->count == 0) {
        return MNEME_OK;
    }
    mneme_buffer_append_byte(&validation->events, ']');
    int status = validation->events.failed
                     ? no_memory(error)
                     : mneme_import_compare(validation->postgres, mneme_buffer_str(&validation->events),
                                            visit, validation, error);
    if (status == MNEME_OK && validation->error.code != MNEME_OK) {
        status = mneme_error_set(error, validation->error.code, "%s", validation->error.message);
    }
    mneme_buffer_clear(&validation->events);
    mneme_arena_reset(&validation->arena, SIZE_MAX);
    validation->count = 0;
    return status;
}

/* --- gathering --- */

static bool copy(struct mneme_str *out, struct mneme_str text, struct mneme_arena *arena) {
    *out = mneme_arena_copy(arena, text);
    return text.data == NULL || out->data != NULL;
}

int mneme_import_validation_take(struct mneme_import_validation *validation, const struct mneme_event *event,
                                 const struct mneme_import_place *place, struct mneme_error *error) {
    struct item *item = &validation->items[validation->count];
    struct mneme_json_writer json = {.out = &validation->events};
    struct mneme_str where = mneme_arena_copy(&validation->arena, mneme_str_from(place->where));
    struct mneme_memory_created *memory = &item->event.payload.memory_created;
    *item = (struct item){.place = {place->entry, place->line, where.data}};
    item->event.type = event->type;
    item->event.event_id = event->event_id;
    bool is_copied = where.data != NULL && copy(&item->event.stream_id, event->stream_id, &validation->arena);
    if (event->type == MNEME_EVENT_MEMORY_CREATED) {
        memory->memory_id = event->payload.memory_created.memory_id;
        is_copied = is_copied &&
                    copy(&item->event.scope.agent_id, event->scope.agent_id, &validation->arena) &&
                    copy(&memory->memory_type, event->payload.memory_created.memory_type, &validation->arena);
    }
    if (!is_copied) {
        return no_memory(error);
    }
    mneme_buffer_append_byte(&validation->events, validation->count == 0 ? '[' : ',');
    mneme_event_json(event, &json);
    validation->count++;
    return validation->count == MAX_EVENTS || validation->events.len > MAX_BYTES
               ? compare_gathered(validation, error)
               : MNEME_OK;
}

int mneme_import_validation_end(struct mneme_import_validated *out,
                                struct mneme_import_validation *validation, int status,
                                struct mneme_error *error) {
    status = status == MNEME_OK ? compare_gathered(validation, error) : status;
    mneme_import_agents_sort(&validation->sum.agents);
    *out = validation->sum;
    mneme_buffer_clean_up(&validation->events);
    mneme_arena_clean_up(&validation->arena);
    free(validation);
    return status;
}
