/*
 * Publishes the turns of a conversation without waiting for each: a callback gets the result of each.
 *
 *   cc publish_many.c $(pkg-config --cflags --libs mneme) -o publish_many
 *   ./publish_many ada 100000
 */
#include <mneme/mneme.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct tally {
    atomic_long acknowledged;
    atomic_long failed;
};

/* Called once for each event, on a thread of the library: keep it short, and never wait in it. */
static void count(const struct mneme_receipt *receipt, void *context) {
    struct tally *tally = context;
    if (mneme_receipt_status(receipt) == MNEME_OK) {
        atomic_fetch_add(&tally->acknowledged, 1);
    } else if (atomic_fetch_add(&tally->failed, 1) == 0) {
        fprintf(stderr, "publish_many: %s\n", mneme_receipt_message(receipt));
    }
}

/* The user's id needs no escaping here; a program that takes arbitrary text must escape it for JSON. */
static int publish_turn(struct mneme *mneme, const char *user, long index, struct tally *tally,
                        struct mneme_error *error) {
    char event[512];
    /* The idempotency key makes a second run publish the same events, which then have no effect. */
    snprintf(event, sizeof event,
             "{\"type\":\"conversation_turn\",\"user_id\":\"%s\",\"conversation_id\":\"an-example\","
             "\"idempotency_key\":\"an-example/%s/%ld\","
             "\"payload\":{\"conversation_id\":\"an-example\",\"turn_index\":%ld,\"role\":\"%s\","
             "\"content\":\"This is turn %ld.\"}}",
             user, user, index, index, index % 2 == 0 ? "user" : "assistant", index);
    return mneme_submit_event(mneme, mneme_str_from(event), count, tally, error);
}

int main(int argc, char **argv) {
    long turns = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (turns < 1) {
        fprintf(stderr, "usage: publish_many USER TURNS\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct mneme *mneme;
    struct tally tally = {0};
    /* Settings given here take precedence over the environment. */
    const struct mneme_client_setting settings[] = {{"MNEME_PUBLISH_LINGER_MS", "20"}};
    int status = mneme_connect(&mneme, NULL, settings, 1, &error);
    for (long i = 0; i < turns && status == MNEME_OK; i++) {
        status = publish_turn(mneme, argv[1], i, &tally, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_submit_wait(mneme, 30000, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "publish_many: %s\n", error.message);
    }
    mneme_disconnect(mneme);
    printf("%ld acknowledged, %ld failed\n", atomic_load(&tally.acknowledged), atomic_load(&tally.failed));
    return status == MNEME_OK && atomic_load(&tally.failed) == 0 ? 0 : 1;
}
