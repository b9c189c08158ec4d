/*
 * A table of the first bytes of files that are not text. Inflated data is stored in a file, since formats are
 * read twice, or at places that are known only later.
 */
#include "importers/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "importers/inflate.h"

#define CHUNK_BYTES ((size_t)64 * 1024)

static const struct {
    size_t at;
    struct mneme_str bytes;
    const char *refusal;
} signatures[] = {
#define FOUND(at, bytes, refusal)                                                                            \
    { at, {(bytes), sizeof(bytes) - 1}, refusal }
    FOUND(0, "PK\x03\x04", "it is a zip archive; unpack it (unzip FILE) and use the folder or the files"),
    FOUND(0, "PK\x05\x06", "it is an empty zip archive; export the data again"),
    FOUND(0, "\x28\xB5\x2F\xFD",
          "it is compressed with zstd; decompress it (zstd -d FILE), or compress it with gzip"),
    FOUND(0,
          "\xFD"
          "7zXZ",
          "it is compressed with xz; decompress it (xz -d FILE), or compress it with gzip"),
    FOUND(0, "BZh", "it is compressed with bzip2; decompress it (bunzip2 FILE), or compress it with gzip"),
    FOUND(0, "7z\xBC\xAF", "it is a 7z archive; unpack it (7z x FILE) and use the folder or the files"),
    FOUND(0, "\xFF\xFE", "it is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8 FILE)"),
    FOUND(0, "\xFE\xFF", "it is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8 FILE)"),
    FOUND(257, "ustar", "it is a tar archive; unpack it (tar -xf FILE) and use the folder or the files"),
#undef FOUND
};
#define SIGNATURES (sizeof signatures / sizeof *signatures)

const char *mneme_input_refusal(struct mneme_str first) {
    for (size_t i = 0; i < SIGNATURES; i++) {
        const struct mneme_str *bytes = &signatures[i].bytes;
        if (first.len >= signatures[i].at + bytes->len &&
            memcmp(first.data + signatures[i].at, bytes->data, bytes->len) == 0) {
            return signatures[i].refusal;
        }
    }
    return NULL;
}

static bool may_become(struct mneme_str first, struct mneme_str bytes) {
    return first.len < bytes.len && memcmp(first.data, bytes.data, first.len) == 0;
}

bool mneme_input_is_undecided(struct mneme_str first) {
    bool is_undecided = first.len == 0 || may_become(first, MNEME_STR_LIT("\x1F\x8B"));
    for (size_t i = 0; i < SIGNATURES; i++) {
        is_undecided = is_undecided || (signatures[i].at == 0 && may_become(first, signatures[i].bytes));
    }
    return is_undecided;
}

/* --- opening; errors are clauses until the end --- */

static int open_regular(int *fd, const char *path, struct mneme_error *error) {
    struct stat facts;
    /* Opens without blocking, in case it is a pipe. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0 || fstat(*fd, &facts) != 0) {
        return mneme_error_set(error, errno == ENOENT ? MNEME_E_NOT_FOUND : MNEME_E_INVALID,
                               "%s; check the name", strerror(errno));
    }
    return S_ISREG(facts.st_mode)
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_INVALID,
                                 "it is not a regular file; use `mneme publish` for streams of events");
}

/* Up to `len` bytes from that place; *got < len at the end of the file. */
static int read_at(char *out, size_t len, off_t at, size_t *got, int fd, struct mneme_error *error) {
    ssize_t some = 1;
    *got = 0;
    while (*got < len && some != 0) {
        some = pread(fd, out + *got, len - *got, at + (off_t)*got);
        if (some < 0 && errno != EINTR) {
            return mneme_error_set(error, MNEME_E_UNAVAILABLE, "it cannot be read: %s; check the disk",
                                   strerror(errno));
        }
        *got += some > 0 ? (size_t)some : 0;
    }
    return MNEME_OK;
}

/* --- inflating --- */

/* Creates an unnamed file. */
static int open_nameless(int *fd, struct mneme_error *error) {
    const char *folder = getenv("TMPDIR");
    char name[4096];
    folder = folder == NULL || *folder == '\0' ? "/tmp" : folder;
    int len = snprintf(name, sizeof name, "%s/mneme-XXXXXX", folder);
    *fd = len < 0 || len >= (int)sizeof name ? (errno = ENAMETOOLONG, -1) : mkostemp(name, O_CLOEXEC);
    if (*fd < 0) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "cannot create a temporary file to decompress it: %s: %s; set TMPDIR", folder,
                               strerror(errno));
    }
    (void)unlink(name);
    return MNEME_OK;
}

