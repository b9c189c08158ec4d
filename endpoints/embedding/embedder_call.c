/*
 * The texts of one call on their way: stretches of items, one request each. They are sent while slots are
 * free, and come back to be retried or split in half.
 */
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/json/write.h"
#include "common/log/log.h"
#include "endpoints/embedding/answer.h"
#include "endpoints/embedding/embedder_state.h"
#include "endpoints/verdict.h"

#define ARENA_KEEP_BYTES ((size_t)16 * 1024 * 1024)
/* Of the texts of one request; a longer text goes alone. A local model embeds some 20 kB a second on two
 * cores, and two requests that are computed at once on a busy machine must end within the time-out. */
#define MAX_REQUEST_BYTES ((size_t)32 * 1024)
#define ANSWER_BYTES ((size_t)64 * 1024) /* that an answer may have, and … */
#define ANSWER_BYTES_PER_TEXT ((size_t)512 * 1024)
#define SLICE_MS 100                   /* between two checks of the bounds */
#define LONGEST_WAIT_MS INT64_C(60000) /* longest pause that an endpoint may ask for within a call */
#define WHAT "texts were not embedded: "

struct mneme_embedder_stretch {
    size_t first, count;
    int64_t tries;
    int64_t not_before; /* monotonic microseconds */
    struct mneme_backoff backoff;
    struct mneme_embedder_stretch *next;
};

/* One call. */
struct run {
    struct mneme_embedder *embedder;
    struct mneme_str prefix;
    struct mneme_embedder_item *items;
    const struct mneme_embedder_bounds *bounds;
    int64_t deadline; /* monotonic microseconds; INT64_MAX: none */
    struct mneme_embedder_stretch *waiting;
    size_t flying;
    size_t embedded, refused; /* items */
    int status;               /* of the first failure, which ends the call */
    struct mneme_error *error;
};

/* The first failure is the one that is reported. */
#define FAIL(run, code, ...)                                                                                 \
    ((run)->status = (run)->status != MNEME_OK                                                               \
                         ? (run)->status                                                                     \
                         : (int)mneme_error_set((run)->error, (code), WHAT __VA_ARGS__))

static struct mneme_embedder_stretch *add_stretch(struct run *run, struct mneme_embedder_stretch **place,
                                                  size_t first, size_t count, int64_t tries) {
    struct mneme_embedder_stretch *stretch = mneme_arena_calloc(&run->embedder->arena, 1, sizeof *stretch);
    if (stretch == NULL) {
        FAIL(run, MNEME_E_NO_MEMORY, "out of memory; free some memory");
        return NULL;
    }
    *stretch =
        (struct mneme_embedder_stretch){.first = first, .count = count, .tries = tries, .next = *place};
    mneme_backoff_init(&stretch->backoff, run->embedder->first_pause_ms, run->embedder->longest_pause_ms);
    *place = stretch;
    return stretch;
}

/* Cuts the items into requests, by number and by bytes. */
static void cut(struct run *run, size_t count) {
    struct mneme_embedder_stretch **end = &run->waiting;
    for (size_t first = 0; first < count && run->status == MNEME_OK;) {
        size_t bytes = run->items[first].text.len;
        size_t next = first + 1;
        while (next < count && next - first < run->embedder->batch &&
               bytes + run->items[next].text.len <= MAX_REQUEST_BYTES) {
            bytes += run->items[next++].text.len;
        }
        struct mneme_embedder_stretch *stretch = add_stretch(run, end, first, next - first, 0);
        end = stretch == NULL ? end : &stretch->next;
        first = next;
    }
}

static void cut_in_halves(struct run *run, const struct mneme_embedder_stretch *stretch) {
    size_t half = stretch->count / 2;
    (void)add_stretch(run, &run->waiting, stretch->first + half, stretch->count - half, stretch->tries);
    (void)add_stretch(run, &run->waiting, stretch->first, half, stretch->tries);
}

static void write_request(struct mneme_buffer *out, const struct run *run,
                          const struct mneme_embedder_stretch *stretch) {
    struct mneme_json_writer json = {.out = out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("model"));
    mneme_json_string(&json, mneme_str_from(run->embedder->model.name));
    mneme_json_key(&json, MNEME_STR_LIT("encoding_format"));
    mneme_json_string(&json, MNEME_STR_LIT("base64"));
    if (run->embedder->asked_dimensions > 0) {
        mneme_json_key(&json, MNEME_STR_LIT("dimensions"));
        mneme_json_long(&json, (int64_t)run->embedder->asked_dimensions);
    }
    mneme_json_key(&json, MNEME_STR_LIT("input"));
    mneme_json_begin_array(&json);
    struct mneme_buffer *scratch = &run->embedder->scratch;
    for (size_t i = 0; i < stretch->count; i++) {
        mneme_buffer_clear(scratch);
        mneme_buffer_append_str(scratch, run->prefix);
        mneme_buffer_append_str(scratch, run->items[stretch->first + i].text);
        out->failed = out->failed || scratch->failed;
        mneme_json_string(&json, mneme_buffer_str(scratch));
    }
    mneme_json_end_array(&json);
    mneme_json_end_object(&json);
}

