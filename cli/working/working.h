/*
 * What the verbs over working memory share: whose it is, publishing one event about it, and reading it.
 */
#ifndef MNEME_CLI_WORKING_H
#define MNEME_CLI_WORKING_H

#include "cli/frame/command.h"
#include "cli/write.h"
#include "queries/working.h"

extern const struct mneme_command mneme_command_context_set;
extern const struct mneme_command mneme_command_context_get;
extern const struct mneme_command mneme_command_context_delete;
extern const struct mneme_command mneme_command_context_append;
extern const struct mneme_command mneme_command_context_events;
extern const struct mneme_command mneme_command_context_clear;

extern const struct mneme_command mneme_command_working_show;
extern const struct mneme_command mneme_command_working_turn;
extern const struct mneme_command mneme_command_working_thought;
extern const struct mneme_command mneme_command_working_goal;
extern const struct mneme_command mneme_command_working_clear;

/* Row for a table of options of a verb about a context. */
#define MNEME_WORKING_CONTEXT_OPTION                                                                         \
    { "context", 0, "ID", -1, "A context of its own, outside any conversation, instead of --conversation." }

/* Row for a table of options of a verb that reads. */
#define MNEME_WORKING_STREAM_OPTION                                                                          \
    { "stream", 0, "ID", -1, "The stream it was written to; by default the user's, else the agent's." }

/* What a verb that writes takes from the command line. */
struct mneme_working_input {
    struct mneme_str id;   /* of the conversation, or of a context of its own */
    struct mneme_str text; /* of its argument; null: none */
    struct mneme_opt_long ttl_s, turn_index, token_count; /* of options */
};

struct mneme_working_verb {
    enum mneme_event_type type;
    int text_at;          /* which argument is the text, "-" meaning standard input; -1: it takes none */
    bool is_json;         /* the text is JSON, or becomes a string of JSON */
    const char *lack;     /* what to do without the text, such as "give a text"; NULL: it may be left out */
    const char *question; /* to agree to, of a verb that takes MNEME_CLI_CONSENT; else NULL */
    void (*fill)(struct mneme_event *event, const struct mneme_cli *cli,
                 const struct mneme_working_input *input);
};

/* Publishes the verb's event about the conversation of --conversation, and prints the receipt. */
enum mneme_exit mneme_working_publish(struct mneme_cli *cli, const struct mneme_working_verb *verb);

/* Prints of what was read; the exit code. */
typedef enum mneme_exit mneme_working_show_fn(const struct mneme_cli *cli,
                                              const struct mneme_working_place *place,
                                              const struct mneme_working *working);

/* Reads the working memory of --conversation (or --context), behind --at-least, and shows it. Of the question
 * `asked` the place is filled in; NULL: all that is at hand. */
enum mneme_exit mneme_working_read_and_show(struct mneme_cli *cli, const struct mneme_working_question *asked,
                                            mneme_working_show_fn *show);

#endif
