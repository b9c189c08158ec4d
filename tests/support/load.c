/*
 * Making the load: memories are kept by number, so that an update or delete finds its user.
 */
#include "tests/support/load.h"

#include <glob.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define FLUSH_TIMEOUT_MS 300000
#define BUILT_IN_TEXTS 5000

struct made_memory {
    struct mneme_uuid id;
    unsigned user;
    bool is_deleted;
};

struct load {
    const struct mneme_load_options *options;
    struct mneme_client *client;
    char **texts; /* contents, as JSON */
    size_t text_count, text_capacity;
    struct made_memory *memories;
    size_t memory_count;
    uint64_t chance;
    atomic_long delivered;
};

/* xorshift64*: the load is the same on every machine. */
static uint64_t next_chance(struct load *load) {
    load->chance ^= load->chance >> 12;
    load->chance ^= load->chance << 25;
    load->chance ^= load->chance >> 27;
    return load->chance * UINT64_C(2685821657736338717) >> 11;
}

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "no load was made: out of memory; free some memory");
}

/* Takes `content`, which may be NULL after an exhausted memory. */
static int add_text(struct load *load, char *content, struct mneme_error *error) {
    if (content != NULL && load->text_count == load->text_capacity) {
        size_t capacity = load->text_capacity == 0 ? 1024 : load->text_capacity * 2;
        char **texts = realloc(load->texts, capacity * sizeof *texts);
        if (texts == NULL) {
            free(content);
            return no_memory(error);
        }
        load->texts = texts;
        load->text_capacity = capacity;
    }
    if (content == NULL) {
        return no_memory(error);
    }
    load->texts[load->text_count++] = content;
    return MNEME_OK;
}

static int add_turns(struct load *load, const json_t *session, struct mneme_error *error) {
    size_t index;
    json_t *turn;
    int status = MNEME_OK;
    json_array_foreach(session, index, turn) {
        json_t *text = json_object_get(turn, "text");
        if (json_is_string(text) && status == MNEME_OK) {
            json_t *content = json_pack("{sO}", "text", text);
            status = add_text(load, json_dumps(content, JSON_COMPACT), error);
            json_decref(content);
        }
    }
    return status;
}

/* All turns of a conversation: the arrays in it, or in its member "conversation". */
static int add_file(struct load *load, const char *path, struct mneme_error *error) {
    json_error_t why;
    json_t *file = json_load_file(path, 0, &why);
    if (file == NULL) {
        return mneme_error_set(error, MNEME_E_INVALID, "%s was not read: %s; name a folder of conversations",
                               path, why.text);
    }
    json_t *conversation = json_object_get(file, "conversation");
    const char *name;
    json_t *session;
    int status = MNEME_OK;
    json_object_foreach(conversation == NULL ? file : conversation, name, session) {
        if (json_is_array(session) && status == MNEME_OK) {
            status = add_turns(load, session, error);
        }
    }
    json_decref(file);
    return status;
}

static int read_texts(struct load *load, struct mneme_error *error) {
    char pattern[4096];
    glob_t files;
    snprintf(pattern, sizeof pattern, "%s/*.json", load->options->texts);
    if (glob(pattern, 0, NULL, &files) != 0) {
        return mneme_error_set(error, MNEME_E_NOT_FOUND,
                               "no texts were read: there is no %s; correct --texts", pattern);
    }
    int status = MNEME_OK;
    for (size_t i = 0; i < files.gl_pathc && status == MNEME_OK; i++) {
        status = add_file(load, files.gl_pathv[i], error);
    }
    globfree(&files);
    if (status == MNEME_OK && load->text_count == 0) {
        status = mneme_error_set(error, MNEME_E_INVALID,
                                 "no texts were read: %s holds no turns; correct --texts", pattern);
    }
    return status;
}