static void send(struct run *run, size_t slot, struct mneme_embedder_stretch *stretch, int64_t now) {
    struct mneme_embedder *embedder = run->embedder;
    struct mneme_buffer *body = &embedder->requests[slot];
    mneme_buffer_clear(body);
    write_request(body, run, stretch);
    int64_t left_ms = run->deadline == INT64_MAX ? embedder->timeout_ms : (run->deadline - now) / 1000;
    const struct mneme_http_request request = {
        .path = MNEME_EMBEDDER_PATH,
        .body = mneme_buffer_str(body),
        .timeout_ms = left_ms < embedder->timeout_ms ? left_ms : embedder->timeout_ms,
        .max_answer_bytes = ANSWER_BYTES + stretch->count * ANSWER_BYTES_PER_TEXT,
    };
    if (body->failed || mneme_http_start(embedder->http, slot, &request, NULL) != MNEME_OK) {
        mneme_breaker_give_up(&embedder->breaker, now);
        FAIL(run, MNEME_E_NO_MEMORY, "out of memory; free some memory");
        return;
    }
    embedder->in_flight[slot] = stretch;
    run->flying++;
}

/* Sends what may be sent now, and returns how long to wait before sending more, in microseconds. */
static int64_t send_ready(struct run *run) {
    struct mneme_embedder *embedder = run->embedder;
    int64_t wait = INT64_MAX;
    for (size_t slot = 0; slot < mneme_http_slots(embedder->http); slot++) {
        if (embedder->in_flight[slot] != NULL) {
            continue;
        }
        int64_t now = mneme_clock_monotonic_micros();
        struct mneme_embedder_stretch **place = &run->waiting;
        while (*place != NULL && (*place)->not_before > now) {
            wait = (*place)->not_before - now < wait ? (*place)->not_before - now : wait;
            place = &(*place)->next;
        }
        if (*place == NULL) {
            break;
        }
        int64_t pause = embedder->not_before - now;
        if (pause > LONGEST_WAIT_MS * 1000 || now + pause >= run->deadline) {
            FAIL(run, MNEME_E_UNAVAILABLE, "%s asked for no requests for another %lld ms; %s",
                 embedder->shown_url.data, (long long)(pause / 1000),
                 mneme_endpoint_advice(MNEME_ENDPOINT_BUSY));
            return INT64_MAX;
        }
        if (pause > 0 || !mneme_rate_take(&embedder->rate, now, &pause)) {
            return pause < wait ? pause : wait;
        }
        if (!mneme_breaker_admit(&embedder->breaker, now)) {
            if (run->flying == 0) {
                FAIL(run, MNEME_E_UNAVAILABLE,
                     "%s has failed too often and gets no requests for another %lld ms; check that it is "
                     "running "
                     "and that OPENAI_BASE_URL is right",
                     embedder->shown_url.data,
                     (long long)(mneme_breaker_wait_micros(&embedder->breaker, now) / 1000));
            }
            return INT64_MAX;
        }
        struct mneme_embedder_stretch *stretch = *place;
        *place = stretch->next;
        send(run, slot, stretch, now);
    }
    return wait;
}

/* Puts the stretch back, to be sent again after the pause. */
static void put_back(struct run *run, struct mneme_embedder_stretch *stretch, int64_t pause_ms) {
    stretch->not_before = mneme_clock_monotonic_micros() + pause_ms * 1000;
    stretch->next = run->waiting;
    run->waiting = stretch;
}

/* The endpoint failed this request: retry it, in halves if it may have been too large, or give up. */
static void try_again(struct run *run, struct mneme_embedder_stretch *stretch,
                      const struct mneme_http_answer *answer, enum mneme_endpoint_verdict verdict,
                      const char *why) {
    struct mneme_embedder *embedder = run->embedder;
    int64_t asked_ms = answer->retry_after_ms;
    stretch->tries++;
    if (asked_ms > 0) {
        embedder->not_before = mneme_clock_monotonic_micros() + asked_ms * 1000;
    }
    if (stretch->tries >= embedder->tries || asked_ms > LONGEST_WAIT_MS) {
        FAIL(run, MNEME_E_UNAVAILABLE, "%s; %s", why, mneme_endpoint_advice(verdict));
    } else if (answer->outcome == MNEME_HTTP_TIMED_OUT && stretch->count > 1) {
        cut_in_halves(run, stretch);
    } else {
        int64_t pause_ms = mneme_backoff_next_ms(&stretch->backoff);
        mneme_log(MNEME_LOG_DEBUG, "an embedding request is tried again", MNEME_LOG_S("reason", why),
                  MNEME_LOG_I("texts", (int64_t)stretch->count), MNEME_LOG_I("pause_ms", pause_ms));
        put_back(run, stretch, pause_ms > asked_ms ? pause_ms : asked_ms);
    }
}

