/*
 * Entries that an earlier run has published are read and judged again, so that the report is complete, but
 * not published. The mark advances when everything up to an entry is acknowledged.
 */
#include "importers/import_entries.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "importers/import_check.h"
#include "importers/import_delivery.h"
#include "importers/import_mark.h"

#define MARK_EVERY_MICROS INT64_C(200000)
#define CHECK_EVERY_ENTRIES 64 /* interval of checks whether to save a mark */

struct importing {
    struct mneme_import_report *report;
    const struct mneme_import_source *source;
    const struct mneme_import_observer *observer;
    struct mneme_import_delivery delivery; /* except in a dry run */
    struct mneme_import_check check;
    struct mneme_import_sink sink;
    struct stat facts; /* of the file at the beginning */

    char mark_path[MNEME_STATE_PATH_BYTES]; /* "": no progress is saved */
    struct mneme_import_mark mark;
    int64_t known_entries; /* published by an earlier run */

    /* The mark to save once all events up to the ticket are settled. */
    struct {
        bool is_set;
        int64_t entries, events;
        uint64_t ticket;
    } next;
    int64_t marked_at; /* monotonic */
};

static bool is_dry_run(const struct importing *importing) {
    return importing->delivery.client == NULL;
}

/* --- marks --- */

static void save_mark(struct importing *importing, int64_t entries, int64_t events, bool is_finished) {
    struct mneme_receipt latest;
    if (importing->mark_path[0] == '\0') {
        return;
    }
    if (mneme_import_delivery_latest(&latest, &importing->delivery)) {
        importing->mark.event_id = latest.event_id;
        importing->mark.position = latest.position;
    } else if (importing->known_entries == 0) {
        return; /* the mark could not be verified */
    }
    importing->mark.entries = entries;
    importing->mark.events = events;
    importing->mark.is_finished = is_finished;
    importing->mark.refused = importing->report->refused;
    importing->marked_at = mneme_clock_monotonic_micros();
    if (!mneme_import_mark_save(importing->mark_path, &importing->mark)) {
        mneme_log(MNEME_LOG_WARN, "import progress was not saved", MNEME_LOG_S("file", importing->mark_path),
                  MNEME_LOG_S("reason", strerror(errno)));
        importing->mark_path[0] = '\0';
    }
}

static void move_mark(struct importing *importing) {
    struct mneme_client *client = importing->delivery.client;
    if (importing->mark_path[0] == '\0' || importing->sink.entry % CHECK_EVERY_ENTRIES != 0 ||
        mneme_clock_monotonic_micros() - importing->marked_at < MARK_EVERY_MICROS) {
        return;
    }
    if (importing->next.is_set && mneme_deliveries_wait(&client->deliveries, importing->next.ticket, 0)) {
        importing->next.is_set = false;
        if (!atomic_load(&importing->delivery.has_failed)) {
            save_mark(importing, importing->next.entries, importing->next.events, false);
        }
    }
    if (!importing->next.is_set) {
        importing->next.is_set = true;
        importing->next.entries = importing->sink.entry;
        importing->next.events = importing->report->events;
        importing->next.ticket = mneme_deliveries_last_ticket(&client->deliveries);
    }
}

/* Increased when the same file yields different events than before, so that older marks are not trusted. */
#define READING_REVISION 2

/* Everything that determines the events of the file, and their destination. */
static void describe_way(struct mneme_buffer *out, const struct mneme_client *client,
                         const struct importing *importing, const char *format) {
    char folder[PATH_MAX];
    const struct mneme_import_source *source = importing->source;
    const char *path = realpath(source->path, folder) == NULL ? source->path : folder;
    mneme_buffer_printf(
        out, "%s %d\n%s\n%s\n%s\n%s\n", mneme_version(), READING_REVISION, format, source->tenant,
        mneme_config_string(client->config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS), client->topic_name);
    mneme_buffer_printf(out, "%zu\n%zu\n%s\n", importing->check.content_max_chars,
                        importing->check.max_event_bytes, path);
    mneme_buffer_printf(out, "%.*s\n%.*s\n%.*s\n", MNEME_STR_ARG(source->agent_id),
                        MNEME_STR_ARG(source->user_id), MNEME_STR_ARG(source->run_id));
}

