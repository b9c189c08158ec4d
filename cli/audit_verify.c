/*
 * mneme audit verify: computes the chain again, and shows every place where it breaks.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/audit.h"
#include "cli/frame/output.h"
#include "cli/frame/progress.h"
#include "cli/frame/session.h"
#include "common/json/write.h"

struct view {
    const struct mneme_cli *cli;
    struct mneme_progress progress;
};

static bool is_interrupted(void *context) {
    (void)context;
    return mneme_cli_interrupted();
}

static void on_total(void *context, int64_t rows) {
    struct view *view = context;
    mneme_progress_begin(&view->progress, "Following the chain", "rows", rows,
                         view->cli->stderr_is_terminal && !view->cli->json);
}

static void on_progress(void *context, int64_t rows) {
    struct view *view = context;
    mneme_progress_update(&view->progress, rows);
}

static void write_offset(struct mneme_json_writer *json, struct mneme_str key, int32_t partition,
                         int64_t offset) {
    mneme_json_key(json, key);
    mneme_json_position(json, (struct mneme_position){partition, offset});
}

static void put_break_json(const struct mneme_break *found) {
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    int32_t partition = found->first.partition;
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("break"));
    mneme_json_string(&json, mneme_str_from(mneme_break_names[found->kind]));
    write_offset(&json, MNEME_STR_LIT("position"), partition, found->first.offset);
    write_offset(&json, MNEME_STR_LIT("last"), partition, found->last_offset);
    if (found->other_offset >= 0) {
        write_offset(&json, MNEME_STR_LIT("other"), partition, found->other_offset);
    }
    mneme_json_key(&json, MNEME_STR_LIT("reason"));
    mneme_json_string(&json, mneme_str_from(found->reason));
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&line); /* a lost line changes nothing about the ledger */
    mneme_buffer_clean_up(&line);
}

static void on_loss(void *context, const struct mneme_audit_loss *loss) {
    struct view *view = context;
    mneme_progress_end(&view->progress);
    mneme_cli_put_loss(loss, view->cli->json);
}

static void on_break(void *context, const struct mneme_break *found) {
    struct view *view = context;
    mneme_progress_end(&view->progress);
    if (view->cli->json) {
        put_break_json(found);
        return;
    }
    int partition = (int)found->first.partition;
    printf("%d:%lld", partition, (long long)found->first.offset);
    if (found->other_offset >= 0) {
        printf(" and %d:%lld", partition, (long long)found->other_offset);
    } else if (found->last_offset > found->first.offset) {
        printf(" to %d:%lld", partition, (long long)found->last_offset);
    }
    printf("  %s: %s\n", mneme_break_names[found->kind], found->reason);
}

static void put_sum_json(const struct mneme_audit_result *result) {
    const struct {
        const char *name;
        int64_t value;
    } counts[] = {
        {"rows", result->rows},     {"partitions", result->partitions},
        {"breaks", result->breaks}, {"detached_rows", result->detached_rows},
        {"heads", result->heads},   {"detached_heads", result->detached_heads},
        {"lost", result->lost},     {"former_heads", result->former_heads},
    };
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("state"));
    mneme_json_string(&json, result->breaks == 0 ? MNEME_STR_LIT("whole") : MNEME_STR_LIT("broken"));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        mneme_json_key(&json, mneme_str_from(counts[i].name));
        mneme_json_long(&json, counts[i].value);
    }
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
}

static void put_sum(const struct view *view, const struct mneme_audit_result *result) {
    if (view->cli->json) {
        put_sum_json(result);
        return;
    }
    printf("%lld rows in %lld partitions: ", (long long)result->rows, (long long)result->partitions);
    if (result->breaks == 0) {
        printf(result->lost > 0 ? "the chain is whole after what the log has lost\n"
                                : "the chain is whole\n");
    } else {
        printf("the chain is broken in %lld places\n", (long long)result->breaks);
    }
    if (result->detached_rows > 0) {
        printf("%lld rows are in detached months and were not checked\n", (long long)result->detached_rows);
    }
    if (result->heads + result->detached_heads > 0) {
        printf("%lld heads of the file are on the chain, %lld in detached months\n", (long long)result->heads,
               (long long)result->detached_heads);
    }
    if (result->former_heads > 0) {
        printf("%lld heads of the file belong to the chain before a loss, and prove nothing about this one\n",
               (long long)result->former_heads);
    }
}

static enum mneme_exit verify(struct mneme_cli *cli, int32_t partition, const struct mneme_ledger_head *heads,
                              size_t head_count) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_audit_result result;
    struct view view = {.cli = cli};
    const struct mneme_audit audit = {.partition = partition,
                                      .heads = heads,
                                      .head_count = head_count,
                                      .is_interrupted = is_interrupted,
                                      .on_total = on_total,
                                      .on_progress = on_progress,
                                      .on_loss = on_loss,
                                      .on_break = on_break,
                                      .context = &view};
    int status = mneme_session_open(&postgres, cli, &error);
    if (status == MNEME_OK) {
        /* A large ledger takes long; the user may interrupt at any time, so there is no time-out. */
        status = mneme_pg_set(postgres, "SET statement_timeout = 0", &error);
    }
    if (status == MNEME_OK) {
        status = mneme_audit_verify(&result, postgres, &audit, &error);
        mneme_progress_end(&view.progress);
    }
    mneme_pg_close(postgres);
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    put_sum(&view, &result);
    return result.breaks == 0 ? MNEME_EXIT_DONE : MNEME_EXIT_UNSAFE;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_ledger_head *heads = NULL;
    size_t head_count = 0;
    int64_t partition;
    const char *path = mneme_cli_value(cli, "heads");
    int status = mneme_cli_long(&partition, cli, "partition", -1, 0, MNEME_MAX_PARTITIONS - 1, &error);
    if (status == MNEME_OK && path != NULL) {
        status = mneme_cli_read_heads(&heads, &head_count, path, &error);
    }
    enum mneme_exit code =
        status == MNEME_OK ? verify(cli, (int32_t)partition, heads, head_count) : mneme_cli_fail(cli, &error);
    free(heads);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"heads", 0, "FILE", -1, "Heads that must be on the chain, as `mneme audit heads` printed them."},
    {"partition", 'p', "N", -1, "Only this partition of the log."},
    {0},
};

const struct mneme_command mneme_command_audit_verify = {
    .name = "verify",
    .summary = "Compute the ledger's chain of hashes again, and name every place where it breaks.",
    .arguments = "",
    .details =
        "Each row of the ledger holds a hash of its own fields and of the hash of the row before it in its\n"
        "partition. Losses of the log that somebody accepted (`mneme rebuild postgres --accept-loss`) are "
        "shown;\n"
        "the chain begins after them.\n"
        "Each break names its first row: changed, removed, inserted or swapped. Workers may keep running.\n"
        "Exit code 0 when the chain is whole, 6 when it is broken, 5 when --partition does not exist.",
    .examples = "  mneme audit verify\n"
                "  mneme audit verify --heads heads-2026-01-31.json --json | jq 'select(.break)'\n",
    .options = options,
    .common = MNEME_CLI_AT_LEAST,
    .run = run,
};
