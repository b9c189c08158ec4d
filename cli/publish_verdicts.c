/*
 * Polls for verdicts: often while they arrive, rarely while nothing changes.
 */
#include "cli/publish_verdicts.h"

#include <stdio.h>

#include "common/base/clock.h"

#define MAX_AT_ONCE 2000
#define SHORTEST_PAUSE_MICROS 5000
#define LONGEST_PAUSE_MICROS 100000

/* The lines asked about, by place, and the number of answers. */
struct answers {
    struct mneme_publish_line *lines[MAX_AT_ONCE];
    size_t count;
};

static bool take_row(const void *row, void *context) {
    const struct mneme_verdict_row *verdict = row;
    struct answers *answers = context;
    struct mneme_publish_line *line = answers->lines[verdict->place];
    snprintf(line->verdict, sizeof line->verdict, "%.*s", MNEME_STR_ARG(verdict->verdict));
    line->actual_version = verdict->actual_version;
    if (verdict->reason.data != NULL) {
        line->reason = strndup(verdict->reason.data, verdict->reason.len);
    }
    atomic_store(&line->progress, MNEME_LINE_JUDGED);
    answers->count++;
    return true;
}

static int ask(struct answers *answers, struct mneme_verdicts *verdicts,
               const struct mneme_position *positions, size_t count, struct mneme_error *error) {
    int status = mneme_pg_ensure(verdicts->postgres, error);
    return status != MNEME_OK ? status
                              : mneme_verdict_read(verdicts->postgres, verdicts->topic, MNEME_STR_NULL,
                                                   positions, count, take_row, answers, error);
}

int mneme_verdicts_open(struct mneme_verdicts *verdicts, const struct mneme_config *config, const char *topic,
                        struct mneme_error *error) {
    *verdicts = (struct mneme_verdicts){
        .topic = topic,
        .timeout_micros = mneme_config_long(config, MNEME_SETTING_WAIT_TIMEOUT_MS) * 1000,
        .pause_micros = SHORTEST_PAUSE_MICROS,
    };
    int status = mneme_query_connect(&verdicts->postgres, config, "publish", error);
    return status == MNEME_OK ? ask(NULL, verdicts, NULL, 0, error) : status;
}

void mneme_verdicts_close(struct mneme_verdicts *verdicts) {
    if (verdicts->postgres != NULL) {
        mneme_pg_close(verdicts->postgres);
    }
}

static bool needs_verdict(const struct mneme_publish_line *line) {
    return atomic_load(&line->progress) == MNEME_LINE_ACKNOWLEDGED;
}

int mneme_verdicts_poll(struct mneme_verdicts *verdicts, struct mneme_publish_window *window,
                        struct mneme_error *error) {
    int64_t now = mneme_clock_monotonic_micros();
    if (now < verdicts->next_poll) {
        return MNEME_OK;
    }
    struct answers answers = {.count = 0};
    struct mneme_position positions[MAX_AT_ONCE];
    size_t count = 0;
    for (size_t i = 0; i < window->count && count < MAX_AT_ONCE; i++) {
        struct mneme_publish_line *line = mneme_publish_window_at(window, i);
        if (needs_verdict(line)) {
            line->wait_until = line->wait_until == 0 ? now + verdicts->timeout_micros : line->wait_until;
            answers.lines[count] = line;
            positions[count++] = line->position;
        }
    }
    if (count == 0) {
        return MNEME_OK;
    }
    int status = ask(&answers, verdicts, positions, count, error);
    if (status != MNEME_OK && mneme_pg_classify(mneme_pg_sqlstate(verdicts->postgres)) != MNEME_PG_RETRY) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        if (needs_verdict(answers.lines[i]) && answers.lines[i]->wait_until <= now) {
            atomic_store(&answers.lines[i]->progress, MNEME_LINE_JUDGED);
        }
    }
    int64_t longer =
        verdicts->pause_micros * 2 < LONGEST_PAUSE_MICROS ? verdicts->pause_micros * 2 : LONGEST_PAUSE_MICROS;
    verdicts->pause_micros = answers.count > 0 ? SHORTEST_PAUSE_MICROS : longer;
    verdicts->next_poll = mneme_clock_monotonic_micros() + verdicts->pause_micros;
    return MNEME_OK;
}

int mneme_verdicts_pause_ms(const struct mneme_verdicts *verdicts) {
    int64_t left = (verdicts->next_poll - mneme_clock_monotonic_micros()) / 1000;
    return left < 1 ? 1 : (int)left;
}
