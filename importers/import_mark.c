/*
 * One line of JSON in a file whose name is a SHA-256 of the content and the way of importing it.
 */
#include "importers/import_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/uuid.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "common/log/log.h"

#define CHUNK_BYTES ((size_t)256 * 1024)
#define MAX_MARK_BYTES 1024

/* --- which file it is --- */

static int hash_file(EVP_MD_CTX *context, int fd, const struct mneme_cancel *cancel,
                     struct mneme_error *error) {
    char *chunk = malloc(CHUNK_BYTES);
    if (chunk == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
    }
    int status = MNEME_OK;
    off_t offset = 0;
    ssize_t got = 1;
    while (status == MNEME_OK && got > 0) {
        if (mneme_cancel_is_due(cancel)) {
            status = mneme_error_set(error, MNEME_E_TIMEOUT,
                                     "nothing was imported: it was interrupted; import it again");
            break;
        }
        got = pread(fd, chunk, CHUNK_BYTES, offset);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        if (got < 0) {
            status = mneme_error_set(error, MNEME_E_UNAVAILABLE, "cannot read the file: %s; check the disk",
                                     strerror(errno));
        } else if (EVP_DigestUpdate(context, chunk, (size_t)got) != 1) {
            status = mneme_error_set(
                error, MNEME_E_INTERNAL,
                "cannot import: OpenSSL does not provide SHA-256; check the policy of OpenSSL");
        }
        offset += got;
    }
    free(chunk);
    return status;
}

static int hash(char hex[2 * EVP_MAX_MD_SIZE + 1], int fd, struct mneme_str way,
                const struct mneme_cancel *cancel, struct mneme_error *error) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_fine = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(context, way.data, way.len) == 1;
    int status = is_fine ? hash_file(context, fd, cancel, error) : MNEME_OK;
    is_fine = is_fine && EVP_DigestFinal_ex(context, digest, &len) == 1;
    EVP_MD_CTX_free(context);
    if (status == MNEME_OK && !is_fine) {
        return mneme_error_set(
            error, MNEME_E_INTERNAL,
            "cannot import: OpenSSL does not provide SHA-256; check the policy of OpenSSL");
    }
    for (unsigned i = 0; i < len; i++) {
        snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
    }
    return status;
}

int mneme_import_mark_path(char path[MNEME_STATE_PATH_BYTES], const struct mneme_config *config, int fd,
                           struct mneme_str way, const struct mneme_cancel *cancel,
                           struct mneme_error *error) {
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    char name[sizeof hex + 16];
    struct mneme_error why = {0};
    path[0] = '\0';
    int status = hash(hex, fd, way, cancel, error);
    if (status != MNEME_OK) {
        return status;
    }
    snprintf(name, sizeof name, "import-%s.json", hex);
    if (mneme_state_path(path, config, name, &why) != MNEME_OK ||
        mneme_state_make_folders(path, &why) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "import progress was not saved", MNEME_LOG_S("reason", why.message));
        path[0] = '\0';
    }
    return MNEME_OK;
}

/* --- its contents --- */

static bool read_long(int64_t *out, struct mneme_str value) {
    return mneme_json_kind_of(value) == MNEME_JSON_NUMBER && mneme_json_to_long(out, value);
}

static bool read_position(struct mneme_position *out, struct mneme_str value) {
    char text[64];
    long long offset;
    int partition;
    int end = 0;
    if (mneme_json_kind_of(value) != MNEME_JSON_STRING || value.len >= sizeof text) {
        return false;
    }
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    /* The numbers were written by this program; a torn file has no closing quote. */
    if (sscanf(text, "\"%d:%lld\"%n", &partition, &offset, &end) != 2 || end == 0) { // NOLINT(cert-err34-c)
        return false;
    }
    *out = (struct mneme_position){.partition = partition, .offset = offset};
    return partition >= 0 && offset >= 0;
}

static bool read_uuid(struct mneme_uuid *out, struct mneme_str value) {
    return mneme_json_kind_of(value) == MNEME_JSON_STRING &&
           mneme_uuid_parse(out, (struct mneme_str){value.data + 1, value.len - 2});
}

static bool parse(struct mneme_import_mark *out, struct mneme_str json) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(json, &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        return false;
    }
    unsigned found = 0;
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(json));
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("entries"))) {
            found += read_long(&out->entries, value) ? 1 : 0;
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("events"))) {
            found += read_long(&out->events, value) ? 1 : 0;
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("refused"))) {
            found += read_long(&out->refused, value) ? 1 : 0;
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("event_id"))) {
            found += read_uuid(&out->event_id, value) ? 1 : 0;
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("position"))) {
            found += read_position(&out->position, value) ? 1 : 0;
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("finished"))) {
            out->is_finished = value.data[0] == 't';
            found++;
        }
    }
    return found == 6;
}

bool mneme_import_mark_load(struct mneme_import_mark *out, const char *path) {
    char text[MAX_MARK_BYTES];
    *out = (struct mneme_import_mark){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t got = read(fd, text, sizeof text);
    close(fd);
    if (got <= 0 || !parse(out, (struct mneme_str){text, (size_t)got})) {
        *out = (struct mneme_import_mark){0};
        return false;
    }
    return true;
}

static void write_json(struct mneme_buffer *out, const struct mneme_import_mark *mark) {
    struct mneme_json_writer json = {.out = out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("entries"));
    mneme_json_long(&json, mark->entries);
    mneme_json_key(&json, MNEME_STR_LIT("events"));
    mneme_json_long(&json, mark->events);
    mneme_json_key(&json, MNEME_STR_LIT("refused"));
    mneme_json_long(&json, mark->refused);
    mneme_json_key(&json, MNEME_STR_LIT("finished"));
    mneme_json_bool(&json, mark->is_finished);
    mneme_json_key(&json, MNEME_STR_LIT("event_id"));
    mneme_json_uuid(&json, mark->event_id);
    mneme_json_key(&json, MNEME_STR_LIT("position"));
    mneme_json_position(&json, mark->position);
    mneme_json_end_object(&json);
    mneme_buffer_append_byte(out, '\n');
}

bool mneme_import_mark_save(const char *path, const struct mneme_import_mark *mark) {
    char fresh[MNEME_STATE_PATH_BYTES];
    if (snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid()) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    struct mneme_buffer text = {0};
    write_json(&text, mark);
    int fd = text.failed ? -1 : open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len;
    is_written = (fd < 0 || close(fd) == 0) && is_written && rename(fresh, path) == 0;
    if (!is_written && fd >= 0) {
        int reason = errno;
        (void)unlink(fresh);
        errno = reason;
    }
    mneme_buffer_clean_up(&text);
    return is_written;
}
