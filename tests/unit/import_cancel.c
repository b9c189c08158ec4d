/*
 * An import that is cancelled before it knows what is in its file: nothing of it is left.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "importers/import_mark.h"
#include "importers/input.h"

/* An empty text, compressed. */
static const unsigned char compressed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
                                           0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

static char path[] = "/tmp/mneme-cancel-XXXXXX";
static struct mneme_error error;

static bool is_asked(void *context) {
    return *(bool *)context;
}

static void set_up(void) {
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, compressed, sizeof compressed), (ssize_t)sizeof compressed);
    close(fd);
}

static void tear_down(void) {
    unlink(path);
}

TestSuite(import_cancel, .init = set_up, .fini = tear_down);

Test(import_cancel, a_file_is_not_inflated_any_further) {
    bool asked = false;
    const struct mneme_cancel cancel = {.is_cancelled = is_asked, .context = &asked};
    int fd = -1;
    cr_assert_eq(mneme_input_open(&fd, path, &cancel, &error), MNEME_OK, "%s", error.message);
    close(fd);
    asked = true;
    cr_assert_eq(mneme_input_open(&fd, path, &cancel, &error), MNEME_E_TIMEOUT);
    cr_assert_eq(fd, -1);
    cr_assert_not_null(strstr(error.message, "interrupted"), "%s", error.message);
}

Test(import_cancel, what_is_remembered_of_a_file_is_not_named_by_a_part_of_it) {
    char mark[MNEME_STATE_PATH_BYTES];
    const struct mneme_cancel late = {.deadline_micros = 1};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(mneme_import_mark_path(mark, NULL, fd, MNEME_STR_LIT("as it is"), &late, &error),
                 MNEME_E_TIMEOUT);
    cr_assert_str_eq(mark, "");
    cr_assert_not_null(strstr(error.message, "interrupted"), "%s", error.message);
    close(fd);
}
