/*
 * mneme topics: creates the events topic, checks it against what the log needs, and copies it into another
 * topic.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/progress.h"
#include "cli/last_write.h"
#include "common/json/write.h"
#include "consumers/replay/merge.h"
#include "consumers/replay/repartition.h"
#include "producers/topics.h"

static void add_cell(struct mneme_table *table, const char *text) {
    mneme_table_cell(table, mneme_str_from(text));
}

static void print_table(const struct mneme_cli *cli, const struct mneme_topic_state *topic) {
    static const char *const headings[] = {"setting", "is", "should be", "", NULL};
    struct mneme_table table;
    mneme_table_init(&table, headings);
    for (size_t i = 0; i < topic->finding_count; i++) {
        const struct mneme_topic_finding *finding = &topic->findings[i];
        add_cell(&table, finding->name);
        add_cell(&table, finding->actual);
        add_cell(&table, finding->wanted[0] == '\0' ? "any" : finding->wanted);
        add_cell(&table, finding->fits ? "fits" : "does not fit");
    }
    printf("topic %s%s\n", topic->name, topic->was_created ? " (created)" : "");
    (void)mneme_listing_print(cli, &table); /* it has printed any error */
    mneme_table_clean_up(&table);
}

static enum mneme_exit print_json(const struct mneme_topic_state *topic, bool fits) {
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("topic"));
    mneme_json_string(&json, mneme_str_from(topic->name));
    mneme_json_key(&json, MNEME_STR_LIT("created"));
    mneme_json_bool(&json, topic->was_created);
    mneme_json_key(&json, MNEME_STR_LIT("fits"));
    mneme_json_bool(&json, fits);
    mneme_json_key(&json, MNEME_STR_LIT("settings"));
    mneme_json_begin_array(&json);
    for (size_t i = 0; i < topic->finding_count; i++) {
        const struct mneme_topic_finding *finding = &topic->findings[i];
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("name"));
        mneme_json_string(&json, mneme_str_from(finding->name));
        mneme_json_key(&json, MNEME_STR_LIT("actual"));
        mneme_json_string(&json, mneme_str_from(finding->actual));
        mneme_json_key(&json, MNEME_STR_LIT("wanted"));
        mneme_json_string(&json,
                          finding->wanted[0] == '\0' ? MNEME_STR_NULL : mneme_str_from(finding->wanted));
        mneme_json_key(&json, MNEME_STR_LIT("fits"));
        mneme_json_bool(&json, finding->fits);
        mneme_json_end_object(&json);
    }
    mneme_json_end_array(&json);
    mneme_json_end_object(&json);
    enum mneme_exit exit_code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return exit_code;
}

typedef int inspect_fn(struct mneme_topic_state *out, const struct mneme_config *config,
                       struct mneme_error *error);

static enum mneme_exit show(struct mneme_cli *cli, const struct mneme_topic_state *topic) {
    struct mneme_error error = {0};
    int status = mneme_topic_require(topic, &error);
    enum mneme_exit exit_code = MNEME_EXIT_DONE;
    if (cli->json) {
        exit_code = print_json(topic, status == MNEME_OK);
    } else {
        print_table(cli, topic);
    }
    return status == MNEME_OK ? exit_code : mneme_cli_fail(cli, &error);
}

