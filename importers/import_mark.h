/*
 * The progress of importing a file, saved in a separate file, so that an interrupted import resumes and a
 * finished one is recognized at once. It is a hint: it names the event that was acknowledged last, so that
 * the caller can check whether the log still has it. Without it, importing again is merely slower.
 */
#ifndef MNEME_IMPORTERS_IMPORT_MARK_H
#define MNEME_IMPORTERS_IMPORT_MARK_H

#include "common/base/cancel.h"
#include "common/config/state_folder.h"
#include "producers/publisher.h"

struct mneme_import_mark {
    int64_t entries; /* from the file's beginning; all their events are acknowledged */
    int64_t events;  /* of these */
    int64_t refused; /* in the whole file; valid when finished */
    bool is_finished;
    struct mneme_uuid event_id;     /* acknowledged last */
    struct mneme_position position; /* of that event */
};

/* Computes the path of the mark of a file with that content, imported in that way: `way` has everything that
 * influences its events. Reads all of `fd`, from its beginning. An empty path: there is no folder for marks,
 * which is logged. Blocks; `cancel` may be NULL: MNEME_E_TIMEOUT when it is due. */
int mneme_import_mark_path(char path[MNEME_STATE_PATH_BYTES], const struct mneme_config *config, int fd,
                           struct mneme_str way, const struct mneme_cancel *cancel,
                           struct mneme_error *error);

/* False when there is no readable mark. */
bool mneme_import_mark_load(struct mneme_import_mark *out, const char *path);

/* Replaces the mark atomically. False with errno when it cannot be written. */
bool mneme_import_mark_save(const char *path, const struct mneme_import_mark *mark);

#endif
