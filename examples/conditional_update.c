/*
 * Appends to a stream under the condition that nobody else did meanwhile, and waits for the verdict.
 *
 *   cc conditional_update.c $(pkg-config --cflags --libs mneme) -o conditional_update
 *   ./conditional_update ada 0 "Ada prefers tea"
 *
 * Exit code 4 tells that the stream has another version. The verdict comes from Postgres (DATABASE_URL),
 * where a worker must be running: mneme work postgres.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mneme.h"

static const char *const outcomes[] = {
    [MNEME_OUTCOME_ACCEPTED] = "accepted",   [MNEME_OUTCOME_REJECTED] = "rejected",
    [MNEME_OUTCOME_DUPLICATE] = "duplicate", [MNEME_OUTCOME_NOT_FOUND] = "not found",
    [MNEME_OUTCOME_EXISTS] = "exists",       [MNEME_OUTCOME_PARKED] = "parked",
    [MNEME_OUTCOME_DROPPED] = "dropped",
};

/* Publishes the note; its position, once the brokers have it. */
static int append(struct mneme_position *position, const char *user, long long expected_version,
                  const char *text, struct mneme_error *error) {
    struct mneme_client *client = NULL;
    int status = mneme_open(&client, NULL, NULL, 0, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_event event;
    struct mneme_receipt receipt;
    status = mneme_event_init(&event, client, MNEME_EVENT_AGENT_DECISION, error);
    if (status == MNEME_OK) {
        event.scope.user_id = mneme_str_from(user);
        event.scope.agent_id = mneme_str_from("example");
        event.expected_version = (struct mneme_opt_long){expected_version, true};
        event.payload.agent_decision.decision = mneme_str_from(text);
        status = mneme_publish_wait(&receipt, client, &event, 10000, error);
    }
    if (status == MNEME_OK) {
        *position = receipt.position;
    }
    (void)mneme_close(client, 0, NULL);
    return status;
}

static int tell(struct mneme_position position, struct mneme_verdict *verdict, struct mneme_error *error) {
    struct mneme_ledger *ledger = NULL;
    int status = mneme_ledger_open(&ledger, NULL, NULL, 0, error);
    if (status == MNEME_OK) {
        status = mneme_verdict_wait(verdict, ledger, &position, 1, 30000, error);
    }
    mneme_ledger_close(ledger);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: conditional_update USER EXPECTED_VERSION TEXT\n");
        return 2;
    }
    struct mneme_error error = {0};
    struct mneme_position position;
    struct mneme_verdict verdict;
    int status = append(&position, argv[1], strtoll(argv[2], NULL, 10), argv[3], &error);
    if (status == MNEME_OK) {
        status = tell(position, &verdict, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "conditional_update: %s\n", error.message);
        return 1;
    }
    printf("%s", outcomes[verdict.outcome]);
    if (verdict.version.is_set) {
        printf(", version %lld", (long long)verdict.version.value);
    }
    if (verdict.actual_version.is_set) {
        printf(", the actual version is %lld", (long long)verdict.actual_version.value);
    }
    printf("%s%s\n", verdict.reason[0] == '\0' ? "" : ": ", verdict.reason);
    return verdict.outcome == MNEME_OUTCOME_REJECTED ? 4 : 0;
}
