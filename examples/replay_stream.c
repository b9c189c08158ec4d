/*
 * Replays a stream through a handler of one's own: here it prints where each event stands and what it is.
 *
 *   cc replay_stream.c $(pkg-config --cflags --libs mneme) -o replay_stream
 *   ./replay_stream ada [FROM [TO]]
 *
 * FROM and TO are times, positions, "beginning" or "end"; see mneme replay --help.
 */
#include <stdio.h>

#include "mneme.h"

struct tally {
    long events, refused;
};

/* Called for each event in its turn. What it is given is gone when it returns. */
static bool tell(const struct mneme_replayed *replayed, void *context) {
    struct tally *tally = context;
    printf("%d:%lld ", (int)replayed->position.partition, (long long)replayed->position.offset);
    if (replayed->event == NULL) {
        printf("was left out: %s\n", replayed->refusal);
        tally->refused++;
    } else {
        printf("%.*s\n", (int)replayed->event_type.len, replayed->event_type.data);
        tally->events++;
    }
    return true; /* false would end the replay */
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: replay_stream STREAM [FROM [TO]]\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct tally tally = {0, 0};
    const struct mneme_replay_options options = {
        .stream_id = argv[1],
        .from = argc > 2 ? argv[2] : NULL,
        .to = argc > 3 ? argv[3] : NULL,
    };
    if (mneme_replay(&options, tell, &tally, &error) != MNEME_OK) {
        fprintf(stderr, "replay_stream: %s\n", error.message);
        return 1;
    }
    printf("%ld events\n", tally.events);
    return tally.refused == 0 ? 0 : 1;
}
