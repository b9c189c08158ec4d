/*
 * The digest. The numbers are hashed before the bytes, so that no two events have the same input.
 */
#include "consumers/log/digest.h"

#include <endian.h>
#include <openssl/evp.h>

#define HASH_BYTES 32

static void put_offset(struct mneme_log_digest *digest, int64_t offset) {
    uint64_t number = htobe64((uint64_t)offset);
    memcpy(digest->bytes + HASH_BYTES, &number, sizeof number);
}

int mneme_log_digest(struct mneme_log_digest *out, int64_t offset, int64_t recorded_at, struct mneme_str key,
                     struct mneme_str value, struct mneme_error *error) {
    const uint64_t numbers[] = {htobe64((uint64_t)offset), htobe64((uint64_t)recorded_at),
                                htobe64(key.data == NULL ? UINT64_MAX : (uint64_t)key.len)};
    unsigned len = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(context, numbers, sizeof numbers) == 1 &&
                   EVP_DigestUpdate(context, key.data, key.len) == 1 &&
                   EVP_DigestUpdate(context, value.data, value.len) == 1 &&
                   EVP_DigestFinal_ex(context, out->bytes, &len) == 1;
    EVP_MD_CTX_free(context);
    out->is_set = is_done;
    put_offset(out, offset);
    return is_done
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot take an event's digest: out of memory");
}

void mneme_log_digest_take(struct mneme_log_digest *out, const void *kept, size_t len, int64_t next_offset) {
    out->is_set = len == HASH_BYTES || len == MNEME_LOG_DIGEST_BYTES;
    if (out->is_set) {
        put_offset(out, next_offset - 1);
        memcpy(out->bytes, kept, len);
    }
}

int64_t mneme_log_digest_offset(const struct mneme_log_digest *digest) {
    uint64_t number;
    memcpy(&number, digest->bytes + HASH_BYTES, sizeof number);
    return (int64_t)be64toh(number);
}

bool mneme_log_digest_equal(const struct mneme_log_digest *a, const struct mneme_log_digest *b) {
    return a->is_set && b->is_set && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
