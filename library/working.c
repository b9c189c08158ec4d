/*
 * Working memory for programs: one event for each change, and one reader.
 */
#include <stdlib.h>

#include "library/include/mneme.h"
#include "producers/client.h"
#include "queries/working.h"

/* --- writing --- */

static int begin(struct mneme_event *event, struct mneme_client *client, enum mneme_event_type type,
                 const struct mneme_working_place *place, struct mneme_error *error) {
    int status = mneme_event_init(event, client, type, error);
    if (place->tenant.data != NULL) {
        event->tenant = place->tenant;
    }
    event->stream_id = place->stream_id;
    event->scope.user_id = place->user_id;
    event->scope.agent_id = place->agent_id;
    event->scope.conversation_id = place->conversation_id; /* a context of its own has none */
    return status;
}

int mneme_context_set(struct mneme_receipt *receipt, struct mneme_client *client,
                      const struct mneme_working_place *place, struct mneme_str key, struct mneme_str json,
                      int64_t ttl_s, int timeout_ms, struct mneme_error *error) {
    struct mneme_event event;
    int status = begin(&event, client, MNEME_EVENT_CONTEXT_SET, place, error);
    if (status == MNEME_OK) {
        event.payload.context_set = (struct mneme_context_set){
            .conversation_id = mneme_working_id(place),
            .key = key,
            .value = json,
            .ttl_s = ttl_s == MNEME_CONTEXT_TTL_DEFAULT
                         ? mneme_config_long(client->config, MNEME_SETTING_CONTEXT_TTL_S)
                         : ttl_s,
        };
        status = mneme_publish_wait(receipt, client, &event, timeout_ms, error);
    }
    return status;
}

int mneme_context_delete(struct mneme_receipt *receipt, struct mneme_client *client,
                         const struct mneme_working_place *place, struct mneme_str key, int timeout_ms,
                         struct mneme_error *error) {
    struct mneme_event event;
    int status = begin(&event, client, MNEME_EVENT_CONTEXT_DELETED, place, error);
    if (status == MNEME_OK) {
        event.payload.context_deleted = (struct mneme_context_deleted){mneme_working_id(place), key};
        status = mneme_publish_wait(receipt, client, &event, timeout_ms, error);
    }
    return status;
}

int mneme_context_append(struct mneme_receipt *receipt, struct mneme_client *client,
                         const struct mneme_working_place *place, struct mneme_str json, int timeout_ms,
                         struct mneme_error *error) {
    struct mneme_event event;
    int status = begin(&event, client, MNEME_EVENT_CONTEXT_APPENDED, place, error);
    if (status == MNEME_OK) {
        event.payload.context_appended = (struct mneme_context_appended){mneme_working_id(place), json};
        status = mneme_publish_wait(receipt, client, &event, timeout_ms, error);
    }
    return status;
}

int mneme_context_clear(struct mneme_receipt *receipt, struct mneme_client *client,
                        const struct mneme_working_place *place, int timeout_ms, struct mneme_error *error) {
    struct mneme_event event;
    int status = begin(&event, client, MNEME_EVENT_CONTEXT_CLEARED, place, error);
    if (status == MNEME_OK) {
        event.payload.context_cleared.conversation_id = mneme_working_id(place);
        status = mneme_publish_wait(receipt, client, &event, timeout_ms, error);
    }
    return status;
}

int mneme_working_think(struct mneme_receipt *receipt, struct mneme_client *client,
                        const struct mneme_working_place *place, struct mneme_str thought, int timeout_ms,
                        struct mneme_error *error) {
    struct mneme_event event;
    int status = begin(&event, client, MNEME_EVENT_WORKING_THOUGHT, place, error);
    if (status == MNEME_OK) {
        event.payload.working_thought.conversation_id = mneme_working_id(place);
        event.payload.working_thought.thought = thought;
        status = mneme_publish_wait(receipt, client, &event, timeout_ms, error);
    }
    return status;
}

