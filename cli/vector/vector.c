/*
 * mneme vector: the verbs over a user's own vectors. Their stream is that of the collection, so that an id is
 * one vector of it, whoever writes it.
 */
#include "cli/vector/vector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/write.h"
#include "common/json/read.h"
#include "common/json/write.h"

#define UNDER_WAY 500 /* events at a time */
#define ID_BYTES 256  /* the schema's limit, and a NUL */
#define REASON_BYTES 512

int mneme_vector_parse(float **out, size_t *dimensions, struct mneme_str json, struct mneme_arena *arena,
                       struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    struct mneme_str key;
    struct mneme_str item;
    size_t count = 0;
    if (!mneme_json_check(json, &kind, &reason, &at) || kind != MNEME_JSON_ARRAY) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "the vector was not taken: it is no JSON array; give one such as [0.1, 0.2]");
    }
    /* A number has at least a digit and a comma. */
    float *floats = mneme_arena_alloc(arena, (json.len / 2 + 1) * sizeof *floats);
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(json));
    while (floats != NULL && mneme_json_next(&reader, &key, &item)) {
        double value = 0;
        if (mneme_json_kind_of(item) != MNEME_JSON_NUMBER || !mneme_json_to_double(&value, item) ||
            !isfinite((float)value)) {
            return mneme_error_set(error, MNEME_E_INVALID,
                                   "the vector was not taken: item %zu is no number of single precision; "
                                   "correct it",
                                   count + 1);
        }
        floats[count++] = (float)value;
    }
    *out = floats;
    *dimensions = count;
    if (floats == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "the vector was not taken: out of memory");
    }
    return count > 0 ? MNEME_OK
                     : mneme_error_set(error, MNEME_E_INVALID,
                                       "the vector was not taken: it has no numbers; give some");
}

/* --- publishing --- */

struct receipt {
    char id[ID_BYTES], collection[ID_BYTES];
    struct mneme_uuid event_id;
    enum mneme_status status; /* filled in by the client's thread, read when all is settled */
    struct mneme_position position;
    char reason[REASON_BYTES];
};

struct mneme_vector_publisher {
    const struct mneme_cli *cli;
    struct mneme_client *client;
    struct receipt *receipts;
    size_t count;
    struct mneme_buffer line;
    enum mneme_exit code; /* the worst so far */
};

int mneme_vector_publisher_open(struct mneme_vector_publisher **out, const struct mneme_cli *cli,
                                struct mneme_error *error) {
    struct mneme_vector_publisher *publisher = calloc(1, sizeof *publisher);
    if (publisher != NULL) {
        publisher->receipts = calloc(UNDER_WAY, sizeof *publisher->receipts);
    }
    if (publisher == NULL || publisher->receipts == NULL) {
        free(publisher);
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was published: out of memory");
    }
    publisher->cli = cli;
    int status = mneme_write_open(&publisher->client, cli, error);
    if (status != MNEME_OK) {
        mneme_vector_publisher_close(publisher);
        return status;
    }
    *out = publisher;
    return MNEME_OK;
}

void mneme_vector_publisher_close(struct mneme_vector_publisher *publisher) {
    if (publisher != NULL) {
        (void)mneme_close(publisher->client, 0, NULL); /* nothing is under way any more */
        mneme_buffer_clean_up(&publisher->line);
        free(publisher->receipts);
        free(publisher);
    }
}

static void receive(const struct mneme_receipt *answer, void *context) {
    struct receipt *receipt = context;
    receipt->status = answer->status;
    receipt->position = answer->position;
    snprintf(receipt->reason, sizeof receipt->reason, "%s", answer->message);
}