static int write_all(void *context, const void *bytes, size_t len, struct mneme_error *error) {
    const int *fd = context;
    const char *at = bytes;
    while (len > 0) {
        ssize_t written = write(*fd, at, len);
        if (written < 0 && errno != EINTR) {
            return mneme_error_set(
                error, MNEME_E_UNAVAILABLE,
                "there is not enough space to decompress it: %s; set TMPDIR to a folder with more space",
                strerror(errno));
        }
        at += written > 0 ? written : 0;
        len -= written > 0 ? (size_t)written : 0;
    }
    return MNEME_OK;
}

static int inflate_into(int *out, int from, const struct mneme_cancel *cancel, struct mneme_error *error) {
    struct mneme_inflate *inflate = NULL;
    char chunk[CHUNK_BYTES];
    size_t got = 1;
    off_t at = 0;
    int status = open_nameless(out, error);
    if (status == MNEME_OK) {
        status = mneme_inflate_new(&inflate, error);
    }
    while (status == MNEME_OK && got > 0) {
        status = mneme_cancel_is_due(cancel)
                     ? mneme_error_set(error, MNEME_E_TIMEOUT, "it was interrupted; import it again")
                     : read_at(chunk, sizeof chunk, at, &got, from, error);
        at += (off_t)got;
        if (status == MNEME_OK) {
            status = mneme_inflate_feed(inflate, (struct mneme_str){chunk, got}, write_all, out, error);
        }
    }
    if (status == MNEME_OK) {
        status = mneme_inflate_end(inflate, error);
    }
    mneme_inflate_destroy(inflate);
    return status;
}

/* Refuses files that are not text; *is_gzip: it has to be inflated first. */
static int judge(bool *is_gzip, int fd, struct mneme_error *error) {
    char bytes[MNEME_INPUT_FIRST_BYTES];
    size_t got;
    int status = read_at(bytes, sizeof bytes, 0, &got, fd, error);
    if (status != MNEME_OK) {
        return status;
    }
    const struct mneme_str first = {bytes, got};
    const char *refusal = mneme_input_refusal(first);
    *is_gzip = mneme_inflate_is_gzip(first);
    return refusal == NULL ? MNEME_OK : mneme_error_set(error, MNEME_E_INVALID, "%s", refusal);
}

static int open_text(int *fd, const char *path, const struct mneme_cancel *cancel,
                     struct mneme_error *error) {
    bool is_gzip = false;
    int status = open_regular(fd, path, error);
    if (status == MNEME_OK) {
        status = judge(&is_gzip, *fd, error);
    }
    if (status == MNEME_OK && is_gzip) {
        int inflated = -1;
        status = inflate_into(&inflated, *fd, cancel, error);
        close(*fd);
        *fd = inflated;
        status = status == MNEME_OK ? judge(&is_gzip, *fd, error) : status;
        if (status == MNEME_OK && is_gzip) {
            status = mneme_error_set(error, MNEME_E_INVALID,
                                     "it was compressed twice; decompress it once (gunzip FILE)");
        }
    }
    return status;
}

int mneme_input_open(int *fd, const char *path, const struct mneme_cancel *cancel,
                     struct mneme_error *error) {
    struct mneme_error why = {0};
    int status = open_text(fd, path, cancel, &why);
    if (status == MNEME_OK) {
        return MNEME_OK;
    }
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return mneme_error_set(error, why.code, "%s was not imported: %s", path, why.message);
}
