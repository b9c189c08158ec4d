/*
 * Whether a list is complete: an evicted entry leaves a gap in it, for as long as the entry would have been
 * there.
 */
#include <stdlib.h>

#include "common/base/clock.h"
#include "stores/redis/reader_state.h"

bool mneme_hot_reader_send_gap(struct mneme_hot_reader *reader, int32_t partition, enum mneme_hot_kind kind,
                               const struct mneme_str *names, size_t count) {
    struct mneme_buffer *text = &reader->scratch;
    struct mneme_error ignored = {0}; /* Postgres answers instead */
    mneme_buffer_clear(text);
    mneme_hot_key(text, &reader->space, partition, MNEME_HOT_GAPS, NULL, 0);
    size_t key_len = text->len;
    mneme_hot_kind_names(text, kind, names, count);
    if (text->failed) {
        return false;
    }
    const struct mneme_str words[] = {MNEME_STR_LIT("ZMSCORE"),
                                      {text->data, key_len},
                                      {text->data + key_len, text->len - key_len},
                                      MNEME_STR_LIT(MNEME_HOT_EVERY_LIST)};
    const struct mneme_redis_command command = {NULL, words, 4, words[1]};
    return mneme_redis_send(reader->redis, &command, &ignored) == MNEME_OK;
}

bool mneme_hot_reader_receive_gap(struct mneme_hot_reader *reader) {
    struct mneme_error ignored = {0};
    redisReply *reply = NULL;
    if (mneme_redis_in_flight(reader->redis) == 0) {
        return true;
    }
    (void)mneme_redis_receive(&reply, reader->redis, &ignored);
    bool has_gap = reply == NULL || reply->type != REDIS_REPLY_ARRAY;
    for (size_t i = 0; !has_gap && i < reply->elements; i++) {
        const char *until_ms = reply->element[i]->str;
        has_gap = until_ms != NULL && strtod(until_ms, NULL) > (double)mneme_clock_now_micros() / 1000;
    }
    freeReplyObject(reply);
    return has_gap;
}
