/*
 * The rule becomes a filter as a user could have given it, so that what is archived is what a list shows.
 */
#include "cli/memory/memory_archive_scope.h"

#include <stdio.h>

#include "cli/frame/session.h"
#include "cli/memory/memory.h"
#include "common/base/clock.h"

/* --- the rule --- */

static void add_condition(struct mneme_buffer *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_condition(struct mneme_buffer *text, const char *format, ...) {
    char condition[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(condition, sizeof condition, format, arguments);
    va_end(arguments);
    mneme_buffer_printf(text, "%s%s", text->len > 0 ? " AND " : "", condition);
}

static int make_filter(struct mneme_memory_filter *filter, const struct mneme_archive_rule *rule,
                       struct mneme_buffer *text, struct mneme_arena *arena, struct mneme_error *error) {
    if (rule->older_than_micros.is_set) {
        char before[MNEME_RFC3339_BYTES];
        mneme_clock_format_rfc3339(mneme_clock_now_micros() - rule->older_than_micros.value, before);
        add_condition(text, "created_at lt \"%s\"", before);
    }
    if (rule->below_importance.is_set) {
        add_condition(text, "importance lt %.17g", rule->below_importance.value);
    }
    if (rule->accessed_under.is_set) {
        add_condition(text, "access_count lt %lld", (long long)rule->accessed_under.value);
    }
    if (rule->below_priority.is_set) {
        add_condition(text, "priority lt %lld", (long long)rule->below_priority.value);
    }
    if (text->failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "nothing was archived: memory is exhausted; free some");
    }
    return text->len == 0 ? MNEME_OK
                          : mneme_filter_parse(&filter->filter, mneme_buffer_str(text), arena, error);
}

/* --- what is selected --- */

struct archiving {
    struct mneme_archive_counts *counts;
    struct mneme_bulk *bulk;
};

static bool archive_row(const void *row, void *context) {
    struct archiving *archiving = context;
    archiving->counts->selected++;
    return mneme_bulk_add(archiving->bulk, row);
}

static int archive_all(struct mneme_archive_counts *out, struct mneme_cli *cli,
                       struct mneme_postgres *postgres, struct mneme_memory_filter *filter,
                       struct mneme_error *error) {
    struct mneme_bulk bulk;
    struct archiving archiving = {out, &bulk};
    int visited = MNEME_OK;
    if (mneme_bulk_begin(&bulk, cli, MNEME_BULK_ARCHIVE) == MNEME_OK) {
        visited = mneme_bulk_visit(postgres, filter, archive_row, &archiving, error);
    }
    int status = mneme_bulk_finish(&bulk);
    if (status != MNEME_OK) {
        *error = bulk.error;
    }
    out->archived = bulk.acknowledged;
    out->failed = bulk.failed;
    mneme_bulk_clean_up(&bulk);
    return status != MNEME_OK ? status : visited;
}

struct showing {
    struct mneme_archive_counts *counts;
    struct mneme_listing listing;
};

static bool show_row(const void *row, void *context) {
    struct showing *showing = context;
    showing->counts->selected++;
    return mneme_listing_visit(row, &showing->listing);
}

static enum mneme_exit show_all(struct mneme_archive_counts *out, struct mneme_cli *cli,
                                struct mneme_postgres *postgres, struct mneme_memory_filter *filter,
                                struct mneme_error *error) {
    struct showing showing = {.counts = out};
    mneme_listing_begin(&showing.listing, cli, &mneme_memory_listing, 0);
    int status = mneme_bulk_visit(postgres, filter, show_row, &showing, error);
    return status == MNEME_OK ? mneme_listing_end(&showing.listing)
                              : mneme_listing_fail(&showing.listing, error);
}

enum mneme_exit mneme_archive_scope(struct mneme_archive_counts *out, struct mneme_cli *cli,
                                    struct mneme_memory_filter *scope, const struct mneme_archive_rule *rule,
                                    bool is_dry, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_buffer text = {0};
    struct mneme_arena arena;
    enum mneme_exit code = MNEME_EXIT_DONE;
    *out = (struct mneme_archive_counts){0};
    mneme_arena_init(&arena, 0);
    int status = make_filter(scope, rule, &text, &arena, error);
    if (status == MNEME_OK && text.len > 0) {
        status = mneme_session_open_read(&postgres, cli, error);
        if (status == MNEME_OK && is_dry) {
            code = show_all(out, cli, postgres, scope, error);
        } else if (status == MNEME_OK) {
            status = archive_all(out, cli, postgres, scope, error);
        }
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    mneme_buffer_clean_up(&text);
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, error);
    }
    return mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : code;
}

/* --- what is told --- */

void mneme_archive_print(const struct mneme_archive_counts *counts, bool is_dry) {
    printf("%lld memories %sarchived\n", (long long)(is_dry ? counts->selected : counts->archived),
           is_dry ? "would be " : "");
}

static void put_long(struct mneme_json_writer *json, struct mneme_str key, int64_t value) {
    mneme_json_key(json, key);
    mneme_json_long(json, value);
}

void mneme_archive_json(struct mneme_json_writer *json, const struct mneme_archive_counts *counts,
                        bool is_dry) {
    put_long(json, MNEME_STR_LIT("selected"), counts->selected);
    put_long(json, MNEME_STR_LIT("archived"), counts->archived);
    put_long(json, MNEME_STR_LIT("failed"), counts->failed);
    mneme_json_key(json, MNEME_STR_LIT("dry_run"));
    mneme_json_bool(json, is_dry);
}
