/*
 * What a file of an export is, before it is read: beside conversations an export has files of settings, of
 * feedback, of what was shared, and pages to look at.
 */
#ifndef MNEME_IMPORTERS_CHAT_FILE_H
#define MNEME_IMPORTERS_CHAT_FILE_H

#include "importers/chat.h"
#include "importers/import_stream.h"

#define MNEME_CHAT_MAX_BYTES ((size_t)64 * 1024 * 1024) /* of one conversation */

enum mneme_chat_file {
    MNEME_CHAT_FILE_CONVERSATIONS, /* also what is broken, for the reader to say how */
    MNEME_CHAT_FILE_EMPTY_LIST,
    MNEME_CHAT_FILE_OTHER,      /* JSON in which nothing is a conversation; a file that is not named *.json */
    MNEME_CHAT_FILE_OF_ANOTHER, /* conversations of `other` */
    MNEME_CHAT_FILE_NO_JSON,    /* although its name says so */
};

/* Looks through the file from the current place on until it is known what it is, and goes back there. */
int mneme_chat_file_judge(enum mneme_chat_file *out, struct mneme_import_stream *stream,
                          const struct mneme_chat_reader *reader, const struct mneme_chat_reader *other,
                          const char *path, struct mneme_error *error);

#endif
