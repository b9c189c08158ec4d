/*
 * mneme memory delete --all. The memories are read page by page and published as they are read.
 */
#include "cli/memory/memory_delete_all.h"

#include <stdio.h>

#include "cli/frame/consent.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/memory/memory_bulk.h"

static bool delete_row(const void *row, void *context) {
    return mneme_bulk_add(context, row);
}

static int check(struct mneme_memory_filter *filter, const struct mneme_cli *cli, struct mneme_arena *arena,
                 struct mneme_error *error) {
    int status = mneme_bulk_scope(filter, cli, MNEME_BULK_DELETE, error);
    if (status != MNEME_OK) {
        return status;
    }
    filter->include_expired = true;
    filter->include_archived = true;
    if (cli->argument_count > 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was deleted: both an id and --all are given; give one of them");
    }
    if (mneme_cli_value(cli, "idempotency-key") != NULL || mneme_cli_value(cli, "expected-version") != NULL ||
        mneme_cli_value(cli, "stream") != NULL || mneme_cli_value(cli, "wait") != NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was deleted: --idempotency-key, --expected-version, --stream and --wait are for one "
            "memory; leave them out with --all");
    }
    return mneme_filter_parse(&filter->filter, mneme_cli_opt_str(cli, "filter"), arena, error);
}

static enum mneme_exit report(const struct mneme_bulk *deletion) {
    if (deletion->cli->json) {
        struct mneme_buffer line = {0};
        struct mneme_json_writer json = {.out = &line};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("deleted"));
        mneme_json_long(&json, deletion->acknowledged);
        mneme_json_key(&json, MNEME_STR_LIT("failed"));
        mneme_json_long(&json, deletion->failed);
        mneme_json_end_object(&json);
        enum mneme_exit code = mneme_cli_put_line(&line);
        mneme_buffer_clean_up(&line);
        return code;
    }
    printf("%lld memories deleted\n", (long long)deletion->acknowledged);
    return MNEME_EXIT_DONE;
}

static enum mneme_exit delete_scope(struct mneme_cli *cli, struct mneme_memory_filter *filter) {
    struct mneme_bulk deletion;
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    if (mneme_session_open_read(&postgres, cli, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    int visited = MNEME_OK;
    if (mneme_bulk_begin(&deletion, cli, MNEME_BULK_DELETE) == MNEME_OK) {
        visited = mneme_bulk_visit(postgres, filter, delete_row, &deletion, &error);
    }
    int status = mneme_bulk_finish(&deletion);
    mneme_pg_close(postgres);
    enum mneme_exit code = report(&deletion);
    if (status != MNEME_OK || visited != MNEME_OK) {
        code = mneme_cli_fail(cli, status != MNEME_OK ? &deletion.error : &error);
    } else if (mneme_cli_interrupted()) {
        code = MNEME_EXIT_INTERRUPTED;
    }
    mneme_bulk_clean_up(&deletion);
    return code;
}

enum mneme_exit mneme_memory_delete_all(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_memory_filter filter;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (check(&filter, cli, &arena, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        code = mneme_cli_consent(cli, "nothing was deleted", "Delete all memories of this scope?");
    }
    if (code == MNEME_EXIT_DONE) {
        code = delete_scope(cli, &filter);
    }
    mneme_arena_clean_up(&arena);
    return code;
}
