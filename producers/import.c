/*
 * The two passes over a file: check everything, then publish it.
 */
#include "producers/import.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/uuid.h"
#include "producers/client.h"

#define FLUSH_TIMEOUT_MS (-1) /* MNEME_PUBLISH_TIMEOUT_MS bounds it */

const struct mneme_import_format *const mneme_import_formats[] = {&mneme_import_locomo, &mneme_import_jsonl,
                                                                  NULL};

const struct mneme_import_format *mneme_import_format_by_name(const char *name) {
    for (size_t i = 0; mneme_import_formats[i] != NULL; i++) {
        if (strcmp(mneme_import_formats[i]->name, name) == 0) {
            return mneme_import_formats[i];
        }
    }
    return NULL;
}

int mneme_import_content_id(char text[MNEME_ID_TEXT_BYTES], struct mneme_str content,
                            struct mneme_error *error) {
    struct mneme_uuid id;
    int status = mneme_uuid_v5(&id, mneme_event_namespace, content, error);
    if (status == MNEME_OK) {
        mneme_id_text(text, id);
    }
    return status;
}

/* --- the first pass --- */

struct checking {
    const struct mneme_config *config;
    size_t max_event_bytes;
    struct mneme_arena arena;
    struct mneme_buffer encoded;
    int64_t events;
};

static int check(void *context, struct mneme_str line, struct mneme_error *error) {
    struct checking *checking = context;
    struct mneme_event event;
    mneme_arena_reset(&checking->arena, SIZE_MAX);
    mneme_buffer_clear(&checking->encoded);
    int status = mneme_event_from_json(&event, &checking->arena, line,
                                       mneme_config_string(checking->config, MNEME_SETTING_TENANT), error);
    if (status == MNEME_OK) {
        status = mneme_event_validate(
            &event, (size_t)mneme_config_long(checking->config, MNEME_SETTING_CONTENT_MAX_CHARS), error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    mneme_event_encode(&event, &checking->encoded);
    mneme_event_key(&event, &checking->encoded);
    if (checking->encoded.len > checking->max_event_bytes) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "event refused: it has %zu bytes; at most %zu are allowed",
                               checking->encoded.len, checking->max_event_bytes);
    }
    checking->events++;
    return MNEME_OK;
}

/* What is wrong in a file, with its place; errors of the machine stay as they are. */
static int locate(const struct mneme_import_source *source, const struct mneme_import_sink *sink,
                  struct mneme_error *error) {
    if (error->code != MNEME_E_INVALID || sink->where[0] == '\0') {
        return error->code;
    }
    const char *colon = strstr(error->message, ": ");
    return mneme_error_set(error, MNEME_E_INVALID, "%s was not imported: %s: %s", source->path, sink->where,
                           colon == NULL ? error->message : colon + 2);
}

static int check_file(struct mneme_import_report *out, struct mneme_client *client,
                      const struct mneme_config *config, const struct mneme_import_format *format,
                      const struct mneme_import_source *source, struct mneme_error *error) {
    struct checking checking = {
        .config = config,
        .max_event_bytes = client != NULL ? client->max_event_bytes
                                          : MNEME_USUAL_MAX_MESSAGE_BYTES - MNEME_RECORD_OVERHEAD_BYTES,
    };
    struct mneme_import_sink sink = {.put = check, .context = &checking};
    mneme_arena_init(&checking.arena, 0);
    int status = format->read(source, &sink, error);
    if (status != MNEME_OK) {
        status = locate(source, &sink, error);
    }
    mneme_arena_clean_up(&checking.arena);
    mneme_buffer_clean_up(&checking.encoded);
    out->events = checking.events;
    out->skipped = sink.skipped;
    return status;
}

/* --- the second pass --- */

struct publishing {
    struct mneme_client *client;
    const struct mneme_import_observer *observer;
    int64_t total;
    int64_t sent;
    _Atomic int64_t acknowledged;
    _Atomic bool has_failed;
    struct mneme_error failure; /* the first one; written before has_failed */
};

