/*
 * The registry of metrics. Values are atomics in lists that only grow at their head, so that updating and
 * reading them takes no lock; the lock is only for new label values.
 */
#include "common/metrics/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/base/text_check.h"
#include "common/json/write.h"

/* Upper bounds of the buckets in seconds: from a lookup to a batch that waits for its store. */
static const double bucket_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                       0.5,   1,      2.5,   5,    10,    30,   60};
#define BUCKET_COUNT (sizeof bucket_bounds / sizeof bucket_bounds[0])

/* The metric's value for one label value; not freed before the registry. */
struct series {
    struct series *next;
    char *label_value;         /* NULL without a label */
    _Atomic double value;      /* of a histogram: the sum */
    _Atomic uint64_t *buckets; /* of a histogram: BUCKET_COUNT and one for the rest, not cumulative */
};

struct mneme_metrics {
    const struct mneme_metrics_info *table;
    size_t count;
    pthread_mutex_t lock;             /* held to insert a series at the head of a list */
    _Atomic(struct series *) *series; /* one list for each row of the table */
};

static void free_series(struct series *series) {
    if (series != NULL) {
        free(series->label_value);
        free(series->buckets);
        free(series);
    }
}

/* NULL when memory is exhausted. */
static struct series *make_series(const struct mneme_metrics_info *info, const char *label_value) {
    struct series *series = calloc(1, sizeof *series);
    if (series == NULL) {
        return NULL;
    }
    bool is_complete = true;
    if (label_value != NULL) {
        series->label_value = strdup(label_value);
        is_complete = series->label_value != NULL;
    }
    if (is_complete && info->kind == MNEME_HISTOGRAM) {
        series->buckets = calloc(BUCKET_COUNT + 1, sizeof *series->buckets);
        is_complete = series->buckets != NULL;
    }
    if (!is_complete) {
        free_series(series);
        return NULL;
    }
    return series;
}

int mneme_metrics_new(struct mneme_metrics **out, const struct mneme_metrics_info *table, size_t count,
                      struct mneme_error *error) {
    struct mneme_metrics *metrics = calloc(1, sizeof *metrics);
    bool is_complete = metrics != NULL;
    if (is_complete) {
        pthread_mutex_init(&metrics->lock, NULL); /* cannot fail with default attributes */
        metrics->table = table;
        metrics->count = count;
        metrics->series = calloc(count == 0 ? 1 : count, sizeof *metrics->series);
        is_complete = metrics->series != NULL;
    }
    for (size_t i = 0; is_complete && i < count; i++) {
        if (table[i].label == NULL) {
            struct series *series = make_series(&table[i], NULL);
            atomic_init(&metrics->series[i], series);
            is_complete = series != NULL;
        }
    }
    if (!is_complete) {
        mneme_metrics_destroy(metrics);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot set up metrics: out of memory; free some memory");
    }
    *out = metrics;
    return MNEME_OK;
}

void mneme_metrics_destroy(struct mneme_metrics *metrics) {
    if (metrics == NULL) {
        return;
    }
    for (size_t i = 0; metrics->series != NULL && i < metrics->count; i++) {
        for (struct series *series = atomic_load(&metrics->series[i]); series != NULL;) {
            struct series *next = series->next;
            free_series(series);
            series = next;
        }
    }
    pthread_mutex_destroy(&metrics->lock);
    free(metrics->series);
    free(metrics);
}

static bool has_label(const struct series *series, const char *label_value) {
    if (label_value == NULL || series->label_value == NULL) {
        return label_value == series->label_value;
    }
    return strcmp(series->label_value, label_value) == 0;
}

static struct series *find_series(struct mneme_metrics *metrics, size_t metric, const char *label_value) {
    struct series *series = atomic_load_explicit(&metrics->series[metric], memory_order_acquire);
    while (series != NULL && !has_label(series, label_value)) {
        series = series->next;
    }
    return series;
}

/* NULL when memory is exhausted: this one value is then lost. */
static struct series *get_series(struct mneme_metrics *metrics, size_t metric, const char *label_value) {
    assert(metric < metrics->count && (label_value == NULL) == (metrics->table[metric].label == NULL));
    struct series *series = find_series(metrics, metric, label_value);
    if (series != NULL) {
        return series;
    }
    pthread_mutex_lock(&metrics->lock);
    series = find_series(metrics, metric, label_value);
    if (series == NULL) {
        series = make_series(&metrics->table[metric], label_value);
        if (series != NULL) {
            series->next = atomic_load_explicit(&metrics->series[metric], memory_order_relaxed);
            atomic_store_explicit(&metrics->series[metric], series, memory_order_release);
        }
    }
    pthread_mutex_unlock(&metrics->lock);
    return series;
}

