/*
 * Determines the kind of an export's file before it is read: besides conversations, an export has files with
 * settings, feedback and shared links, and web pages.
 */
#ifndef MNEME_IMPORTERS_CHAT_FILE_H
#define MNEME_IMPORTERS_CHAT_FILE_H

#include "importers/chat.h"
#include "importers/import_stream.h"

#define MNEME_CHAT_MAX_BYTES ((size_t)64 * 1024 * 1024) /* of one conversation */

enum mneme_chat_file {
    MNEME_CHAT_FILE_CONVERSATIONS, /* also broken files, which the reader reports in detail */
    MNEME_CHAT_FILE_EMPTY_LIST,
    MNEME_CHAT_FILE_OTHER,      /* JSON without conversations, or a file that is not named *.json */
    MNEME_CHAT_FILE_OF_ANOTHER, /* conversations of `other` */
    MNEME_CHAT_FILE_NO_JSON,    /* but its name ends in .json */
};

/* Scans the file from the current place until its kind is known, and goes back there. */
int mneme_chat_file_judge(enum mneme_chat_file *out, struct mneme_import_stream *stream,
                          const struct mneme_chat_reader *reader, const struct mneme_chat_reader *other,
                          const char *path, struct mneme_error *error);

#endif
