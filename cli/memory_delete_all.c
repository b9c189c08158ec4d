/*
 * mneme memory delete --all. The memories are read page by page and published as they are read.
 */
#include "cli/memory_delete_all.h"

#include <stdio.h>

#include "cli/deletion.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "common/uuid.h"

static bool delete_row(const void *row, void *context) {
    return mneme_deletion_add(context, row);
}

static struct mneme_memory_filter scope_of(const struct mneme_cli *cli) {
    return (struct mneme_memory_filter){
        .tenant = mneme_session_tenant(cli),
        .user_id = mneme_cli_opt_str(cli, "user"),
        .agent_id = mneme_cli_opt_str(cli, "agent"),
        .run_id = mneme_cli_opt_str(cli, "run"),
        .conversation_id = mneme_cli_opt_str(cli, "conversation"),
        .include_expired = true,
        .include_archived = true,
        .limit = MNEME_DELETION_PAGE,
    };
}

/* An option that was given but is empty must not widen the scope to everything. */
static int check_scope(const struct mneme_cli *cli, struct mneme_error *error) {
    static const char *const names[] = {"user", "agent", "run", "conversation"};
    bool is_scoped = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = mneme_cli_value(cli, names[i]);
        if (value != NULL && value[0] == '\0') {
            return mneme_error_set(error, MNEME_E_UNSAFE,
                                   "nothing was deleted: --%s is empty; name whose memories to delete",
                                   names[i]);
        }
        is_scoped = is_scoped || value != NULL;
    }
    if (!is_scoped) {
        return mneme_error_set(
            error, MNEME_E_UNSAFE,
            "nothing was deleted: --all without a scope would delete everything; name --user, --agent, "
            "--run or --conversation");
    }
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
    return MNEME_OK;
}

static int delete_pages(struct mneme_deletion *deletion, struct mneme_postgres *postgres,
                        struct mneme_memory_filter *filter) {
    char id[MNEME_UUID_TEXT_BYTES];
    size_t count = MNEME_DELETION_PAGE;
    while (count == MNEME_DELETION_PAGE && deletion->status == MNEME_OK && !mneme_cli_interrupted()) {
        mneme_uuid_format(deletion->last_id, id);
        filter->cursor = (struct mneme_cursor){.micros = deletion->last_created_at,
                                               .id = {id, sizeof id},
                                               .stream_id = deletion->last_stream_id,
                                               .is_set = deletion->has_last};
        int status = mneme_memory_list(postgres, filter, delete_row, deletion, &count, &deletion->error);
        if (status != MNEME_OK) {
            deletion->status = status;
        }
    }
    return deletion->status;
}

static enum mneme_exit report(const struct mneme_deletion *deletion) {
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
    struct mneme_deletion deletion;
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    if (mneme_session_open(&postgres, cli, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (mneme_deletion_begin(&deletion, cli) == MNEME_OK) {
        (void)delete_pages(&deletion, postgres, filter); /* its status is the deletion's */
    }
    int status = mneme_deletion_finish(&deletion);
    mneme_pg_close(postgres);
    enum mneme_exit code = report(&deletion);
    if (status != MNEME_OK) {
        code = mneme_cli_fail(cli, &deletion.error);
    } else if (mneme_cli_interrupted()) {
        code = MNEME_EXIT_INTERRUPTED;
    }
    mneme_deletion_clean_up(&deletion);
    return code;
}

enum mneme_exit mneme_memory_delete_all(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_memory_filter filter = scope_of(cli);
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (check_scope(cli, &error) != MNEME_OK ||
        mneme_filter_parse(&filter.filter, mneme_cli_opt_str(cli, "filter"), &arena, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else if (!mneme_deletion_is_agreed(cli, "Delete all memories of this scope?")) {
        code = MNEME_EXIT_UNSAFE;
    } else {
        code = delete_scope(cli, &filter);
    }
    mneme_arena_clean_up(&arena);
    return code;
}
