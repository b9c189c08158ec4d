/*
 * One event for each stream, in the order of the answer.
 */
#include "producers/retrieved.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "schemas/access_stream.h"

#define MAX_IDS 1000         /* of one event, as the schema says */
#define MAX_TYPE_BYTES 255   /* the same */
#define MAX_QUERY_BYTES 9999 /* at most as many characters as the schema allows for a query */

bool mneme_retrieved_is_sampled(double share) {
    uint32_t chance;
    return share >= 1 || (share > 0 && RAND_bytes((unsigned char *)&chance, sizeof chance) == 1 &&
                          (double)chance < share * (double)UINT32_MAX);
}

/* The text cut to a maximum number of bytes, between characters. */
static struct mneme_str cut(struct mneme_str text, size_t most) {
    if (text.len <= most) {
        return text;
    }
    while (most > 0 && ((unsigned char)text.data[most] & 0xC0U) == 0x80) {
        most--;
    }
    return (struct mneme_str){text.data, most};
}

/* The memories of one event. */
struct group {
    const struct mneme_retrieved_memory *first;
    struct mneme_str ids[MAX_IDS];
    double scores[MAX_IDS];
    size_t count;
};

static int publish(struct mneme_client *client, const struct mneme_retrieval *retrieval,
                   const struct group *group, struct mneme_error *error) {
    struct mneme_event event;
    struct mneme_buffer stream = {0};
    const struct mneme_retrieved_memory *first = group->first;
    int status = mneme_event_init(&event, client, MNEME_EVENT_MEMORY_RETRIEVED, error);
    if (status != MNEME_OK) {
        return status;
    }
    event.tenant = retrieval->tenant.data != NULL ? retrieval->tenant : event.tenant;
    event.scope.user_id = first != NULL ? first->user_id : retrieval->user_id;
    event.scope.agent_id = first != NULL ? first->agent_id : retrieval->agent_id;
    struct mneme_str subject = event.scope.user_id.data != NULL ? event.scope.user_id : event.scope.agent_id;
    mneme_access_stream_append(&stream, first != NULL ? first->stream_id : subject);
    event.stream_id = mneme_buffer_str(&stream);
    event.payload.memory_retrieved = (struct mneme_memory_retrieved){
        .query = cut(retrieval->query, MAX_QUERY_BYTES),
        .memory_ids = {.items = group->ids, .count = group->count, .is_set = true},
        .scores = {.items = group->scores,
                   .count = retrieval->has_scores ? group->count : 0,
                   .is_set = retrieval->has_scores},
        .latency_micros = {retrieval->latency_micros, true},
        .degraded = cut(retrieval->degraded, MAX_QUERY_BYTES / 10),
        .operation = retrieval->operation,
        .memory_type = cut(retrieval->memory_type, MAX_TYPE_BYTES),
        .count = retrieval->results,
        .limit = retrieval->limit,
        .offset = retrieval->offset,
    };
    status = stream.failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                             "the read was not recorded: memory is exhausted; free some")
                           : mneme_publish(client, &event, NULL, NULL, error);
    mneme_buffer_clean_up(&stream);
    return status;
}

int mneme_publish_retrieved(struct mneme_client *client, const struct mneme_retrieval *retrieval,
                            struct mneme_error *error) {
    int status = MNEME_OK;
    struct group *group = calloc(1, sizeof *group);
    bool *is_done = calloc(retrieval->count + 1, sizeof *is_done);
    if (group == NULL || is_done == NULL) {
        free(group);
        free(is_done);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the read was not recorded: memory is exhausted; free some");
    }
    if (retrieval->count == 0 && (retrieval->user_id.data != NULL || retrieval->agent_id.data != NULL)) {
        status = publish(client, retrieval, group, error);
    }
    for (size_t i = 0; i < retrieval->count && status == MNEME_OK; i++) {
        group->first = &retrieval->memories[i];
        group->count = 0;
        for (size_t j = i; j < retrieval->count && !is_done[i] && group->count < MAX_IDS; j++) {
            const struct mneme_retrieved_memory *memory = &retrieval->memories[j];
            if (!is_done[j] && mneme_str_equal(memory->stream_id, group->first->stream_id)) {
                group->ids[group->count] = memory->memory_id;
                group->scores[group->count++] = memory->score;
                is_done[j] = j != i;
            }
        }
        status = is_done[i] ? MNEME_OK : publish(client, retrieval, group, error);
        is_done[i] = true;
    }
    free(group);
    free(is_done);
    return status;
}
