/*
 * What the verbs have in common that do one thing to each memory that the arguments name.
 */
#ifndef MNEME_CLI_MEMORY_LIFECYCLE_H
#define MNEME_CLI_MEMORY_LIFECYCLE_H

#include "cli/memory/memory.h"

#define MNEME_LIFECYCLE_MAX_IDS 10000

/* Rows for a table of options, and what --help says of them. */
#define MNEME_LIFECYCLE_OPTIONS                                                                              \
    {"expected-version", 0, "N", -1, "Only if the memory has this version; for one memory."}, {              \
        "reason", 0, "TEXT", -1, "Why, for the history."                                                     \
    }
#define MNEME_LIFECYCLE_HELP                                                                                 \
    "Streams are looked up in the tables, unless --stream, --user or --agent names them; nothing is\n"       \
    "published when one of the memories is not found (5). --json and exit codes: as of memory add, a\n"      \
    "line for each memory; with --wait the exit code is that of the first that was not accepted."

/* What is to happen to one memory. */
struct mneme_memory_change {
    struct mneme_uuid id;
    struct mneme_opt_long expected_version;
    struct mneme_str reason;
    double boost_factor; /* of memory_prioritized */
};

/* A verb: the type of its events, and what fills their payload. */
struct mneme_memory_verb {
    enum mneme_event_type type;
    void (*fill)(struct mneme_event *event, const struct mneme_memory_change *change);
};

/* Publishes an event for each memory of the arguments, and prints the receipts. */
enum mneme_exit mneme_memory_apply(struct mneme_cli *cli, const struct mneme_memory_verb *verb,
                                   double boost_factor);

#endif
