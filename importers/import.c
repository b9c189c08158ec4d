/*
 * The two passes over a file: check everything, then publish it. Formats that are judged by entry use
 * import_entries.c.
 */
#include "importers/import.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "importers/import_check.h"
#include "importers/import_delivery.h"
#include "importers/import_entries.h"
#include "importers/input.h"

const struct mneme_import_format *const mneme_import_formats[] = {&mneme_import_locomo,
                                                                  &mneme_import_jsonl,
                                                                  &mneme_import_turns,
                                                                  &mneme_import_chatgpt,
                                                                  &mneme_import_claude,
                                                                  &mneme_import_legacy_json,
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

void mneme_import_report_clean_up(struct mneme_import_report *report) {
    mneme_import_agents_clean_up(&report->agents);
}

/* --- the first pass --- */

struct checking {
    const char *tenant;
    struct mneme_import_sink *sink;
    struct mneme_import_check check;
    struct mneme_arena arena;
    int64_t events, warnings;
    const struct mneme_import_observer *observer;
};

static int check_line(void *context, struct mneme_str line, struct mneme_error *error) {
    struct checking *checking = context;
    struct mneme_event event;
    mneme_arena_reset(&checking->arena, SIZE_MAX);
    int status = mneme_event_from_json(&event, &checking->arena, line, checking->tenant, error);
    if (status == MNEME_OK) {
        status = mneme_import_check_event(&checking->check, &event, error);
    }
    checking->events += status == MNEME_OK ? 1 : 0;
    const struct mneme_import_observer *observer = checking->observer;
    const struct mneme_import_place place = {.where = checking->sink->where};
    return status == MNEME_OK && observer->on_event != NULL
               ? observer->on_event(observer->context, &event, &place, error)
               : status;
}

static int warn_line(void *context, int64_t entry, const char *why, struct mneme_error *error) {
    struct checking *checking = context;
    const struct mneme_import_observer *observer = checking->observer;
    checking->warnings++;
    return observer->on_warned == NULL ? MNEME_OK
                                       : observer->on_warned(observer->context, entry, entry, why, error);
}

/* Adds the place to errors in a file; system errors stay unchanged. */
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
                      const struct mneme_import_source *source, const struct mneme_import_observer *observer,
                      struct mneme_error *error) {
    struct checking checking = {.tenant = source->tenant, .observer = observer};
    struct mneme_import_sink sink = {.put = check_line, .warn = warn_line, .context = &checking};
    checking.sink = &sink;
    mneme_import_check_init(&checking.check, client, config);
    mneme_arena_init(&checking.arena, 0);
    int status = format->read(source, &sink, error);
    if (status != MNEME_OK) {
        status = locate(source, &sink, error);
    }
    mneme_arena_clean_up(&checking.arena);
    mneme_import_check_clean_up(&checking.check);
    out->events = checking.events;
    out->warnings = checking.warnings;
    out->skipped = sink.skipped;
    out->mended = sink.mended;
    return status;
}

/* --- the second pass --- */

struct publishing {
    struct mneme_import_delivery delivery;
    const struct mneme_import_observer *observer;
    int64_t total;
};

static void report_progress(const struct publishing *publishing) {
    if (publishing->observer->on_progress != NULL) {
        publishing->observer->on_progress(publishing->observer->context,
                                          atomic_load(&publishing->delivery.acknowledged), publishing->total);
    }
}

static int publish(void *context, struct mneme_str line, struct mneme_error *error) {
    struct publishing *publishing = context;
    int status = mneme_import_deliver_line(&publishing->delivery, line, error);
    report_progress(publishing);
    return status;
}

static int publish_file(struct mneme_import_report *out, struct mneme_client *client,
                        const struct mneme_import_format *format, const struct mneme_import_source *source,
                        const struct mneme_import_observer *observer, struct mneme_error *error) {
    struct publishing publishing = {.observer = observer, .total = out->events};
    struct mneme_import_sink sink = {.put = publish, .context = &publishing};
    int64_t started = mneme_clock_monotonic_micros();
    int status = mneme_import_delivery_init(&publishing.delivery, client, observer, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = format->read(source, &sink, error);
    status = mneme_import_delivery_finish(&publishing.delivery, status, error);
    report_progress(&publishing);
    mneme_import_delivery_clean_up(&publishing.delivery);
    out->acknowledged = atomic_load(&publishing.delivery.acknowledged);
    out->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    if (atomic_load(&publishing.delivery.has_failed)) {
        return mneme_error_set(
            error, publishing.delivery.failure.code,
            "%s was imported in part (%lld of %lld events): %s; then import it again, which is safe",
            source->path, (long long)out->acknowledged, (long long)out->events,
            publishing.delivery.failure.message);
    }
    return status;
}

static int import_open_file(struct mneme_import_report *out, struct mneme_client *client,
                            const struct mneme_config *config, const struct mneme_import_format *format,
                            const struct mneme_import_source *source,
                            const struct mneme_import_observer *observer, struct mneme_error *error) {
    if (format->is_judged_by_entry) {
        return mneme_import_entries(out, client, config, format, source, observer, error);
    }
    int status = check_file(out, client, config, format, source, observer, error);
    return status == MNEME_OK && client != NULL ? publish_file(out, client, format, source, observer, error)
                                                : status;
}

int mneme_import_file(struct mneme_import_report *out, struct mneme_client *client,
                      const struct mneme_config *config, const struct mneme_import_format *format,
                      const struct mneme_import_source *source, const struct mneme_import_observer *observer,
                      struct mneme_error *error) {
    struct mneme_import_source complete = *source;
    complete.tenant = mneme_config_string(config, MNEME_SETTING_TENANT);
    mneme_import_report_clean_up(out);
    *out = (struct mneme_import_report){0};
    struct mneme_error unseen = {0};
    error = error == NULL ? &unseen : error; /* its code is checked below */
    int status = mneme_input_open(&complete.fd, source->path, observer->cancel, error);
    if (status == MNEME_OK) {
        status = import_open_file(out, client, config, format, &complete, observer, error);
        close(complete.fd);
    }
    return status;
}
