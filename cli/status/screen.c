/*
 * The status for people: one screen of projections and services, or everything about one projection.
 */
#include <math.h>
#include <stdio.h>

#include "cli/frame/form.h"
#include "cli/frame/listing.h"
#include "cli/frame/show.h"
#include "cli/status/overview.h"
#include "common/base/clock.h"
#include "queries/status_alerts.h"

#define RATE_BYTES 32

/* --- numbers that may be unknown --- */

void mneme_overview_time_left(char text[MNEME_OVERVIEW_LEFT_BYTES],
                              const struct mneme_projection_status *projection) {
    static const struct {
        double seconds; /* in one unit */
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t at = 0;
    if (!projection->has_log) {
        snprintf(text, MNEME_OVERVIEW_LEFT_BYTES, "?");
        return;
    }
    if (projection->lag == 0) {
        snprintf(text, MNEME_OVERVIEW_LEFT_BYTES, "-");
        return;
    }
    if (!projection->rate_per_s.is_set || projection->rate_per_s.value <= 0) {
        snprintf(text, MNEME_OVERVIEW_LEFT_BYTES, "?");
        return;
    }
    double seconds = ceil((double)projection->lag / projection->rate_per_s.value);
    while (units[at].seconds > 1 && seconds < 2 * units[at].seconds) { /* 90 s, not 1 min */
        at++;
    }
    snprintf(text, MNEME_OVERVIEW_LEFT_BYTES, "%.0f %s", ceil(seconds / units[at].seconds), units[at].unit);
}

static struct mneme_str rate_of(char text[RATE_BYTES], const struct mneme_projection_status *item) {
    if (!item->rate_per_s.is_set) {
        return MNEME_STR_LIT("?");
    }
    snprintf(text, RATE_BYTES, "%.0f/s", item->rate_per_s.value);
    return mneme_str_from(text);
}

/* --- projections --- */

static void add_projection(struct mneme_table *table, const struct mneme_projection_status *item) {
    char rate[RATE_BYTES];
    char left[MNEME_OVERVIEW_LEFT_BYTES];
    mneme_table_cell(table, mneme_str_from(item->projection));
    mneme_table_cell(table, item->has_log ? mneme_str_from(item->group.state) : MNEME_STR_LIT("?"));
    if (item->has_log) {
        mneme_table_cell_long(table, item->group.workers);
        mneme_table_cell_long(table, item->lag);
    } else {
        mneme_table_cell(table, MNEME_STR_LIT("?"));
        mneme_table_cell(table, MNEME_STR_LIT("?"));
    }
    mneme_table_cell_long(table, item->events);
    mneme_table_cell(table, rate_of(rate, item));
    mneme_overview_time_left(left, item);
    mneme_table_cell(table, mneme_str_from(left));
    mneme_table_cell_long(table, item->parked);
}

static void show_all(const struct mneme_overview *overview, const struct mneme_overview_reading *reading) {
    static const char *const headings[] = {"PROJECTION", "GROUP", "WORKERS", "LAG", "EVENTS",
                                           "RATE",       "LEFT",  "PARKED",  NULL};
    struct mneme_table table;
    mneme_table_init(&table, headings);
    for (size_t i = 0; i < reading->count; i++) {
        add_projection(&table, &reading->projections[i]);
    }
    (void)mneme_listing_print(overview->cli, &table); /* it has printed any error */
    mneme_table_clean_up(&table);
}

static void show_partitions(const struct mneme_overview *overview,
                            const struct mneme_projection_status *item) {
    static const char *const headings[] = {"PARTITION", "NEXT", "FIRST", "END", "UPDATED", "WORKER", NULL};
    struct mneme_table table;
    mneme_table_init(&table, headings);
    for (int32_t i = 0; i < item->partition_count; i++) {
        const struct mneme_partition_status *partition = &item->partitions[i];
        mneme_table_cell_long(&table, i);
        mneme_table_cell_long(&table, partition->next_offset);
        if (item->has_log) {
            mneme_table_cell_long(&table, partition->first_offset);
            mneme_table_cell_long(&table, partition->end_offset);
        } else {
            mneme_table_cell(&table, MNEME_STR_LIT("?"));
            mneme_table_cell(&table, MNEME_STR_LIT("?"));
        }
        if (partition->updated_at != 0) {
            mneme_show_cell_time(&table, partition->updated_at);
        } else {
            mneme_table_cell(&table, MNEME_STR_LIT("never"));
        }
        mneme_table_cell(&table, mneme_str_from(partition->owner));
    }
    if (item->partition_count > 0) {
        putchar('\n');
        (void)mneme_listing_print(overview->cli, &table); /* it has printed any error */
    }
    mneme_table_clean_up(&table);
}

static void show_one(const struct mneme_overview *overview, const struct mneme_projection_status *item) {
    char rate[RATE_BYTES];
    char left[MNEME_OVERVIEW_LEFT_BYTES];
    struct mneme_form form;
    mneme_overview_time_left(left, item);
    mneme_form_begin(&form);
    mneme_form_str(&form, "projection", mneme_str_from(item->projection));
    mneme_form_str(&form, "topic", mneme_str_from(item->topic));
    if (item->has_log) {
        mneme_form_str(&form, "group", mneme_str_from(item->group.state));
        mneme_form_long(&form, "workers", (struct mneme_opt_long){item->group.workers, true});
        mneme_form_long(&form, "lag", (struct mneme_opt_long){item->lag, true});
    }
    mneme_form_str(&form, "time left", mneme_str_from(left));
    mneme_form_long(&form, "events", (struct mneme_opt_long){item->events, true});
    mneme_form_str(&form, "rate", rate_of(rate, item));
    mneme_form_long(&form, "parked", (struct mneme_opt_long){item->parked, true});
    (void)mneme_form_end(&form, overview->cli); /* it has printed any error */
    show_partitions(overview, item);
}

/* Only the first projection of a group reports for the group. */
static bool is_first_of_group(const struct mneme_overview_reading *reading, size_t index) {
    return index == 0 || reading->projections[index].of != reading->projections[index - 1].of;
}

static void show_trouble(const struct mneme_overview_reading *reading, size_t index) {
    const struct mneme_projection_status *item = &reading->projections[index];
    const char *group = item->of->name;
    if (is_first_of_group(reading, index) && mneme_projection_lacks_workers(item)) {
        printf("Group %s has no workers: start one with `mneme work %s`.\n", group, group);
    }
    if (item->lost[0] != '\0') {
        printf("%s: lost: %s.\n", item->projection, item->lost);
    }
    if (item->refused > 0) {
        printf("%s: the endpoint refused the text of %lld documents, or a part of it; full text still finds "
               "them, and the worker's log names them.\n",
               item->projection, (long long)item->refused);
    }
}

void mneme_overview_show_projections(const struct mneme_overview *overview,
                                     const struct mneme_overview_reading *reading) {
    bool is_first = true;
    if (overview->only == NULL) {
        show_all(overview, reading);
    }
    for (size_t i = 0; i < reading->count; i++) {
        if (!mneme_overview_is_named(overview, mneme_str_from(reading->projections[i].projection))) {
            continue;
        }
        if (overview->only != NULL) {
            fputs(is_first ? "" : "\n", stdout);
            show_one(overview, &reading->projections[i]);
        }
        show_trouble(reading, i);
        is_first = false;
    }
}

/* --- services --- */

void mneme_overview_show_health(const struct mneme_overview *overview, const struct mneme_health *health) {
    static const char *const headings[] = {"SERVICE", "STATE", "ANSWERED IN", "DETAIL", NULL};
    struct mneme_alert alerts[MNEME_ALERT_KINDS];
    size_t alert_count;
    struct mneme_table table;
    char text[32];
    mneme_table_init(&table, headings);
    for (int which = 0; which < MNEME_HEALTH_SERVICES; which++) {
        const struct mneme_health_check *check = &health->checks[which];
        if (check->state == MNEME_HEALTH_UNUSED) {
            continue;
        }
        mneme_table_cell(&table, mneme_str_from(mneme_health_service_names[which]));
        mneme_table_cell(&table, mneme_str_from(mneme_health_state_names[check->state]));
        snprintf(text, sizeof text, "%.1f ms", check->response_time_ms);
        mneme_table_cell(&table, mneme_str_from(text));
        mneme_table_cell(&table, mneme_str_from(check->detail));
    }
    putchar('\n');
    (void)mneme_listing_print(overview->cli, &table); /* it has printed any error */
    mneme_table_clean_up(&table);
    mneme_alerts_of(alerts, &alert_count, health);
    for (size_t i = 0; i < alert_count; i++) {
        printf("%s: %s.\n", alerts[i].severity, alerts[i].message);
    }
}
