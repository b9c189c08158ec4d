/*
 * Reports the outcome of parked events that were tried again, one by one.
 */
#include <stdio.h>

#include "cli/dead_letters/dead_letters.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "common/base/printable.h"
#include "common/json/write.h"

#define MAX_PRINTED 20 /* events that stay parked */

static void print_json(struct mneme_redrive_report *report, const char *projection,
                       const struct mneme_batch_item *item) {
    struct mneme_json_writer json = {.out = &report->line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("position"));
    mneme_json_position(&json, item->position);
    mneme_json_key(&json, MNEME_STR_LIT("projection"));
    mneme_json_string(&json, mneme_str_from(projection));
    mneme_json_key(&json, MNEME_STR_LIT("outcome"));
    mneme_json_string(&json, item->park_reason == NULL ? MNEME_STR_LIT("applied") : MNEME_STR_LIT("parked"));
    mneme_json_key(&json, MNEME_STR_LIT("reason"));
    mneme_json_string(&json, mneme_str_from(item->park_reason));
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&report->line);
}

void mneme_redrive_report_event(void *context, const char *projection, const struct mneme_batch_item *item) {
    struct mneme_redrive_report *report = context;
    if (report->cli->json) {
        print_json(report, projection, item);
    } else if (item->park_reason != NULL && report->parked++ < MAX_PRINTED) {
        mneme_buffer_printf(&report->line,
                            "mneme: %d:%lld stays parked by %s: ", (int)item->position.partition,
                            (long long)item->position.offset, projection);
        mneme_printable(&report->line, mneme_str_from(item->park_reason), false);
        mneme_buffer_append_byte(&report->line, '\n');
        (void)fwrite(report->line.data, 1, report->line.len, stderr);
        mneme_buffer_clear(&report->line);
    }
}

void mneme_redrive_report_rest(const struct mneme_redrive_report *report) {
    if (report->parked > MAX_PRINTED) {
        fprintf(stderr, "mneme: so do %lld others; `mneme dead-letters list --all` lists them\n",
                (long long)(report->parked - MAX_PRINTED));
    }
}
