/*
 * How far the import of a file has come, remembered in a file of its own, so that an interrupted import goes
 * on where it was and a finished one is known at once. It is a hint: it names the event that was acknowledged
 * last, for the caller to look whether the log still has it. Without it, importing again is merely slower.
 */
#ifndef MNEME_IMPORTERS_IMPORT_MARK_H
#define MNEME_IMPORTERS_IMPORT_MARK_H

#include "common/base/cancel.h"
#include "common/config/state_folder.h"
#include "producers/publisher.h"

struct mneme_import_mark {
    int64_t entries; /* from the file's beginning: the brokers have all of them that are events */
    int64_t events;  /* of these */
    int64_t refused; /* in the whole file; valid when it is finished */
    bool is_finished;
    struct mneme_uuid event_id;     /* acknowledged last */
    struct mneme_position position; /* of that event */
};

/* Makes the path of the mark of a file with that content, imported in that way: `way` holds whatever has an
 * influence on which events it becomes. Reads all of `fd`, from its beginning. An empty path: there is no
 * folder for marks, which the log says. Blocks; `cancel` may be NULL:
 * MNEME_E_TIMEOUT when it is due. */
int mneme_import_mark_path(char path[MNEME_STATE_PATH_BYTES], const struct mneme_config *config, int fd,
                           struct mneme_str way, const struct mneme_cancel *cancel,
                           struct mneme_error *error);

/* False when there is no mark, or none that can be read. */
bool mneme_import_mark_load(struct mneme_import_mark *out, const char *path);

/* Replaces the mark in one step. False with errno when it cannot be written. */
bool mneme_import_mark_save(const char *path, const struct mneme_import_mark *mark);

#endif
