/*
 * mneme dead-letters park: makes workers skip a message that this program cannot read and that they wait at.
 */
#include <stdio.h>
#include <string.h>

#include "cli/dead_letters/dead_letters.h"
#include "cli/frame/output.h"
#include "cli/frame/values.h"
#include "common/json/write.h"
#include "common/kafka/kafka.h"
#include "consumers/log/hand_parked.h"

/* The topic of --topic; without it, the one where a worker waits at that position. */
static int find_topic(char topic[MNEME_TOPIC_NAME_BYTES], const struct mneme_cli *cli,
                      struct mneme_position position, struct mneme_error *error) {
    const char *named = mneme_cli_value(cli, "topic");
    int status = mneme_kafka_events_topic(topic, cli->config, error);
    if (status == MNEME_OK && named != NULL && strlen(named) >= MNEME_TOPIC_NAME_BYTES) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was parked: --topic is longer than a topic's name can be; shorten it");
    }
    if (status == MNEME_OK && named != NULL) {
        memcpy(topic, named, strlen(named) + 1);
        return MNEME_OK;
    }
    return status == MNEME_OK ? mneme_hand_parked_topic(topic, cli->config, position, error) : status;
}

static bool is_of_events(const struct mneme_cli *cli, const char *topic) {
    char events[MNEME_TOPIC_NAME_BYTES];
    struct mneme_error none = {0};
    return mneme_kafka_events_topic(events, cli->config, &none) != MNEME_OK || strcmp(events, topic) == 0;
}

static enum mneme_exit print_parked(const struct mneme_cli *cli, const char *topic,
                                    struct mneme_position position, bool was_parked) {
    if (!cli->json) {
        printf("%s %s parked: %s.\n", cli->arguments[0], was_parked ? "was already" : "is",
               is_of_events(cli, topic)
                   ? "every projection skips it, and later events of its key wait behind it"
                   : "vectors skips it, until the next record of its key");
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
        status = find_topic(topic, cli, position, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_hand_parked_add(&was_parked, cli->config, topic, position,
                                       mneme_cli_value(cli, "reason"), &error);
    }
    return status == MNEME_OK ? print_parked(cli, topic, position, was_parked) : mneme_cli_fail(cli, &error);
}

static const struct mneme_cli_option options[] = {
    {"reason", 0, "TEXT", -1, "Why it is parked (default: the reason of the worker that waits)."},
    {"topic", 0, "NAME", -1, "Its topic (default: the one where a worker waits at that position)."},
    {0},
};

const struct mneme_command mneme_command_dead_letters_park = {
    .name = "park",
    .summary = "Skip a message that workers wait at because this program cannot read it.",
    .arguments = "POSITION",
    .details =
        "Workers wait at a message of an unknown schema, since the next version of this program may know "
        "the\n"
        "schema: upgrade first. A message parked by hand is parked by every projection, now and in every\n"
        "rebuild, even when its schema becomes known, and later events of its key wait behind it. The "
        "workers\n"
        "go on within seconds. `mneme status` shows who waits where. A record of an embeddings topic is "
        "parked\n"
        "alone: the next one of its key takes its place.\n"
        "--json: {\"position\",\"topic\",\"was_parked\"}; was_parked: it was already parked by hand.\n"
        "Exit code 5: no worker waits there; 6: the ledger has read it.",
    .examples = "  mneme dead-letters park 3:17\n"
                "  mneme dead-letters park 3:17 --reason \"written by a test\"\n"
                "  mneme dead-letters park 3:17 --topic mneme.embeddings.bge-small-en-v1.5\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .run = run,
};
