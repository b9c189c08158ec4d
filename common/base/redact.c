/*
 * Finds passwords in URLs and in lists of key=value. When in doubt about where one ends, it hides more.
 */
#include "common/base/redact.h"

#include <strings.h>

static bool starts_with(struct mneme_str text, size_t at, const char *word) {
    size_t len = strlen(word);
    return text.len - at >= len && strncasecmp(text.data + at, word, len) == 0;
}

static bool is_one_of(char character, const char *set) {
    return character != '\0' && strchr(set, character) != NULL;
}

static size_t find_one_of(struct mneme_str text, size_t from, const char *set) {
    while (from < text.len && !is_one_of(text.data[from], set)) {
        from++;
    }
    return from;
}

/* The password of the URL whose authority begins at `from`. It ends at the last @ of the authority, since a
 * password may contain an unescaped @. */
static bool find_url_password(struct mneme_str text, size_t from, size_t *start, size_t *end) {
    size_t authority_end = find_one_of(text, from, "/?# \t\n\"'");
    *start = 0;
    *end = 0;
    for (size_t i = from; i < authority_end; i++) {
        if (text.data[i] == ':' && *start == 0) {
            *start = i + 1;
        } else if (text.data[i] == '@' && *start != 0) {
            *end = i;
        }
    }
    return *end > *start;
}

/* The value behind a key that ends at `from`: = with white space around it, quoted or up to a separator. */
static bool find_value(struct mneme_str text, size_t from, size_t *start, size_t *end) {
    while (from < text.len && is_one_of(text.data[from], " \t")) {
        from++;
    }
    if (from == text.len || text.data[from] != '=') {
        return false;
    }
    from++;
    while (from < text.len && is_one_of(text.data[from], " \t")) {
        from++;
    }
    *start = from;
    if (from < text.len && text.data[from] == '\'') {
        for (from++; from < text.len && text.data[from] != '\''; from++) {
            from += text.data[from] == '\\' ? 1 : 0;
        }
        *end = from < text.len ? from + 1 : text.len;
    } else {
        *end = find_one_of(text, from, " \t\n,&\"");
    }
    return *end > *start;
}

void mneme_redact(struct mneme_buffer *out, struct mneme_str text) {
    size_t done = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t start;
        size_t end;
        bool is_found = (starts_with(text, i, "://") && find_url_password(text, i + 3, &start, &end)) ||
                        (starts_with(text, i, "password") && find_value(text, i + 8, &start, &end));
        if (is_found) {
            mneme_buffer_append(out, text.data + done, start - done);
            mneme_buffer_append(out, MNEME_REDACTED, strlen(MNEME_REDACTED));
            done = end;
            i = end - 1;
        }
    }
    mneme_buffer_append(out, text.data + done, text.len - done);
}