static void add_to(_Atomic double *value, double amount) {
    double old = atomic_load_explicit(value, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(value, &old, old + amount, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}

void mneme_metrics_add(struct mneme_metrics *metrics, size_t metric, const char *label_value, double amount) {
    struct series *series = get_series(metrics, metric, label_value);
    if (series != NULL) {
        add_to(&series->value, amount);
    }
}

void mneme_metrics_set(struct mneme_metrics *metrics, size_t metric, const char *label_value, double value) {
    struct series *series = get_series(metrics, metric, label_value);
    if (series != NULL) {
        atomic_store_explicit(&series->value, value, memory_order_relaxed);
    }
}

void mneme_metrics_observe_seconds(struct mneme_metrics *metrics, size_t metric, double seconds) {
    assert(metrics->table[metric].kind == MNEME_HISTOGRAM);
    struct series *series = get_series(metrics, metric, NULL);
    if (series != NULL) {
        size_t bucket = 0;
        while (bucket < BUCKET_COUNT && seconds > bucket_bounds[bucket]) {
            bucket++;
        }
        atomic_fetch_add_explicit(&series->buckets[bucket], 1, memory_order_relaxed);
        add_to(&series->value, seconds);
    }
}

static void append_escaped(struct mneme_buffer *out, const char *text, bool is_quoted) {
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            mneme_buffer_append(out, "\\n", 2);
            continue;
        }
        if (*text == '\\' || (is_quoted && *text == '"')) {
            mneme_buffer_append_byte(out, '\\');
        }
        mneme_buffer_append(out, text, 1);
    }
}

static void append_number(struct mneme_buffer *out, double value) {
    if (isfinite(value)) {
        struct mneme_json_writer number = {.out = out};
        mneme_json_double(&number, value);
    } else {
        mneme_buffer_append_str(out, mneme_str_from(isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"));
    }
}

static void render_value(const struct mneme_metrics_info *info, struct series *series,
                         struct mneme_buffer *out) {
    mneme_buffer_append_str(out, mneme_str_from(info->name));
    if (series->label_value != NULL) {
        mneme_buffer_printf(out, "{%s=\"", info->label);
        append_escaped(out, series->label_value, true);
        mneme_buffer_append(out, "\"}", 2);
    }
    mneme_buffer_append_byte(out, ' ');
    append_number(out, atomic_load_explicit(&series->value, memory_order_relaxed));
    mneme_buffer_append_byte(out, '\n');
}

/* Buckets are cumulative on the page; the count is the last bucket, so that the two always agree. */
static void render_histogram(const struct mneme_metrics_info *info, struct series *series,
                             struct mneme_buffer *out) {
    uint64_t total = 0;
    for (size_t i = 0; i <= BUCKET_COUNT; i++) {
        total += atomic_load_explicit(&series->buckets[i], memory_order_relaxed);
        mneme_buffer_printf(out, "%s_bucket{le=\"", info->name);
        append_number(out, i < BUCKET_COUNT ? bucket_bounds[i] : INFINITY);
        mneme_buffer_printf(out, "\"} %" PRIu64 "\n", total);
    }
    mneme_buffer_printf(out, "%s_sum ", info->name);
    append_number(out, atomic_load_explicit(&series->value, memory_order_relaxed));
    mneme_buffer_printf(out, "\n%s_count %" PRIu64 "\n", info->name, total);
}

void mneme_metrics_render(struct mneme_metrics *metrics, struct mneme_buffer *out) {
    static const char *const kinds[] = {
        [MNEME_COUNTER] = "counter", [MNEME_GAUGE] = "gauge", [MNEME_HISTOGRAM] = "histogram"};
    size_t start = out->len;
    for (size_t i = 0; i < metrics->count; i++) {
        const struct mneme_metrics_info *info = &metrics->table[i];
        mneme_buffer_printf(out, "# HELP %s ", info->name);
        append_escaped(out, info->help, false);
        mneme_buffer_printf(out, "\n# TYPE %s %s\n", info->name, kinds[info->kind]);
        struct series *series = atomic_load_explicit(&metrics->series[i], memory_order_acquire);
        for (; series != NULL; series = series->next) {
            if (info->kind == MNEME_HISTOGRAM) {
                render_histogram(info, series, out);
            } else {
                render_value(info, series, out);
            }
        }
    }
    if (!out->failed) {
        mneme_utf8_repair(out->data + start, out->len - start);
    }
}
