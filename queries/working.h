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

/* --- over connections that the caller has; the place of the question has its tenant and stream --- */

/* Whether the hot tier has the working memory; it never has a page of events. Texts and arrays lie in the
 * arena. */
bool mneme_working_hot(struct mneme_loaded_working *out, struct mneme_hot_reader *hot,
                       const struct mneme_working_question *question, struct mneme_arena *arena);

/* The same as the tables have it, and gives it to the hot tier; `hot` may be NULL. Texts point into *rows,
 * which the caller PQclears, or lie in the arena, as arrays do. */
int mneme_working_tables(struct mneme_loaded_working *out, PGresult **rows, struct mneme_postgres *postgres,
                         struct mneme_hot_reader *hot, const struct mneme_working_question *question,
                         struct mneme_arena *arena, struct mneme_error *error);

/* --- with connections of its own --- */

/* Connections that are made when they are first needed. Belongs to one thread at a time. */
struct mneme_working_reader;

/* Connects to nothing yet. The settings must outlive it; `purpose` names it to the servers, a constant. The
 * caller closes *out. */
int mneme_working_open(struct mneme_working_reader **out, const struct mneme_config *config,
                       const char *purpose, struct mneme_error *error);
void mneme_working_close(struct mneme_working_reader *reader); /* NULL is allowed */

/* The working memory as it is now, without keys that have expired by this machine's clock; empty where there
 * is nothing. It comes from Redis where a worker keeps it there, else from the tables, and then Redis is
 * given what it missed; a page of events comes from the tables. First waits, as `wait` bounds, until one of
 * them holds the log up to `at_least` (`count` positions; none: it does not wait). Strings and arrays are
 * valid until the next question or close. */
int mneme_working_ask(struct mneme_working *out, struct mneme_working_reader *reader,
                      const struct mneme_working_question *question, const struct mneme_position *at_least,
                      size_t count, const struct mneme_query_wait *wait, struct mneme_error *error);

#endif
