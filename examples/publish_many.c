/*
 * Publishes the turns of a conversation without waiting for each: callbacks say what became of them, and
 * closing waits for the last.
 *
 *   cc publish_many.c $(pkg-config --cflags --libs mneme) -o publish_many
 *   ./publish_many ada 100000
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "mneme.h"

struct tally {
    atomic_long acknowledged;
    atomic_long failed;
};

/* Called once for each event, on the client's thread: short, and it never waits. */
static void count(const struct mneme_receipt *receipt, void *context) {
    struct tally *tally = context;
    if (receipt->status == MNEME_OK) {
        atomic_fetch_add(&tally->acknowledged, 1);
    } else if (atomic_fetch_add(&tally->failed, 1) == 0) {
        fprintf(stderr, "publish_many: %s\n", receipt->message);
    }
}

static int publish_turn(struct mneme_client *client, const char *user, long index, struct tally *tally,
                        struct mneme_error *error) {
    struct mneme_event event;
    int status = mneme_event_init(&event, client, MNEME_EVENT_CONVERSATION_TURN, error);
    if (status != MNEME_OK) {
        return status;
    }
    char text[64];
    snprintf(text, sizeof text, "This is turn %ld.", index);
    event.scope.user_id = mneme_str_from(user);
    event.scope.conversation_id = mneme_str_from("an-example");
    event.payload.conversation_turn.conversation_id = mneme_str_from("an-example");
    event.payload.conversation_turn.turn_index = (struct mneme_opt_long){index, true};
    event.payload.conversation_turn.role = mneme_str_from(index % 2 == 0 ? "user" : "assistant");
    event.payload.conversation_turn.content = mneme_str_from(text);

    /* The same program run twice publishes the same events: the second time they have no effect. */
    char key[128];
    snprintf(key, sizeof key, "an-example/%s/%ld", user, index);
    status = mneme_event_set_idempotency_key(&event, mneme_str_from(key), error);
    if (status == MNEME_OK) {
        status = mneme_publish(client, &event, count, tally, error);
    }
    return status;
}

int main(int argc, char **argv) {
    long turns = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (turns < 1) {
        fprintf(stderr, "usage: publish_many USER TURNS\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    /* What is given here goes before the environment. */
    const struct mneme_client_setting settings[] = {{"MNEME_PUBLISH_LINGER_MS", "20"}};
    int status = mneme_open(&client, NULL, settings, 1, &error);
    if (status != MNEME_OK) {
        fprintf(stderr, "publish_many: %s\n", error.message);
        return 1;
    }
    struct tally tally = {0};
    for (long i = 0; i < turns && status == MNEME_OK; i++) {
        status = publish_turn(client, argv[1], i, &tally, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "publish_many: %s\n", error.message);
    }
    int closed = mneme_close(client, 30000, &error);
    if (closed != MNEME_OK) {
        fprintf(stderr, "publish_many: %s\n", error.message);
    }
    printf("%ld acknowledged, %ld failed\n", atomic_load(&tally.acknowledged), atomic_load(&tally.failed));
    return status == MNEME_OK && closed == MNEME_OK && atomic_load(&tally.failed) == 0 ? 0 : 1;
}
