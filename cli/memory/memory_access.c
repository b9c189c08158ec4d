/*
 * mneme memory access: tells that memories were read. Memories of one stream go into one event, in the stream
 * <stream>#access, so that reading never makes a writer's expected version wrong.
 */
#include <stdio.h>

#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/memory/memory.h"
#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "schemas/access_stream.h"

#define MAX_ARGUMENTS 10000
#define MAX_IDS 1000 /* of one event */

/* The memories of one event. */
struct batch {
    struct mneme_memory_place place;
    struct mneme_str ids[MAX_IDS];
    int64_t counts[MAX_IDS];
    size_t count;
    struct batch *next;
};

struct accesses {
    struct mneme_cli *cli;
    struct batch *batches;
    int64_t times; /* how often each was read */
    int64_t at;
    struct mneme_arena arena;
};

/* The batch of the stream that has the id, or else room for it; NULL when memory is exhausted. */
static struct batch *batch_for(struct accesses *accesses, const struct mneme_memory_place *place,
                               struct mneme_str id) {
    struct batch *with_room = NULL;
    struct batch **end = &accesses->batches;
    for (; *end != NULL; end = &(*end)->next) {
        struct batch *batch = *end;
        if (!mneme_str_equal(batch->place.stream_id, place->stream_id)) {
            continue;
        }
        for (size_t i = 0; i < batch->count; i++) {
            if (mneme_str_equal(batch->ids[i], id)) {
                return batch;
            }
        }
        with_room = batch->count < MAX_IDS ? batch : with_room;
    }
    if (with_room == NULL) {
        *end = with_room = mneme_arena_calloc(&accesses->arena, 1, sizeof **end);
        if (with_room != NULL) {
            with_room->place = *place;
        }
    }
    return with_room;
}

static int note(struct accesses *accesses, const struct mneme_memory_place *place, struct mneme_uuid id,
                struct mneme_error *error) {
    char text[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(id, text);
    struct mneme_str copy = mneme_arena_copy(&accesses->arena, (struct mneme_str){text, sizeof text});
    struct batch *batch = batch_for(accesses, place, copy);
    if (batch == NULL || copy.data == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "nothing was published: memory is exhausted; free some");
    }
    size_t at = 0;
    while (at < batch->count && !mneme_str_equal(batch->ids[at], copy)) {
        at++;
    }
    batch->ids[at] = copy;
    batch->counts[at] += accesses->times;
    batch->count += at == batch->count;
    return MNEME_OK;
}

/* All ids are looked up before anything is published. */
static int gather(struct accesses *accesses, struct mneme_error *error) {
    struct mneme_cli *cli = accesses->cli;
    struct mneme_postgres *postgres = NULL;
    struct mneme_opt_long at;
    int status = mneme_cli_long(&accesses->times, cli, "count", 1, 1, 1000000, error);
    if (status == MNEME_OK) {
        status = mneme_cli_opt_time(&at, cli, "at", error);
    }
    if (status == MNEME_OK) {
        accesses->at = at.is_set ? at.value : mneme_clock_now_micros();
        status = mneme_session_open_read(&postgres, cli, error);
    }
    for (int i = 0; i < cli->argument_count && status == MNEME_OK; i++) {
        struct mneme_memory_key key = {0};
        struct mneme_memory_place place;
        status = mneme_cli_argument_uuid(&key.id, cli, i, "memory id", error);
        if (status == MNEME_OK) {
            status = mneme_memory_find(&place, postgres, cli, &key, &accesses->arena, error);
        }
        if (status == MNEME_OK) {
            status = note(accesses, &place, key.id, error);
        }
    }
    mneme_pg_close(postgres);
    return status;
}

