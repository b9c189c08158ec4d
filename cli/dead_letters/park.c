/*
 * mneme dead-letters park: one message that no program here can read, and that workers wait before, is left
 * out.
 */
#include <stdio.h>

#include "cli/dead_letters/dead_letters.h"
#include "cli/frame/output.h"
#include "cli/frame/values.h"
#include "common/json_write.h"
#include "common/kafka.h"
#include "consumers/store/hand_parked.h"

static enum mneme_exit tell(const struct mneme_cli *cli, const char *topic, struct mneme_position position,
                            bool was_parked) {
    if (!cli->json) {
        printf("%s %s parked: every projection leaves it out, and what follows of its key waits behind it.\n",
               cli->arguments[0], was_parked ? "was already" : "is");
        return MNEME_EXIT_DONE;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("position"));
    mneme_json_position(&json, position);
    mneme_json_key(&json, MNEME_STR_LIT("topic"));
    mneme_json_string(&json, mneme_str_from(topic));
    mneme_json_key(&json, MNEME_STR_LIT("was_parked"));
    mneme_json_bool(&json, was_parked);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_position position;
    char topic[MNEME_TOPIC_NAME_BYTES];
    bool was_parked = false;
    int status = mneme_dead_letters_position(&position, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(topic, cli->config, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_hand_parked_add(&was_parked, cli->config, topic, position,
                                       mneme_cli_value(cli, "reason"), &error);
    }
    return status == MNEME_OK ? tell(cli, topic, position, was_parked) : mneme_cli_fail(cli, &error);
}

static const struct mneme_cli_option options[] = {
    {"reason", 0, "TEXT", -1, "Why; without it, what the worker that waits says."},
    {0},
};

const struct mneme_command mneme_command_dead_letters_park = {
    .name = "park",
    .summary = "Leave out a message that workers wait before, since no program here can read it.",
    .arguments = "POSITION",
    .details =
        "A message of an unknown schema is waited for, since the next version of this program may know it:\n"
        "upgrade first. What is parked by hand is parked by every projection, now and by every rebuild, "
        "also\n"
        "once its schema is known, and later events of its key wait behind it. The workers go on within "
        "some\n"
        "seconds. `mneme status` tells who waits where.\n"
        "--json: {\"position\",\"topic\",\"was_parked\"}; was_parked: it was parked by hand before. Exit "
        "code 5:\n"
        "nobody waits there; 6: the ledger has read it.",
    .examples = "  mneme dead-letters park 3:17\n"
                "  mneme dead-letters park 3:17 --reason \"written by a test\"\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .run = run,
};
