/*
 * Verdicts for programs: positions in, verdicts out, many in one question.
 */
#include <stdlib.h>

#include "common/base/clock.h"
#include "library/include/mneme.h"
#include "producers/client.h"
#include "queries/verdicts.h"

struct mneme_ledger {
    struct mneme_config *config;
    struct mneme_postgres *postgres;
    char topic[MNEME_TOPIC_NAME_BYTES];
};

int mneme_ledger_open(struct mneme_ledger **out, const char *config_path,
                      const struct mneme_client_setting *settings, size_t setting_count,
                      struct mneme_error *error) {
    *out = NULL;
    struct mneme_ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot open the ledger: out of memory");
    }
    int status = mneme_client_settings(&ledger->config, config_path, settings, setting_count, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(ledger->topic, ledger->config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_query_connect(&ledger->postgres, ledger->config, "libmneme", error);
    }
    if (status != MNEME_OK) {
        mneme_ledger_close(ledger);
        return status;
    }
    *out = ledger;
    return MNEME_OK;
}

void mneme_ledger_close(struct mneme_ledger *ledger) {
    if (ledger != NULL) {
        mneme_pg_close(ledger->postgres);
        mneme_config_destroy(ledger->config);
        free(ledger);
    }
}

static enum mneme_outcome outcome_of(struct mneme_str verdict) {
    static const struct {
        struct mneme_str verdict;
        enum mneme_outcome outcome;
    } outcomes[] = {{MNEME_STR_LIT("accepted"), MNEME_OUTCOME_ACCEPTED},
                    {MNEME_STR_LIT("rejected"), MNEME_OUTCOME_REJECTED},
                    {MNEME_STR_LIT("duplicate"), MNEME_OUTCOME_DUPLICATE},
                    {MNEME_STR_LIT("not_found"), MNEME_OUTCOME_NOT_FOUND},
                    {MNEME_STR_LIT("exists"), MNEME_OUTCOME_EXISTS},
                    {MNEME_STR_LIT("dropped"), MNEME_OUTCOME_DROPPED}};
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        if (mneme_str_equal(outcomes[i].verdict, verdict)) {
            return outcomes[i].outcome;
        }
    }
    return MNEME_OUTCOME_PARKED;
}

/* What is asked in one question. */
struct asking {
    struct mneme_verdict *verdicts;
    size_t count;
    size_t answered;
};

static bool take(const void *row, void *context) {
    const struct mneme_verdict_row *from = row;
    struct asking *asking = context;
    if (from->place < 0 || (size_t)from->place >= asking->count) {
        return true;
    }
    struct mneme_verdict *verdict = &asking->verdicts[from->place];
    *verdict = (struct mneme_verdict){.outcome = outcome_of(from->verdict)};
    if (verdict->outcome == MNEME_OUTCOME_ACCEPTED) {
        verdict->version = from->actual_version;
    } else {
        verdict->actual_version = from->actual_version;
    }
    size_t len = from->reason.len < sizeof verdict->reason ? from->reason.len : sizeof verdict->reason - 1;
    if (from->reason.data != NULL) {
        memcpy(verdict->reason, from->reason.data, len);
    }
    asking->answered++;
    return true;
}

static int check_positions(const struct mneme_position *positions, size_t count, struct mneme_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (positions[i].partition < 0 || positions[i].partition >= MNEME_MAX_PARTITIONS ||
            positions[i].offset < 0) {
            return mneme_error_set(
                error, MNEME_E_USAGE,
                "the verdicts were not read: %d:%lld is not a position; give those of receipts "
                "whose status is MNEME_OK",
                (int)positions[i].partition, (long long)positions[i].offset);
        }
    }
    return MNEME_OK;
}

int mneme_verdict_wait(struct mneme_verdict *out, struct mneme_ledger *ledger,
                       const struct mneme_position *positions, size_t count, int timeout_ms,
                       struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + (int64_t)timeout_ms * 1000;
    int status = check_positions(positions, count, error);
    if (status == MNEME_OK) {
        status = mneme_pg_ensure(ledger->postgres, error);
    }
    for (size_t i = 0; i < count && status == MNEME_OK; i += MNEME_VERDICTS_MAX) {
        size_t left = count - i;
        struct asking asking = {.verdicts = out + i,
                                .count = left < MNEME_VERDICTS_MAX ? left : MNEME_VERDICTS_MAX};
        int64_t left_ms = (deadline - mneme_clock_monotonic_micros()) / 1000;
        struct mneme_query_wait wait = {.timeout_ms = left_ms < 0 ? 0 : left_ms};
        status = mneme_verdicts_wait(ledger->postgres, ledger->topic, MNEME_STR_NULL, positions + i,
                                     asking.count, &wait, take, &asking, error);
        if (status == MNEME_OK && asking.answered < asking.count) {
            status =
                mneme_error_set(error, MNEME_E_NOT_FOUND,
                                "%zu of %zu verdicts were not found: the tables have passed these positions "
                                "of %s and know no event there; see mneme status for a projection of another "
                                "log",
                                asking.count - asking.answered, asking.count, ledger->topic);
        }
    }
    return status;
}
