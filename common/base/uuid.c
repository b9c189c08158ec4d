/*
 * UUIDs. Version 7 takes its random bits from a per-thread pool that one getrandom call fills for many ids; a
 * forked child discards the pool, since its parent continues to use the same bytes.
 */
#include "common/base/uuid.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>

#include "common/base/clock.h"

#define RANDOM_PER_ID 10
#define IDS_PER_REFILL 400
#define COUNTER_MAX 0xFFFU
/* A millisecond's counter starts in the lower quarter: unguessable, and with room to grow. */
#define COUNTER_START_MASK 0x3FFU

static atomic_uint fork_generation = 1;
static pthread_once_t fork_handler_once = PTHREAD_ONCE_INIT;
static int fork_handler_result;

/* This thread's state. It is only touched by the thread itself. */
static _Thread_local struct {
    uint8_t pool[RANDOM_PER_ID * IDS_PER_REFILL];
    size_t next;
    unsigned generation; /* of fork_generation when the pool was filled; 0: never */
    int64_t last_ms;
    unsigned counter;
} state;

static void count_fork(void) {
    atomic_fetch_add_explicit(&fork_generation, 1, memory_order_relaxed);
}

static void install_fork_handler(void) {
    fork_handler_result = pthread_atfork(NULL, NULL, count_fork);
}

static int refill(struct mneme_error *error) {
    pthread_once(&fork_handler_once, install_fork_handler);
    if (fork_handler_result != 0) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot make an id: out of memory; free some memory");
    }
    unsigned generation = atomic_load_explicit(&fork_generation, memory_order_relaxed);
    size_t filled = 0;
    while (filled < sizeof state.pool) {
        ssize_t got = getrandom(state.pool + filled, sizeof state.pool - filled, 0);
        if (got > 0) {
            filled += (size_t)got;
        } else if (errno != EINTR) {
            return mneme_error_set(error, MNEME_E_INTERNAL,
                                   "cannot make an id: the system provides no random bytes: %s; check that "
                                   "getrandom is allowed here",
                                   strerror(errno));
        }
    }
    state.next = 0;
    state.generation = generation;
    return MNEME_OK;
}

/* Advances the clock part, so that ids of this thread ascend even when the wall clock steps back. */
static void advance(const uint8_t random[2], int64_t now_ms) {
    if (now_ms > state.last_ms) {
        state.last_ms = now_ms;
        state.counter = ((unsigned)random[0] << 8 | random[1]) & COUNTER_START_MASK;
    } else if (state.counter < COUNTER_MAX) {
        state.counter++;
    } else {
        state.last_ms++;
        state.counter = 0;
    }
}

int mneme_uuid_v7(struct mneme_uuid *out, struct mneme_error *error) {
    return mneme_uuid_v7_at(out, mneme_clock_now_micros(), error);
}

