/*
 * This machine: where state is kept, and whether there is room for it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/doctor/doctor.h"
#include "common/config/state_folder.h"
#include "queries/status_machine.h"

#define DISK_WARNING 80
#define DISK_FAILED 98

static void check_folder(struct mneme_doctor *doctor, const char *path) {
    static const char temporary[] = "/mneme-";
    bool is_set = mneme_config_string(doctor->config, MNEME_SETTING_STATE_DIR)[0] != '\0';
    const char *name = strrchr(path, '/');
    if (!mneme_state_is_writable(path)) {
        mneme_doctor_report(doctor, MNEME_FINDING_FAILED, "state folder",
                            "check its permissions, or set MNEME_STATE_DIR", "%s cannot be written to", path);
    } else if (!is_set && name != NULL && strncmp(name, temporary, sizeof temporary - 1) == 0) {
        mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "state folder",
                            "set MNEME_STATE_DIR to keep it for longer",
                            "%s is temporary: no home folder is writable", path);
    } else {
        mneme_doctor_report(doctor, MNEME_FINDING_OK, "state folder", NULL, "%s", path);
    }
}

static void check_disk(struct mneme_doctor *doctor, const char *path) {
    struct mneme_opt_double percent = mneme_machine_disk_percent(path);
    if (!percent.is_set) {
        return;
    }
    enum mneme_finding_state state = percent.value > DISK_FAILED    ? MNEME_FINDING_FAILED
                                     : percent.value > DISK_WARNING ? MNEME_FINDING_WARNING
                                                                    : MNEME_FINDING_OK;
    mneme_doctor_report(doctor, state, "disk",
                        state == MNEME_FINDING_OK ? NULL : "free some, or set MNEME_STATE_DIR",
                        "the file system of %s is %.0f %% full", path, percent.value);
}

void mneme_doctor_check_machine(struct mneme_doctor *doctor) {
    char path[MNEME_STATE_PATH_BYTES];
    struct mneme_error error = {0};
    if (mneme_state_path(path, doctor->config, "", &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "state folder", &error);
        return;
    }
    path[strlen(path) - 1] = '\0'; /* the trailing slash */
    check_folder(doctor, path);
    check_disk(doctor, path);
}
