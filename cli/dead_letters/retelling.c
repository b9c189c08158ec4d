/*
 * What became of parked events that were tried again, told one by one.
 */
#include <stdio.h>

#include "cli/dead_letters/dead_letters.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "common/base/printable.h"
#include "common/json/write.h"

#define MOST_TOLD 20 /* events that stay parked */

static void tell_json(struct mneme_retelling *retelling, const char *projection,
                      const struct mneme_batch_item *item) {
    struct mneme_json_writer json = {.out = &retelling->line};
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
    (void)mneme_cli_put_line(&retelling->line);
}

void mneme_retelling_event(void *context, const char *projection, const struct mneme_batch_item *item) {
    struct mneme_retelling *retelling = context;
    if (retelling->cli->json) {
        tell_json(retelling, projection, item);
    } else if (item->park_reason != NULL && retelling->told++ < MOST_TOLD) {
        mneme_buffer_printf(&retelling->line,
                            "mneme: %d:%lld stays parked by %s: ", (int)item->position.partition,
                            (long long)item->position.offset, projection);
        mneme_printable(&retelling->line, mneme_str_from(item->park_reason), false);
        mneme_buffer_append_byte(&retelling->line, '\n');
        (void)fwrite(retelling->line.data, 1, retelling->line.len, stderr);
        mneme_buffer_clear(&retelling->line);
    }
}

void mneme_retelling_rest(const struct mneme_retelling *retelling) {
    if (retelling->told > MOST_TOLD) {
        fprintf(stderr, "mneme: so do %lld others; `mneme dead-letters list --all` tells them\n",
                (long long)(retelling->told - MOST_TOLD));
    }
}