static enum mneme_exit print(const struct mneme_cli *cli, const struct batch *batch,
                             struct mneme_str stream_id, const struct mneme_receipt *receipt) {
    if (!cli->json) {
        printf("%zu memories accessed: %.*s %d:%lld\n", batch->count, MNEME_STR_ARG(stream_id),
               receipt->position.partition, (long long)receipt->position.offset);
        return MNEME_EXIT_DONE;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("event_id"));
    mneme_json_uuid(&json, receipt->event_id);
    mneme_json_key(&json, MNEME_STR_LIT("position"));
    mneme_json_position(&json, receipt->position);
    mneme_json_key(&json, MNEME_STR_LIT("stream_id"));
    mneme_json_string(&json, stream_id);
    mneme_json_key(&json, MNEME_STR_LIT("memories"));
    mneme_json_long(&json, (int64_t)batch->count);
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit publish(struct accesses *accesses, struct mneme_client *client,
                               const struct batch *batch) {
    struct mneme_cli *cli = accesses->cli;
    struct mneme_error error = {0};
    struct mneme_receipt receipt;
    struct mneme_event event;
    struct mneme_buffer stream = {0};
    int timeout_ms = (int)mneme_config_long(cli->config, MNEME_SETTING_PUBLISH_TIMEOUT_MS);
    int status = mneme_write_event(&event, cli, client, MNEME_EVENT_MEMORY_ACCESSED, &error);
    if (status == MNEME_OK) {
        mneme_access_stream_append(&stream, batch->place.stream_id);
        event.stream_id = mneme_buffer_str(&stream);
        event.scope.user_id = batch->place.user_id;
        event.scope.agent_id = batch->place.agent_id;
        event.payload.memory_accessed = (struct mneme_memory_accessed){
            .memory_ids = {.items = batch->ids, .count = batch->count, .is_set = true},
            .counts = {.items = batch->counts, .count = batch->count, .is_set = true},
            .last_accessed_at = accesses->at,
        };
        status = mneme_publish_wait(&receipt, client, &event, timeout_ms, &error);
    }
    enum mneme_exit code = status == MNEME_OK ? print(cli, batch, mneme_buffer_str(&stream), &receipt)
                                              : mneme_cli_fail(cli, &error);
    mneme_buffer_clean_up(&stream);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    struct accesses accesses = {.cli = cli};
    enum mneme_exit code = MNEME_EXIT_DONE;
    mneme_arena_init(&accesses.arena, 0);
    if (gather(&accesses, &error) != MNEME_OK || mneme_write_open(&client, cli, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    }
    for (const struct batch *batch = accesses.batches; batch != NULL && code == MNEME_EXIT_DONE;
         batch = batch->next) {
        code = publish(&accesses, client, batch);
    }
    (void)mneme_close(client, 0, NULL); /* nothing is under way any more */
    mneme_arena_clean_up(&accesses.arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"count", 0, "N", -1, "How often each was read (default 1)."},
    {"at", 0, "TIME", -1, "When it was read last (default: now)."},
    {"stream", 0, "ID", -1, "The stream of the memories, when several use an id."},
    {"correlation", 0, "ID", -1, "Ties together the events of one request."},
    {"causation", 0, "ID", -1, "The event that led to this one."},
    {"actor", 0, "NAME", -1, "Who read them, where it is not the agent."},
    {0},
};

const struct mneme_command mneme_command_memory_access = {
    .name = "access",
    .summary = "Tell that memories were read: counts, last access, importance.",
    .arguments = "ID…",
    .details = "Publishes memory_accessed into the stream <stream>#access, one event for all memories of a "
               "stream (up\n"
               "to 1,000). Each access adds 0.01 to the importance that is shown, up to 1.\n"
               "Nothing is published when one of the memories is not found (5).\n"
               "--json: {\"event_id\",\"position\",\"stream_id\",\"memories\"} for each event.",
    .examples = "  mneme memory access 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory list --user ada --json | jq -r .id | xargs mneme memory access --json\n",
    .min_arguments = 1,
    .max_arguments = MAX_ARGUMENTS,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .run = run,
};
