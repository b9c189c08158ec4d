/*
 * Follows the log with several handlers. When one fails, the failure is reported and the others go on.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "consumers/log/hand_parked.h"
#include "library/handles.h"
#include "library/log.h"

struct handler {
    char *name;
    mneme_handler_fn *run;
    void *context;
};

struct mneme_follower {
    struct mneme_log_follower *log;
    struct mneme_log_follow follow;
    struct mneme_arena arena; /* of what `follow` points to */
    struct mneme_log_json json;
    struct mneme_result event;
    int64_t limit, count; /* limit 0: no limit */
    atomic_bool is_stopped;
    struct mneme_cancel cancel; /* by is_stopped */

    struct handler *handlers;
    size_t handler_count;
    mneme_failure_fn *on_failure; /* may be NULL */
    void *failure_context;
};

/* --- making --- */

static struct mneme_str keep(struct mneme_arena *arena, struct mneme_str text, bool *fits) {
    struct mneme_str copy = mneme_arena_copy(arena, text);
    *fits = *fits && (copy.data != NULL || text.data == NULL);
    return copy;
}

/* Copies the filter's texts, since the request may be freed before the follower. */
static bool keep_filter(struct mneme_log_filter *filter, struct mneme_arena *arena) {
    struct mneme_str *const texts[] = {&filter->tenant,   &filter->stream_id, &filter->user_id,
                                       &filter->agent_id, &filter->run_id,    &filter->conversation_id};
    struct mneme_str *types = mneme_arena_calloc(arena, filter->types.count + 1, sizeof *types);
    bool fits = types != NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = keep(arena, *texts[i], &fits);
    }
    for (size_t i = 0; fits && i < filter->types.count; i++) {
        types[i] = keep(arena, filter->types.items[i], &fits);
    }
    filter->types.items = types;
    return fits;
}

static bool take(void *context, const struct mneme_batch_item *item);

static bool is_stopped(void *context) {
    return atomic_load(&((struct mneme_follower *)context)->is_stopped);
}

static int make(struct mneme_follower *follower, struct mneme *mneme, struct mneme_request *request,
                struct mneme_error *error) {
    const struct mneme_op_request *asked = &request->request;
    follower->cancel = (struct mneme_cancel){.is_cancelled = is_stopped, .context = follower};
    follower->follow = (struct mneme_log_follow){
        .config = mneme->config,
        .filter = mneme_log_filter_of(asked),
        .read_marks = mneme_hand_parked_read,
        .on_item = take,
        .cancel = &follower->cancel,
        .context = follower,
    };
    follower->limit = mneme_log_limit(asked);
    int status = mneme_log_from(&follower->follow.from, asked, &follower->arena, error);
    if (status == MNEME_OK && !keep_filter(&follower->follow.filter, &follower->arena)) {
        status =
            mneme_error_set(error, MNEME_E_NO_MEMORY, "no follower was made: memory is exhausted; free some");
    }
    return status == MNEME_OK ? mneme_log_follower_new(&follower->log, &follower->follow, error) : status;
}

int mneme_follower_new(struct mneme_follower **out, struct mneme *mneme, struct mneme_request *request,
                       struct mneme_error *error) {
    *out = NULL;
    if (!mneme_log_is_follow(&request->request)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "no follower was made: the request is for %s; make one for follow",
                               request->request.operation->name);
    }
    int status = mneme_request_complete(request, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_follower *follower = calloc(1, sizeof *follower);
    if (follower == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "no follower was made: memory is exhausted; free some");
    }
    mneme_arena_init(&follower->arena, 0);
    mneme_result_init(&follower->event);
    status = make(follower, mneme, request, error);
    if (status != MNEME_OK) {
        mneme_follower_free(follower);
        return status;
    }
    *out = follower;
    return MNEME_OK;
}

void mneme_follower_free(struct mneme_follower *follower) {
    if (follower == NULL) {
        return;
    }
    mneme_log_follower_destroy(follower->log);
    for (size_t i = 0; i < follower->handler_count; i++) {
        free(follower->handlers[i].name);
    }
    free(follower->handlers);
    (void)mneme_log_json_clean_up(&follower->json, NULL);
    mneme_result_clean_up(&follower->event);
    mneme_arena_clean_up(&follower->arena);
    free(follower);
}

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "no handler was added: memory is exhausted; free some");
}

int mneme_follower_add(struct mneme_follower *follower, const char *name, mneme_handler_fn *handler,
                       void *context, struct mneme_error *error) {
    struct handler *handlers =
        reallocarray(follower->handlers, follower->handler_count + 1, sizeof *handlers);
    if (handlers == NULL) {
        return no_memory(error);
    }
    follower->handlers = handlers;
    struct handler *added = &handlers[follower->handler_count];
    *added = (struct handler){.name = strdup(name), .run = handler, .context = context};
    if (added->name == NULL) {
        return no_memory(error);
    }
    follower->handler_count++;
    return MNEME_OK;
}

void mneme_follower_on_failure(struct mneme_follower *follower, mneme_failure_fn *on_failure, void *context) {
    follower->on_failure = on_failure;
    follower->failure_context = context;
}

/* --- running --- */

static bool hand_over(const struct mneme_op_row *row, void *context) {
    struct mneme_follower *follower = context;
    mneme_result_show(&follower->event, row);
    for (size_t i = 0; i < follower->handler_count; i++) {
        const struct handler *handler = &follower->handlers[i];
        struct mneme_error error = {0};
        int status = handler->run(&follower->event, handler->context, &error);
        if (status != MNEME_OK && follower->on_failure != NULL) {
            error.code = (enum mneme_status)status;
            follower->on_failure(&follower->event, handler->name, &error, follower->failure_context);
        }
    }
    return true;
}

static bool take(void *context, const struct mneme_batch_item *item) {
    struct mneme_follower *follower = context;
    const struct mneme_op_sink sink = {.on_row = hand_over, .context = follower};
    bool goes_on = mneme_log_put(&follower->json, item, &sink);
    follower->count++;
    return goes_on && follower->count != follower->limit && !atomic_load(&follower->is_stopped);
}

int mneme_follower_run(struct mneme_follower *follower, struct mneme_error *error) {
    follower->count = 0;
    int status = atomic_load(&follower->is_stopped) ? MNEME_OK : mneme_log_follower_run(follower->log, error);
    int failed = mneme_log_json_clean_up(&follower->json, status == MNEME_OK ? error : NULL);
    follower->json = (struct mneme_log_json){.has_failed = false};
    atomic_store(&follower->is_stopped, false);
    return status == MNEME_OK ? failed : status;
}

void mneme_follower_stop(struct mneme_follower *follower) {
    atomic_store(&follower->is_stopped, true);
}

int mneme_follower_positions(char **text, const struct mneme_follower *follower, struct mneme_error *error) {
    struct mneme_buffer out = {0};
    mneme_log_follower_positions(&out, follower->log);
    mneme_buffer_append_byte(&out, '\0');
    *text = out.failed ? NULL : out.data;
    if (*text == NULL) {
        mneme_buffer_clean_up(&out);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the positions were not returned: memory is exhausted; free some");
    }
    return MNEME_OK;
}