/* Finds the saved progress of the file, and checks that the log agrees. */
static int recall(struct importing *importing, const struct mneme_import_format *format,
                  struct mneme_error *error) {
    const struct mneme_import_observer *observer = importing->observer;
    struct mneme_client *client = importing->delivery.client;
    struct mneme_buffer way = {0};
    if (observer->is_in_log == NULL) {
        return MNEME_OK;
    }
    describe_way(&way, client, importing, format->name);
    int status =
        way.failed
            ? mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory")
            : mneme_import_mark_path(importing->mark_path, client->config, importing->source->fd,
                                     mneme_buffer_str(&way), observer->cancel, error);
    mneme_buffer_clean_up(&way);
    if (status == MNEME_OK && importing->mark_path[0] != '\0' && !importing->source->is_again &&
        mneme_import_mark_load(&importing->mark, importing->mark_path) &&
        observer->is_in_log(observer->context, importing->mark.position, importing->mark.event_id)) {
        importing->known_entries = importing->mark.entries;
    }
    return status;
}

/* --- entries --- */

static void report_progress(const struct importing *importing) {
    const struct mneme_import_report *report = importing->report;
    int64_t bytes = importing->sink.bytes;
    if (importing->observer->on_progress != NULL && bytes > 0) {
        int64_t done = is_dry_run(importing)
                           ? report->events
                           : report->already + atomic_load(&importing->delivery.acknowledged);
        /* Assumes that the unread rest is like what has been read. */
        double total = (double)report->events * ((double)importing->facts.st_size / (double)bytes);
        importing->observer->on_progress(importing->observer->context, done, (int64_t)total);
    }
}

static int describe_event(const struct importing *importing, const struct mneme_event *event,
                          struct mneme_error *error) {
    char where[64];
    const struct mneme_import_place place = {importing->sink.entry, importing->sink.line, where};
    snprintf(where, sizeof where, "entry %lld (line %lld)", (long long)place.entry, (long long)place.line);
    return importing->observer->on_event(importing->observer->context, event, &place, error);
}