int mneme_working_set_goal(struct mneme_receipt *receipt, struct mneme_client *client,
                           const struct mneme_working_place *place, struct mneme_str goal, int timeout_ms,
                           struct mneme_error *error) {
    struct mneme_event event;
    int status = begin(&event, client, MNEME_EVENT_WORKING_GOAL_SET, place, error);
    if (status == MNEME_OK) {
        event.payload.working_goal_set =
            (struct mneme_working_goal_set){.conversation_id = mneme_working_id(place), .goal = goal};
        status = mneme_publish_wait(receipt, client, &event, timeout_ms, error);
    }
    return status;
}

int mneme_working_clear(struct mneme_receipt *receipt, struct mneme_client *client,
                        const struct mneme_working_place *place, int timeout_ms, struct mneme_error *error) {
    struct mneme_event event;
    int status = begin(&event, client, MNEME_EVENT_WORKING_CLEARED, place, error);
    if (status == MNEME_OK) {
        event.payload.working_cleared.conversation_id = mneme_working_id(place);
        status = mneme_publish_wait(receipt, client, &event, timeout_ms, error);
    }
    return status;
}

/* --- reading --- */

struct mneme_reader {
    struct mneme_config *config;
    struct mneme_working_reader *working;
};

int mneme_reader_open(struct mneme_reader **out, const char *config_path,
                      const struct mneme_client_setting *settings, size_t setting_count,
                      struct mneme_error *error) {
    *out = NULL;
    struct mneme_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot open a reader: out of memory");
    }
    int status = mneme_client_settings(&reader->config, config_path, settings, setting_count, error);
    if (status == MNEME_OK) {
        status = mneme_working_open(&reader->working, reader->config, "libmneme", error);
    }
    if (status != MNEME_OK) {
        mneme_reader_close(reader);
        return status;
    }
    *out = reader;
    return MNEME_OK;
}

void mneme_reader_close(struct mneme_reader *reader) {
    if (reader != NULL) {
        mneme_working_close(reader->working);
        mneme_config_destroy(reader->config);
        free(reader);
    }
}

int mneme_working_get(struct mneme_working *out, struct mneme_reader *reader,
                      const struct mneme_working_place *place, const struct mneme_position *at_least,
                      size_t count, int timeout_ms, struct mneme_error *error) {
    const struct mneme_query_wait wait = {.timeout_ms = timeout_ms};
    const struct mneme_working_question question = {.place = *place};
    return mneme_working_ask(out, reader->working, &question, at_least, count, &wait, error);
}

int mneme_context_events(struct mneme_working *out, struct mneme_reader *reader,
                         const struct mneme_working_place *place, struct mneme_opt_long after, int64_t most,
                         const struct mneme_position *at_least, size_t count, int timeout_ms,
                         struct mneme_error *error) {
    const struct mneme_query_wait wait = {.timeout_ms = timeout_ms};
    const struct mneme_working_question question = {
        .place = *place, .most = most, .is_page = true, .after = after};
    if (most < 1 || most > MNEME_QUERY_MAX_LIMIT) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "events of the context were not read: %lld are asked for; ask for 1 to %d",
                               (long long)most, MNEME_QUERY_MAX_LIMIT);
    }
    return mneme_working_ask(out, reader->working, &question, at_least, count, &wait, error);
}

int mneme_context_get(struct mneme_context_key *out, struct mneme_reader *reader,
                      const struct mneme_working_place *place, struct mneme_str key,
                      const struct mneme_position *at_least, size_t count, int timeout_ms,
                      struct mneme_error *error) {
    struct mneme_working working;
    int status = mneme_working_get(&working, reader, place, at_least, count, timeout_ms, error);
    const struct mneme_context_key *found = status == MNEME_OK ? mneme_working_find_key(&working, key) : NULL;
    if (status == MNEME_OK && found == NULL) {
        return mneme_error_set(
            error, MNEME_E_NOT_FOUND,
            "the key %.*s was not found: the context %.*s does not have it, or not any more; set it",
            MNEME_STR_ARG(key), MNEME_STR_ARG(mneme_working_id(place)));
    }
    if (status == MNEME_OK) {
        *out = *found;
    }
    return status;
}