int mneme_uuid_v7_at(struct mneme_uuid *out, int64_t now_micros, struct mneme_error *error) {
    if (state.generation != atomic_load_explicit(&fork_generation, memory_order_relaxed) ||
        state.next + RANDOM_PER_ID > sizeof state.pool) {
        int status = refill(error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    const uint8_t *random = state.pool + state.next;
    state.next += RANDOM_PER_ID;
    advance(random, now_micros / 1000);
    uint64_t ms = (uint64_t)state.last_ms;
    for (int i = 0; i < 6; i++) {
        out->bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    }
    out->bytes[6] = (uint8_t)(0x70U | state.counter >> 8);
    out->bytes[7] = (uint8_t)state.counter;
    memcpy(out->bytes + 8, random + 2, 8);
    out->bytes[8] = (uint8_t)(0x80U | (out->bytes[8] & 0x3FU));
    return MNEME_OK;
}

/* --- version 5 --- */

/* Looking up SHA-1 in OpenSSL's providers costs as much as hashing, so it is done once, and each thread keeps
 * its context. */
static pthread_once_t sha1_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha1; /* NULL: OpenSSL does not provide it */
static pthread_key_t sha1_context_key;

static void free_sha1_context(void *context) {
    EVP_MD_CTX_free(context);
}

static void find_sha1(void) {
    if (pthread_key_create(&sha1_context_key, free_sha1_context) == 0) {
        sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    }
}

/* This thread's context, initialised for SHA-1; NULL when OpenSSL does not provide it. */
static EVP_MD_CTX *begin_sha1(void) {
    if (pthread_once(&sha1_once, find_sha1) != 0 || sha1 == NULL) {
        return NULL;
    }
    EVP_MD_CTX *context = pthread_getspecific(sha1_context_key);
    if (context == NULL) {
        context = EVP_MD_CTX_new();
        if (context == NULL || pthread_setspecific(sha1_context_key, context) != 0) {
            EVP_MD_CTX_free(context);
            return NULL;
        }
    }
    return EVP_DigestInit_ex2(context, sha1, NULL) == 1 ? context : NULL;
}

int mneme_uuid_v5(struct mneme_uuid *out, struct mneme_uuid namespace_id, struct mneme_str name,
                  struct mneme_error *error) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = begin_sha1();
    if (context == NULL || EVP_DigestUpdate(context, namespace_id.bytes, sizeof namespace_id.bytes) != 1 ||
        EVP_DigestUpdate(context, name.data, name.len) != 1 ||
        EVP_DigestFinal_ex(context, digest, NULL) != 1) {
        return mneme_error_set(
            error, MNEME_E_INTERNAL,
            "cannot derive an id: OpenSSL does not provide SHA-1; check the policy of OpenSSL");
    }
    memcpy(out->bytes, digest, sizeof out->bytes);
    out->bytes[6] = (uint8_t)(0x50U | (out->bytes[6] & 0x0FU));
    out->bytes[8] = (uint8_t)(0x80U | (out->bytes[8] & 0x3FU));
    return MNEME_OK;
}

/* --- text --- */

/* The value of a hexadecimal digit, plus one; 0 for any other character. */
static const uint8_t hex_digits[UINT8_MAX + 1] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static bool has_hyphen_before(size_t byte) {
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool mneme_uuid_parse(struct mneme_uuid *out, struct mneme_str text) {
    if (text.data == NULL || text.len != MNEME_UUID_TEXT_BYTES) {
        return false;
    }
    struct mneme_uuid id;
    const char *at = text.data;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (has_hyphen_before(i) && *at++ != '-') {
            return false;
        }
        unsigned high = hex_digits[(uint8_t)at[0]];
        unsigned low = hex_digits[(uint8_t)at[1]];
        if (high == 0 || low == 0) {
            return false;
        }
        id.bytes[i] = (uint8_t)((high - 1) * 16 + low - 1);
        at += 2;
    }
    *out = id;
    return true;
}

bool mneme_uuid_parse_prefix(struct mneme_uuid *first, struct mneme_uuid *last, struct mneme_str text) {
    struct mneme_uuid id = {{0}};
    const size_t most = 2 * sizeof id.bytes;
    size_t count = 0; /* digits */
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = hex_digits[(uint8_t)text.data[i]];
        bool is_hyphen = text.data[i] == '-' && count % 2 == 0 && has_hyphen_before(count / 2);
        if (is_hyphen && text.data[i - 1] != '-') {
            continue;
        }
        if (digit == 0 || count == most) {
            return false;
        }
        id.bytes[count / 2] |= (uint8_t)((digit - 1) << (count % 2 == 0 ? 4 : 0));
        count++;
    }
    if (count < MNEME_UUID_MIN_PREFIX) {
        return false;
    }
    *first = *last = id;
    for (; count < most; count++) {
        last->bytes[count / 2] |= (uint8_t)(count % 2 == 0 ? 0xF0 : 0x0F);
    }
    return true;
}

void mneme_uuid_format(struct mneme_uuid id, char text[MNEME_UUID_TEXT_BYTES]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (has_hyphen_before(i)) {
            *text++ = '-';
        }
        *text++ = digits[id.bytes[i] >> 4];
        *text++ = digits[id.bytes[i] & 0x0F];
    }
}
