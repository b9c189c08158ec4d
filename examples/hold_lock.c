/*
 * Works under a lock, and shows what the token is for: a file that refuses writes that come too late.
 *
 *   cc hold_lock.c $(pkg-config --cflags --libs mneme) -o hold_lock
 *   ./hold_lock nightly FILE
 *
 * FILE holds the highest token that has written to it; here it stands for any store that can compare.
 */
#define _DEFAULT_SOURCE /* for flock and fileno */

#include <mneme/mneme.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

/* Whether the store took the write: it refuses when a later holder has already written. */
static int write_with_token(const char *name, long long token) {
    char line[32];
    long long highest = 0;
    int is_taken = 0;
    FILE *file = fopen(name, "a+");
    if (file != NULL && flock(fileno(file), LOCK_EX) == 0) { /* the store compares and writes in one step */
        rewind(file);
        while (fgets(line, sizeof line, file) != NULL) {
            highest = strtoll(line, NULL, 10);
        }
        is_taken = highest <= token && fseek(file, 0, SEEK_END) == 0 && fprintf(file, "%lld\n", token) > 0;
    }
    return file != NULL && fclose(file) == 0 && is_taken;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: hold_lock NAME FILE\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct mneme *mneme;
    struct mneme_lease *lease = NULL;
    int status = mneme_connect(&mneme, NULL, NULL, 0, &error);
    if (status == MNEME_OK) {
        status = mneme_lease_new(&lease, mneme, argv[1], NULL, &error);
    }
    if (status == MNEME_OK) {
        /* Held for 10 s, after waiting up to 5 s, unless the settings say otherwise. */
        status = mneme_lease_acquire(lease, 0, -1, &error);
    }
    if (status == MNEME_OK) {
        /* The long work goes here, with mneme_lease_extend now and then. */
        long long token = (long long)mneme_lease_token(lease);
        printf("token %lld: %s\n", token, write_with_token(argv[2], token) ? "taken" : "refused");
        status = mneme_lease_release(lease, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "hold_lock: %s\n", error.message);
    }
    mneme_lease_free(lease);
    mneme_disconnect(mneme);
    return status == MNEME_OK ? 0 : status == MNEME_E_CONFLICT ? 4 : 1;
}
