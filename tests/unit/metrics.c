/*
 * The registry of metrics and its page of text.
 */
#include "common/metrics/metrics.h"

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

enum { COUNTER, GAUGE, HISTOGRAM, METRICS };

static const struct mneme_metrics_info table[] = {
    [COUNTER] = {"test_events_total", MNEME_COUNTER, "Events \\ of\nall kinds.", NULL},
    [GAUGE] = {"test_lag_events", MNEME_GAUGE, "Lag.", "partition"},
    [HISTOGRAM] = {"test_batch_seconds", MNEME_HISTOGRAM, "Time of a batch.", NULL},
};

static struct mneme_metrics *metrics;
static struct mneme_buffer page;

static void set_up(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_metrics_new(&metrics, table, METRICS, &error), MNEME_OK, "%s", error.message);
}

static void tear_down(void) {
    mneme_metrics_destroy(metrics);
    mneme_buffer_clean_up(&page);
}

TestSuite(metrics, .init = set_up, .fini = tear_down);

static void check_on_page(const char *part) {
    mneme_buffer_clear(&page);
    mneme_metrics_render(metrics, &page);
    mneme_buffer_append_byte(&page, '\0');
    cr_assert_not_null(strstr(page.data, part), "%s", page.data);
}

Test(metrics, shows_zeroes_before_anything_happened) {
    check_on_page("# HELP test_events_total Events \\\\ of\\nall kinds.\n# TYPE test_events_total counter\n"
                  "test_events_total 0\n");
    check_on_page("# TYPE test_lag_events gauge\n# HELP");
    check_on_page("test_batch_seconds_sum 0\ntest_batch_seconds_count 0\n");
}

Test(metrics, counts_and_sets) {
    mneme_metrics_add(metrics, COUNTER, NULL, 2);
    mneme_metrics_add(metrics, COUNTER, NULL, 0.5);
    mneme_metrics_set(metrics, GAUGE, "0", 7);
    mneme_metrics_set(metrics, GAUGE, "1", 9007199254740991.0);
    mneme_metrics_add(metrics, GAUGE, "0", -8);
    check_on_page("\ntest_events_total 2.5\n");
    check_on_page("\ntest_lag_events{partition=\"0\"} -1\n");
    check_on_page("\ntest_lag_events{partition=\"1\"} 9007199254740991\n");
    mneme_metrics_set(metrics, GAUGE, "0", NAN);
    check_on_page("\ntest_lag_events{partition=\"0\"} NaN\n");
    mneme_metrics_set(metrics, GAUGE, "0", -INFINITY);
    check_on_page("\ntest_lag_events{partition=\"0\"} -Inf\n");
}

Test(metrics, escapes_label_values) {
    mneme_metrics_set(metrics, GAUGE, "a\"b\\c\nd\xff", 1);
    check_on_page("\ntest_lag_events{partition=\"a\\\"b\\\\c\\nd?\"} 1\n");
}

Test(metrics, sorts_observations_into_cumulative_buckets) {
    static const double seconds[] = {0.0005, 0.001, 0.0011, 3, 61, 1000};
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        mneme_metrics_observe_seconds(metrics, HISTOGRAM, seconds[i]);
    }
    check_on_page(
        "\ntest_batch_seconds_bucket{le=\"0.001\"} 2\ntest_batch_seconds_bucket{le=\"0.0025\"} 3\n");
    check_on_page("le=\"2.5\"} 3\ntest_batch_seconds_bucket{le=\"5\"} 4\n");
    check_on_page("le=\"60\"} 4\ntest_batch_seconds_bucket{le=\"+Inf\"} 6\ntest_batch_seconds_sum 1064.0026\n"
                  "test_batch_seconds_count 6\n");
}

static void *move_all(void *label) {
    for (int i = 0; i < 20000; i++) {
        mneme_metrics_add(metrics, COUNTER, NULL, 1);
        mneme_metrics_observe_seconds(metrics, HISTOGRAM, 0.5);
        mneme_metrics_add(metrics, GAUGE, i % 2 == 0 ? label : "shared", 1);
    }
    return NULL;
}

Test(metrics, loses_nothing_when_threads_move_the_same_values) {
    static char labels[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, move_all, labels[i]), 0);
    }
    check_on_page("test_events_total");
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    check_on_page("\ntest_events_total 80000\n");
    check_on_page("\ntest_batch_seconds_count 80000\n");
    check_on_page("{partition=\"shared\"} 40000\n");
    for (int i = 0; i < 4; i++) {
        char part[64];
        snprintf(part, sizeof part, "{partition=\"%s\"} 10000\n", labels[i]);
        check_on_page(part);
    }
}
