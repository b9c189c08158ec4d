/*
 * A program as it was written against the first header. It is compiled against that and against the newest
 * one, and does the same with the newest library.
 */
#ifdef NEWEST
#include <mneme/mneme.h>
#else
#include "types.h"

#include "functions.h"
#endif
#include <stdio.h>

static bool print_row(struct mneme_result *row, void *context) {
    struct mneme_str text = mneme_result_text(row, "text");
    ++*(int *)context;
    printf("%.*s %lld %.1f %d\n", MNEME_STR_ARG(text), (long long)mneme_result_long(row, "nothing", -1),
           mneme_result_double(row, "nothing", 0.5), mneme_result_json(row).len > 2);
    return true;
}

static void ignore(const struct mneme_receipt *receipt, void *context) {
    ++*(int *)context;
    (void)receipt;
}

static int request_of(struct mneme_request **request, struct mneme *mneme, const char *operation,
                      const char *object, struct mneme_error *error) {
    int status = mneme_request_new(request, mneme, operation, error);
    return status == MNEME_OK ? mneme_request_set_json(*request, mneme_str_from(object), error) : status;
}

static int run(struct mneme *mneme, struct mneme_error *error) {
    struct mneme_request *request = NULL;
    int rows = 0;
    int delivered = 0;
    int status = request_of(&request, mneme, "memory.add", "{\"text\":\"tea\",\"user_id\":\"ada\"}", error);
    if (status == MNEME_OK) {
        status = mneme_submit(mneme, request, ignore, &delivered, error);
    }
    mneme_request_clear(request);
    if (status == MNEME_OK) {
        status = mneme_request_set(request, "user_id", "ada", error);
    }
    if (status == MNEME_OK) {
        status = mneme_request_set_str(request, "text", mneme_str_from("green tea"), error);
    }
    if (status == MNEME_OK) {
        status = mneme_request_set(request, "wait", "postgres", error);
    }
    if (status == MNEME_OK) {
        status = mneme_call(mneme, request, NULL, NULL, 30000, error);
    }
    mneme_request_free(request);
    request = NULL;
    if (status == MNEME_OK) {
        status = request_of(&request, mneme, "memory.list", "{\"user_id\":\"ada\"}", error);
    }
    if (status == MNEME_OK) {
        status = mneme_call(mneme, request, print_row, &rows, 30000, error);
    }
    mneme_request_free(request);
    printf("%d rows, %d delivered\n", rows, delivered);
    return status;
}

int main(void) {
    struct mneme *mneme;
    struct mneme_request *request;
    struct mneme_error error = {MNEME_OK, ""};
    printf("%zu %zu %d %d %d %d\n", sizeof(struct mneme_str), sizeof(struct mneme_error), MNEME_E_USAGE,
           MNEME_E_TIMEOUT, MNEME_E_DENIED, MNEME_E_INTERNAL);
    int status = mneme_connect(&mneme, NULL, NULL, 0, &error);
    if (status == MNEME_OK) {
        status = run(mneme, &error);
    }
    printf("%d %s\n", status, error.message);
    status = mneme_request_new(&request, mneme, "memory.ad", &error);
    printf("%d %s\n%d\n", status, error.message, mneme_operation_name(0) != NULL);
    mneme_disconnect(mneme);
    return 0;
}
