/*
 * Publishes one event of any type, as JSON, and waits until the brokers have it.
 *
 *   cc publish_one.c $(pkg-config --cflags --libs mneme) -o publish_one
 *   ./publish_one '{"type":"custom","user_id":"ada","payload":{"type":"note","json":{"tea":"green"}}}'
 *
 * The environment says where the brokers are (KAFKA_BOOTSTRAP_SERVERS, MNEME_…).
 */
#include <mneme/mneme.h>
#include <stdio.h>

/* Called on a thread of the library. The receipt is valid only during the call. */
static void print_receipt(const struct mneme_receipt *receipt, void *context) {
    char id[MNEME_ID_TEXT_BYTES];
    char position[MNEME_POSITION_TEXT_BYTES];
    bool *is_published = context;
    mneme_receipt_event_id(receipt, id);
    mneme_receipt_position(receipt, position);
    if (mneme_receipt_status(receipt) == MNEME_OK) {
        printf("event %s is at %s\n", id, position);
        *is_published = true;
    } else {
        fprintf(stderr, "publish_one: %s\n", mneme_receipt_message(receipt));
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: publish_one EVENT\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct mneme *mneme;
    bool is_published = false;
    int status = mneme_connect(&mneme, NULL, NULL, 0, &error);
    if (status == MNEME_OK) {
        status = mneme_submit_event(mneme, mneme_str_from(argv[1]), print_receipt, &is_published, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_submit_wait(mneme, 10000, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "publish_one: %s\n", error.message);
    }
    mneme_disconnect(mneme);
    return is_published ? 0 : 1;
}
