/*
 * mneme vector delete: vectors by their ids.
 */
#include "cli/frame/values.h"
#include "cli/vector/vector.h"
#include "common/json/write.h"

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_vector_publisher *publisher = NULL;
    struct mneme_str collection = mneme_cli_opt_str(cli, "collection");
    struct mneme_buffer payload = {0};
    enum mneme_exit code = MNEME_EXIT_DONE;
    if (collection.data == NULL) {
        collection = MNEME_STR_LIT(MNEME_VECTOR_COLLECTION);
    }
    if (mneme_vector_publisher_open(&publisher, cli, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    for (int i = 0; i < cli->argument_count; i++) {
        struct mneme_json_writer json = {.out = &payload};
        struct mneme_str id = mneme_str_from(cli->arguments[i]);
        mneme_buffer_clear(&payload);
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("vector_id"));
        mneme_json_string(&json, id);
        mneme_json_key(&json, MNEME_STR_LIT("collection"));
        mneme_json_string(&json, collection);
        mneme_json_end_object(&json);
        if (mneme_vector_publisher_put(publisher, "vector_deleted", id, collection,
                                       mneme_buffer_str(&payload), &error) != MNEME_OK) {
            code = mneme_cli_fail(cli, &error);
        }
    }
    enum mneme_exit settled = mneme_vector_publisher_settle(publisher);
    mneme_vector_publisher_close(publisher);
    mneme_buffer_clean_up(&payload);
    return settled > code ? settled : code;
}

static const struct mneme_cli_option options[] = {
    {"collection", 'c', "NAME", -1, "Where they lie; \"default\" unless it is given."},
    {0},
};

const struct mneme_command mneme_command_vector_delete = {
    .name = "delete",
    .summary = "Forget vectors.",
    .arguments = "ID…",
    .details = "Publishes a vector_deleted event for each; one that is not there is no error.\n"
               "--json: {\"id\",\"collection\",\"event_id\",\"position\"}.",
    .examples = "  mneme vector delete red\n"
                "  mneme vector delete red blue --collection colors\n",
    .min_arguments = 1,
    .max_arguments = -1,
    .options = options,
    .common = MNEME_CLI_TENANT,
    .run = run,
};
