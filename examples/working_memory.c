/*
 * Notes a goal and a value during a conversation, and reads back all that is at hand of it.
 *
 *   cc working_memory.c $(pkg-config --cflags --libs mneme) -o working_memory
 *   ./working_memory ada chat-1 "Book a flight to Oslo"
 *
 * Reading takes Redis (REDIS_URL) where `mneme work redis` keeps it up to date, else Postgres (DATABASE_URL);
 * `mneme work postgres` must be running.
 */
#include <stdio.h>

#include "mneme.h"

#define TIMEOUT_MS 30000

static void put(const char *before, struct mneme_str text, const char *behind) {
    printf("%s", before);
    if (text.len > 0) {
        fwrite(text.data, text.len, 1, stdout);
    }
    printf("%s", behind);
}

static int note(struct mneme_position *last, const struct mneme_working_place *place, const char *goal,
                struct mneme_error *error) {
    struct mneme_client *client = NULL;
    struct mneme_receipt receipt;
    int status = mneme_open(&client, NULL, NULL, 0, error);
    if (status == MNEME_OK) {
        status = mneme_working_set_goal(&receipt, client, place, mneme_str_from(goal), TIMEOUT_MS, error);
    }
    if (status == MNEME_OK) {
        status = mneme_context_set(&receipt, client, place, MNEME_STR_LIT("seats"), MNEME_STR_LIT("2"), 600,
                                   TIMEOUT_MS, error);
    }
    if (status == MNEME_OK) {
        *last = receipt.position;
    }
    (void)mneme_close(client, 0, NULL);
    return status;
}

static int show(struct mneme_position last, const struct mneme_working_place *place,
                struct mneme_error *error) {
    struct mneme_reader *reader = NULL;
    struct mneme_working working;
    int status = mneme_reader_open(&reader, NULL, NULL, 0, error);
    if (status == MNEME_OK) {
        status = mneme_working_get(&working, reader, place, &last, 1, TIMEOUT_MS, error);
    }
    if (status == MNEME_OK) {
        put("goal: ", working.goal, "\n");
        for (size_t i = 0; i < working.turn_count; i++) {
            put("", working.turns[i].role, ": ");
            put("", working.turns[i].content, "\n");
        }
        for (size_t i = 0; i < working.key_count; i++) {
            put("", working.keys[i].key, " = ");
            put("", working.keys[i].value, "\n");
        }
    }
    mneme_reader_close(reader);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: working_memory USER CONVERSATION GOAL\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct mneme_position last;
    const struct mneme_working_place place = {.user_id = mneme_str_from(argv[1]),
                                              .conversation_id = mneme_str_from(argv[2])};
    int status = note(&last, &place, argv[3], &error);
    if (status == MNEME_OK) {
        status = show(last, &place, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "working_memory: %s\n", error.message);
        return 1;
    }
    return 0;
}
