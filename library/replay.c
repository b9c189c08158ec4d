/*
 * Replay for programs: their words into a filter, items of the log into what their callback is given.
 */
#include "consumers/replay/replay.h"
#include "consumers/log/hand_parked.h"

#include <stdlib.h>

#include "library/include/mneme.h"
#include "producers/client.h"

struct handler {
    mneme_replay_fn *on_event;
    void *context;
};

static bool hand_over(const struct handler *handler, const struct mneme_batch_item *item,
                      const struct mneme_event *event) {
    struct mneme_replayed replayed = {.position = item->position,
                                      .recorded_at = item->recorded_at,
                                      .event_type =
                                          event == NULL ? MNEME_STR_NULL : mneme_event_type_name(event),
                                      .event = event,
                                      .refusal = item->park_reason};
    return handler->on_event(&replayed, handler->context);
}

static bool take_event(void *context, const struct mneme_batch_item *item) {
    return hand_over(context, item, &item->event);
}

static bool take_refused(void *context, const struct mneme_batch_item *item) {
    return hand_over(context, item, NULL);
}

static int read_types(struct mneme_str_array *types, const struct mneme_replay_options *options,
                      struct mneme_error *error) {
    struct mneme_str *items = calloc(options->type_count + 1, sizeof *items);
    if (items == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot replay the log: out of memory");
    }
    for (size_t i = 0; i < options->type_count; i++) {
        items[i] = mneme_str_from(options->types[i]);
    }
    *types = (struct mneme_str_array){
        .items = items, .count = options->type_count, .is_set = options->types != NULL};
    return MNEME_OK;
}

int mneme_replay(const struct mneme_replay_options *options, mneme_replay_fn *on_event, void *context,
                 struct mneme_error *error) {
    struct mneme_config *config = NULL;
    struct handler handler = {.on_event = on_event, .context = context};
    struct mneme_log_replay_counts counts;
    struct mneme_str_array types = {0};
    int status = mneme_client_settings(&config, options->config_path, options->settings,
                                       options->setting_count, error);
    if (status == MNEME_OK) {
        status = read_types(&types, options, error);
    }
    if (status == MNEME_OK) {
        const char *tenant =
            options->tenant == NULL ? mneme_config_string(config, MNEME_SETTING_TENANT) : options->tenant;
        const struct mneme_log_replay replay = {
            .config = config,
            .from = options->from,
            .to = options->to,
            .filter = {.tenant = mneme_str_from(tenant),
                       .stream_id = mneme_str_from(options->stream_id),
                       .user_id = mneme_str_from(options->user_id),
                       .agent_id = mneme_str_from(options->agent_id),
                       .run_id = mneme_str_from(options->run_id),
                       .conversation_id = mneme_str_from(options->conversation_id),
                       .all_scopes = options->all_scopes,
                       .types = types},
            .limit = options->limit,
            .read_marks = mneme_hand_parked_read,
            .on_event = take_event,
            .on_refused = take_refused,
            .context = &handler,
        };
        status = mneme_log_replay(&counts, &replay, error);
    }
    free((void *)types.items);
    mneme_config_destroy(config);
    return status;
}