/* The endpoint will not take this request: which text is it? */
static void narrow_down(struct run *run, struct mneme_embedder_stretch *stretch, const char *why) {
    if (stretch->count > 1) {
        cut_in_halves(run, stretch);
        return;
    }
    struct mneme_str refusal = mneme_arena_copy(&run->embedder->arena, mneme_str_from(why));
    if (refusal.data == NULL) {
        FAIL(run, MNEME_E_NO_MEMORY, "out of memory; free some memory");
        return;
    }
    run->items[stretch->first].refusal = refusal.data;
    run->refused++;
}

static int take_vectors(struct run *run, const struct mneme_embedder_stretch *stretch, struct mneme_str body,
                        struct mneme_error *error) {
    struct mneme_embedder *embedder = run->embedder;
    struct mneme_embedder_answer answer;
    int status = mneme_embedder_answer_read(&answer, &embedder->arena, body, stretch->count,
                                            embedder->dimensions, error);
    if (status != MNEME_OK) {
        return status;
    }
    embedder->dimensions = answer.dimensions;
    for (size_t i = 0; i < stretch->count; i++) {
        run->items[stretch->first + i].vector = answer.vectors + i * answer.dimensions;
    }
    run->embedded += stretch->count;
    return MNEME_OK;
}

static void update_breaker(struct mneme_embedder *embedder, enum mneme_endpoint_verdict verdict,
                           const char *why) {
    enum mneme_breaker_state before = embedder->breaker.state;
    if (verdict == MNEME_ENDPOINT_RETRY) {
        mneme_breaker_fail(&embedder->breaker, mneme_clock_monotonic_micros());
    } else {
        mneme_breaker_succeed(&embedder->breaker);
    }
    if (before == MNEME_BREAKER_CLOSED && embedder->breaker.state == MNEME_BREAKER_OPEN) {
        mneme_log(MNEME_LOG_WARN, "the embedding endpoint is left alone for a while",
                  MNEME_LOG_S("reason", why));
    } else if (before == MNEME_BREAKER_HALF_OPEN && embedder->breaker.state == MNEME_BREAKER_CLOSED) {
        mneme_log(MNEME_LOG_INFO, "the embedding endpoint answers again");
    }
}

/* The result of a request in words; the endpoint's own words if it gave any. */
static void explain(struct mneme_error *why, struct mneme_embedder *embedder,
                    const struct mneme_http_answer *answer) {
    const char *url = embedder->shown_url.data;
    if (answer->status == 0) {
        mneme_error_set(why, MNEME_E_UNAVAILABLE, "%s does not answer: %s", url, answer->reason);
    } else {
        struct mneme_str reason = mneme_embedder_answer_reason(&embedder->arena, answer->body);
        mneme_error_set(why, MNEME_E_UNAVAILABLE, "%s answered %ld: %.*s", url, answer->status,
                        MNEME_STR_ARG(reason));
    }
}

static void handle(struct run *run, const struct mneme_http_answer *answer) {
    struct mneme_embedder *embedder = run->embedder;
    struct mneme_embedder_stretch *stretch = embedder->in_flight[answer->slot];
    enum mneme_endpoint_verdict verdict = mneme_endpoint_classify(answer->status);
    struct mneme_error why = {0};
    embedder->in_flight[answer->slot] = NULL;
    run->flying--;
    if (verdict == MNEME_ENDPOINT_OK) {
        struct mneme_error wrong = {0};
        int status = take_vectors(run, stretch, answer->body, &wrong);
        if (status == MNEME_E_UNAVAILABLE) {
            verdict = MNEME_ENDPOINT_RETRY;
            mneme_error_set(&why, status, "%s sent an invalid answer: %s", embedder->shown_url.data,
                            wrong.message);
        } else if (status != MNEME_OK) {
            FAIL(run, status, "%s; free some memory", wrong.message);
        }
    } else {
        explain(&why, embedder, answer);
        if (answer->status >= 500 && mneme_endpoint_says_too_long(mneme_str_from(why.message))) {
            verdict = MNEME_ENDPOINT_CONTENTS;
        }
    }
    update_breaker(embedder, verdict, why.message);
    switch (verdict) {
    case MNEME_ENDPOINT_OK:
        break;
    case MNEME_ENDPOINT_RETRY:
    case MNEME_ENDPOINT_BUSY:
        try_again(run, stretch, answer, verdict, why.message);
        break;
    case MNEME_ENDPOINT_CONTENTS:
        narrow_down(run, stretch, why.message);
        break;
    case MNEME_ENDPOINT_DENIED:
        FAIL(run, MNEME_E_DENIED, "%s; %s", why.message, mneme_endpoint_advice(verdict));
        break;
    case MNEME_ENDPOINT_WRONG:
        FAIL(run, MNEME_E_USAGE, "%s; %s", why.message, mneme_endpoint_advice(verdict));
        break;
    }
}

