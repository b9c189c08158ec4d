#include "common/redis/info.h"

#include <stdlib.h>

int mneme_redis_info(struct mneme_buffer *out, struct mneme_redis *redis, const char *section,
                     struct mneme_error *error) {
    const struct mneme_str words[] = {MNEME_STR_LIT("INFO"), mneme_str_from(section)};
    const struct mneme_redis_command command = {.words = words, .count = section == NULL ? 1 : 2};
    redisReply *reply = NULL;
    int status = mneme_redis_run(&reply, redis, &command, error);
    if (status == MNEME_OK && reply->type == REDIS_REPLY_STRING) {
        mneme_buffer_append_str(out, (struct mneme_str){reply->str, reply->len});
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    mneme_buffer_append_byte(out, 0);
    if (status == MNEME_OK && out->failed) {
        status =
            mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot query Redis: out of memory; free some memory");
    }
    return status;
}

struct mneme_str mneme_redis_info_value(const struct mneme_buffer *info, const char *name) {
    size_t len = strlen(name);
    const char *line = (const char *)info->data;
    while (line != NULL && *line != '\0') {
        if (strncmp(line, name, len) == 0 && line[len] == ':') {
            const char *value = line + len + 1;
            return (struct mneme_str){value, strcspn(value, "\r\n")};
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return MNEME_STR_NULL;
}

int64_t mneme_redis_info_number(const struct mneme_buffer *info, const char *name) {
    struct mneme_str value = mneme_redis_info_value(info, name);
    long long number = value.len == 0 ? -1 : strtoll(value.data, NULL, 10); /* the line ends it */
    return number < 0 ? -1 : number;
}