static void receive(const struct mneme_receipt *receipt, void *context) {
    struct publishing *publishing = context;
    if (receipt->status == MNEME_OK) {
        atomic_fetch_add(&publishing->acknowledged, 1);
    } else if (!atomic_load(&publishing->has_failed)) {
        (void)mneme_error_set(&publishing->failure, receipt->status, "%s", receipt->message);
        atomic_store(&publishing->has_failed, true);
    }
}

static bool is_cancelled(const struct publishing *publishing) {
    return publishing->observer->is_cancelled != NULL && publishing->observer->is_cancelled();
}

static void tell_progress(const struct publishing *publishing) {
    if (publishing->observer->on_progress != NULL) {
        publishing->observer->on_progress(publishing->observer->context,
                                          atomic_load(&publishing->acknowledged), publishing->total);
    }
}

/* Ends the reading without an error of its own: the reason is kept elsewhere. */
#define STOP_READING MNEME_E_CONFLICT

static int publish(void *context, struct mneme_str line, struct mneme_error *error) {
    struct publishing *publishing = context;
    int status;
    do {
        if (atomic_load(&publishing->has_failed) || is_cancelled(publishing)) {
            return STOP_READING;
        }
        status = mneme_publish_json(publishing->client, line, NULL, NULL, 0, receive, publishing, error);
        /* A full queue empties by itself: its events are acknowledged, or fail in time. */
    } while (status == MNEME_E_FULL);
    publishing->sent++;
    tell_progress(publishing);
    return status;
}

static int publish_file(struct mneme_import_report *out, struct mneme_client *client,
                        const struct mneme_import_format *format, const struct mneme_import_source *source,
                        const struct mneme_import_observer *observer, struct mneme_error *error) {
    struct publishing publishing = {.client = client, .observer = observer, .total = out->events};
    struct mneme_import_sink sink = {.put = publish, .context = &publishing};
    int64_t started = mneme_clock_monotonic_micros();
    int status = format->read(source, &sink, error);
    int flushed = mneme_flush(client, FLUSH_TIMEOUT_MS, status == MNEME_OK ? error : NULL);
    status = status == MNEME_OK || status == STOP_READING ? flushed : status;
    tell_progress(&publishing);
    out->acknowledged = atomic_load(&publishing.acknowledged);
    out->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    if (atomic_load(&publishing.has_failed)) {
        return mneme_error_set(
            error, publishing.failure.code,
            "%s was imported in part (%lld of %lld events): %s; then import it again, which is safe",
            source->path, (long long)out->acknowledged, (long long)out->events, publishing.failure.message);
    }
    return status;
}

/* It is read twice, which a pipe does not allow. */
static int require_regular(const char *path, struct mneme_error *error) {
    struct stat facts;
    if (stat(path, &facts) != 0) {
        return mneme_error_set(error, errno == ENOENT ? MNEME_E_NOT_FOUND : MNEME_E_INVALID,
                               "%s was not imported: %s; check the name", path, strerror(errno));
    }
    if (!S_ISREG(facts.st_mode)) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "%s was not imported: it is no regular file; use `mneme publish` for streams of events", path);
    }
    return MNEME_OK;
}

int mneme_import_file(struct mneme_import_report *out, struct mneme_client *client,
                      const struct mneme_config *config, const struct mneme_import_format *format,
                      const struct mneme_import_source *source, const struct mneme_import_observer *observer,
                      struct mneme_error *error) {
    *out = (struct mneme_import_report){0};
    struct mneme_error unseen = {0};
    error = error == NULL ? &unseen : error; /* its code is looked at below */
    int status = require_regular(source->path, error);
    if (status == MNEME_OK) {
        status = check_file(out, client, config, format, source, error);
    }
    return status == MNEME_OK && client != NULL ? publish_file(out, client, format, source, observer, error)
                                                : status;
}
