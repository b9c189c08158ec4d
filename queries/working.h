/*
 * Questions about the working memory of a conversation (WM2, WM3).
 */
#ifndef MNEME_QUERIES_WORKING_H
#define MNEME_QUERIES_WORKING_H

#include "common/config/config.h"
#include "queries/question.h"
#include "stores/redis/reader.h"
#include "stores/redis/working_load.h"

/* What is asked of it. Zero-initialise. */
struct mneme_working_question {
    struct mneme_working_place place;
    int64_t most; /* of turns, thoughts and events the latest so many each; 0: all that is at hand */

    /* All events of the context there ever were since it was cleared, a page at a time, and nothing else:
     * the first `most` of those behind the place `after`, else the last `most`; those before the place
     * `before` alone, if it is set. */
    bool is_page;
    struct mneme_opt_long after, before; /* entry_index of an event */
};

/* The id of the context, or of the conversation that it belongs to. */
struct mneme_str mneme_working_id(const struct mneme_working_place *place);

/* The stream of the place; MNEME_E_USAGE when it has none, or neither conversation nor context. */
int mneme_working_stream(struct mneme_str *stream_id, const struct mneme_working_place *place,
                         struct mneme_error *error);

/* The key of that name; NULL when there is none. */
const struct mneme_context_key *mneme_working_find_key(const struct mneme_working *working,
                                                       struct mneme_str key);

/* --- over connections of the caller's; the place of the question has its tenant and stream --- */

/* Whether the hot tier has the working memory; it never has a page of events. Texts and arrays lie in the
 * arena. */
bool mneme_working_hot(struct mneme_loaded_working *out, struct mneme_hot_reader *hot,
                       const struct mneme_working_question *question, struct mneme_arena *arena);

/* The same as the tables have it, and gives it to the hot tier; `hot` may be NULL. Texts point into *rows,
 * which the caller PQclears, or lie in the arena, as arrays do. */
int mneme_working_tables(struct mneme_loaded_working *out, PGresult **rows, struct mneme_postgres *postgres,
                         struct mneme_hot_reader *hot, const struct mneme_working_question *question,
                         struct mneme_arena *arena, struct mneme_error *error);

#endif
