/*
 * CRC-16/XMODEM bit by bit, since what is hashed is a few bytes long.
 */
#include "common/redis/slots.h"

static unsigned crc16(struct mneme_str text) {
    unsigned crc = 0;
    for (size_t i = 0; i < text.len; i++) {
        crc ^= (unsigned)(unsigned char)text.data[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc << 1) ^ ((crc & 0x8000U) != 0 ? 0x1021U : 0U);
        }
    }
    return crc & 0xFFFFU;
}

int mneme_redis_slot(struct mneme_str key) {
    const char *open = key.len == 0 ? NULL : memchr(key.data, '{', key.len);
    if (open != NULL) {
        const char *begin = open + 1;
        const char *close = memchr(begin, '}', key.len - (size_t)(begin - key.data));
        if (close != NULL && close > begin) {
            key = (struct mneme_str){begin, (size_t)(close - begin)};
        }
    }
    return (int)(crc16(key) % MNEME_REDIS_SLOTS);
}

/* Removes a leading decimal number; false when there is none up to `most`. */
static bool take_number(int *out, struct mneme_str *text, int most) {
    size_t len = 0;
    for (*out = 0; len < text->len && text->data[len] >= '0' && text->data[len] <= '9' && *out <= most;
         len++) {
        *out = *out * 10 + (text->data[len] - '0');
    }
    *text = (struct mneme_str){text->data + len, text->len - len};
    return len > 0 && *out <= most;
}

static bool take_word(struct mneme_str *text, const char *word) {
    size_t len = strlen(word);
    if (text->len < len || memcmp(text->data, word, len) != 0) {
        return false;
    }
    *text = (struct mneme_str){text->data + len, text->len - len};
    return true;
}

bool mneme_redis_parse_redirect(struct mneme_redis_redirect *out, struct mneme_str answer) {
    int slot;
    out->is_ask = take_word(&answer, "ASK ");
    if ((!out->is_ask && !take_word(&answer, "MOVED ")) ||
        !take_number(&slot, &answer, MNEME_REDIS_SLOTS - 1) || !take_word(&answer, " ")) {
        return false;
    }
    const char *colon = memrchr(answer.data, ':', answer.len); /* an IPv6 address has others before it */
    if (colon == NULL) {
        return false;
    }
    out->host = (struct mneme_str){answer.data, (size_t)(colon - answer.data)};
    struct mneme_str port = {colon + 1, answer.len - out->host.len - 1};
    return take_number(&out->port, &port, UINT16_MAX) && out->port > 0 && port.len == 0;
}