static enum mneme_exit inspect_topic(struct mneme_cli *cli, inspect_fn *inspect) {
    struct mneme_error error = {0};
    struct mneme_topic_state topic;
    if (inspect(&topic, cli->config, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    if (topic.was_created) {
        mneme_last_write_forget(cli->config);
    }
    return show(cli, &topic);
}

/* Checks the topics that projections have created. */
static enum mneme_exit check_embeddings(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_topic_state *topics = calloc(MNEME_TOPIC_MAX_EMBEDDINGS, sizeof *topics);
    size_t count = 0;
    enum mneme_exit exit_code = MNEME_EXIT_DONE;
    if (topics == NULL) {
        mneme_error_set(&error, MNEME_E_NO_MEMORY,
                        "the embeddings topics were not checked: out of memory; free some memory");
        return mneme_cli_fail(cli, &error);
    }
    if (mneme_topic_check_embeddings(topics, &count, cli->config, &error) != MNEME_OK) {
        exit_code = mneme_cli_fail(cli, &error);
        count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        enum mneme_exit one = show(cli, &topics[i]);
        exit_code = one == MNEME_EXIT_DONE ? exit_code : one;
    }
    free(topics);
    return exit_code;
}

static enum mneme_exit first_failure(enum mneme_exit one, enum mneme_exit other) {
    return one != MNEME_EXIT_DONE ? one : other;
}

static enum mneme_exit run_create(struct mneme_cli *cli) {
    return inspect_topic(cli, mneme_topic_create);
}

static enum mneme_exit run_check(struct mneme_cli *cli) {
    enum mneme_exit exit_code = inspect_topic(cli, mneme_topic_check);
    return exit_code == MNEME_EXIT_DONE || exit_code == MNEME_EXIT_UNSAFE
               ? first_failure(exit_code, check_embeddings(cli))
               : exit_code;
}

static const struct mneme_cli_option create_options[] = {
    {"partitions", 0, "N", MNEME_SETTING_TOPIC_PARTITIONS,
     "Partitions of the events topic; fixed once it is created."},
    {"replication", 0, "N", MNEME_SETTING_TOPIC_REPLICATION, "Copies of each partition."},
    {0},
};

static const struct mneme_command create_command = {
    .name = "create",
    .summary = "Create the events topic if it does not exist.",
    .arguments = "",
    .details =
        "This command never changes an existing topic; it only compares it with the settings. Exit code 6 "
        "when\n"
        "it does not match, for example in the number of partitions, which decides the order of events.",
    .examples = "  mneme topics create\n"
                "  mneme topics create --partitions 16 --replication 3\n",
    .options = create_options,
    .run = run_create,
};

static const struct mneme_command check_command = {
    .name = "check",
    .summary = "Compare the events topic with what the log needs.",
    .arguments = "",
    .details =
        "Also checks existing embeddings topics: whether they are compacted, and accept the record of the\n"
        "largest event. Exit code 0 when the topics match, 5 when the events topic does not exist, 6 when "
        "one\n"
        "does not match.",
    .examples = "  mneme topics check\n"
                "  mneme topics check --json\n",
    .options = create_options,
    .run = run_check,
};

/* --- another number of partitions --- */

struct view {
    const struct mneme_cli *cli;
    struct mneme_progress progress;
};

static void on_progress(void *context, int64_t read) {
    struct view *view = context;
    mneme_progress_update(&view->progress, read);
}

static enum mneme_exit put_repartition(const struct mneme_cli *cli,
                                       const struct mneme_repartition_outcome *outcome, int64_t partitions) {
    const char *state = outcome->is_interrupted ? "interrupted"
                        : outcome->is_finished  ? "finished"
                                                : "copied";
    if (cli->json) {
        struct mneme_buffer line = {0};
        struct mneme_json_writer json = {.out = &line};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("topic"));
        mneme_json_string(&json, mneme_str_from(outcome->topic));
        mneme_json_key(&json, MNEME_STR_LIT("state"));
        mneme_json_string(&json, mneme_str_from(state));
        mneme_json_key(&json, MNEME_STR_LIT("partitions"));
        mneme_json_long(&json, partitions);
        mneme_json_key(&json, MNEME_STR_LIT("events"));
        mneme_json_long(&json, outcome->events);
        mneme_json_key(&json, MNEME_STR_LIT("copied"));
        mneme_json_long(&json, outcome->copied);
        mneme_json_end_object(&json);
        enum mneme_exit code = mneme_cli_put_line(&line);
        mneme_buffer_clean_up(&line);
        return code == MNEME_EXIT_DONE && outcome->is_interrupted ? MNEME_EXIT_INTERRUPTED : code;
    }
    if (outcome->is_interrupted) {
        fprintf(stderr,
                "mneme: topic %s is not complete: interrupted after %lld events; run the same command to "
                "continue\n",
                outcome->topic, (long long)outcome->copied);
        return MNEME_EXIT_INTERRUPTED;
    }
    printf("topic %s with %lld partitions has all %lld events, %lld of them copied now; number and hash "
           "match the source\n",
           outcome->topic, (long long)partitions, (long long)outcome->events, (long long)outcome->copied);
    printf(outcome->is_finished
               ? "the new topic is now the log: set MNEME_TOPIC_PREFIX and MNEME_TOPIC_PARTITIONS "
                 "everywhere, then "
                 "run `mneme rebuild postgres` and the other rebuilds (docs/operations.md)\n"
               : "stop all publishers and workers, then run the same command with --finish\n");
    return MNEME_EXIT_DONE;
}

static enum mneme_exit run_repartition(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    int64_t partitions = 0;
    struct view view = {.cli = cli};
    const char *prefix = mneme_cli_value(cli, "to");
    int status = mneme_cli_long(&partitions, cli, "partitions", 0, 1, MNEME_MERGE_MAX_PARTITIONS, &error);
    if (status == MNEME_OK && (prefix == NULL || partitions == 0)) {
        mneme_error_set(&error, MNEME_E_USAGE,
                        "nothing was copied: --to and --partitions are needed; give the new topic's prefix "
                        "and its number of partitions");
        return mneme_cli_fail(cli, &error);
    }
    const struct mneme_repartition options = {.config = cli->config,
                                              .prefix = prefix,
                                              .partitions = (int32_t)partitions,
                                              .is_last = mneme_cli_flag(cli, "finish"),
                                              .cancel = &mneme_cli_cancel,
                                              .on_progress = on_progress,
                                              .context = &view};
    struct mneme_repartition_outcome outcome;
    if (status == MNEME_OK) {
        mneme_progress_begin(&view.progress, "Copying the log", "events", 0,
                             cli->stderr_is_terminal && !cli->json);
        status = mneme_repartition_run(&outcome, &options, &error);
        mneme_progress_end(&view.progress);
    }
    return status == MNEME_OK ? put_repartition(cli, &outcome, partitions) : mneme_cli_fail(cli, &error);
}

static const struct mneme_cli_option repartition_options[] = {
    {"to", 0, "PREFIX", -1, "The prefix of the new topic; MNEME_TOPIC_PREFIX is that of the present one."},
    {"partitions", 0, "N", -1, "Partitions of the new topic."},
    {"finish", 0, NULL, -1,
     "Finish, once nobody publishes any more: copy the rest, and make the new topic ready for publishers."},
    {0},
};

static const struct mneme_command repartition_command = {
    .name = "repartition",
    .summary = "Copy the log into a topic with another number of partitions.",
    .arguments = "",
    .details =
        "Copies all events in the order of the log's time, so that those of each key keep their order, with\n"
        "their keys, bytes and times, into the topic PREFIXevents, which it creates. If it is killed, run "
        "the\n"
        "same command to continue; at the end it compares number and hash of all records. The present topic "
        "is\n"
        "only read. Run it while publishers run; then stop them and all workers, run it with --finish, set\n"
        "MNEME_TOPIC_PREFIX and MNEME_TOPIC_PARTITIONS everywhere, and run `mneme rebuild` for each "
        "projection.\n"
        "Positions and the chain of the ledger then refer to the new topic.\n"
        "Exit code 6 when the new topic is not an unfinished copy, or when somebody published during "
        "--finish.",
    .examples = "  mneme topics repartition --to mneme2. --partitions 16\n"
                "  mneme topics repartition --to mneme2. --partitions 16 --finish\n",
    .options = repartition_options,
    .run = run_repartition,
};

static const struct mneme_command *const subcommands[] = {&create_command, &check_command,
                                                          &repartition_command, NULL};

const struct mneme_command mneme_command_topics = {
    .name = "topics",
    .summary = "Create, check or copy the topic of events.",
    .arguments = "",
    .subcommands = subcommands,
};