static enum mneme_exit put_receipt(const struct mneme_cli *cli, const struct receipt *receipt) {
    struct mneme_error error = {0};
    struct mneme_buffer out = {0};
    if (receipt->status != MNEME_OK) {
        mneme_error_set(&error, receipt->status, "vector %s: %s", receipt->id, receipt->reason);
        return mneme_cli_fail(cli, &error);
    }
    if (cli->json) {
        struct mneme_json_writer json = {.out = &out};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("id"));
        mneme_json_string(&json, mneme_str_from(receipt->id));
        mneme_json_key(&json, MNEME_STR_LIT("collection"));
        mneme_json_string(&json, mneme_str_from(receipt->collection));
        mneme_json_key(&json, MNEME_STR_LIT("event_id"));
        mneme_json_uuid(&json, receipt->event_id);
        mneme_json_key(&json, MNEME_STR_LIT("position"));
        mneme_json_position(&json, receipt->position);
        mneme_json_end_object(&json);
    } else {
        mneme_buffer_printf(&out, "%s %d:%lld", receipt->id, (int)receipt->position.partition,
                            (long long)receipt->position.offset);
    }
    enum mneme_exit code = mneme_cli_put_line(&out);
    mneme_buffer_clean_up(&out);
    return code;
}

enum mneme_exit mneme_vector_publisher_settle(struct mneme_vector_publisher *publisher) {
    struct mneme_error error = {0};
    if (publisher->count > 0 && mneme_flush(publisher->client, -1, &error) != MNEME_OK) {
        publisher->code = mneme_cli_fail(publisher->cli, &error);
    }
    for (size_t i = 0; i < publisher->count; i++) {
        enum mneme_exit code = put_receipt(publisher->cli, &publisher->receipts[i]);
        publisher->code = code > publisher->code ? code : publisher->code;
    }
    publisher->count = 0;
    return publisher->code;
}

static void put_event(struct mneme_vector_publisher *publisher, const char *type, struct mneme_str collection,
                      struct mneme_str payload) {
    struct mneme_buffer stream = {0};
    struct mneme_json_writer json = {.out = &publisher->line};
    mneme_buffer_clear(&publisher->line);
    mneme_buffer_printf(&stream, "vectors/%.*s", MNEME_STR_ARG(collection));
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("type"));
    mneme_json_string(&json, mneme_str_from(type));
    mneme_json_key(&json, MNEME_STR_LIT("tenant"));
    mneme_json_string(&json, mneme_session_tenant(publisher->cli));
    mneme_json_key(&json, MNEME_STR_LIT("stream_id"));
    mneme_json_string(&json, mneme_buffer_str(&stream));
    mneme_json_key(&json, MNEME_STR_LIT("payload"));
    mneme_json_raw(&json, payload);
    mneme_json_end_object(&json);
    publisher->line.failed |= stream.failed;
    mneme_buffer_clean_up(&stream);
}

int mneme_vector_publisher_put(struct mneme_vector_publisher *publisher, const char *type,
                               struct mneme_str id, struct mneme_str collection, struct mneme_str payload,
                               struct mneme_error *error) {
    if (publisher->count == UNDER_WAY) {
        (void)mneme_vector_publisher_settle(publisher); /* its code is kept */
    }
    struct receipt *receipt = &publisher->receipts[publisher->count];
    *receipt = (struct receipt){0};
    snprintf(receipt->id, sizeof receipt->id, "%.*s", MNEME_STR_ARG(id));
    snprintf(receipt->collection, sizeof receipt->collection, "%.*s", MNEME_STR_ARG(collection));
    put_event(publisher, type, collection, payload);
    if (publisher->line.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was published: out of memory");
    }
    int status = mneme_publish_json(publisher->client, mneme_buffer_str(&publisher->line), &receipt->event_id,
                                    NULL, 0, receive, receipt, error);
    publisher->count += status == MNEME_OK ? 1 : 0;
    return status;
}

static const struct mneme_command *const verbs[] = {
    &mneme_command_vector_add,
    &mneme_command_vector_query,
    &mneme_command_vector_delete,
    NULL,
};

const struct mneme_command mneme_command_vector = {
    .name = "vector",
    .summary = "Keep vectors of your own, and find the nearest.",
    .arguments = "",
    .examples = "  mneme vector add red --vector '[1, 0, 0]' --metadata '{\"warm\": true}'\n"
                "  mneme vector query --vector '[0.9, 0.1, 0]' --limit 3\n",
    .subcommands = verbs,
};
