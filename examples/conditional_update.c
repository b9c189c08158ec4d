/*
 * Adds a memory to a stream only if nobody else has written to it in the meantime, and waits for the verdict.
 *
 *   cc conditional_update.c $(pkg-config --cflags --libs mneme) -o conditional_update
 *   ./conditional_update ada 0 "Ada prefers tea"
 *
 * Exit code 4: the stream has another version. The verdict comes from Postgres (DATABASE_URL), so a worker
 * must be running: mneme work postgres.
 */
#include <mneme/mneme.h>
#include <stdio.h>

/* A write that is not accepted has a row too, which says why. */
static bool print_verdict(struct mneme_result *row, void *context) {
    (void)context;
    printf("%.*s", MNEME_STR_ARG(mneme_result_text(row, "verdict")));
    if (mneme_result_long(row, "version", -1) >= 0) {
        printf(", version %lld", (long long)mneme_result_long(row, "version", -1));
    }
    if (mneme_result_long(row, "actual_version", -1) >= 0) {
        printf(", the actual version is %lld", (long long)mneme_result_long(row, "actual_version", -1));
    }
    printf("\n");
    return true;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: conditional_update USER EXPECTED_VERSION TEXT\n");
        return 2;
    }
    const char *const fields[][2] = {
        {"user_id", argv[1]}, {"expected_version", argv[2]}, {"text", argv[3]}, {"wait", "postgres"}};
    struct mneme_error error = {0};
    struct mneme *mneme;
    struct mneme_request *request = NULL;
    int status = mneme_connect(&mneme, NULL, NULL, 0, &error);
    if (status == MNEME_OK) {
        status = mneme_request_new(&request, mneme, "memory.add", &error);
    }
    for (size_t i = 0; status == MNEME_OK && i < sizeof fields / sizeof *fields; i++) {
        status = mneme_request_set(request, fields[i][0], fields[i][1], &error);
    }
    if (status == MNEME_OK) {
        status = mneme_call(mneme, request, print_verdict, NULL, 30000, &error);
    }
    if (status != MNEME_OK && status != MNEME_E_CONFLICT) {
        fprintf(stderr, "conditional_update: %s\n", error.message);
    }
    mneme_request_free(request);
    mneme_disconnect(mneme);
    return status == MNEME_OK ? 0 : status == MNEME_E_CONFLICT ? 4 : 1;
}
