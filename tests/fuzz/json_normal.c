/*
 * Any text as JSON. The normal form of what is valid must be valid, and its own normal form.
 */
#include "common/json/normal.h"

#include <stdlib.h>

#include "common/json/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mneme_json_normal normal;
static struct mneme_buffer once, twice;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mneme_str text = {size == 0 ? "" : (const char *)data, size};
    const char *reason;
    size_t at;
    if (!mneme_json_check(text, NULL, &reason, &at)) {
        return 0;
    }
    mneme_buffer_clear(&once);
    mneme_buffer_clear(&twice);
    mneme_json_normalise(&once, &normal, text);
    mneme_json_normalise(&twice, &normal, mneme_buffer_str(&once));
    if (!mneme_json_check(mneme_buffer_str(&once), NULL, &reason, &at) ||
        !mneme_str_equal(mneme_buffer_str(&once), mneme_buffer_str(&twice))) {
        abort();
    }
    return 0;
}
