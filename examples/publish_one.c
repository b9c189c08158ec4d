/*
 * Remembers one thing and waits until the brokers have it.
 *
 *   cc publish_one.c $(pkg-config --cflags --libs mneme) -o publish_one
 *   ./publish_one ada "Ada prefers tea"
 *
 * Where the brokers are is told by the environment (KAFKA_BOOTSTRAP_SERVERS, MNEME_…).
 */
#include <stdio.h>
#include <string.h>

#include "mneme.h"

/* {"text": …} with what JSON wants escaped; 0 when it does not fit. */
static size_t write_content(char *out, size_t bytes, const char *text) {
    size_t len = (size_t)snprintf(out, bytes, "{\"text\":\"");
    for (; *text != '\0' && len + 10 < bytes; text++) {
        unsigned char character = (unsigned char)*text;
        if (character == '"' || character == '\\') {
            out[len++] = '\\';
            out[len++] = *text;
        } else if (character < 0x20) {
            len += (size_t)snprintf(out + len, bytes - len, "\\u%04x", character);
        } else {
            out[len++] = *text;
        }
    }
    len += (size_t)snprintf(out + len, bytes - len, "\"}");
    return *text == '\0' ? len : 0;
}

static int remember(struct mneme_client *client, const char *user, const char *text,
                    struct mneme_error *error) {
    char content[4096];
    size_t content_len = write_content(content, sizeof content, text);
    if (content_len == 0) {
        fprintf(stderr, "publish_one: the text is too long\n");
        return -1;
    }

    /* Fresh ids, the time and the defaults; the rest is ours. Strings are borrowed until the call returns. */
    struct mneme_event event;
    int status = mneme_event_init(&event, client, MNEME_EVENT_MEMORY_CREATED, error);
    if (status != MNEME_OK) {
        return status;
    }
    event.scope.user_id = mneme_str_from(user);
    event.payload.memory_created.memory_type = mneme_str_from("fact");
    event.payload.memory_created.content = (struct mneme_str){content, content_len};

    struct mneme_receipt receipt;
    status = mneme_publish_wait(&receipt, client, &event, 10000, error);
    if (status == MNEME_OK) {
        char id[MNEME_ID_TEXT_BYTES];
        mneme_id_text(id, receipt.event_id);
        printf("event %s is at %d:%lld\n", id, (int)receipt.position.partition,
               (long long)receipt.position.offset);
    }
    return status;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: publish_one USER TEXT\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    int status = mneme_open(&client, NULL, NULL, 0, &error);
    if (status == MNEME_OK) {
        status = remember(client, argv[1], argv[2], &error);
        /* Nothing is under way any more, so there is nothing to wait for. */
        (void)mneme_close(client, 0, NULL);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "publish_one: %s\n", error.message);
    }
    return status == MNEME_OK ? 0 : 1;
}
