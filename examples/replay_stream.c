/*
 * Replays a stream through your own handler: this one prints the position and type of each event.
 *
 *   cc replay_stream.c $(pkg-config --cflags --libs mneme) -o replay_stream
 *   ./replay_stream ada [FROM [TO]]
 *
 * FROM and TO are times, positions, "beginning" or "end"; see mneme/log.h.
 */
#include <mneme/mneme.h>
#include <stdio.h>

struct tally {
    long events, refused;
};

/* Called for each event in order. The event is valid only during the call. */
static bool print_event(struct mneme_result *event, void *context) {
    struct tally *tally = context;
    struct mneme_str position = mneme_result_text(event, "position");
    struct mneme_str refusal = mneme_result_text(event, "refusal");
    if (refusal.data != NULL) {
        printf("%.*s was left out: %.*s\n", MNEME_STR_ARG(position), MNEME_STR_ARG(refusal));
        tally->refused++;
    } else {
        printf("%.*s %.*s\n", MNEME_STR_ARG(position), MNEME_STR_ARG(mneme_result_text(event, "event_type")));
        tally->events++;
    }
    return true; /* false would end the replay */
}

int main(int argc, char **argv) {
    static const char *const fields[] = {"stream_id", "from", "to"};
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: replay_stream STREAM [FROM [TO]]\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct mneme *mneme;
    struct mneme_request *request = NULL;
    struct tally tally = {0, 0};
    int status = mneme_connect(&mneme, NULL, NULL, 0, &error);
    if (status == MNEME_OK) {
        status = mneme_request_new(&request, mneme, "replay", &error);
    }
    for (int i = 1; status == MNEME_OK && i < argc; i++) {
        status = mneme_request_set(request, fields[i - 1], argv[i], &error);
    }
    if (status == MNEME_OK) {
        status = mneme_call(mneme, request, print_event, &tally, 0, &error);
    }
    mneme_request_free(request);
    mneme_disconnect(mneme);
    if (status != MNEME_OK) {
        fprintf(stderr, "replay_stream: %s\n", error.message);
        return 1;
    }
    printf("%ld events\n", tally.events);
    return tally.refused == 0 ? 0 : 1;
}
