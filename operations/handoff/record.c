/*
 * handoff.record: an agent hands a topic to another.
 */
#include "operations/events.h"
#include "operations/fields.h"
#include "operations/handoff/handoff.h"

enum {
    TOPIC,
    FROM,
    TO,
    CONTEXT,
    REASON,
    TYPE,
    URGENCY,
    EXPECTED_DURATION,
    REQUIRES_RESPONSE,
    ID,
    FIELD_COUNT
};

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [TOPIC] = {.name = "topic",
               .type = MNEME_OP_LONG_TEXT,
               .help = "What is handed over.",
               .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_TO_PAYLOAD},
    [FROM] = {.name = "from_agent",
              .option = "from",
              .type = MNEME_OP_TEXT,
              .shown = "ID",
              .help = "The agent that hands over; by default the one that the event belongs to.",
              .flags = MNEME_OP_TO_PAYLOAD},
    [TO] = {.name = "to_agent",
            .option = "to",
            .type = MNEME_OP_TEXT,
            .shown = "ID",
            .help = "The agent that takes over.",
            .flags = MNEME_OP_REQUIRED | MNEME_OP_TO_PAYLOAD},
    [CONTEXT] = {.name = "context",
                 .type = MNEME_OP_JSON,
                 .help = "What the receiver needs, any JSON.",
                 .flags = MNEME_OP_TO_PAYLOAD},
    [REASON] = {.name = "reason",
                .type = MNEME_OP_TEXT,
                .help = "Why (default specialist_expertise_required).",
                .flags = MNEME_OP_TO_PAYLOAD},
    [TYPE] = {.name = "handoff_type",
              .option = "type",
              .letter = 't',
              .type = MNEME_OP_TEXT,
              .shown = "NAME",
              .help = "The kind of hand-off, in your words (default consultation).",
              .flags = MNEME_OP_TO_PAYLOAD},
    [URGENCY] = {.name = "urgency",
                 .type = MNEME_OP_TEXT,
                 .shown = "URGENCY",
                 .help = "How urgent it is (default normal).",
                 .flags = MNEME_OP_TO_PAYLOAD},
    [EXPECTED_DURATION] = {.name = "expected_duration",
                           .type = MNEME_OP_TEXT,
                           .help = "How long it will take, in your words (default unknown).",
                           .flags = MNEME_OP_TO_PAYLOAD},
    [REQUIRES_RESPONSE] = {.name = "requires_response",
                           .type = MNEME_OP_BOOLEAN,
                           .help = "Whether the receiver is to answer (default true).",
                           .flags = MNEME_OP_TO_PAYLOAD},
    [ID] = {.name = "handoff_id",
            .option = "id",
            .type = MNEME_OP_ID,
            .help = "The hand-off's id; a fresh one by default.",
            .flags = MNEME_OP_TO_PAYLOAD},
};

static int check(struct mneme_op_request *request, struct mneme_error *error) {
    char from[MNEME_OP_LABEL_BYTES], agent[MNEME_OP_LABEL_BYTES];
    if (mneme_op_has(request, FROM) || request->common[MNEME_OP_AGENT].is_set) {
        return MNEME_OK;
    }
    return mneme_error_set(error, MNEME_E_USAGE,
                           "%s was not run: no agent that hands over is named; give %s, or %s",
                           request->operation->name, mneme_op_label(from, request, &fields[FROM]),
                           mneme_op_label(agent, request, mneme_op_common_field(MNEME_OP_AGENT)));
}

/* The agent that hands over is the one that the event belongs to, unless two are named. */
static int write(struct mneme_op_events *out, const struct mneme_op_request *request,
                 struct mneme_error *error) {
    struct mneme_event *event;
    (void)request;
    int status = mneme_op_events_add(&event, out, MNEME_EVENT_AGENT_HANDOFF, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_agent_handoff *handoff = &event->payload.agent_handoff;
    if (handoff->from_agent.data == NULL) {
        handoff->from_agent = event->scope.agent_id;
    } else if (event->scope.agent_id.data == NULL) {
        event->scope.agent_id = handoff->from_agent;
    }
    return MNEME_OK;
}

const struct mneme_operation mneme_op_handoff_record = {
    .name = "handoff.record",
    .alias = "handoff.add",
    .summary = "Hand a topic from one agent to another.",
    .details = "Publishes an agent_handoff event. mneme agent handoffs lists it, and the receiver gets a "
               "memory of it.\n" MNEME_OP_RECEIPT_DETAILS("handoff_id"),
    .examples =
        "  mneme handoff record 'the text of the letter' --from planner --to writer --user ada\n"
        "  mneme handoff record taxes --agent planner --to accountant --context '{\"year\": 2026}'\n"
        "  mneme handoff record rent --from clerk --to landlord --urgency high --requires-response false\n",
    .fields = fields,
    .groups = MNEME_OP_SCOPED | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_WRITES,
    .form = MNEME_OP_RECEIPT,
    .check = check,
    .write = write,
    .event_type = MNEME_EVENT_AGENT_HANDOFF,
    .id = "handoff_id",
};
