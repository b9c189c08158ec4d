/*
 * Checks what publishing would refuse, without publishing.
 */
#ifndef MNEME_IMPORTERS_IMPORT_CHECK_H
#define MNEME_IMPORTERS_IMPORT_CHECK_H

#include "producers/client.h"

struct mneme_import_check {
    size_t content_max_chars, max_event_bytes;
    struct mneme_buffer encoded;
};

/* The limits are those of the client's topic; without a client (NULL), those of a default topic. */
void mneme_import_check_init(struct mneme_import_check *check, const struct mneme_client *client,
                             const struct mneme_config *config);
void mneme_import_check_clean_up(struct mneme_import_check *check);

/* MNEME_E_INVALID with what is wrong with the event. */
int mneme_import_check_event(struct mneme_import_check *check, const struct mneme_event *event,
                             struct mneme_error *error);

#endif