static int put_event(void *context, const struct mneme_event *event, struct mneme_error *error) {
    struct importing *importing = context;
    struct mneme_import_report *report = importing->report;
    bool is_known = importing->sink.entry <= importing->known_entries;
    int status;
    if (is_dry_run(importing) || is_known) {
        const struct mneme_import_observer *observer = importing->observer;
        status = mneme_cancel_is_due(observer->cancel)
                     ? MNEME_IMPORT_STOP
                     : mneme_import_check_event(&importing->check, event, error);
    } else {
        status = mneme_import_deliver_event(&importing->delivery, event, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    if (event->type == MNEME_EVENT_MEMORY_CREATED && !mneme_import_agents_count(&report->agents, event)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
    }
    if (is_dry_run(importing) && importing->observer->on_event != NULL) {
        status = describe_event(importing, event, error);
    }
    report->events++;
    report->already += is_known ? 1 : 0;
    if (!is_dry_run(importing)) {
        move_mark(importing);
    }
    report_progress(importing);
    return status;
}

static int refuse(void *context, int64_t entry, const struct mneme_error *why, struct mneme_error *error) {
    struct importing *importing = context;
    const struct mneme_import_observer *observer = importing->observer;
    importing->report->refused++;
    return observer->on_refused == NULL
               ? MNEME_OK
               : observer->on_refused(observer->context, entry, importing->sink.line, why->message, error);
}

static int warn(void *context, int64_t entry, const char *why, struct mneme_error *error) {
    struct importing *importing = context;
    const struct mneme_import_observer *observer = importing->observer;
    importing->report->warnings++;
    return observer->on_warned == NULL
               ? MNEME_OK
               : observer->on_warned(observer->context, entry, importing->sink.line, why, error);
}

/* --- the file --- */

static int require_unchanged(const struct importing *importing, struct mneme_error *error) {
    struct stat now;
    const struct stat *then = &importing->facts;
    if (fstat(importing->source->fd, &now) == 0 && now.st_size == then->st_size &&
        now.st_mtim.tv_sec == then->st_mtim.tv_sec && now.st_mtim.tv_nsec == then->st_mtim.tv_nsec) {
        return MNEME_OK;
    }
    return mneme_error_set(
        error, MNEME_E_INVALID,
        "%s was imported in part: the file changed during the import; import it again, which is safe",
        importing->source->path);
}

static int read_entries(struct importing *importing, const struct mneme_import_format *format,
                        struct mneme_error *error) {
    int64_t started = mneme_clock_monotonic_micros();
    importing->marked_at = started;
    int status = format->read(importing->source, &importing->sink, error);
    bool is_cut_short = status == MNEME_IMPORT_STOP;
    if (is_dry_run(importing)) {
        status = is_cut_short ? MNEME_OK : status;
    } else {
        status = mneme_import_delivery_finish(&importing->delivery, status, error);
        importing->report->acknowledged = atomic_load(&importing->delivery.acknowledged);
    }
    importing->report->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    report_progress(importing);
    if (status == MNEME_OK && !atomic_load(&importing->delivery.has_failed)) {
        status = require_unchanged(importing, error);
        if (status == MNEME_OK && !is_dry_run(importing)) {
            /* The entry at which the import was cancelled is not published. */
            save_mark(importing, importing->sink.entry - (is_cut_short ? 1 : 0), importing->report->events,
                      !is_cut_short);
        }
    }
    return status;
}

static void fill_report(const struct importing *importing) {
    struct mneme_import_report *report = importing->report;
    report->entries = report->events + report->refused;
    report->unknown_types = importing->sink.unknown_types;
    report->skipped = importing->sink.skipped;
    report->left_out = importing->sink.left_out;
    report->mended = importing->sink.mended;
    report->holding = importing->sink.holding;
    memcpy(report->ignored, importing->sink.ignored, sizeof report->ignored);
    mneme_import_agents_sort(&report->agents);
}

static int import_open_file(struct importing *importing, const struct mneme_import_format *format,
                            struct mneme_error *error) {
    struct mneme_import_report *report = importing->report;
    if (fstat(importing->source->fd, &importing->facts) != 0) {
        return mneme_error_set(error, MNEME_E_INVALID, "%s was not imported: %s; check the file",
                               importing->source->path, strerror(errno));
    }
    int status = is_dry_run(importing) ? MNEME_OK : recall(importing, format, error);
    if (status == MNEME_OK && importing->known_entries > 0 && importing->mark.is_finished &&
        importing->mark.refused == 0) {
        report->is_known = true;
        report->entries = report->events = report->already = importing->mark.events;
        return MNEME_OK;
    }
    if (status == MNEME_OK) {
        status = read_entries(importing, format, error);
    }
    fill_report(importing);
    if (atomic_load(&importing->delivery.has_failed)) {
        return mneme_error_set(
            error, importing->delivery.failure.code,
            "%s was imported in part (%lld events): %s; then import it again, which resumes from there",
            importing->source->path, (long long)(report->already + report->acknowledged),
            importing->delivery.failure.message);
    }
    return status;
}

int mneme_import_entries(struct mneme_import_report *out, struct mneme_client *client,
                         const struct mneme_config *config, const struct mneme_import_format *format,
                         const struct mneme_import_source *source,
                         const struct mneme_import_observer *observer, struct mneme_error *error) {
    struct importing importing = {.report = out, .source = source, .observer = observer};
    importing.sink = (struct mneme_import_sink){
        .put_event = put_event, .refuse = refuse, .warn = warn, .context = &importing};
    int status = mneme_import_delivery_init(&importing.delivery, client, observer, error);
    if (status == MNEME_OK) {
        mneme_import_check_init(&importing.check, client, config);
        importing.sink.content_max_chars = importing.check.content_max_chars;
        importing.sink.max_event_bytes = importing.check.max_event_bytes;
        status = import_open_file(&importing, format, error);
        mneme_import_check_clean_up(&importing.check);
        mneme_import_delivery_clean_up(&importing.delivery);
    }
    return status;
}
