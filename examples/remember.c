/*
 * Remembers two things about a user and lists what is known, calling operations by name.
 *
 *   cc remember.c $(pkg-config --cflags --libs mneme) -o remember
 *   ./remember ada
 *
 * The environment says where the services are, as for `mneme`; a worker (mneme work postgres) must be
 * running.
 */
#include <mneme/mneme.h>
#include <stdio.h>

#define TIMEOUT_MS 30000

static bool print_memory(struct mneme_result *memory, void *context) {
    struct mneme_str id = mneme_result_text(memory, "id");
    struct mneme_str content = mneme_result_text(memory, "content");
    ++*(int *)context;
    printf("%.*s %.*s\n", (int)id.len, id.data, (int)content.len, content.data);
    return true;
}

static int remember(struct mneme *mneme, const char *user, const char *text, struct mneme_error *error) {
    struct mneme_request *request;
    int status = mneme_request_new(&request, mneme, "memory.add", error);
    if (status == MNEME_OK) {
        status = mneme_request_set(request, "text", text, error);
    }
    if (status == MNEME_OK) {
        status = mneme_request_set(request, "user_id", user, error);
    }
    if (status == MNEME_OK) {
        status = mneme_request_set(request, "wait", "postgres", error); /* until it is in the tables */
    }
    if (status == MNEME_OK) {
        status = mneme_call(mneme, request, NULL, NULL, TIMEOUT_MS, error);
    }
    mneme_request_free(request);
    return status;
}

static int list(struct mneme *mneme, const char *user, int *count, struct mneme_error *error) {
    struct mneme_request *request;
    int status = mneme_request_new(&request, mneme, "memory.list", error);
    if (status == MNEME_OK) {
        status = mneme_request_set(request, "user_id", user, error);
    }
    if (status == MNEME_OK) {
        status = mneme_call(mneme, request, print_memory, count, TIMEOUT_MS, error);
    }
    mneme_request_free(request);
    return status;
}

int main(int argc, char **argv) {
    const char *user = argc > 1 ? argv[1] : "ada";
    struct mneme *mneme;
    struct mneme_error error = {0};
    int count = 0;
    int status = mneme_connect(&mneme, NULL, NULL, 0, &error);
    if (status == MNEME_OK) {
        status = remember(mneme, user, "prefers tea", &error);
    }
    if (status == MNEME_OK) {
        status = remember(mneme, user, "sits by the window", &error);
    }
    if (status == MNEME_OK) {
        status = list(mneme, user, &count, &error);
    }
    mneme_disconnect(mneme);
    if (status != MNEME_OK) {
        fprintf(stderr, "remember: %s\n", error.message);
        return 1;
    }
    printf("%d memories\n", count);
    return 0;
}
