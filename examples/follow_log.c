/*
 * Follows the log with two handlers: one prints each event, one counts memories and fails at everything else.
 * Failures are printed and stop neither handler. Ctrl-C ends it and prints where a later run continues.
 *
 *   cc follow_log.c $(pkg-config --cflags --libs mneme) -o follow_log
 *   ./follow_log [FROM [LIMIT]]
 */
#include <mneme/mneme.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct mneme_follower *follower;

static void stop(int signal_number) {
    (void)signal_number;
    mneme_follower_stop(follower); /* NOLINT(bugprone-signal-handler,cert-sig30-c): it is made for that */
}

static int print_event(struct mneme_result *event, void *context, struct mneme_error *error) {
    (void)context;
    (void)error;
    printf("%.*s\n", MNEME_STR_ARG(mneme_result_json(event)));
    fflush(stdout);
    return MNEME_OK;
}

static int count_memory(struct mneme_result *event, void *context, struct mneme_error *error) {
    struct mneme_str type = mneme_result_text(event, "event_type");
    if (type.len < 7 || strncmp(type.data, "memory_", 7) != 0) {
        snprintf(error->message, sizeof error->message, "%.*s is not a memory", MNEME_STR_ARG(type));
        return MNEME_E_INVALID;
    }
    ++*(long *)context;
    return MNEME_OK;
}

static void print_failure(struct mneme_result *event, const char *handler, const struct mneme_error *error,
                          void *context) {
    (void)context;
    fprintf(stderr, "%s failed at %.*s: %s\n", handler, MNEME_STR_ARG(mneme_result_text(event, "position")),
            error->message);
}

static int make_follower(struct mneme *mneme, const char *from, const char *limit, long *memories,
                         struct mneme_error *error) {
    struct mneme_request *request = NULL;
    int status = mneme_request_new(&request, mneme, "follow", error);
    if (status == MNEME_OK) {
        status = mneme_request_set(request, "all", "true", error);
    }
    if (status == MNEME_OK && from != NULL) {
        status = mneme_request_set(request, "from", from, error);
    }
    if (status == MNEME_OK && limit != NULL) {
        status = mneme_request_set(request, "limit", limit, error);
    }
    if (status == MNEME_OK) {
        status = mneme_follower_new(&follower, mneme, request, error);
    }
    mneme_request_free(request);
    if (status == MNEME_OK) {
        status = mneme_follower_add(follower, "count", count_memory, memories, error);
    }
    if (status == MNEME_OK) {
        status = mneme_follower_add(follower, "print", print_event, NULL, error);
    }
    return status;
}

int main(int argc, char **argv) {
    struct mneme_error error = {0};
    struct mneme *mneme;
    char *positions = NULL;
    long memories = 0;
    int status = mneme_connect(&mneme, NULL, NULL, 0, &error);
    if (status == MNEME_OK) {
        status =
            make_follower(mneme, argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL, &memories, &error);
    }
    if (status == MNEME_OK) {
        mneme_follower_on_failure(follower, print_failure, NULL);
        signal(SIGINT, stop);
        status = mneme_follower_run(follower, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_follower_positions(&positions, follower, &error);
    }
    if (status == MNEME_OK) {
        fprintf(stderr, "%ld memories; go on from %s\n", memories, positions);
    } else {
        fprintf(stderr, "follow_log: %s\n", error.message);
    }
    free(positions);
    mneme_follower_free(follower);
    mneme_disconnect(mneme);
    return status == MNEME_OK ? 0 : 1;
}
