/*
 * Where state is kept, and what is done where there is no home.
 */
#include "common/config/state_folder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char base[] = "/tmp/mneme-state-XXXXXX";
static char path[MNEME_STATE_PATH_BYTES];
static char wanted[MNEME_STATE_PATH_BYTES];
static struct mneme_config *config;
static struct mneme_error error;
static FILE *captured;

static int remove_entry(const char *name, const struct stat *found, int kind, struct FTW *place) {
    (void)found;
    (void)kind;
    (void)place;
    return remove(name);
}

static void set_up(void) {
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        unsetenv(mneme_setting_info((enum mneme_setting)i)->env);
    }
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    cr_assert_not_null(mkdtemp(base));
    setenv("TMPDIR", base, 1);
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK);
    captured = tmpfile();
    cr_assert_not_null(captured);
    fflush(stderr);
    cr_assert_geq(dup2(fileno(captured), STDERR_FILENO), 0);
}

static void tear_down(void) {
    mneme_config_destroy(config);
    nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(state_folder, .init = set_up, .fini = tear_down);

static void check_path(const char *below) {
    cr_assert_eq(mneme_state_path(path, config, "note", &error), MNEME_OK, "%s", error.message);
    snprintf(wanted, sizeof wanted, "%s%s/note", base, below);
    cr_assert_str_eq(path, wanted);
}

static void check_refused(const char *part) {
    cr_assert_eq(mneme_state_path(path, config, "note", &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, part), "%s", error.message);
    cr_assert_not_null(strstr(error.message, "set MNEME_STATE_DIR"), "%s", error.message);
}

static const char *temporary(void) {
    static char name[64];
    snprintf(name, sizeof name, "/mneme-%lu", (unsigned long)geteuid());
    return name;
}

static const char *of_base(const char *below) {
    static char name[MNEME_STATE_PATH_BYTES];
    snprintf(name, sizeof name, "%s%s", base, below);
    return name;
}

static size_t logged_bytes(void) {
    return (size_t)lseek(fileno(captured), 0, SEEK_END);
}

Test(state_folder, a_home_comes_before_the_temporary_folder) {
    setenv("HOME", of_base("/home/ada"), 1);
    check_path("/home/ada/.local/state/mneme");
    setenv("XDG_STATE_HOME", of_base("/state"), 1);
    check_path("/state/mneme");
    cr_assert_eq(
        mneme_config_set(config, MNEME_SETTING_STATE_DIR, of_base("/own"), MNEME_FROM_OPTION, &error),
        MNEME_OK);
    check_path("/own");
    cr_assert_eq(mneme_state_make_folders(path, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(access(of_base("/own"), F_OK), 0);
    cr_assert_eq(logged_bytes(), 0);
}

Test(state_folder, without_a_home_a_temporary_folder_is_made_for_this_user_and_told_once) {
    struct stat made;
    check_path(temporary());
    cr_assert_neq(access(of_base(temporary()), F_OK), 0, "a path alone makes nothing");
    cr_assert_eq(mneme_state_make_folders(path, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(stat(of_base(temporary()), &made), 0);
    cr_assert_eq(made.st_mode & 0777, 0700);
    size_t told = logged_bytes();
    cr_assert_gt(told, 0);
    check_path(temporary());
    cr_assert_eq(mneme_state_make_folders(path, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(logged_bytes(), told, "it is told only when it is made");
}

Test(state_folder, a_home_that_nothing_can_be_written_to_counts_as_no_home) {
    int fd = open(of_base("/file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    setenv("HOME", of_base("/file"), 1);
    check_path(temporary());
    setenv("XDG_STATE_HOME", of_base("/file/below"), 1);
    check_path(temporary());
}

Test(state_folder, a_temporary_folder_that_others_may_enter_is_refused) {
    cr_assert_eq(mkdir(of_base(temporary()), 0700), 0);
    cr_assert_eq(chmod(of_base(temporary()), 0711), 0);
    check_refused("other users may enter it");
    cr_assert_eq(chmod(of_base(temporary()), 0700), 0);
    check_path(temporary());
}

Test(state_folder, a_temporary_folder_of_somebody_else_is_refused) {
    cr_assert_eq(mkdir(of_base(temporary()), 0700), 0);
    if (geteuid() != 0) {
        return; /* nobody but root can give it away */
    }
    cr_assert_eq(chown(of_base(temporary()), 12345, (gid_t)-1), 0);
    check_refused("it belongs to another user");
}

Test(state_folder, a_link_in_its_place_is_refused) {
    cr_assert_eq(mkdir(of_base("/elsewhere"), 0700), 0);
    char target[MNEME_STATE_PATH_BYTES];
    snprintf(target, sizeof target, "%s", of_base("/elsewhere"));
    cr_assert_eq(symlink(target, of_base(temporary())), 0);
    check_refused("it is not a folder");
}

Test(state_folder, a_folder_that_the_settings_name_is_not_replaced) {
    cr_assert_eq(
        mneme_config_set(config, MNEME_SETTING_STATE_DIR, "/dev/null/state", MNEME_FROM_OPTION, &error),
        MNEME_OK);
    cr_assert_eq(mneme_state_path(path, config, "note", &error), MNEME_OK);
    cr_assert_str_eq(path, "/dev/null/state/note");
    cr_assert_eq(mneme_state_make_folders(path, &error), MNEME_E_INTERNAL);
    cr_assert_not_null(strstr(error.message, "/dev/null"), "%s", error.message);
}
