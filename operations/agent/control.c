/*
 * agent.control: one operation through which an agent manages which of its memories are kept.
 */
#include "common/json/read.h"
#include "operations/agent/agent.h"
#include "operations/call.h"
#include "operations/catalogue.h"
#include "operations/fields.h"

enum { AGENT, ACTION, PARAMS, FIELD_COUNT };

/* The operation that performs an action, and whether it applies to all memories of the agent. */
static const struct action {
    const char *name, *operation;
    bool is_of_scope; /* unless memories are named by their ids */
} actions[] = {
    {"set_retention", "memory.set-retention", true},
    {"prioritize", "memory.prioritize", false},
    {"promote", "memory.promote", false},
    {"archive", "memory.archive", true},
    {"forget", "memory.delete", false},
};

static const char *const action_names[] = {"set_retention", "prioritize", "promote",
                                           "archive",       "forget",     NULL};

static const struct mneme_op_field fields[FIELD_COUNT + 1] = {
    [AGENT] = {.name = "agent_id",
               .type = MNEME_OP_TEXT,
               .shown = "AGENT",
               .help = "The agent that asks for it.",
               .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY},
    [ACTION] = {.name = "action",
                .type = MNEME_OP_TEXT,
                .choices = action_names,
                .shown = "ACTION",
                .help = "The action.",
                .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL},
    [PARAMS] = {.name = "params",
                .type = MNEME_OP_OBJECT,
                .shown = "PARAMS",
                .help = "The action's parameters, a JSON object.",
                .fallback = "{}",
                .flags = MNEME_OP_POSITIONAL},
};

static const struct action *action_of(const struct mneme_op_request *request) {
    const struct action *action = actions;
    while (!mneme_str_equal(mneme_op_text(request, ACTION), mneme_str_from(action->name))) {
        action++;
    }
    return action;
}

static void append_members(struct mneme_buffer *out, struct mneme_str object) {
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(object));
    struct mneme_str key, value;
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("criteria")) &&
            mneme_json_kind_of(value) == MNEME_JSON_OBJECT) {
            append_members(out, value);
            continue;
        }
        mneme_buffer_printf(out, "%s%.*s:%.*s", out->len > 1 ? "," : "", MNEME_STR_ARG(key),
                            MNEME_STR_ARG(value));
    }
}

/* The params as fields of an operation: members of "criteria" move up to the top level. Allocated in the
 * arena. */
static int flatten(struct mneme_str *out, struct mneme_str params, struct mneme_arena *arena,
                   struct mneme_error *error) {
    struct mneme_buffer flat = {0};
    mneme_buffer_append_byte(&flat, '{');
    append_members(&flat, params);
    mneme_buffer_append_byte(&flat, '}');
    *out = flat.failed ? MNEME_STR_NULL : mneme_arena_copy(arena, mneme_buffer_str(&flat));
    mneme_buffer_clean_up(&flat);
    return out->data != NULL ? MNEME_OK
                             : mneme_error_set(error, MNEME_E_NO_MEMORY,
                                               "nothing was done: memory is exhausted; free some");
}

/* Copies the call's common fields to the operation that performs the action. The actor is the agent unless
 * another one is named. */
static void fill_common(struct mneme_op_request *inner, const struct mneme_op_request *request) {
    for (int i = 0; i < MNEME_OP_COMMON_COUNT; i++) {
        if (mneme_op_takes(inner->operation, (enum mneme_op_common)i) && request->common[i].is_set) {
            inner->common[i] = request->common[i];
        }
    }
    if (!inner->common[MNEME_OP_ACTOR].is_set) {
        inner->common[MNEME_OP_ACTOR] = *mneme_op_own(request, AGENT);
    }
}

static int fill(struct mneme_op_request *inner, const struct action *action,
                const struct mneme_op_request *request, struct mneme_error *error) {
    struct mneme_op_slot ids;
    struct mneme_str params;
    bool has_ids = false;
    int status = flatten(&params, mneme_op_text(request, PARAMS), &inner->arena, error);
    if (status == MNEME_OK) {
        status = mneme_op_request_read(inner, params, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    fill_common(inner, request);
    if (mneme_op_request_find(&ids, inner, MNEME_STR_LIT("memory_ids"), NULL) == MNEME_OK) {
        has_ids = ids.value->is_set;
    }
    if (!action->is_of_scope && !has_ids) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was done: %s names no memories; name them in the params, such as "
                               "{\"memory_ids\": [\"018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\"]}",
                               action->name);
    }
    if (action->is_of_scope && !has_ids) {
        inner->common[MNEME_OP_AGENT] = *mneme_op_own(request, AGENT);
    }
    return mneme_op_request_complete(inner, error);
}

static int run(struct mneme_op_call *call, struct mneme_error *error) {
    const struct action *action = action_of(call->request);
    struct mneme_op_request inner;
    mneme_op_request_init(&inner, mneme_op_by_name(mneme_str_from(action->operation)), call->config);
    int status = fill(&inner, action, call->request, error);
    if (status == MNEME_OK) {
        status = mneme_op_call_another(call, &inner, error);
    }
    mneme_op_request_clean_up(&inner);
    return status;
}

const struct mneme_operation mneme_op_agent_control = {
    .name = "agent.control",
    .summary = "Manage an agent's memories: retention, priority, promotion, archiving, forgetting.",
    .details =
        "Each action does what a command of mneme memory does: PARAMS are the command's fields, and the "
        "answer is the command's. The agent is the actor. No consent is asked for: use \"dry_run\": true to "
        "see what an action on all of an agent's memories would do.\n"
        "\n"
        "set_retention {\"criteria\": {\"min_priority\", \"max_age_days\", \"score_threshold\"}}: memory "
        "set-retention of the agent's memories.\n"
        "\n"
        "prioritize {\"memory_ids\", \"boost_factor\"}\n"
        "\n"
        "promote {\"memory_ids\"}\n"
        "\n"
        "archive {\"memory_ids\"}, or of the agent's memories {\"older_than\", \"below_importance\", "
        "\"accessed_under\"}\n"
        "\n"
        "forget {\"memory_ids\"}: memory delete.",
    .examples = "  mneme agent control planner set_retention '{\"criteria\": {\"max_age_days\": 90}}'\n"
                "  mneme agent control planner prioritize - --json <params.json\n",
    .fields = fields,
    .groups = MNEME_OP_OF_TENANT | MNEME_OP_UP_TO_DATE | MNEME_OP_WRITTEN,
    .effect = MNEME_OP_DESTROYS,
    .form = MNEME_OP_RECEIPT,
    .procedure = run,
};