static bool is_over(struct run *run) {
    const struct mneme_embedder_bounds *bounds = run->bounds;
    if (bounds->is_interrupted != NULL && bounds->is_interrupted(bounds->context)) {
        FAIL(run, MNEME_E_TIMEOUT, "the call was interrupted");
        return true;
    }
    int64_t now = mneme_clock_monotonic_micros();
    if (now >= run->deadline) {
        if (run->flying > 0) {
            mneme_breaker_fail(&run->embedder->breaker, now);
        }
        FAIL(run, MNEME_E_TIMEOUT, "%s did not answer within %lld ms; check that it is running",
             run->embedder->shown_url.data, (long long)bounds->timeout_ms);
        return true;
    }
    return false;
}

static void give_up(struct run *run) {
    struct mneme_embedder *embedder = run->embedder;
    mneme_http_cancel(embedder->http);
    mneme_breaker_give_up(&embedder->breaker, mneme_clock_monotonic_micros());
    for (size_t i = 0; i < mneme_http_slots(embedder->http); i++) {
        embedder->in_flight[i] = NULL;
    }
}

/* Runs until nothing is left, or until it has failed and the requests in flight are done too. */
static int run_to_end(struct run *run, size_t count) {
    cut(run, count);
    while (run->flying > 0 || (run->waiting != NULL && run->status == MNEME_OK)) {
        if (is_over(run)) {
            give_up(run);
            break;
        }
        int64_t wait = run->status == MNEME_OK ? send_ready(run) : INT64_MAX;
        int64_t left = run->deadline - mneme_clock_monotonic_micros();
        wait = wait < left ? wait : left;
        struct mneme_http_answer answer;
        if ((run->flying > 0 || run->status == MNEME_OK) &&
            mneme_http_take(&answer, run->embedder->http,
                            wait > SLICE_MS * 1000 ? SLICE_MS : (int)(wait / 1000 + 1))) {
            handle(run, &answer);
        }
    }
    return run->status;
}

/* Whether the endpoint takes any text at all; if it does not, the fault is not in the texts. */
static int check_refusals(struct run *run) {
    struct mneme_embedder_item plain = {.text = MNEME_STR_LIT("text")};
    struct run probe = *run;
    probe.items = &plain;
    probe.prefix = MNEME_STR_LIT("");
    if (run_to_end(&probe, 1) == MNEME_OK && plain.refusal != NULL) {
        FAIL(&probe, MNEME_E_USAGE,
             "every text is refused: %s; check EMBEDDING_MODEL, EMBEDDING_DIMENSIONS and OPENAI_BASE_URL",
             plain.refusal);
    }
    return probe.status;
}

int mneme_embedder_embed(struct mneme_embedder *embedder, enum mneme_embedder_use use,
                         struct mneme_embedder_item *items, size_t count,
                         const struct mneme_embedder_bounds *bounds, struct mneme_error *error) {
    static const struct mneme_embedder_bounds unbounded = {0};
    struct mneme_error ignored = {0};
    const struct mneme_embedder_model_info *model = &embedder->model;
    struct run run = {
        .embedder = embedder,
        .prefix = mneme_str_from(use == MNEME_EMBEDDER_QUERY ? model->query_prefix : model->passage_prefix),
        .items = items,
        .bounds = bounds == NULL ? &unbounded : bounds,
        .deadline = INT64_MAX,
        .error = error == NULL ? &ignored : error,
    };
    if (run.bounds->timeout_ms > 0) {
        run.deadline = mneme_clock_monotonic_micros() + run.bounds->timeout_ms * 1000;
    }
    mneme_arena_reset(&embedder->arena, ARENA_KEEP_BYTES);
    for (size_t i = 0; i < count; i++) {
        items[i].vector = NULL;
        items[i].refusal = NULL;
    }
    int status = run_to_end(&run, count);
    if (status == MNEME_OK && run.refused > 0 && run.embedded == 0) {
        status = check_refusals(&run);
    }
    return status;
}