/* Sentences of about the length of a turn. */
static int invent_texts(struct load *load, struct mneme_error *error) {
    static const char *const words[] = {"prefers", "morning", "the",     "train",    "ticket",  "window",
                                        "seat",    "coffee",  "without", "sugar",    "meeting", "moved",
                                        "Friday",  "asked",   "long",    "invoice",  "garden",  "sister",
                                        "visits",  "next",    "week",    "allergic", "nuts",    "likes",
                                        "walks",   "river",   "call",    "remember"};
    int status = MNEME_OK;
    for (int i = 0; i < BUILT_IN_TEXTS && status == MNEME_OK; i++) {
        char text[512];
        size_t target = 40 + next_chance(load) % 200;
        int len = snprintf(text, sizeof text, "{\"text\":\"Turn %d", i);
        while ((size_t)len < target) {
            len += snprintf(text + len, sizeof text - (size_t)len, " %s",
                            words[next_chance(load) % (sizeof words / sizeof *words)]);
        }
        snprintf(text + len, sizeof text - (size_t)len, ".\"}");
        status = add_text(load, strdup(text), error);
    }
    return status;
}

static void count_delivered(const struct mneme_receipt *receipt, void *context) {
    if (receipt->status == MNEME_OK) {
        atomic_fetch_add_explicit(&((struct load *)context)->delivered, 1, memory_order_relaxed);
    }
}

/* A memory that is there, or NULL when a new one is to be made. */
static struct made_memory *choose_memory(struct load *load) {
    struct made_memory *memory =
        load->memory_count < 100 ? NULL : &load->memories[next_chance(load) % load->memory_count];
    return memory == NULL || memory->is_deleted ? NULL : memory;
}

static int publish_one(struct load *load, struct mneme_error *error) {
    struct mneme_event event;
    unsigned percent = (unsigned)(next_chance(load) % 100);
    bool is_update = percent < load->options->update_percent;
    bool is_delete = !is_update && percent < load->options->update_percent + load->options->delete_percent;
    struct made_memory *memory = is_update || is_delete ? choose_memory(load) : NULL;
    enum mneme_event_type type = memory == NULL ? MNEME_EVENT_MEMORY_CREATED
                                 : is_update    ? MNEME_EVENT_MEMORY_UPDATED
                                                : MNEME_EVENT_MEMORY_DELETED;
    int status = mneme_event_init(&event, load->client, type, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_str content = mneme_str_from(load->texts[next_chance(load) % load->text_count]);
    unsigned user = memory == NULL ? (unsigned)(next_chance(load) % load->options->users) : memory->user;
    char name[32];
    int len = snprintf(name, sizeof name, "user-%05u", user);
    event.scope.user_id = (struct mneme_str){name, (size_t)len};
    event.scope.agent_id = MNEME_STR_LIT("assistant");
    if (memory == NULL) {
        event.payload.memory_created.memory_type = MNEME_STR_LIT("fact");
        event.payload.memory_created.content = content;
        load->memories[load->memory_count++] =
            (struct made_memory){event.payload.memory_created.memory_id, user, false};
    } else if (is_update) {
        event.payload.memory_updated.memory_id = memory->id;
        event.payload.memory_updated.content = content;
    } else {
        event.payload.memory_deleted.memory_id = memory->id;
        memory->is_deleted = true;
    }
    return mneme_publish(load->client, &event, count_delivered, load, error);
}

int mneme_load_publish(struct mneme_client *client, const struct mneme_load_options *options,
                       struct mneme_error *error) {
    struct load load = {.options = options, .client = client, .chance = 20260101};
    load.memories = calloc((size_t)options->events + 1, sizeof *load.memories);
    int status = load.memories == NULL    ? no_memory(error)
                 : options->texts != NULL ? read_texts(&load, error)
                                          : invent_texts(&load, error);
    for (long i = 0; i < options->events && status == MNEME_OK; i++) {
        status = publish_one(&load, error);
    }
    if (status == MNEME_OK) {
        status = mneme_flush(client, FLUSH_TIMEOUT_MS, error);
    }
    if (status == MNEME_OK && load.delivered != options->events) {
        status = mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                 "the brokers took %ld of %ld events; look at their log",
                                 (long)load.delivered, options->events);
    }
    for (size_t i = 0; i < load.text_count; i++) {
        free(load.texts[i]);
    }
    free(load.texts);
    free(load.memories);
    return status;
}
