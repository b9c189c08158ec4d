/*
 * The fields that many operations take, and the groups of operations that take each.
 */
#include "operations/operation.h"

static const char *const places_of_verdicts[] = {"postgres", NULL};

static const struct {
    unsigned groups; /* an operation in any of these groups takes it */
    struct mneme_op_field field;
} fields[MNEME_OP_COMMON_COUNT] = {
    [MNEME_OP_TENANT] = {MNEME_OP_OF_TENANT | MNEME_OP_SCOPED,
                         {.name = "tenant",
                          .type = MNEME_OP_TEXT,
                          .help = "The tenant whose data is meant.",
                          .shown = "NAME"}},
    [MNEME_OP_USER] = {MNEME_OP_SCOPED | MNEME_OP_OF_USER,
                       {.name = "user_id",
                        .option = "user",
                        .letter = 'u',
                        .type = MNEME_OP_TEXT,
                        .help = "The user the data is about.",
                        .shown = "ID"}},
    [MNEME_OP_AGENT] = {MNEME_OP_SCOPED | MNEME_OP_OF_AGENT,
                        {.name = "agent_id",
                         .option = "agent",
                         .letter = 'a',
                         .type = MNEME_OP_TEXT,
                         .help = "The agent the data belongs to.",
                         .shown = "ID"}},
    [MNEME_OP_RUN] = {MNEME_OP_SCOPED | MNEME_OP_OF_RUN,
                      {.name = "run_id",
                       .option = "run",
                       .type = MNEME_OP_TEXT,
                       .help = "The run of the agent.",
                       .shown = "ID"}},
    [MNEME_OP_CONVERSATION] = {MNEME_OP_SCOPED | MNEME_OP_OF_CONVERSATION,
                               {.name = "conversation_id",
                                .option = "conversation",
                                .type = MNEME_OP_TEXT,
                                .help = "The conversation.",
                                .shown = "ID"}},
    [MNEME_OP_ALL] =
        {MNEME_OP_READS_A_SCOPE,
         {.name = "all",
          .type = MNEME_OP_FLAG,
          .help = "The data of everybody in the tenant, instead of one user, agent, run or conversation."}},
    [MNEME_OP_AT_LEAST] =
        {MNEME_OP_UP_TO_DATE,
         {.name = "at_least",
          .type = MNEME_OP_POSITIONS,
          .help = "Wait until the tables hold the log up to these positions "
                  "(partition:offset, separated by commas), or up to the last write from here (last).",
          .shown = "POSITION"}},
    [MNEME_OP_AS_OF] = {MNEME_OP_IN_THE_PAST,
                        {.name = "as_of",
                         .type = MNEME_OP_MOMENT,
                         .help = "The state at that time, or at that position (partition:offset) of the log.",
                         .shown = "TIME|POSITION"}},
    [MNEME_OP_LIMIT] = {MNEME_OP_PAGED | MNEME_OP_LIMITED,
                        {.name = "limit",
                         .letter = 'n',
                         .type = MNEME_OP_INTEGER,
                         .minimum = 1,
                         .maximum = MNEME_QUERY_MAX_LIMIT,
                         .help = "Maximum number of rows.",
                         .shown = "N"}},
    [MNEME_OP_OFFSET] = {MNEME_OP_PAGED,
                         {.name = "offset",
                          .type = MNEME_OP_INTEGER,
                          .maximum = 9.2e18,
                          .help = "Skip this many rows first.",
                          .shown = "N"}},
    [MNEME_OP_AFTER] = {MNEME_OP_WITH_CURSOR,
                        {.name = "cursor",
                         .type = MNEME_OP_CURSOR,
                         .help = "Continue after the row that has this cursor.",
                         .shown = "CURSOR"}},
    [MNEME_OP_STREAM] = {MNEME_OP_WRITTEN | MNEME_OP_OF_STREAM,
                         {.name = "stream_id",
                          .option = "stream",
                          .letter = 's',
                          .type = MNEME_OP_TEXT,
                          .help = "The stream; by default the user's, else the agent's, or any that fits.",
                          .shown = "ID"}},
    [MNEME_OP_IDEMPOTENCY_KEY] = {MNEME_OP_WRITTEN,
                                  {.name = "idempotency_key",
                                   .type = MNEME_OP_TEXT,
                                   .help = "A second call with the same key has no effect.",
                                   .shown = "KEY"}},
    [MNEME_OP_CORRELATION] = {MNEME_OP_WRITTEN | MNEME_OP_TRACED,
                              {.name = "correlation_id",
                               .option = "correlation",
                               .type = MNEME_OP_TEXT,
                               .help = "Ties together the events of one request.",
                               .shown = "ID"}},
    [MNEME_OP_CAUSATION] = {MNEME_OP_WRITTEN | MNEME_OP_TRACED,
                            {.name = "causation_id",
                             .option = "causation",
                             .type = MNEME_OP_TEXT,
                             .help = "The event that led to this one.",
                             .shown = "ID"}},
    [MNEME_OP_ACTOR] = {MNEME_OP_WRITTEN | MNEME_OP_TRACED,
                        {.name = "actor",
                         .type = MNEME_OP_TEXT,
                         .help = "Who does it, if it is not the agent.",
                         .shown = "NAME"}},
    [MNEME_OP_WAIT] = {MNEME_OP_WRITTEN,
                       {.name = "wait",
                        .type = MNEME_OP_TEXT,
                        .choices = places_of_verdicts,
                        .help = "Wait for this projection's verdict and report it.",
                        .shown = "postgres"}},
    [MNEME_OP_WAIT_TIMEOUT] = {MNEME_OP_WRITTEN | MNEME_OP_UP_TO_DATE,
                               {.name = "wait_timeout",
                                .type = MNEME_OP_INTEGER,
                                .maximum = 9.2e15,
                                .help = "How long to wait for it, in milliseconds.",
                                .shown = "MS"}},
};

const struct mneme_op_field *mneme_op_common_field(enum mneme_op_common field) {
    return &fields[field].field;
}

bool mneme_op_takes(const struct mneme_operation *operation, enum mneme_op_common field) {
    return (fields[field].groups & operation->groups) != 0;
}

size_t mneme_op_field_count(const struct mneme_operation *operation) {
    size_t count = 0;
    while (operation->fields != NULL && operation->fields[count].name != NULL) {
        count++;
    }
    return count;
}
