/*
 * Months are requested by a time within them: the server computes the calendar.
 */
#include "consumers/postgres/ledger/months.h"

#include <endian.h>

#include "common/base/clock.h"
#include "sql/embedded.h"

#define SQLSTATE_DETACHED "55000"

/* The known month of that time, moved to the front; NULL if it is not known. */
static const struct mneme_month *find(struct mneme_months *months, int64_t micros) {
    for (size_t i = 0; i < months->count; i++) {
        struct mneme_month month = months->known[i];
        if (micros >= month.begin && micros < month.end) {
            months->known[i] = months->known[0];
            months->known[0] = month;
            return &months->known[0];
        }
    }
    return NULL;
}

static void remember(struct mneme_months *months, struct mneme_month month) {
    if (months->count < MNEME_MONTHS_KNOWN) {
        months->known[months->count++] = months->known[0];
    } else {
        months->known[MNEME_MONTHS_KNOWN - 1] = months->known[0];
    }
    months->known[0] = month;
}

static int64_t get_long(const PGresult *rows, int column) {
    uint64_t wire;
    memcpy(&wire, PQgetvalue(rows, 0, column), sizeof wire);
    return (int64_t)be64toh(wire);
}

static int make(struct mneme_months *months, struct mneme_postgres *postgres, int64_t micros,
                struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_time(&params, micros);
    int status = mneme_pg_query(&rows, postgres, mneme_sql_fold_make_month, &params, true, error);
    if (status == MNEME_OK) {
        remember(months, (struct mneme_month){get_long(rows, 0), get_long(rows, 1)});
    } else if (strcmp(mneme_pg_sqlstate(postgres), SQLSTATE_DETACHED) == 0) {
        char text[MNEME_RFC3339_BYTES];
        mneme_clock_format_rfc3339(micros, text);
        status =
            mneme_error_set(error, MNEME_E_UNSAFE,
                            "the batch was not folded: it has events of a month that was detached from the "
                            "ledger; attach it again with SELECT ledger_attach_month('%.10s')",
                            text);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_months_ensure(struct mneme_months *months, struct mneme_postgres *postgres,
                        const struct mneme_batch *batch, struct mneme_error *error) {
    int status = MNEME_OK;
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < batch->count && status == MNEME_OK; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (item->park_reason == NULL) {
            last = item->recorded_at > last ? item->recorded_at : last;
            status = find(months, item->recorded_at) != NULL
                         ? MNEME_OK
                         : make(months, postgres, item->recorded_at, error);
        }
    }
    if (status != MNEME_OK || last == INT64_MIN) {
        return status;
    }
    int64_t ahead = find(months, last)->end;
    return ahead > MNEME_MAX_MICROS || find(months, ahead) != NULL ? MNEME_OK
                                                                   : make(months, postgres, ahead, error);
}
