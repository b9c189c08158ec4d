/*
 * Questions about the working memory of a conversation (WM2, WM3).
 */
#ifndef MNEME_QUERIES_WORKING_H
#define MNEME_QUERIES_WORKING_H

#include "common/config/config.h"
#include "queries/question.h"
#include "stores/redis/reader.h"
#include "stores/redis/working_load.h"

/* A query. Must be zero-initialised. */
struct mneme_working_question {
    struct mneme_working_place place;
    int64_t most; /* maximum number of the latest turns, thoughts and events each; 0: all in working memory */

    /* Read only a page of the context's events since it was last cleared: the first `most` after the index
     * `after`, else the last `most`; if `before` is set, only events before that index. */
    bool is_page;
    struct mneme_opt_long after, before; /* entry_index of an event */
};

/* The id of the context, or of the conversation that it belongs to. */
struct mneme_str mneme_working_id(const struct mneme_working_place *place);

/* The stream of the place; MNEME_E_USAGE when it has no stream, or neither conversation nor context. */
int mneme_working_stream(struct mneme_str *stream_id, const struct mneme_working_place *place,
                         struct mneme_error *error);

/* The key of that name; NULL when there is none. */
const struct mneme_context_key *mneme_working_find_key(const struct mneme_working *working,
                                                       struct mneme_str key);

/* --- over the caller's connections; the place of the question must have its tenant and stream --- */

/* Whether the hot tier has the working memory; it never has a page of events. Texts and arrays are in the
 * arena. */
bool mneme_working_hot(struct mneme_loaded_working *out, struct mneme_hot_reader *hot,
                       const struct mneme_working_question *question, struct mneme_arena *arena);

/* The same from the tables, and adds it to the hot tier; `hot` may be NULL. Texts point into *rows, which the
 * caller must PQclear, or are in the arena, like the arrays. */
int mneme_working_tables(struct mneme_loaded_working *out, PGresult **rows, struct mneme_postgres *postgres,
                         struct mneme_hot_reader *hot, const struct mneme_working_question *question,
                         struct mneme_arena *arena, struct mneme_error *error);

#endif
